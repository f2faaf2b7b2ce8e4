"""The formula sheet as data: what a page says of each step. Formulas are those of docs/derivations.md, in its letters.

`show.sheet` draws it. A formula is in matplotlib's mathtext; shapes are in the letters of `letters`.
"""

from typing import NamedTuple

from vitnp import models
from vitnp.system.language import Text


class Part(NamedTuple):
    """One step, or a part of it: lines of formulas, forward and backward, and the shapes of its tensors."""

    step: str
    title: Text
    shapes: tuple  # of (name, letters of the axes)
    forward: tuple  # of lines, each a tuple of formulas
    backward: tuple


def model():
    """The configuration of the slides, whose numbers the sheet prints: ViT-B/16."""
    return models.preset("B/16")


TOKENS = ("N+1", "D")
PARTS = (
    Part(
        "1",
        Text("이미지를 패치로 분할", "Patches"),
        (("x", ("Hᵢ", "Wᵢ", "C")), ("x^p", ("N", "P·P·C"))),
        (
            (r"x^p_{b,\,n,\,v} = x_{b,\; r P + u,\; q P + w,\; c}",),
            (r"n = r \cdot \mathrm{cols} + q", r"v = (u P + w)\, C + c"),
        ),
        ((r"dx_{b,\; r P + u,\; q P + w,\; c} = dx^p_{b,\,n,\,v}",),),
    ),
    Part(
        "2",
        Text("패치 임베딩(Linear Projection)", "Linear projection"),
        (("W", ("P·P·C", "D")), ("y", ("N", "D"))),
        ((r"y = x\,W + \mathbf{1}\,b",),),
        ((r"dx = dy\,W^\top", r"dW = x^\top dy", r"db = \mathbf{1}^\top dy"),),
    ),
    Part(
        "3",
        Text("[CLS] 토큰 추가", "Class token"),
        ((r"\mathrm{cls}", ("D",)), ("z", TOKENS)),
        ((r"z_{b,0,d} = \mathrm{cls}_d", r"z_{b,\,n+1,\,d} = x_{bnd}"),),
        ((r"dx_{bnd} = dz_{b,\,n+1,\,d}", r"d\mathrm{cls}_d = \sum_{b} dz_{b,0,d}"),),
    ),
    Part(
        "4",
        Text("포지셔널 임베딩 추가", "Position embedding"),
        (("E", TOKENS), ("z^0", TOKENS)),
        ((r"z^0_{bnd} = z_{bnd} + E_{nd}",),),
        ((r"dz_{bnd} = dz^0_{bnd}", r"dE_{nd} = \sum_{b} dz^0_{bnd}"),),
    ),
    Part(
        "5",
        Text("어텐션", "Attention"),
        (
            ("Q, K, V", TOKENS),
            (r"Q^{(h)} \ldots O^{(h)}", ("H", "N+1", "K")),
            ("S, A", ("H", "N+1", "N+1")),
            ("y", TOKENS),
        ),
        (
            (r"Q = x\,W_Q + b_Q", r"K = x\,W_K + b_K", r"V = x\,W_V + b_V"),
            (r"S^{(h)} = \frac{1}{\sqrt{d_k}}\, Q^{(h)} K^{(h)\top}", r"A^{(h)} = \mathrm{softmax}(S^{(h)})"),
            (r"O^{(h)} = A^{(h)} V^{(h)}",),
            (r"y = [O^{(1)};\, \ldots;\, O^{(H)}]\; W_O + b_O",),
        ),
        (
            (
                r"d\mathrm{concat} = dy\,W_O^\top",
                r"dO_{b,\,h,\,n,\,k} = d\mathrm{concat}_{b,\,n,\,h d_k + k}",
            ),
            (r"dA = dO\,V^\top", r"dV = A^\top dO"),
            (r"dS = A \odot \left( dA - \mathrm{rowsum}(dA \odot A) \right)",),
            (r"dQ = \frac{1}{\sqrt{d_k}}\, dS\,K", r"dK = \frac{1}{\sqrt{d_k}}\, dS^\top Q"),
            (r"dx = dQ\,W_Q^\top + dK\,W_K^\top + dV\,W_V^\top", r"dW_Q = x^\top dQ"),
        ),
    ),
    Part(
        "6",
        Text("LayerNorm", "LayerNorm"),
        ((r"x, \hat{x}, y", TOKENS), ("s", ("N+1", "1")), (r"\gamma, \beta", ("D",))),
        (
            (r"\mu = \frac{1}{D} \sum_{k} x_k", r"c_i = x_i - \mu", r"\sigma^2 = \frac{1}{D} \sum_{k} c_k^2"),
            (
                r"s = \frac{1}{\sqrt{\sigma^2 + \epsilon}}",
                r"\hat{x}_i = s\,c_i",
                r"y_i = \gamma_i\,\hat{x}_i + \beta_i",
            ),
        ),
        (
            (
                r"d\gamma_i = \sum_{n} dy_{ni}\, \hat{x}_{ni}",
                r"d\beta_i = \sum_{n} dy_{ni}",
                r"d\hat{x}_{ni} = \gamma_i\, dy_{ni}",
            ),
            (
                r"dx = s \odot \left( d\hat{x} - \mathrm{mean}(d\hat{x}) - \hat{x} \odot "
                r"\mathrm{mean}(d\hat{x} \odot \hat{x}) \right)",
            ),
        ),
    ),
    Part(
        "6",
        Text("잔차 연결(+)", "Residual (+)"),
        ((r"z, z', z''", TOKENS),),
        (
            (r"z' = z + \mathrm{MSA}(\mathrm{LN}_1(z))",),
            (r"z'' = z' + \mathrm{MLP}(\mathrm{LN}_2(z'))",),
        ),
        (
            (r"dz' = dz'' + \mathrm{LN}_2^\top(\mathrm{MLP}^\top(dz''))",),
            (r"dz = dz' + \mathrm{LN}_1^\top(\mathrm{MSA}^\top(dz'))",),
        ),
    ),
    Part(
        "7",
        Text("FFN", "Feed-forward network"),
        (("u, g", ("N+1", "M")), ("v", TOKENS)),
        (
            (r"u = x\,W_1 + b_1",),
            (r"g = \mathrm{GELU}(u)", r"\mathrm{GELU}(u) = u\,\Phi(u)"),
            (r"v = g\,W_2 + b_2",),
        ),
        (
            (r"dg = dv\,W_2^\top", r"dW_2 = g^\top dv", r"db_2 = \mathbf{1}^\top dv"),
            (r"du = dg \odot \mathrm{GELU}'(u)", r"\mathrm{GELU}'(u) = \Phi(u) + u\,\varphi(u)"),
            (r"dx = du\,W_1^\top", r"dW_1 = x^\top du", r"db_1 = \mathbf{1}^\top du"),
        ),
    ),
    Part(
        "8",
        Text("[CLS] 토큰 추출, 로짓", "[CLS] and logits"),
        (("y", ("D",)), ("z", ("classes",))),
        ((r"y_{bd} = x_{b,0,d}", r"z = y\,W + b"),),
        (
            (r"dy = dz\,W^\top", r"dW = y^\top dz", r"db = \mathbf{1}^\top dz"),
            (r"dx_{b,0,d} = dy_{bd}", r"dx_{bnd} = 0 \;\;(n > 0)"),
        ),
    ),
    Part(
        "8",
        Text("softmax와 교차 엔트로피", "Softmax and cross-entropy"),
        (("p, t", ("classes",)),),
        (
            (
                r"p_{bc} = \frac{e^{z_{bc}}}{\sum_{j} e^{z_{bj}}}",
                r"\ell = -\frac{1}{B} \sum_{b} \sum_{c} t_{bc} \log p_{bc}",
            ),
        ),
        ((r"dz = \frac{1}{B}\,(p - t)",),),
    ),
)

LETTERS = Text(
    "B 이미지 수, N 패치 수, D 임베딩 차원, H 헤드 수, K = d_k = D/H 헤드의 차원, M MLP 크기, P 패치의 한 변, "
    "C 채널 수. 가중치의 shape는 (입력, 출력)입니다. ℓ은 손실, dx는 ∂ℓ/∂x이며 x와 shape가 같습니다. ⊙는 요소별 곱, "
    "1은 1로 된 벡터, ᵀ는 전치, LN₁ᵀ(·)은 LN₁의 역전파, t는 정답의 확률입니다. Φ와 φ는 표준 정규분포의 분포 함수와 "
    "밀도 함수입니다.",
    "B images, N patches, D hidden size, H heads, K = d_k = D/H dimension of a head, M MLP size, P side of a patch, "
    "C channels. Weights are stored (in, out). ℓ is the loss; dx is ∂ℓ/∂x and has the shape of x. ⊙ is the product "
    "entry by entry, 1 a vector of ones, ᵀ the transpose, LN₁ᵀ(·) the backward of LN₁; t are the target probabilities, "
    "Φ and φ the standard normal distribution function and its density.",
)
RULES = Text(
    "두 번 쓰인 값의 그래디언트는 더합니다(5의 x, 6의 z). 여러 이미지와 토큰이 함께 쓰는 파라미터의 그래디언트도 "
    "더합니다(b, cls, E, γ, β). B로 나누는 곳은 손실뿐입니다.",
    "A value used twice has the sum of both gradients (x in 5, z in 6). A parameter shared by images or tokens has the "
    "sum over them (b, cls, E, γ, β). Only the loss divides by B.",
)
