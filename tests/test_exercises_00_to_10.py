"""The exercises of notebooks 00 to 10: their solutions are right, and usual wrong answers are told what is wrong."""

import numpy as np
import pytest
from test_exercises import KINDS, LANGUAGES, WIDEST, columns, in_both
from test_notebooks import SOURCES, build

import vitnp
from vitnp.course.exercises import check, find, judge
from vitnp.steps import s5_attention, s6_layer_norm, s7_feed_forward
from vitnp.system import language

rng = np.random.default_rng(4)


def softmax(z):
    """Of the last axis."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# What the solutions and the checks use of each notebook, at other sizes where the sizes do not matter.
OF_NOTEBOOK = {
    "02": {"W": rng.standard_normal((768, 768)), "b": rng.standard_normal(768)},
    "04": {"p": {"position": {"E_pos": rng.standard_normal((17, 8))}}, "order": rng.permutation(16)},
    "05": {
        "y": rng.standard_normal((1, 17, 8)),
        "order": rng.permutation(17),
        "softmax_backward": lambda dA, A: A * (dA - (dA * A).sum(axis=-1, keepdims=True)),
    },
    "06": {"y": rng.standard_normal((1, 17, 8))},
    "07": {
        "p": s7_feed_forward.init(rng, hidden_size=8, mlp_dim=32, dtype=np.float64)
        | {"b1": np.arange(32.0), "b2": np.arange(8.0)},
        "sigmoid": lambda u: 1 / (1 + np.exp(-u)),
    },
    "08": {"probabilities": softmax, "logits": rng.standard_normal((3, 7)), "target": np.eye(7)[[2, 0, 6]]},
    "09": {
        "dy": rng.standard_normal((1, 17, 8)),
        "s5_attention": s5_attention,
        "s6_layer_norm": s6_layer_norm,
    },
}
OF_NOTEBOOK["02"]["conv_weight"] = np.moveaxis(OF_NOTEBOOK["02"]["W"].reshape(16, 16, 3, 768), (3, 2), (0, 1))


def cells():
    """{exercise: (its cell, the solution's, the check's)}."""
    found = {}
    for source in SOURCES[:11]:
        tagged = {tag: [] for tag in ("exercise", "solution", "check")}
        for cell in build.read(source):
            for tag in build.tags(cell):
                if tag in tagged and cell.cell_type == "code":
                    tagged[tag].append(cell.source)
        for number, three in enumerate(zip(*tagged.values(), strict=True), 1):
            found[f"{source.stem[:2]}.{number}"] = three
    return found


CELLS = cells()


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch):
    monkeypatch.setattr(language, "_used", [])


def notebook(exercise):
    """The names there are when the exercise's cell is run."""
    return {"np": np, "check": check, **OF_NOTEBOOK.get(exercise[:2], {})}


def say(exercise, code, capsys, lang="en"):
    """What the check prints after a student's cell."""
    language.use(lang)
    names = notebook(exercise)
    exec(code, names)
    exec(CELLS[exercise][2], names)
    return capsys.readouterr().out


@pytest.mark.parametrize("exercise", CELLS)
def test_silent_unsolved_and_right_when_solved(exercise, capsys):
    unsolved, solution, _ = CELLS[exercise]
    assert say(exercise, unsolved, capsys) == ""
    assert say(exercise, solution, capsys) == "✓\n"


def test_there_is_a_wrong_answer_for_every_exercise():
    assert list(WRONG) == list(CELLS) and min(map(len, WRONG.values())) >= 2


# {exercise: [(a student's cell, what the English message says, what the Korean one says)]}
WRONG = {
    "00.1": [
        ("num_tokens = 49", "given 49, expected 1.02 times|[CLS] is missing", "입력한 답: 49|[CLS]가 빠졌"),
        ("num_tokens = 224 // 32 + 1", "given 8, expected 6.25 times|7 × 7", "이 값의 6.25배|한 변만"),
        ("num_tokens = 197", "divided by 3.94|ViT-B/16", "이 값의 1/3.94|패치가 더 큽니다"),
        ("num_tokens = '50'", "given '50', expected one real number", "기대한 답: 실수 하나"),
    ],
    "00.2": [
        (
            "largest = 'blocks.0.attention.A'",
            "expected the name of a larger tensor|465,708",
            "더 큰 텐서|465,708",
        ),
        ("largest = 'blocks.0.norm_1'", "given 'blocks.0.norm_1'|products of the shapes", "값의 개수를 비교"),
        ("largest = 'feed_forward.u'", "Write the block too", "블록까지"),
        ("largest = 605184", "given 605,184, expected a string", "기대한 답: 따옴표"),
    ],
    "00.3": [
        (
            "total = 1",
            "given 1, expected a smaller number|so does the target",
            "입력한 답: 1, 기대한 답: 더 작은|정답 y의 합",
        ),
        ("total = 0.01", "given 0.01|sum of p, and of y", "p의 합과 y의 합"),
        ("total = 1000", "number of logits", "로짓의 개수"),
    ],
    "01.1": [
        ("N = 24", "given 24, expected 24 times|one side", "이 값의 24배|한 변"),
        ("N = (384 // 16) ** 2 + 1", "given 577|only in step 3", "3단계"),
        (
            "N = 384 * 384 / 16",
            "given 9,216, expected that number divided by 16|both sides",
            "이 값의 1/16|모두 16으로",
        ),
    ],
    "01.2": [
        (
            "place = (100, 22, 0)",
            "row: given 100, expected that number divided|exchanged",
            "행: 입력한 답: 100|바뀌었",
        ),
        ("place = (6, 4, 0)", "row: given 6|inside the patch", "행: 입력한 답: 6|패치 안"),
        ("place = (18, 108, 1)", "row: given 18|slowest", "가장 느리게"),
        ("place = (22, 100)", "given (22, 100), expected 3 values (row, column, channel)|divmod", "값 3개"),
        ("place = [22, 100, 1]", "channel: given 1, expected a smaller number", "채널: 입력한 답: 1"),
    ],
    "01.3": [
        (
            "channels_first = lambda v: v",
            "at [1] given 1, expected 3; 766 of 768 values differ|Nothing moved",
            "766개가 다름|그대로",
        ),
        (
            "channels_first = lambda v: v.reshape(16, 16, 3).transpose(2, 0, 1)",
            "(3, 16, 16), expected shape (768,)|Flatten",
            "벡터로 펴",
        ),
        (
            "channels_first = lambda v: v.reshape(16, 16, 3).T.reshape(-1)",
            "given 48, expected 3|Rows and columns",
            "행과 열도",
        ),
        (
            "def channels_first(v):\n    v.reshape(16, 16, 3)",
            "returns nothing, expected one with a return",
            "return이 있는",
        ),
    ],
    "02.1": [
        (
            "parameters = 32 * 32 * 3 * 1024",
            "given 3,145,728, expected a slightly larger|bias b is missing",
            "편향 b가 빠졌",
        ),
        ("parameters = 32 * 32 * 1024 + 1024", "expected 2.998 times|three channels", "채널이 3개"),
        ("parameters = 590592", "ViT-B/16", "ViT-B/16"),
    ],
    "02.2": [
        ("our_W = conv_weight.reshape(768, -1).T", "given|expected|move the axes before", "합치기 전에"),
        (
            "our_W = conv_weight.transpose(2, 3, 1, 0)",
            "given shape (16, 16, 3, 768), expected shape (768, 768)|Merge",
            "합치세요",
        ),
        ("our_W = conv_weight.transpose(3, 2, 1, 0).reshape(768, 768)", "Rows and columns", "행과 열"),
        (
            "our_W = conv_weight",
            "given shape (768, 3, 16, 16), expected shape (768, 768)",
            "기대한 shape: (768, 768)",
        ),
    ],
    "02.3": [
        (
            "W_raw, b_raw = W * 127.5, b - W.sum(axis=0)",
            "W_raw: at [0, 0] given|expected|must shrink",
            "W_raw: [0, 0]|작아져야",
        ),
        ("W_raw, b_raw = W / 127.5, b", "b_raw: at [0] given|expected|to the bias too", "b_raw: |편향에"),
        ("W_raw, b_raw = W / 127.5, b - 1", "b_raw: |goes through W", "W를 거칩니다"),
        ("W_raw, b_raw = W / 127.5, b + W.sum(axis=0)", "b_raw: at [0] given|Look at the sign", "부호를"),
    ],
    "03.1": [
        ("num_tokens = 576", "given 576|[CLS] is missing", "[CLS]가 빠졌"),
        ("num_tokens = 197", "expected 2.929 times|224×224", "이 값의 2.929배|224×224"),
        ("num_tokens = 600", "given 600, expected that number divided by 1.04|(384 // 16)²", "더하세요"),
    ],
    "03.2": [
        (
            "prepend = lambda x, e: np.concatenate([x, np.repeat(e[None], len(x), 0)], axis=1)",
            "at [0, 0, 0] given|expected|not at the end",
            "뒤가 아니라",
        ),
        (
            "prepend = lambda x, e: x",
            "given shape (3, 4, 5), expected shape (3, 6, 5)|No token",
            "토큰이 붙지",
        ),
        (
            "prepend = lambda x, e: np.repeat(e[None], 3, 0)",
            "given shape (3, 2, 5)|in front along",
            "앞에 붙이세요",
        ),
        ("prepend = lambda x: x", "given a function(x), expected one that takes 2", "인자 2개"),
    ],
    "03.3": [
        (
            "prepend_backward = lambda dz, k: (dz[:, k:], dz[:, :k])",
            "dextra: given shape (3, 2, 5), expected shape (2, 5)|sum over the batch",
            "dextra: |배치에 대해",
        ),
        (
            "prepend_backward = lambda dz, k: (dz[:, k:], dz[:, :k].mean(axis=0))",
            "dextra: at [0, 0] given|not the mean",
            "평균이 아니라",
        ),
        (
            "prepend_backward = lambda dz, k: (dz[:, :-k], dz[:, :k].sum(axis=0))",
            "dx: at [0, 0, 0] given|the first k",
            "앞의 k개",
        ),
        (
            "prepend_backward = lambda dz, k: dz[:, k:]",
            "given an array of shape (3, 4, 5), expected 2 values (dx, dextra)",
            "값 2개 (dx, dextra)",
        ),
    ],
    "04.1": [
        ("numbers = 24 * 24 * 768", "given 442,368|has a position too", "위치가 있습니다"),
        ("numbers = 577", "given 577, expected 768 times|768 values", "이 값의 768배|값이 768개"),
        ("numbers = 151296", "table for 224×224", "224×224"),
    ],
    "04.2": [
        ("table = p['position']['E_pos']", "at [1, 0] given|expected|unchanged", "그대로입니다"),
        ("table = p['position']['E_pos'][[0, *order]]", "at |order + 1", "order + 1"),
        (
            "table = p['position']['E_pos'][order + 1]",
            "given shape (16, 8), expected shape (17, 8)|row of [CLS]",
            "행이 빠졌",
        ),
        ("table = p['position']['E_pos'][[0, *(np.argsort(order) + 1)]]", "inverse order", "거꾸로"),
    ],
    "04.3": [
        (
            "resize_backward = lambda d, W: W.T @ d.T @ W",
            "gradient of G: given|expected|not transposed",
            "G 그래디언트|전치하지",
        ),
        (
            "resize_backward = lambda d, W: W @ W.T @ d",
            "given shape (24, 24), expected shape (14, 14)|A.T @ dY",
            "기대한 shape: (14, 14)",
        ),
        (
            "resize_backward = lambda d, W: 2 * W.T @ d @ W",
            "gradient of G: given|used once",
            "2배가 아닙니다",
        ),
    ],
    "05.1": [
        ("bytes_of_A = 12 * 12 * 197 * 197", "expected 4 times|4 bytes", "이 값의 4배|4바이트"),
        ("bytes_of_A = 12 * 12 * 196 * 196 * 4", "expected 1.01 times|197, not 196", "197개"),
        ("bytes_of_A = 12 * 197 * 197 * 4", "expected 12 times|12 blocks and 12 heads", "헤드도 12개"),
        ("bytes_of_A = 12 * 12 * 197 * 64 * 4", "d_k = 64", "d_k = 64"),
        ("bytes_of_A = 12 * 12 * 197 * 197 * 32", "divided by 8|a byte has 8", "8비트"),
    ],
    "05.2": [
        ("shuffled_y = y", "given|expected|places are not", "자리가 바뀝니다"),
        ("shuffled_y = y[:, np.argsort(order)]", "inverse order", "거꾸로"),
        ("shuffled_y = y[0, order]", "given shape (17, 8), expected shape (1, 17, 8)|batch axis", "배치 축"),
    ],
    "05.3": [
        (
            "tempered_backward = lambda dA, A, tau: softmax_backward(dA, A)",
            "given|numeric|division of S by τ",
            "나눈 것이 빠졌",
        ),
        (
            "tempered_backward = lambda dA, A, tau: softmax_backward(dA, A) * tau",
            "do not multiply",
            "나누세요",
        ),
        (
            "tempered_backward = lambda dA, A, tau: dA * A * (1 - A) / tau",
            "Only the Jacobian's diagonal",
            "대각선만",
        ),
        (
            "tempered_backward = lambda dA, A: dA",
            "given a function(dA, A), expected one that takes 3",
            "인자 3개",
        ),
    ],
    "06.1": [
        ("count = 12 * 2 * 2 * 768", "given 36,864|last Norm", "맨 끝의 Norm"),
        ("count = 25 * 768", "expected 2 times|only one of γ and β", "하나만"),
        ("count = 50", "expected 768 times|vectors of 768", "768차원 벡터"),
    ],
    "06.2": [
        ("louder = 1000 * y - 7", "at [0, 1, 0] given|expected|takes both away", "사라집니다"),
        ("louder = 1000 * y", "deviation grows", "1000배"),
        ("louder = y[0]", "given shape (17, 8), expected shape (1, 17, 8)", "기대한 shape"),
    ],
    "06.3": [
        ("rms_backward = lambda dy, saved: dy * saved[1]", "gradient of x: given|for a constant", "상수로"),
        (
            "def rms_backward(dy, saved):\n    y, r = saved\n    m = lambda a: a.mean(axis=-1, keepdims=True)\n"
            "    return (dy - m(dy) - y * m(dy * y)) * r",
            "LayerNorm's",
            "LayerNorm의 역전파",
        ),
        (
            "rms_backward = lambda dy, saved: (dy, {})",
            "gradient of x: given tuple(ndarray, dict), expected real numbers of shape (2, 5, 12)",
            "실수 배열",
        ),
    ],
    "07.1": [
        ("count = 2 * 768 * 3072", "given 4,718,592|biases b1 and b2", "편향 b1, b2"),
        ("count = 2 * 768 * 3072 + 2 * 3072", "b2 has D = 768", "b2는"),
        ("count = 12 * 4722432", "divided by 12|one block", "이 값의 1/12|블록 하나만"),
    ],
    "07.2": [
        ("W, b = p['W1'] @ p['W2'], p['b1'] @ p['W2']", "b: at [1] given|b2 is missing", "b2가 빠졌"),
        ("W, b = p['W1'] @ p['W2'], p['b2']", "b: |b1 goes through W2", "b1도 W2"),
        (
            "W, b = p['W2'] @ p['W1'], p['b2']",
            "W: given shape (32, 32), expected shape (8, 8)|Expand",
            "W: |전개",
        ),
        (
            "W, b = p['W1'] * p['W2'].T, p['b2']",
            "W: given shape (8, 32), expected shape (8, 8)|matrix product",
            "행렬 곱",
        ),
    ],
    "07.3": [
        (
            "silu_backward = lambda dg, u: dg * sigmoid(u)",
            "gradient of u: given|u · σ'(u) is missing",
            "항이 빠졌",
        ),
        (
            "silu_backward = lambda dg, u: sigmoid(u) + u * sigmoid(u) * (1 - sigmoid(u))",
            "dg is not multiplied",
            "dg를 곱하지",
        ),
        ("silu_backward = lambda dg, u: dg * sigmoid(u) * (1 - sigmoid(u))", "σ's derivative alone", "σ만"),
    ],
    "08.1": [
        ("first_loss = np.log10(10)", "given 1, expected 2.303 times|base 10", "밑이 10"),
        (
            "first_loss = -np.log(10)",
            "given -2.30259, expected the same number with the other sign",
            "부호가 반대",
        ),
        ("first_loss = 0", "the loss is not", "손실이 0"),
        ("first_loss = np.log2(10)", "base 2", "밑이 2"),
    ],
    "08.2": [
        (
            "dlogits = probabilities(logits) - (0.9 * target + 0.1 / 7)",
            "at [0, 0] given|expected|3 images",
            "3으로 나누",
        ),
        ("dlogits = (probabilities(logits) - target) / 3", "not smoothed", "바꾸지 않았"),
        ("dlogits = (0.9 * target + 0.1 / 7 - probabilities(logits)) / 3", "sign is reversed", "부호가 반대"),
        ("dlogits = (probabilities(logits) - (0.9 * target + 0.1)) / 3", "0.1 by the 7", "클래스 수 7"),
    ],
    "08.3": [
        (
            "mean_backward = lambda dy, N: np.repeat(dy[:, None], N, axis=1)",
            "given|numeric|division by N",
            "N으로 나누",
        ),
        (
            "mean_backward = lambda dy, N: dy / N",
            "given shape (3, 8), expected shape (3, 5, 8)|all of them receive",
            "모든 토큰",
        ),
        (
            "def mean_backward(dy, N):\n    dx = np.zeros((len(dy), N, dy.shape[1]))\n    dx[:, 0] = dy\n    return dx",
            "class token's",
            "클래스 토큰",
        ),
    ],
    "09.1": [
        ("ways = 2 ** 32", "given 4,294,967,296|two residuals", "하나가 아니라 둘"),
        ("ways = np.int64(2) ** 64", "given 0, expected a larger number|overflowed", "넘쳤습니다"),
        ("ways = 2 * 2 * 32", "given 128|multiply", "곱합니다"),
    ],
    "09.2": [
        ("dx_of_silent_block = 0 * dy", "at [0, 0, 0] given 0, expected|shortcut", "지름길"),
        ("dx_of_silent_block = 4 * dy", "one shortcut", "지름길은 하나"),
        ("dx_of_silent_block = 0", "given shape (), expected shape (1, 17, 8)", "기대한 shape: (1, 17, 8)"),
    ],
    "09.3": [
        (
            "def post_norm_backward(dy, saved):\n    dx, _ = s6_layer_norm.backward(dy, saved[0])\n"
            "    return s5_attention.backward(dx, saved[1])[0]",
            "gradient of x: given|shortcut is missing",
            "지름길의 그래디언트가 빠졌",
        ),
        (
            "post_norm_backward = lambda dy, saved: dy + s5_attention.backward(dy, saved[1])[0]",
            "LayerNorm's backward",
            "LayerNorm의 역전파",
        ),
        (
            "post_norm_backward = lambda dy, saved: s6_layer_norm.backward(dy, saved[0])",
            "given tuple(ndarray, dict), expected real numbers",
            "실수 배열",
        ),
    ],
    "10.1": [
        ("error = 12.0001", "given 12.0001|subtract the exact 12", "12를 빼세요"),
        ("error = 0.01 ** 2 / 6", "expected 6 times|f‴ = 6", "이 값의 6배|f‴ = 6"),
        ("error = 0.06", "divided by 600|one-sided", "한쪽 차분"),
    ],
    "10.2": [
        (
            "absolute = np.abs",
            "slope by the complex step: at [0, 0] given 0, expected -1|is lost",
            "복소 스텝의 미분값|허수부를 잃",
        ),
        ("absolute = lambda x: x", "|x|: at [0, 0] given -1.5, expected 1.5|unchanged", "음수가 그대로"),
        (
            "absolute = lambda x: np.abs(x.real) + 1j * x.imag if np.iscomplexobj(x) else np.abs(x)",
            "sign too",
            "부호도",
        ),
        ("absolute = lambda x: x + 0j", "given complex128 of shape (2, 3)", "complex128 배열"),
    ],
    "10.3": [
        (
            "shape = (2, 3, 4)",
            "B: given 2, expected that number divided by 2|sum over the batch",
            "B: 입력한 답: 2|합과 첫 이미지",
        ),
        ("shape = (1, 3)", "given (1, 3), expected 3 values (B, N, D)", "값 3개"),
        ("shape = (1, 0, 4)", "N: given 0, expected a whole number of at least 1", "N: |1 이상의 정수"),
        ("shape = 1", "given 1, expected 3 values", "값 3개"),
    ],
}


@pytest.mark.parametrize(
    ("exercise", "code", "en", "ko"),
    [(exercise, *wrong) for exercise, all_wrong in WRONG.items() for wrong in all_wrong],
)
def test_a_usual_wrong_answer(exercise, code, en, ko, capsys):
    for lang, parts in (("en", en), ("ko", ko)):
        said = say(exercise, code, capsys, lang)
        assert said.startswith(f"✗ {exercise}  ") and len(said.splitlines()) <= 3
        assert max(map(columns, said.splitlines())) <= WIDEST, said
        for part in parts.split("|"):
            assert part in said, said


RIGHT_TOO = {
    "00.1": ["num_tokens = 50.0", "num_tokens = np.int64(50)"],
    "00.2": ["largest = 'blocks.0.feed_forward.g'"],
    "00.3": ["total = np.float32(-2e-7)", "total = 0.0"],
    "01.2": ["place = [22, 100, 0]", "place = np.array([22, 100, 0])", "place = (22.0, 100.0, 0.0)"],
    "01.3": ["channels_first = lambda v: np.concatenate([v[c::3] for c in range(3)])"],
    "02.2": ["our_W = conv_weight.transpose(2, 3, 1, 0).reshape(768, 768).tolist()"],
    "02.3": ["W_raw, b_raw = (W / 127.5).astype(np.float32), list(b - W.sum(axis=0))"],
    "03.2": ["prepend = lambda x, e: np.stack([np.vstack([e, one]) for one in x])"],
    "03.3": ["prepend_backward = lambda dz, k: [dz[:, k:], sum(dz[:, :k])]"],
    "05.3": ["tempered_backward = lambda dA, A, t: (dA - (dA * A).sum(-1)[..., None]) * A / t"],
    "06.2": ["louder = y + 1e-6", "louder = np.array([[[9.0] * 8, *y[0, 1:]]])"],  # ε in the row of [CLS]
    "08.1": ["first_loss = 2.303", "first_loss = 2.3026", "first_loss = -np.log(1 / 10)"],
    "09.1": ["ways = 4 ** 32", "ways = 2.0 ** 64"],
    "10.1": ["error = (2.01**3 - 1.99**3) / 0.02 - 12", "error = 12 - (2.01**3 - 1.99**3) / 0.02"],
    "10.2": ["absolute = lambda x: np.sqrt(x * x)", "absolute = lambda x: x * np.sign(x.real)"],
    "10.3": ["shape = (1, 1, 1)", "shape = [1, 7, 2]", "shape = np.ones((1, 2, 3)).shape"],
}


@pytest.mark.parametrize(
    ("exercise", "code"), [(exercise, code) for exercise, codes in RIGHT_TOO.items() for code in codes]
)
def test_other_ways_to_be_right(exercise, code, capsys):
    assert say(exercise, code, capsys) == "✓\n"


@pytest.mark.parametrize("exercise", CELLS)
def test_every_known_wrong_answer_has_its_own_hint(exercise, monkeypatch, capsys):
    """None is right, and none is hidden by another."""
    judged = []
    for name in ("number", "array", "name"):
        real = getattr(judge, name)

        def records(given, right, hint, *, real=real, **named):
            judged.append((named.get("known", ()), lambda wrong: real(wrong, right, hint, **named)))
            real(given, right, hint, **named)

        monkeypatch.setattr(judge, name, records)

    def records_gradient(forward, backward, *point, real=judge.gradient, **named):
        judged.append((named.get("known", ()), lambda wrong: real(forward, wrong, *point, **named)))
        real(forward, backward, *point, **named)

    monkeypatch.setattr(judge, "gradient", records_gradient)
    assert say(exercise, CELLS[exercise][1], capsys) == "✓\n"
    assert judged
    for known, again in judged:
        for wrong, why in known:
            with pytest.raises(judge.Wrong) as said:
                again(wrong)
            assert said.value.hint == why
            in_both(said.value)


@pytest.mark.parametrize(
    "exercise", [name for name, cells in CELLS.items() if ", " in cells[2].partition(", ")[2]]
)
def test_an_answer_of_any_kind_is_refused_beside_the_notebooks_arrays(exercise, capsys):
    """Of the exercises whose cell hands over more than the answer."""
    for lang in LANGUAGES:
        for kind in KINDS:
            language.use(lang)
            names = notebook(exercise)
            exec(CELLS[exercise][1], names)
            names[CELLS[exercise][2].split(", ")[1]] = kind
            exec(CELLS[exercise][2], names)
            said = capsys.readouterr().out
            assert said.startswith(f"✗ {exercise}  ") and len(said.splitlines()) <= 3, (kind, said)


def test_the_largest_tensor_of_a_block_is_what_the_exercise_says(capsys):
    config = vitnp.preset("B/16", num_layers=1)
    t = vitnp.trace(np.zeros((1, *config.image_size, 3), np.float32), vitnp.vit.init(rng, config), config)
    sizes = {r.name: r.value.size for r in t.forward if r.name.startswith("blocks.0.")}
    for name, size in sizes.items():
        check("00.2", name)
        assert (capsys.readouterr().out == "✓\n") == (size == max(sizes.values())), name


@pytest.mark.parametrize(
    ("exercise", "right"),
    [
        ("00.1", vitnp.preset("B/32").num_tokens),
        ("03.1", vitnp.preset("B/16", image_size=384).num_tokens),
        ("01.1", vitnp.preset("B/16", image_size=384).num_tokens - 1),
        ("09.1", 4 ** vitnp.preset("H/14").num_layers),
    ],
)
def test_the_numbers_are_those_of_the_presets(exercise, right):
    find(exercise)(right)


@pytest.mark.parametrize(
    ("exercise", "preset", "leaves"),
    [
        ("02.1", "L/32", lambda p: p["project"]),
        ("07.1", "B/16", lambda p: p["blocks"][0]["feed_forward"]),
        ("06.1", "B/16", lambda p: {n: a for n, a in vitnp.tree.leaves(p) if n.endswith(("gamma", "beta"))}),
    ],
)
def test_the_counts_are_those_of_the_models(exercise, preset, leaves):
    p = vitnp.vit.init(None, vitnp.preset(preset))
    find(exercise)(vitnp.tree.count(leaves(p)))
