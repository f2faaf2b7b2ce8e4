"""What a model may have and no slide shows: the rows that `slides.rows` puts in or takes in place of the deck's.

A row is (key, step, title_ko, title_en, what_ko, what_en, tensors), a tensor (slide_name, name, letters, lead), as in
`deck.Row` and `deck.Tensor`. Imports `resnet`.
"""

from vitnp.course import resnet
from vitnp.engine import probabilities

TOKENS, SCORES = ("N+1", "D"), ("N+1", "N+1")
Z0, E_POS = ("tokens", "z0", TOKENS, "B"), ("E_pos", "E_pos", TOKENS, "")

# fmt: off
PRE_LOGITS = ("pre_logits", 8, "(슬라이드 없음: pre-logits 층)", "(no slide: the pre-logits layer)",
    "r = tanh(y·W + b), 로짓은 r에서 계산", "r = tanh(y·W + b), and the logits come from r",
    (("r", "pre_logits", ("B", "R"), ""),))
MEAN = ("extract", 8, "(슬라이드 없음: [CLS] 토큰 대신 평균)", "(no slide: the mean in place of the [CLS] token)",
    "y = 모든 패치 토큰의 평균", "y = the mean of all patch tokens", (("y", "y", ("B", "D"), ""),))
MEAN_TOKEN = (*MEAN[:6], (("mean", "mean", ("1", "D"), "B"), *MEAN[6]))
LOGITS = ("logits", 8, "8단계: 평균을 이용해서 로짓 계산 - 클래스는 총 {classes}개",
    "Step 8: the logits from the mean - {classes} classes", "y · W + b", "y · W + b",
    (("z", "logits", ("B", "classes"), ""),))

NOTHING = ("position", 4, "(슬라이드 없음: 더해지는 위치 정보가 없음)", "(no slide: no position is added)",
    "z₀ = z", "z₀ = z", (Z0,))
POSITION = {  # in place of step 4's row, by config.stem_position
    "none": NOTHING,
    "relative": NOTHING,
    "2d": ("position", 4, "(슬라이드 없음: 2차원 포지셔널 임베딩)", "(no slide: 2-D position embeddings)",
        "z₀ = z + E_pos, E_pos는 열의 표와 행의 표를 결합한 것",
        "z₀ = z + E_pos, E_pos = [E_cols; E_rows], a learnable table of the columns and one of the rows", (E_POS, Z0)),
    "sincos": ("position", 4, "(슬라이드 없음: 고정된 사인·코사인)", "(no slide: fixed sines and cosines)",
        "z₀ = z + E_pos, E_pos는 학습되지 않는 표", "z₀ = z + E_pos, E_pos is a fixed table", (E_POS, Z0)),
}
EVERY_LAYER = ("layer_position", 4, "(슬라이드 없음: 위치 정보를 층마다 더함)", "(no slide: positions in every layer)",
    "z = z + E_pos, 블록마다 맨 처음에", "z = z + E_pos, at the beginning of every block",
    (("E_pos", "blocks.i.E_pos", TOKENS, ""), ("tokens", "blocks.i.position", TOKENS, "B")))
RELATIVE = ("distances", 5, "(슬라이드 없음: 상대 위치)", "(no slide: relative positions)",
    "S⁽ⁱ⁾에 Q⁽ⁱ⁾·E_rel / √d_k를 더함, 두 토큰의 거리마다 E_rel 한 행",
    "Q⁽ⁱ⁾·E_rel / √d_k is added to S⁽ⁱ⁾, a row of E_rel for every distance of two tokens",
    (("E_rel", "blocks.i.attention.E_rel", ("2N+1", "K"), ""), ("+ S", "blocks.i.attention.S_rel", SCORES, "BH")))
REGISTERS = ("registers", 4, "(슬라이드 없음: 레지스터 토큰 {registers}개)", "(no slide: {registers} register tokens)",
    "위치 없이 학습되는 토큰을 패치 토큰 앞에 추가", "learned tokens without a position, before the patch tokens",
    (("tokens", "registers", ("T", "D"), "B"),))
INPUT_NORM = ("input_norm", 6, "(슬라이드 없음: 블록 앞의 LayerNorm)", "(no slide: a LayerNorm before the blocks)",
    "z = LN(z)", "z = LN(z)", (("tokens", "input_norm", ("T", "D"), "B"),))
MEAN_FIRST = ("mean", 8, "(슬라이드 없음: 블록 다음에 평균)", "(no slide: the mean after the blocks)",
    "모든 패치 토큰의 평균", "the mean of all patch tokens", (("mean", "mean", ("1", "D"), "B"),))
NORM_OF_MEAN = ("norm_of_mean", 6, "(슬라이드 없음: 평균의 LayerNorm)", "(no slide: LayerNorm of the mean)",
    "LN(평균)", "LN(mean)", (("Norm", "norm", ("1", "D"), "B"),))
POOL = ("pool", 8, "(슬라이드 없음: 어텐션 풀링)", "(no slide: attention pooling)",
    "학습되는 probe 하나가 모든 패치 토큰을 봄: a = attention(probe, x), y = a + FFN(LN(a))",
    "a learned probe looks at all patch tokens: a = attention(probe, x), y = a + FFN(LN(a))",
    (("attention weights", "pool.A", ("1", "N"), "BH"), ("a", "pool.attention", ("1", "D"), "B"),
     ("LN(a)", "pool.norm", ("1", "D"), "B"), ("y", "pool", ("1", "D"), "B")))
ONE = ("extract", 8, "(슬라이드 없음: [CLS] 토큰 대신 풀링한 토큰)", "(no slide: the pooled token in place of [CLS])",
    "y = 풀링한 토큰", "y = the pooled token", (("y", "y", ("B", "D"), ""),))
ON_THEIR_OWN = ("probabilities", 8, "(슬라이드 없음: 로짓마다 시그모이드)", "(no slide: the sigmoid of each logit)",
    "p = σ(z), 클래스마다 따로", "p = σ(z), each class on its own", (("p", "p", ("B", "classes"), ""),))
LOGITS_OF_POOL = ("logits", 8, "8단계: 풀링한 토큰을 이용해서 로짓 계산 - 클래스는 총 {classes}개",
    "Step 8: the logits from the pooled token - {classes} classes", *LOGITS[4:])
# fmt: on


def of(config):
    """({key of the deck's row: the row that stands in its place}, {key: the rows that come after it}) of a model."""
    instead, after = {}, {"position": []}
    if config.residual:
        instead |= resnet.patches(config)
    if config.classifier == "gap":
        instead |= {"extract": MEAN_TOKEN if config.num_registers else MEAN, "logits": LOGITS}
    if config.classifier == "map":
        instead |= {"extract": ONE, "logits": LOGITS_OF_POOL}
        after["encoder"] = [POOL]
    if config.pooled_norm:
        instead |= {"encoder": MEAN_FIRST, "extract": ONE}
        after["encoder"] = [NORM_OF_MEAN]
    if config.stem_position in POSITION:
        instead["position"] = POSITION[config.stem_position]
    if config.num_registers:
        after["position"].append(REGISTERS)
    if config.input_norm:
        after["position"].append(INPUT_NORM)
    if config.position_at != "stem":
        after["position"].append(EVERY_LAYER)
    if config.position_embedding == "relative":
        after["scores"] = [RELATIVE]
    if config.representation_size is not None:
        after["extract"] = [PRE_LOGITS]
    if probabilities.independent(config):
        instead["probabilities"] = ON_THEIR_OWN
    return instead, after
