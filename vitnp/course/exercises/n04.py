"""The exercises of notebook 04, the position embedding."""

import numpy as np

from vitnp.course.exercises import judge
from vitnp.system.language import Text


def table_size(numbers):
    """A row of D = 768 for each of 577 tokens."""
    D = 768
    judge.number(
        numbers,
        (24 * 24 + 1) * D,
        Text("토큰마다 D = 768차원의 행이 하나 있습니다.", "The table has a row of D = 768 for each token."),
        known=[
            (24 * 24 * D, Text("[CLS]에도 위치가 있습니다.", "[CLS] has a position too.")),
            (577, Text("행의 수입니다. 행마다 값이 768개입니다.", "That is the rows; each has 768 values.")),
            (197 * D, Text("224×224일 때의 표입니다.", "That is the table for 224×224.")),
            (
                196 * D,
                Text("224×224일 때이고, [CLS]의 행도 빠졌습니다.", "That is for 224×224, and without [CLS]."),
            ),
        ],
    )


def table(table, p, order):
    """The rows in the order of the shuffled patches; [CLS] keeps its own."""
    E = p["position"]["E_pos"]
    judge.array(
        table,
        E[[0, *(order + 1)]],
        Text(
            "i번째 자리에 온 패치는 order[i]번 패치입니다. [CLS]의 행은 맨 앞에 그대로 둡니다.",
            "In place i stands patch order[i]: it needs its own row. [CLS] keeps row 0.",
        ),
        known=[
            (E, Text("표가 그대로입니다. 행을 섞으세요.", "The table is unchanged: move its rows.")),
            (
                E[order],
                Text(
                    "[CLS]의 행이 없고, 패치의 행은 1부터입니다.",
                    "[CLS] has no row; those of patches begin at 1.",
                ),
            ),
            (E[1:][order], Text("[CLS]의 행이 빠졌습니다.", "The row of [CLS] is missing.")),
            (E[order + 1], Text("[CLS]의 행이 빠졌습니다.", "The row of [CLS] is missing.")),
            (
                E[[0, *order]],
                Text("패치의 행은 1부터이니 order + 1입니다.", "The rows of patches begin at 1: order + 1."),
            ),
            (
                E[[0, *(np.argsort(order) + 1)]],
                Text(
                    "거꾸로 된 순서입니다. argsort는 필요 없습니다.",
                    "That is the inverse order; no argsort is needed.",
                ),
            ),
        ],
    )


def resize_backward(resize_backward):
    """dG = Wᵀ dG' W."""
    rng = np.random.default_rng(0)
    W, G = rng.standard_normal((24, 14)), rng.standard_normal((14, 14))
    judge.gradient(
        lambda G: (W @ G @ W.T, W),
        resize_backward,
        G,
        None,
        Text(
            "Y = A @ G이면 dG = A.T @ dY이고, Y = G @ C이면 dG = dY @ C.T입니다. 두 번 쓰세요.",
            "For Y = A @ G it is dG = A.T @ dY; for Y = G @ C it is dG = dY @ C.T. Use both.",
        ),
        known=[
            (lambda dG, W: W.T @ dG.T @ W, Text("dG_new는 전치하지 않습니다.", "dG_new is not transposed.")),
            (
                lambda dG, W: 2 * W.T @ dG @ W,
                Text("G는 한 번만 쓰였습니다. 2배가 아닙니다.", "G is used once: no factor of 2."),
            ),
        ],
        of="G",
    )


EXERCISES = {1: table_size, 2: table, 3: resize_backward}
