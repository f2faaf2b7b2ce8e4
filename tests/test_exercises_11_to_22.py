"""The exercises of notebooks 11 to 22: their solutions are right, and usual wrong answers are told what is wrong."""

import re

import jupytext
import numpy as np
import pytest
from test_exercises import WIDEST, columns
from test_notebooks import FOLDER

import vitnp
from vitnp import vit
from vitnp.analysis import gradcheck
from vitnp.backend import tiles
from vitnp.backend.arrays import array_module
from vitnp.course import eye
from vitnp.course.exercises import check, find
from vitnp.course.exercises.judge import Wrong
from vitnp.models import mlp
from vitnp.ops import conv, gelu, gru, heads, softmax
from vitnp.steps import s1_patchify, s5_attention, s6_layer_norm

SOURCES = [source for source in sorted((FOLDER / "src").glob("*.py")) if int(source.stem[:2]) >= 11]
each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)

rng = np.random.default_rng(3)
cat = eye.load()
S = cat.Q @ cat.K.swapaxes(-1, -2) / 8
cell = gradcheck.random_like(gru.init(None, inputs=2, width=3, dtype="float64"), rng)
order, new_order = rng.permutation(64), rng.permutation(16)
W_1, E_old = rng.standard_normal((64, 192)), rng.standard_normal((17, 64))
confusion = rng.integers(1, 40, (10, 10))
right = {blocks: rng.random((6, 360)) < 0.9 for blocks in ("1", "2")}
omega = 10_000.0 ** (-np.arange(192) / 191)


def of_cell():
    """The names that notebook 20 makes of its cell."""
    parts = zip(("W_x", "W_h", "b"), "WUb", strict=True)
    named = {
        f"{n}_{g}": a for k, n in parts for g, a in zip("rzn", np.split(cell[k], 3, axis=-1), strict=True)
    }
    return named | {"c": cell["c"], "sigma": lambda a: 1 / (1 + np.exp(-a))}


def dense(x, dy):
    """Notebook 14's."""
    return np.einsum("bni,bno->io", x, dy), dy.sum(axis=(0, 1))


def notebook():
    """The names of the notebooks that exercises, solutions and checks use."""
    modules = {"np": np, "tiles": tiles, "conv": conv, "heads": heads, "softmax": softmax}
    arrays = {"confusion": confusion, "right": right, "S": S, "omega": omega, "cell": cell, "order": order}
    arrays |= {"new_order": new_order, "W_1": W_1, "E_old": E_old} | of_cell()
    return (
        modules
        | arrays
        | {
            "array_module": array_module,
            "s5_attention": s5_attention,
            "dense": dense,
            "check": check,
        }
    )


def cells(source, tag):
    """The code of the cells with a tag."""
    found = jupytext.read(source, fmt="py:percent").cells
    return [c.source for c in found if c.cell_type == "code" and tag in c.metadata.get("tags", [])]


@each_source
def test_silent_unsolved_and_right_when_solved(source, capsys):
    exercises, solutions, checks = (cells(source, tag) for tag in ("exercise", "solution", "check"))
    assert len(checks) >= 3
    for exercise, solution, line in zip(exercises, solutions, checks, strict=True):
        names = notebook()
        exec(exercise, names)
        exec(line, names)
        assert capsys.readouterr().out == ""
        exec(solution, names)
        exec(line, names)
        assert capsys.readouterr().out == "✓\n", line


@each_source
@pytest.mark.parametrize(
    "answer",
    [
        None,
        "forty",
        [1, [2, 3]],
        float("nan"),
        np.full((2, 2), np.nan),
        {},
        True,
        1j,
        lambda: None,
        np.zeros(()),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_another_kind_of_answer_gets_a_message(source, answer, capsys):
    """One to three lines that say what is expected; nothing is raised."""
    for line in cells(source, "check"):
        names = notebook() | {re.match(r'check\("[\d.]+", (\w+)', line)[1]: answer}
        exec(line, names)
        said = capsys.readouterr().out
        assert re.match(r"✗ \d\d\.\d  ", said) and 1 <= said.count("\n") <= 3, line
        assert "expected" in said, said


@each_source
@pytest.mark.parametrize(
    "result",
    [
        None,
        "forty",
        [1, [2, 3]],
        float("nan"),
        np.full((3, 3), np.nan),
        {},
        1j,
        (1, 2, 3),
        (None, {"E_pos": 1}),
        (5, 5),
    ],
    ids=repr,
)
def test_a_function_may_return_anything(source, result, capsys):
    for exercise, line in zip(cells(source, "exercise"), cells(source, "check"), strict=True):
        if "def " in exercise:
            name = re.match(r'check\("[\d.]+", (\w+)', line)[1]
            exec(line, notebook() | {name: lambda *given: result})
            assert re.match(r"✗ \d\d\.\d  .*(expected|with the same)", capsys.readouterr().out), line


def test_an_error_of_the_students_own_passes_through():
    with pytest.raises(ZeroDivisionError):
        check("21.2", lambda dx, ids, V: 1 / 0)


def lines(exercise, *answers, lang="en"):
    """What is said about a wrong answer; nothing about a right one."""
    try:
        find(exercise)(*answers)
    except Wrong as wrong:
        return wrong.lines(lang)
    return []


def scattered(dx, ids, rows):
    """`dE[ids] += dx`: a repeated id counts once."""
    dE = np.zeros((rows, dx.shape[-1]))
    dE[ids] += dx
    return dE


def gelu_backward(power, factor=3):
    """Case 1 of notebook 14 with another derivative of x + k·x³."""

    def backward(dy, saved):
        x, c, k = saved[0], np.sqrt(2 / np.pi), 0.044715
        t = np.tanh(c * (x + k * x**3))
        return dy * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + factor * k * x**power))

    return backward


def attention_backward(*, repaired_W_O, repaired_x, of_b_O=1):
    """Case 2 of notebook 14, as it stands there but for what is repaired."""

    def backward(dy, saved):
        s, y = saved
        dp, dx = {}, 0
        dp["W_O"], dp["b_O"] = dense(s.concat if repaired_W_O else y, dy)
        dp["b_O"] = dp["b_O"] * of_b_O
        dO = heads.split(dy @ s.p["W_O"].T, 3)
        for n, d in zip(
            "QKV", s5_attention.attend_backward(dO, s.Q, s.K, s.V, s.A, None, rate=0.0), strict=True
        ):
            dp[f"W_{n}"], dp[f"b_{n}"] = dense(s.x, heads.merge(d))
            dx = (dx if repaired_x else 0) + heads.merge(d) @ s.p[f"W_{n}"].T
        return dx, dp

    return backward


def norm_backward(*, in_place, update=0.1, of_dx=1.0):
    """Case 4 of notebook 14."""

    def backward(dy, saved):
        x_hat, inverse_std, gamma = saved
        dp = {"gamma": (dy * x_hat).sum((0, 1)), "beta": dy.sum((0, 1))}
        if in_place:
            gamma -= update * dp["gamma"]
        else:
            gamma = gamma - update * dp["gamma"]
        d = dy * gamma
        along = x_hat * (d * x_hat).mean(-1, keepdims=True)
        return of_dx * (d - d.mean(-1, keepdims=True) - along) * inverse_std, dp

    return backward


def patchify(cut_channels_first, axes=(0, 1, 3, 2, 4, 5)):
    """Case 5 of notebook 14."""

    def forward(x, P):
        B, H, W, C = x.shape
        if cut_channels_first:
            grid = x.reshape(B, C, H // P, P, W // P, P).transpose(0, 2, 4, 3, 5, 1)
        else:
            grid = x.reshape(B, H // P, P, W // P, P, C).transpose(axes)
        return grid.reshape(B, -1, P * P * C)

    return forward


def attention(*, last=True, scale=4, axis=-1):
    """Case 6 of notebook 14."""

    def forward(x, p):
        Q, K, V = (heads.split(x @ p[f"W_{n}"], 3) for n in "QKV")
        A = np.exp(Q @ K.swapaxes(-1, -2) / np.sqrt(scale))
        y = heads.merge(A / A.sum(axis=axis, keepdims=True) @ V)
        return y @ p["W_O"] if last else y

    return forward


def adam(*, t_of=lambda t: t, correct=True, begin=0):
    """Case 7 of notebook 14."""

    def path(gradients, lr):
        theta, m, v, found = 0.0, 0.0, 0.0, [0.0]
        for i, g in enumerate(gradients, start=1):
            t, m, v = t_of(i), 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            theta -= lr * (m / (1 - 0.9**t) if correct else m) / np.sqrt(v / (1 - 0.999**t) if correct else v)
            found.append(theta)
        return np.array(found[begin:])

    return path


def rollout(divide, last=lambda R: R):
    """Case 8 of notebook 14."""

    def through(A):
        R = np.eye(A.shape[-1])
        for a in A:
            a = np.where(a > np.median(a), a, 0) + np.eye(A.shape[-1])
            R = divide(a) @ R
        return last(R)

    return through


def by_row(a):
    return a / a.sum(axis=-1, keepdims=True)


def by_column(a):
    return a / a.sum(axis=-1)


def standardize_backward(*, mean=1, along=1, scale=1):
    """Exercise 4 of notebook 19."""

    def backward(dy, saved):
        y, by = saved
        means = mean * dy.mean(axis=(0, 1, 2)) + along * y * (dy * y).mean(axis=(0, 1, 2))
        return (dy - means) * by**scale

    return backward


def gru_step(*, r_first=False, exchanged=False, c_inside=True):
    """Exercise 2 of notebook 20."""
    n_ = of_cell()

    def step(x, h):
        sigma, c = n_["sigma"], n_["c"]
        r = sigma(x @ n_["W_r"] + n_["b_r"] + h @ n_["U_r"])
        z = sigma(x @ n_["W_z"] + n_["b_z"] + h @ n_["U_z"])
        inner = (
            (r * h) @ n_["U_n"] + c
            if r_first
            else r * (h @ n_["U_n"] + c)
            if c_inside
            else r * (h @ n_["U_n"]) + c
        )
        n = np.tanh(x @ n_["W_n"] + n_["b_n"] + inner)
        return z * n + (1 - z) * h if exchanged else (1 - z) * n + z * h

    return step


sigma = of_cell()["sigma"]
q = S[:, 1 + 16 * 6 + 14, 1:].mean(axis=0).reshape(16, 16)[:, :10]
best = tuple(int(i) for i in np.unravel_index(q.argmax(), q.shape))


# exercise, answers, words of the English message, words of the Korean one
def choice(threshold=True, surest=True, copies=True):
    """Exercise 2 of notebook 22."""

    def choose(q, least, per_class):
        classes, top, found = q.argmax(axis=1), q.max(axis=1), []
        for c in range(q.shape[1]):
            rows = np.flatnonzero((classes == c) & ((top >= least) | (not threshold)))
            rows = rows[np.argsort(-top[rows] if surest else top[rows])]
            if len(rows):
                found.append(np.resize(rows, per_class) if copies else rows[:per_class])
        return np.concatenate(found)

    return choose


def gate(mean=True, divided=True):
    """Exercise 3 of notebook 22."""

    def gate_backward(dy, saved):
        x, g = saved
        ds = (dy * x).sum(axis=(1, 2), keepdims=True) * (g * (1 - g))[:, None, None]
        return dy * g[:, None, None] + mean * ds / (x[0, :, :, 0].size if divided else 1)

    return gate_backward


WRONG = [
    ("11.1", (1408,), "smaller last batch", "작은 배치"),
    ("11.1", (45,), "one epoch", "에폭 하나"),
    ("11.1", (1437,), "round up in each epoch", "에폭마다 올림"),
    ("11.1", (100,), "14.4 times that number", "14.4배"),
    ("11.2", (confusion.diagonal() / confusion.sum(axis=0), confusion), "precision", "정밀도"),
    ("11.2", (confusion.diagonal(), confusion), "counts", "개수"),
    ("11.2", (np.trace(confusion) / confusion.sum(), confusion), "one value per digit", "숫자마다 하나씩"),
    ("11.3", (0,), "without smoothing", "스무딩이 없을"),
    ("11.3", (-np.log(0.91),), "sum ten terms", "열 개의 항"),
    ("11.3", (0.7217,), "bits", "밑이 2"),
    ("12.1", (36,), "round up", "올림"),
    ("12.1", (148,), "BLOCK counts values", "BLOCK은 값의 개수"),
    ("12.2", (lambda x: x.sum(axis=1),), "sums of rows", "행의 합"),
    ("12.2", (lambda x: np.ones(len(x)) @ x,), "float64", "float64"),
    ("12.2", (lambda x: np.ones(len(x), x.dtype) @ x,), "array_module(x).ones", "array_module(x).ones"),
    ("12.3", (lambda dy, x: dy * sigma(x),), "second term", "둘째 항"),
    ("12.3", (lambda dy, x: dy * sigma(x) * (1 - sigma(x)),), "derivative of σ", "σ의 미분"),
    ("12.3", (lambda dy, x: sigma(x) * (1 + x * (1 - sigma(x))),), "dy is missing", "dy를 곱하지"),
    ("13.1", (1.25,), "in patches", "패치 단위"),
    ("13.1", (16 * 20 / 12,), "itself too", "자기 자신"),
    ("13.2", (1 / 17,), "residual is missing", "잔차 연결이 빠졌"),
    ("13.2", (1 / 4,), "attention sends some back", "어텐션을 거쳐"),
    ("13.3", (lambda A: (A * np.log(A)).sum(axis=-1).mean(axis=-1),), "minus is missing", "−를 붙이세요"),
    ("13.3", (lambda A: -(A * np.log(A)).sum(axis=(-1, -2)),), "not the sum", "더하지 말고"),
    ("13.3", (lambda A: -(A * np.log(A)).sum(axis=-1),), "given shape (2, 3, 17)", "(2, 3, 17)"),
    ("14.1", (gelu_backward(3),), "still there", "실수가 그대로"),
    ("14.1", (gelu_backward(2, factor=1),), "3 is missing", "3이 빠졌"),
    ("14.2", (attention_backward(repaired_W_O=False, repaired_x=False),), "Both mistakes", "둘 다 그대로"),
    ("14.2", (attention_backward(repaired_W_O=True, repaired_x=False),), "dx is left", "dx가 남았"),
    ("14.2", (attention_backward(repaired_W_O=False, repaired_x=True),), "W_O is left", "W_O가 남았"),
    (
        "14.2",
        (attention_backward(repaired_W_O=True, repaired_x=True, of_b_O=2),),
        "gradient of b_O",
        "b_O 그래디언트",
    ),
    (
        "14.3",
        (lambda dy, saved: (dy, {"E_pos": dy}),),
        "given shape (2, 5, 12), expected shape (5, 12)",
        "모든 이미지",
    ),
    ("14.3", (lambda dy, saved: (dy, {"E_pos": dy.mean(axis=0)}),), "take the sum", "평균이 아니라"),
    ("14.3", (lambda dy, saved: dy,), "(dx, dp)", "(dx, dp)"),
    ("14.4", (norm_backward(in_place=True),), "still there", "실수가 그대로"),
    ("14.4", (norm_backward(in_place=False),), "dx has the updated gamma", "새 gamma"),
    (
        "14.4",
        (norm_backward(in_place=False, update=0, of_dx=2),),
        "right: gamma, beta",
        "맞는 것: gamma, beta",
    ),
    ("14.5", (patchify(True),), "still there", "실수가 그대로"),
    ("14.5", (patchify(False, (0, 1, 3, 4, 2, 5)),), "Rows and columns", "행과 열이 바뀌었"),
    ("14.6", (attention(last=False),), "W_O is missing", "W_O가 빠졌"),
    ("14.6", (attention(scale=12),), "d_k is 4", "헤드의 4"),
    ("14.6", (attention(axis=-2),), "over the keys", "키(마지막 축)"),
    ("14.7", (adam(t_of=lambda t: 1),), "still there", "t가 1에 멈춰"),
    ("14.7", (adam(correct=False),), "Both corrections", "두 보정"),
    ("14.7", (adam(begin=1),), "expected shape (201,)", "theta = 0"),
    ("14.8", (rollout(by_column),), "still there", "실수가 그대로"),
    ("14.8", (rollout(by_column, by_row),), "still divides by columns", "합만 1로"),
    ("14.8", (rollout(lambda a: a),), "division is missing", "나누는 줄이 빠졌"),
    ("15.1", (18432,), "E_cls are missing", "E_cls의 768개"),
    ("15.1", (577 * 768,), "That is 1-D", "1-D의 표"),
    ("15.2", ({(1, 1)},), "may go back", "왼쪽으로"),
    ("15.2", ({(1, 1), (-3, 2)},), "(rows down, columns on)", "(아래로 몇 행"),
    ("15.2", ({(1, 1), (2, -3), (0, 5)},), "one cannot go so far", "그만큼 갈 수 없"),
    ("15.2", ({(1, 1), (2, -3), (1, 2)},), "is not 5", "5가 아닙니다"),
    ("15.2", ((1, 1),), "set of pairs", "쌍의 집합"),
    (
        "15.3",
        (lambda down, on: np.cos(down * omega).sum() + np.cos(on * omega).sum(),),
        "384 is missing",
        "나누지 않았",
    ),
    ("15.3", (lambda down, on: np.cos((down + on) * omega).sum() / 192,), "each has its half", "절반씩"),
    ("16.1", (288.0,), "10% keep their own", "자기 임베딩"),
    ("16.1", (317,), "do not round", "반올림하지"),
    ("16.2", (lambda c: np.stack([c % 8, c // 8 % 8, c // 64], axis=-1),), "red has the 64", "빨강이 64"),
    ("16.2", (lambda c: np.stack([c // 64, c // 8 % 8, c % 8]),), "last axis", "마지막 축"),
    (
        "16.3",
        (lambda dy, source: scattered(dy[source >= 0], source[source >= 0], len(dy)),),
        "np.add.at",
        "np.add.at",
    ),
    ("16.3", (lambda dy, source: dy[source],), "as forward does", "순전파처럼"),
    ("17.1", (12 * 768,), "two products", "두 번입니다"),
    ("17.1", (6,), "which is 768", "D는 768"),
    ("17.2", ((right["1"] & ~right["2"]).sum(axis=1), right), "other way round", "반대로"),
    ("17.2", (right["2"].sum(axis=1) - right["1"].sum(axis=1), right), "difference", "차이입니다"),
    ("17.3", (38,), "round up", "올림"),
    ("17.3", (20,), "2σ²/n", "2σ²/n"),
    ("18.1", (64,), "One too many", "한 층이 많"),
    ("18.1", (43,), "windows overlap", "3배가 아니라"),
    ("18.2", ((5, 5),), "Row 0 is [CLS]", "0행은 [CLS]"),
    ("18.2", (best[::-1],), "(row, column)", "(행, 열)"),
    ("18.2", (16 * best[0] + best[1],), "divmod", "divmod"),
    ("18.2", ((6, 14),), "columns 0 to 9", "0~9열"),
    ("18.2", ((0, 0),), "by score; expected number 1", "번째"),
    ("18.3", (lambda c: c.argmax(axis=1),), "whether they are mutual", "서로 골랐는지"),
    (
        "18.3",
        (lambda c: c.argmax(axis=1)[c.argmax(axis=0)] == np.arange(c.shape[1]),),
        "for each row",
        "행마다",
    ),
    (
        "18.3",
        (lambda c: (c.argmax(axis=0)[c.argmax(axis=1)] == np.arange(len(c))).astype(int),),
        "True and False",
        "True와 False",
    ),
    ("19.1", ([192, 192, 96, 48, 24],), "max-pool", "최대 풀링"),
    ("19.1", ([96, 48, 24, 12, 6],), "stride 1", "스트라이드는 1"),
    ("19.2", (lambda n, k, s: (k // 2, k // 2),), "PyTorch", "파이토치"),
    (
        "19.2",
        (lambda n, k, s: conv.padding_of((n, n), kernel=k, stride=s, padding="same")[0][::-1],),
        "shifted",
        "밀립니다",
    ),
    ("19.2", (lambda n, k, s: 1,), "2 values (before, after)", "값 2개"),
    (
        "19.3",
        (lambda dy, W: conv.forward(dy, W.swapaxes(2, 3), padding=2)[0],),
        "not turned round",
        "돌리지 않았",
    ),
    (
        "19.3",
        (lambda dy, W: conv.forward(dy, W[::-1].swapaxes(2, 3), padding=2)[0],),
        "flip both",
        "두 축 모두",
    ),
    (
        "19.3",
        (lambda dy, W: conv.forward(dy, W[::-1, ::-1].swapaxes(2, 3))[0],),
        "given shape (2, 2, 3, 4)",
        "(2, 6, 7, 4)",
    ),
    ("19.4", (standardize_backward(mean=0),), "shift of W", "W를 옮겨도"),
    ("19.4", (standardize_backward(along=0),), "Scaling W", "W를 늘려도"),
    ("19.4", (standardize_backward(scale=-1),), "1/σ already", "이미 1/σ"),
    ("19.5", ([576, 144, 144],), "[CLS] is missing", "[CLS]가 빠졌"),
    ("19.5", ([577, 145, 577],), "R+Ti/16", "R+Ti/16"),
    ("20.1", (0.8,), "1/2, not 1", "1이 아니라"),
    ("20.1", (0.4,), "there are three", "세 번"),
    ("20.2", (gru_step(exchanged=True), cell), "exchanged", "바뀌었"),
    ("20.2", (gru_step(r_first=True), cell), "after the product", "곱한 다음"),
    ("20.2", (gru_step(c_inside=False), cell), "multiplies c too", "c에도"),
    ("20.3", (6,), "multiply", "곱합니다"),
    ("20.3", (16,), "two places", "이미 한 칸"),
    ("20.4", (W_1[np.argsort(order)], W_1, order), "inverse", "역순열"),
    ("20.4", (W_1, W_1, order), "reorder its rows", "행의 순서"),
    ("20.5", (np.concatenate([E_old[:1], E_old[new_order]]), E_old, new_order), "1 + n", "1 + n"),
    ("20.5", (E_old[1:][new_order], E_old, new_order), "Row 0", "0행이 빠졌"),
    ("21.1", (21,), "causal mask alone", "인과 마스크만"),
    ("21.1", (10,), "rows of padding", "패딩의 행"),
    ("21.2", (scattered,), "np.add.at", "np.add.at"),
    ("21.2", (lambda dx, ids, V: np.einsum("bnv,bnd->bvd", np.eye(V)[ids], dx),), "batch", "문장"),
    ("21.3", (4_199_936 - 4 * 512**2,), "two attentions", "어텐션은 두 개"),
    ("21.3", (4_199_936 - 3 * 512,), "gamma and beta", "γ와 β"),
    ("21.4", (0.3,), "greedy", "탐욕"),
    ("21.4", (0.9,), "multiply", "곱하세요"),
    ("21.5", (lambda T, s: np.tri(T, dtype=bool),), "causal mask alone", "인과 마스크뿐"),
    (
        "21.5",
        (lambda T, s: np.tri(T, dtype=bool) | (np.arange(T) < s)[:, None],),
        "condition is on the key",
        "key에 겁니다",
    ),
    (
        "21.5",
        (lambda T, s: (np.tri(T, dtype=bool) | (np.arange(T) < s)).astype(int),),
        "comparison",
        "비교의 결과",
    ),
    ("22.1", (298,), "298 steps", "298 스텝"),
    ("22.1", (6,), "not 0.99ⁿ ≤ 0.95", "0.99ⁿ ≤ 0.95가 아니라"),
    ("22.2", (choice(threshold=False),), "below the threshold", "threshold보다 작은"),
    ("22.2", (choice(surest=False),), "least certain", "가장 작은 것이 아니라"),
    ("22.2", (choice(copies=False),), "repeats its rows", "되풀이합니다"),
    ("22.3", (gate(mean=False),), "also in its mean", "평균에도"),
    ("22.3", (gate(divided=False),), "divides by H·W", "H·W로 나눕니다"),
    ("22.4", (3.28,), "by √3", "√3으로 나누지"),
    ("22.4", (0.22,), "That is the difference", "차이입니다"),
    ("22.4", (-5.68,), "Subtract L/16", "L/16을 빼세요"),
]


@pytest.mark.parametrize(("exercise", "answers", "english", "korean"), WRONG, ids=[case[0] for case in WRONG])
def test_a_usual_wrong_answer_is_told_what_is_wrong(exercise, answers, english, korean):
    for lang, words, given in (("en", english, "given"), ("ko", korean, "입력한 답")):
        said = lines(exercise, *answers, lang=lang)
        assert words in "\n".join(said), said
        assert given in said[0] or "dp" in said[0], said
        assert 1 <= len(said) <= 2 and max(map(columns, said)) <= WIDEST, said


def test_every_exercise_has_wrong_answers():
    """Two at least of each."""
    named = [case[0] for case in WRONG]
    for source in SOURCES:
        for number in range(1, len(cells(source, "check")) + 1):
            assert named.count(f"{source.stem[:2]}.{number}") >= 2


def test_ones_and_zeros_are_no_mask():
    """Right places, but numbers: said so; a list of booleans is as good as an array."""
    right = lambda T, s: np.tri(T, dtype=bool) | (np.arange(T) < s)  # noqa: E731
    assert "True and False" in "".join(lines("21.5", lambda T, s: right(T, s) * 1))
    assert lines("21.5", right) == lines("21.5", lambda T, s: right(T, s).tolist()) == []


def test_code_for_numpy_alone_is_found_without_a_gpu():
    """Ones of the array's own module, made in one way or another, are right; NumPy's are not."""
    for ones in (
        lambda x: array_module(x).ones(len(x), x.dtype),
        lambda x: array_module(x).ones_like(x[:, 0]),
        lambda x: array_module(x).full(x.shape[0], 1, dtype=x.dtype),
        lambda x: 0 * x[:, 0] + 1,
    ):
        assert lines("12.2", lambda x, ones=ones: ones(x) @ x) == []
    assert lines("12.2", lambda x: x.sum(axis=0)) == []
    for sums in (
        lambda x: np.ones(len(x), x.dtype) @ x,
        lambda x: np.ones(len(x), x.dtype).dot(x),
        lambda x: np.einsum("ij->j", np.asarray(x)),
        lambda x: array_module(x).ones(len(x), x.dtype) @ np.asarray(x),
    ):
        assert "for NumPy alone" in "".join(lines("12.2", sums))


def test_reordered_rows_leave_the_logits_of_an_mlp_as_they_are():
    """What exercise 4 of notebook 20 says."""
    config, images = vitnp.preset("mlp-digits"), rng.standard_normal((2, 8, 8, 1))
    p = gradcheck.random_like(mlp.init(rng, config, "float64"), rng)
    W = p["layers"][0]["W"]
    assert lines("20.4", W[order], W, order) == []
    other = p | {"layers": p["layers"] | {0: p["layers"][0] | {"W": W[order]}}}
    shuffled = images.reshape(2, 64)[:, order].reshape(images.shape)
    assert np.allclose(mlp.forward(shuffled, other, config)[0], mlp.forward(images, p, config)[0])
    assert not np.allclose(mlp.forward(shuffled, p, config)[0], mlp.forward(images, p, config)[0])


def test_reordered_positions_leave_the_logits_of_a_vit_as_they_are():
    """What exercise 5 of notebook 20 says."""
    config, images = vitnp.preset("digits"), rng.standard_normal((2, 8, 8, 1))
    p = gradcheck.random_like(vit.init(rng, config, "float64"), rng)
    E = p["position"]["E_pos"]
    E_new = E[[0, *(1 + new_order)]]
    assert lines("20.5", E_new, E, new_order) == []
    patches, saved = s1_patchify.forward(images, patch_size=2)
    shuffled = s1_patchify.backward(patches[:, new_order], saved)
    other = p | {"position": {"E_pos": E_new}}
    assert np.allclose(vit.forward(shuffled, other, config)[0], vit.forward(images, p, config)[0])
    assert not np.allclose(vit.forward(shuffled, p, config)[0], vit.forward(images, p, config)[0])


def gelu_by_library(dy, saved):
    """With the library's own backward."""
    return gelu.backward(dy, saved)


def adam_with_eps(gradients, lr):
    """As in the paper, and a list."""
    theta, m, v, path = 0.0, 0.0, 0.0, [0.0]
    for t, g in enumerate(gradients, start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        theta = theta - lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        path.append(theta)
    return path


def scatter_loop(dy, source):
    """Exercise 3 of notebook 16 by a loop."""
    dx = np.zeros_like(dy)
    for i, k in enumerate(source):
        if k >= 0:
            dx[k] += dy[i]
    return dx


def mask_by_slices(T, s):
    """Exercise 5 of notebook 21 by an assignment."""
    allowed = np.tril(np.ones((T, T), bool))
    allowed[:s, :s] = True
    return allowed


RIGHT = [
    ("11.1", (1440.0,)),
    ("11.2", ((confusion.diagonal() / confusion.sum(axis=1)).tolist(), confusion)),
    ("11.3", (0.5,)),
    ("12.3", (lambda dy, x: dy * (sigma(x) + x * sigma(x) * sigma(-x)),)),
    ("13.1", (20,)),
    ("13.2", (5 / 17,)),
    ("13.3", (lambda A: np.einsum("...qk,...qk->...", A, -np.log(A)) / A.shape[-2],)),
    ("14.1", (gelu_by_library,)),
    ("14.2", (lambda dy, saved: s5_attention.backward(dy, saved[0]),)),
    ("14.3", (lambda dy, saved: (dy.copy(), {"E_pos": np.einsum("bnd->nd", dy)}),)),
    ("14.4", (s6_layer_norm.backward,)),
    ("14.5", (lambda x, P: s1_patchify.forward(x, patch_size=P),)),  # with `saved`, as in the case
    ("14.6", (lambda x, p: s5_attention.forward(x, p, num_heads=3)[0],)),
    ("14.7", (adam_with_eps,)),
    ("14.8", (rollout(lambda a: (a.T / a.sum(axis=1)).T),)),
    ("15.2", ([[1, 1], [2, -3]],)),
    ("15.2", (np.array([(2, -3), (1, 1)]),)),
    ("16.1", (316.8,)),
    ("16.2", (lambda c: np.stack(np.unravel_index(c, (8, 8, 8)), axis=-1),)),
    ("16.3", (scatter_loop,)),
    ("17.1", (4608.0,)),
    ("17.3", (39.0,)),
    ("18.2", (list(best),)),
    ("18.2", (np.array(best, float),)),
    ("18.3", (lambda c: np.array([c[:, c[i].argmax()].argmax() == i for i in range(len(c))]),)),
    ("19.1", (np.array([96, 96, 48, 24, 12]),)),
    ("19.2", (lambda n, k, s: list(conv.padding_of((n, n), kernel=k, stride=s, padding="same")[0]),)),
    ("19.3", (lambda dy, W: conv.forward(dy, np.rot90(W, 2).transpose(0, 1, 3, 2), padding=2)[0],)),
    ("20.1", (np.float32(0.1),)),
    ("20.5", (np.vstack([E_old[0], *(E_old[1 + n] for n in new_order)]), E_old, new_order)),
    ("21.2", (lambda dx, ids, V: np.einsum("bnv,bnd->vd", np.eye(V)[ids], dx),)),
    ("21.4", (np.float64(0.36),)),
    ("21.5", (mask_by_slices,)),
    ("22.1", (299.0,)),
    ("22.2", (lambda *given: np.sort(choice()(*given)).tolist(),)),
    ("22.3", (gate(),)),
    ("22.4", (5.68,)),
]


@pytest.mark.parametrize(("exercise", "answers"), RIGHT, ids=[case[0] for case in RIGHT])
def test_another_right_answer_is_right(exercise, answers):
    assert lines(exercise, *answers) == []
