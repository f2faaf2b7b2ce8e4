"""What the slides print, as data.

ROWS follow deck 003: ViT-B/16 and one 224x224 RGB image. ERRATA is what the slides have wrong: a shape that the
slide prints differs from the true one exactly where an erratum names the tensor. COUNTINGS is for the readers of
the decks that count otherwise. `docs/slides.md` has the same for people; `slides` checks a model against it.
"""

from typing import NamedTuple


class Tensor(NamedTuple):
    """One tensor of a row. The array in the trace has the axes `lead` + `true`; the slide prints `true` alone."""

    slide_name: str
    name: str  # in the trace; `blocks.i.` stands for every block, `stages.0.i.` for every unit
    printed: tuple | None  # the shape on the slide, for B/16; None: the slide prints none
    true: tuple  # in letters, see `letters`
    lead: str = "B"  # the slides leave out the batch and, with "BH", show a single head

    @property
    def axes(self):
        """The axes of one image, in letters."""
        return (*self.lead.removeprefix("B"), *self.true)


class Row(NamedTuple):
    """One row of deck 003. Titles as on the slide, in parentheses where it has none; `rows` fills in what is in {}."""

    key: str
    step: int | None  # None: the encoder as a whole; 0: a ResNet's layer
    title_ko: str
    title_en: str
    what_ko: str
    what_en: str
    tensors: tuple


class Erratum(NamedTuple):
    """What a deck prints and what is true."""

    decks: str
    printed: str
    true: str
    why_ko: str
    why_en: str
    row: str | None = None  # the key of the row it belongs to
    tensor: str | None = None  # the name of the tensor whose printed shape is wrong


class Counted(NamedTuple):
    """A step as another deck counts, and the numbers that it has here."""

    number: int
    title_ko: str
    title_en: str
    steps: tuple


SPLIT_KO = "1단계: 이미지({Hᵢ}x{Wᵢ})를 {P}x{P}크기의 패치로 분할"
SPLIT_EN = "Step 1: split the image ({Hᵢ}x{Wᵢ}) into {P}x{P} patches"
TOKENS, HEAD, SCORES = ("N+1", "D"), ("N+1", "K"), ("N+1", "N+1")

# fmt: off
ROWS = (
    Row("split", 1, SPLIT_KO + " - {rows}x{cols}의 패치 생성", SPLIT_EN + " - a {rows}x{cols} grid of patches",
        "이미지를 한 변이 P인 격자로 분할: rows = Hᵢ/P, cols = Wᵢ/P",
        "cut the image into squares of side P: rows = Hᵢ/P, cols = Wᵢ/P", (
            Tensor("image", "image", (224, 244), ("Hᵢ", "Wᵢ", "C")),
            Tensor("{rows}x{cols} patches", "grid", (14, 14, 16, 16, 3), ("rows", "cols", "P", "P", "C")))),
    Row("flatten", 1, SPLIT_KO + " - {P·P·C}개 픽셀인 패치를 Flatten",
        SPLIT_EN + " - flatten a patch of {P·P·C} pixels",
        "각 패치를 P·P·C차원 벡터로 변환", "each patch becomes a vector of P·P·C values", (
            Tensor("x_p", "patches", (196, 768), ("N", "P·P·C")),)),
    Row("project", 2, "2단계: 패치 임베딩(Linear Projection)", "Step 2: patch embedding (linear projection)",
        "x_p · W + b, 모든 패치에 같은 W와 b", "x_p · W + b, the same W and b for every patch", (
            Tensor("patch tokens", "patch_tokens", (196, 768), ("N", "D")),)),
    Row("class_token", 3, "3단계: [CLS] 토큰 추가", "Step 3: add the [CLS] token",
        "학습되는 D차원 벡터 하나를 맨 앞에 추가", "prepend one learnable vector of width D", (
            Tensor("tokens", "tokens", (197, 768), TOKENS),)),
    Row("position", 4, "4단계: 포지셔널 임베딩 추가 - 요소 합을 통해서 위치 정보 추가",
        "Step 4: add the positional embedding - an element-wise sum brings in the position",
        "z₀ = z + E_pos, E_pos는 학습되는 파라미터", "z₀ = z + E_pos, E_pos is a learnable table", (
            Tensor("E_pos", "E_pos", (197, 768), TOKENS, lead=""), Tensor("tokens", "z0", (197, 768), TOKENS))),
    Row("qkv", 5, "5단계: Transformer Encoder Layer - Q, K, V 생성", "Step 5: Transformer encoder layer - make Q, K, V",
        "Q = x·W_Q + b_Q, K와 V도 같은 방법으로", "Q = x·W_Q + b_Q, and K and V the same way", (
            Tensor("Q", "blocks.i.attention.Q", (197, 768), TOKENS),
            Tensor("K", "blocks.i.attention.K", (197, 768), TOKENS),
            Tensor("V", "blocks.i.attention.V", (197, 768), TOKENS))),
    Row("split_heads", 5, "5단계: 헤드 분할 - 헤드가 {H}개이기 때문에 {D}차원을 {K}차원으로 분할",
        "Step 5: split the heads - {H} heads, so {D} dimensions become {K} each",
        "D차원을 H개의 헤드로: d_k = K = D/H", "D columns into H heads: d_k = K = D/H", (
            Tensor("Q⁽ⁱ⁾", "blocks.i.attention.Q_heads", (197, 64), HEAD, lead="BH"),
            Tensor("K⁽ⁱ⁾", "blocks.i.attention.K_heads", (197, 64), HEAD, lead="BH"),
            Tensor("V⁽ⁱ⁾", "blocks.i.attention.V_heads", (197, 64), HEAD, lead="BH"))),
    Row("scores", 5, "5단계: Attention Score 계산 - 각 헤드별로 계산", "Step 5: the attention scores - for each head",
        "S⁽ⁱ⁾ = Q⁽ⁱ⁾·K⁽ⁱ⁾ᵀ / √d_k", "S⁽ⁱ⁾ = Q⁽ⁱ⁾·K⁽ⁱ⁾ᵀ / √d_k", (
            Tensor("Attention Score", "blocks.i.attention.S", (197, 197), SCORES, lead="BH"),)),
    Row("softmax", 5, "5단계: Softmax(Attention Score) 계산 후 V 곱 - 각 헤드별로 계산",
        "Step 5: softmax of the scores, then times V - for each head",
        "A⁽ⁱ⁾ = softmax(S⁽ⁱ⁾), 키 방향으로; O⁽ⁱ⁾ = A⁽ⁱ⁾·V⁽ⁱ⁾", "A⁽ⁱ⁾ = softmax(S⁽ⁱ⁾) over the keys; O⁽ⁱ⁾ = A⁽ⁱ⁾·V⁽ⁱ⁾", (
            Tensor("attention weights", "blocks.i.attention.A", (197, 197), SCORES, lead="BH"),
            Tensor("AttentionOutput", "blocks.i.attention.O", (97, 64), HEAD, lead="BH"))),
    Row("merge_heads", 5, "5단계: 헤드 결합", "Step 5: concatenate the heads",
        "H개의 헤드를 옆으로 결합: H·K = D", "the H heads side by side: H·K = D", (
            Tensor("concat", "blocks.i.attention.concat", (197, 768), TOKENS),)),
    Row("output", 5, "5단계: 최종 선형 투영", "Step 5: the final linear projection",
        "concat·W_O + b_O", "concat·W_O + b_O", (
            Tensor("Attention Output", "blocks.i.attention.output", (197, 768), TOKENS),)),
    Row("norm_residual", 6, "(6단계 슬라이드 없음: 그림의 Norm과 +)", "(no slide: Norm and + in the figure)",
        "z′ = MSA(LN(z)) + z, z″ = MLP(LN(z′)) + z′", "z′ = MSA(LN(z)) + z, z″ = MLP(LN(z′)) + z′", (
            Tensor("Norm", "blocks.i.norm_1", None, TOKENS), Tensor("+", "blocks.i.residual_1", None, TOKENS),
            Tensor("Norm", "blocks.i.norm_2", None, TOKENS), Tensor("+", "blocks.i.residual_2", None, TOKENS))),
    Row("feed_forward", 7, "7단계: FFN", "Step 7: FFN",
        "u = x·W1 + b1, u = GELU(u), v = u·W2 + b2", "u = x·W1 + b1, u = GELU(u), v = u·W2 + b2", (
            Tensor("u", "blocks.i.feed_forward.u", (197, 3072), ("N+1", "M")),
            Tensor("GELU(u)", "blocks.i.feed_forward.g", (197, 3072), ("N+1", "M")),
            Tensor("v", "blocks.i.feed_forward.output", (197, 768), TOKENS))),
    Row("encoder", None, "Transformer Encoder L×", "Transformer encoder L×",
        "5~7단계를 L번, 마지막에 Norm", "steps 5 to 7, L times, then the final Norm", (
            Tensor("Norm", "norm", None, TOKENS),)),
    Row("extract", 8, "8단계: [CLS] 토큰 추출", "Step 8: take the [CLS] token out",
        "0번 행: y = z[0]", "row 0: y = z[0]", (
            Tensor("y", "y", (1, 768), ("B", "D"), lead=""),)),
    Row("logits", 8, "8단계: [CLS] 토큰을 이용해서 로짓 계산 - 클래스는 총 {classes}개",
        "Step 8: the logits from the [CLS] token - {classes} classes", "y · W + b", "y · W + b", (
            Tensor("z", "logits", (1, 1000), ("B", "classes"), lead=""),)),
    Row("probabilities", 8, "8단계: 계산된 로짓 결과를 Softmax를 통해서 클래스 확률 도출",
        "Step 8: softmax turns the logits into class probabilities",
        "p = softmax(z), 가장 큰 값이 예측 클래스", "p = softmax(z), the largest is the predicted class", (
            Tensor("p", "p", (1, 1000), ("B", "classes"), lead=""),)),
)

ERRATA = (
    Erratum("003", "224x244 크기의 이미지", "224x224", "오타: 같은 슬라이드의 제목은 224x224",
        "a misprint: the slide's own title has 224x224", "split", "image"),
    Erratum("003", "768개의 픽셀", "768 = 256 x 3", "픽셀은 16·16 = 256개, 픽셀마다 값은 3개(RGB)",
        "16·16 = 256 pixels with three values (RGB) each", "flatten"),
    Erratum("003", "√모델 차원(64)", "√d_k", "d_k = 64는 헤드 하나의 차원, 모델 차원 D는 768",
        "d_k = 64 is the width of one head; the model width D is 768", "scores"),
    Erratum("003", "QKᵀ/√d_k · V (Softmax … 후 V 곱)", "softmax(QKᵀ/√d_k) · V", "식에서 softmax 누락",
        "the caption says softmax, the formula leaves it out", "softmax"),
    Erratum("003", "AttentionOutput 97x64", "197x64", "오타: 토큰은 197개",
        "a misprint: there are 197 tokens", "softmax", "blocks.i.attention.O"),
    Erratum("003", "5단계, 7단계, 8단계, 8단계, 8단계", "6 = Norm, +", "빠진 번호 6은 LayerNorm과 잔차 연결",
        "the number left out, 6, is LayerNorm and the residual", "norm_residual"),
    Erratum("001", "ViT-L/14", "ViT-H/14", "L/16과 비교한 모델은 Huge",
        "the model compared with L/16 is Huge; no ViT-L/14 is in the paper"),
    Erratum("001", "Big Transformer (BiT)", "Big Transfer (BiT)", "BiT는 Transformer가 아니라 ResNet",
        "BiT is a ResNet, not a Transformer"),
    Erratum("001, 004", "transitional invariance", "translation invariance",
        "합성곱은 이동에 등변(equivariant), 불변성은 풀링의 결과",
        "a convolution is equivariant to translation; pooling makes it invariant"),
    Erratum("paper, Table 1", "86M / 307M / 632M", "86,567,656 / 304,326,632 / 632,045,800",
        "B/16, L/16, H/14에 클래스 1000개일 때의 값, 307M은 L/32(306,535,400)에 가까워 기준이 일정하지 않음",
        "B/16, L/16, H/14 with 1000 classes; 307M is nearer to L/32 (306,535,400): no single convention"),
)

FIVE_STEPS = (
    Counted(1, "이미지를 패치 N개로 분할", "the image into N patches", (1,)),
    Counted(2, "Trainable linear projection: 패치 임베딩", "trainable linear projection: patch embedding", (2,)),
    Counted(3, "class 임베딩과 position 임베딩", "class embedding and position embedding", (3, 4)),
    Counted(4, "Transformer encoder, class 임베딩의 output", "encoder, the class embedding's output", (5, 6, 7, 8)),
    Counted(5, "MLP Head로 class 분류", "the MLP head classifies", (8,)),
)
FOUR_STEPS = (
    Counted(1, "Patch embedding", "patch embedding", (1, 2)),
    Counted(2, "Embedding patch + Positional Embedding", "+ positional embedding, with the class token", (3, 4)),
    Counted(3, "Transformer encoder", "Transformer encoder: multi-head attention, MLP", (5, 6, 7)),
    Counted(4, "MLP Head", "MLP head", (8,)),
)
COUNTINGS = {"001": FIVE_STEPS, "004": FIVE_STEPS, "000": FOUR_STEPS}  # deck → its steps
# fmt: on
