"""The exercises of notebook 07, the feed-forward network."""

import numpy as np

from vitnp.course.exercises import judge
from vitnp.system.language import Text


def parameters(count):
    """W1, b1, W2, b2."""
    D, H = 768, 3072
    judge.number(
        count,
        D * H + H + H * D + D,
        Text(
            "W1 (768, 3072), b1, W2 (3072, 768), b2를 모두 더하세요.",
            "Add W1 (768, 3072), b1, W2 (3072, 768) and b2.",
        ),
        known=[
            (2 * D * H, Text("편향 b1, b2가 빠졌습니다.", "The biases b1 and b2 are missing.")),
            (2 * D * H + H, Text("b2가 빠졌습니다.", "b2 is missing.")),
            (2 * D * H + D, Text("b1이 빠졌습니다.", "b1 is missing.")),
            (2 * D * H + 2 * H, Text("b2는 D = 768개입니다.", "b2 has D = 768 values.")),
            (2 * D * H + 2 * D, Text("b1은 3072개입니다.", "b1 has 3072 values.")),
            (D * H + H, Text("두 번째 층이 빠졌습니다.", "The second layer is missing.")),
            (12 * (2 * D * H + H + D), Text("블록 하나만 세세요.", "Count one block only.")),
        ],
    )


def merged(W, b, p):
    """(x W1 + b1) W2 + b2 = x (W1 W2) + (b1 W2 + b2)."""
    hint = Text("(x @ W1 + b1) @ W2 + b2를 전개하세요.", "Expand (x @ W1 + b1) @ W2 + b2.")
    W1, b1, W2, b2 = (p[name] for name in ("W1", "b1", "W2", "b2"))
    with judge.part("W"):
        judge.array(
            W,
            W1 @ W2,
            hint,
            known=[
                (W1, Text("W2가 빠졌습니다.", "W2 is missing.")),
                (W1 + W2.T, Text("행렬을 더하지 말고 곱하세요.", "Multiply the matrices, do not add them.")),
                (
                    W1 * W2.T,
                    Text("원소별 곱(*)이 아니라 행렬 곱(@)입니다.", "Use the matrix product @, not *."),
                ),
                ((W1 @ W2).T, Text("전치되어 있습니다.", "It is transposed.")),
            ],
            atol=1e-6,
        )
    with judge.part("b"):
        judge.array(
            b,
            b1 @ W2 + b2,
            hint,
            known=[
                (b2, Text("b1도 W2를 거쳐 남습니다.", "b1 goes through W2 and remains.")),
                (b1 @ W2, Text("b2가 빠졌습니다.", "b2 is missing.")),
                (b1, Text("b1은 W2를 거치고, b2가 더해집니다.", "b1 goes through W2, and b2 is added.")),
            ],
            atol=1e-6,
        )


def sigmoid(u):
    """As in the notebook."""
    return 1 / (1 + np.exp(-u))


def silu_backward(silu_backward):
    """The product rule: σ + u σ (1 − σ)."""
    judge.gradient(
        lambda u: (u * sigmoid(u), u),
        silu_backward,
        np.random.default_rng(0).standard_normal((2, 5)),
        None,
        Text(
            "u는 두 번 쓰였습니다: 앞의 u와 σ(u). 곱의 미분법을 쓰세요.",
            "u is used twice, in front and inside σ(u): use the product rule.",
        ),
        known=[
            (
                lambda dg, u: dg * sigmoid(u),
                Text("u · σ'(u) 항이 빠졌습니다.", "The term u · σ'(u) is missing."),
            ),
            (
                lambda dg, u: dg * u * sigmoid(u) * (1 - sigmoid(u)),
                Text(
                    "앞의 u를 미분한 σ(u) 항이 빠졌습니다.", "The term σ(u), of the u in front, is missing."
                ),
            ),
            (
                lambda dg, u: dg * sigmoid(u) * (1 - sigmoid(u)),
                Text(
                    "σ만 미분했습니다. u와의 곱입니다.",
                    "That is σ's derivative alone; it is a product with u.",
                ),
            ),
            (
                lambda dg, u: sigmoid(u) + u * sigmoid(u) * (1 - sigmoid(u)),
                Text("위에서 온 dg를 곱하지 않았습니다.", "The incoming dg is not multiplied in."),
            ),
            (
                lambda dg, u: dg * u * sigmoid(u),
                Text("순전파의 값입니다. 미분하세요.", "That is the forward's value: differentiate it."),
            ),
        ],
        of="u",
    )


EXERCISES = {1: parameters, 2: merged, 3: silu_backward}
