"""The exercises of notebook 20, from CNN to ViT."""

import numpy as np

from vitnp.course.exercises import judge, n20_gru
from vitnp.system.language import Text


def h_3(h_3):
    """With zero weights z = σ(0) = 1/2 and n = tanh(0) = 0, so each step halves h."""
    h = 0.8
    judge.number(
        h_3,
        h / 2**3,
        Text(
            "z = σ(0), n = tanh(0)을 h′ = (1 − z)·n + z·h에 넣어 세 번 계산하세요.",
            "Put z = σ(0) and n = tanh(0) into h′ = (1 − z)·n + z·h, three times.",
        ),
        rel=1e-6,  # float32 will do
        known=[
            (
                h,
                Text(
                    "σ(0)은 1이 아니라 1/2입니다. 상태가 다 남지는 않습니다.",
                    "σ(0) is 1/2, not 1: the gate does not keep everything.",
                ),
            ),
            (
                0,
                Text(
                    "σ(0)은 0이 아니라 1/2입니다. 상태가 다 사라지지는 않습니다.",
                    "σ(0) is 1/2, not 0: the gate does not drop everything.",
                ),
            ),
            (
                h / 2,
                Text(
                    "한 스텝 뒤의 값입니다. 입력은 세 번입니다.", "That is after one input; there are three."
                ),
            ),
            (
                h / 4,
                Text(
                    "두 스텝 뒤의 값입니다. 입력은 세 번입니다.", "That is after two inputs; there are three."
                ),
            ),
            (
                h / 3,
                Text(
                    "스텝마다 σ(0)을 곱합니다. 3으로 나누지 않습니다.",
                    "Each step multiplies by σ(0); nothing is divided by 3.",
                ),
            ),
            (
                h / 2 / 3,
                Text(
                    "스텝마다 반으로 줄어듭니다. 세 번 곱하세요.",
                    "Each step halves it: three factors of 1/2.",
                ),
            ),
            (
                0.5 + (h - 0.5) / 8,
                Text("n = tanh(0) = 0입니다. 더해지는 것이 없습니다.", "n = tanh(0) is 0: nothing is added."),
            ),
            (
                1 + (h - 1) / 8,
                Text("n = tanh(0) = 0입니다. 더해지는 것이 없습니다.", "n = tanh(0) is 0: nothing is added."),
            ),
        ],
    )


def step(step):
    """Strides multiply."""
    judge.number(
        step,
        2**3,
        Text("풀링마다 특징 맵의 한 칸이 두 배가 됩니다.", "Each pool doubles how many pixels a place has."),
        known=[
            (6, Text("스트라이드는 더하지 않고 곱합니다.", "Strides multiply; they do not add up.")),
            (2, Text("풀링 하나일 때입니다. 세 개입니다.", "That is for one pool; there are three.")),
            (4, Text("풀링 두 개일 때입니다. 세 개입니다.", "That is for two pools; there are three.")),
            (9, Text("크기 2가 세 번이면 2³입니다. 3²이 아닙니다.", "Three pools of 2 make 2³, not 3².")),
            (
                1,
                Text(
                    "1픽셀을 옮기면 맵이 정확히 한 칸 옮겨지지 않습니다.",
                    "A shift of one pixel is an eighth of a place.",
                ),
            ),
            (
                16,
                Text(
                    "8픽셀이면 이미 한 칸입니다. 풀링은 세 개입니다.",
                    "That is two places; there are three pools.",
                ),
            ),
        ],
    )


def W_shuffled(W_shuffled, W_1, order):
    """Row j meets pixel order[j]."""
    judge.array(
        W_shuffled,
        W_1[order],
        Text(
            "j행은 order[j]번 픽셀을 만납니다. W_1에서 그 행을 고르세요.",
            "Row j meets pixel order[j]: take that row of W_1.",
        ),
        known=[
            (
                W_1,
                Text("W_1 그대로입니다. 행의 순서를 바꾸세요.", "That is W_1 as it was: reorder its rows."),
            ),
            (
                W_1[np.argsort(order)],
                Text(
                    "거꾸로 섞었습니다. order의 역순열을 썼습니다.",
                    "That is the inverse permutation of order.",
                ),
            ),
            (
                W_1[:, order] if W_1.shape[1] == len(order) else W_1[:, : len(order)][:, order],
                Text("열이 아니라 행이 픽셀입니다.", "The rows are the pixels, not the columns."),
            ),
            (
                W_1[order].T,
                Text(
                    "전치하지 마세요. shape는 (64, 192)입니다.", "Do not transpose: the shape is (64, 192)."
                ),
            ),
        ],
    )


def E_shuffled(E_shuffled, E_old, new_order):
    """[CLS] keeps its row; patch j takes the row of patch new_order[j] along."""
    cls, rows = E_old[:1], E_old[1:]
    judge.array(
        E_shuffled,
        np.concatenate([cls, rows[new_order]]),
        Text(
            "[CLS]의 0행은 그대로 두고, j번 패치에는 1 + new_order[j]행을 주세요.",
            "Leave row 0, [CLS], and give patch j the row 1 + new_order[j].",
        ),
        known=[
            (
                E_old,
                Text(
                    "E_old 그대로입니다. 패치의 행을 옮기세요.",
                    "That is E_old as it was: reorder the rows of the patches.",
                ),
            ),
            (
                np.concatenate([cls, rows[np.argsort(new_order)]]),
                Text(
                    "거꾸로 섞었습니다. new_order의 역순열을 썼습니다.",
                    "That is the inverse permutation of new_order.",
                ),
            ),
            (
                np.concatenate([cls, E_old[new_order]]),
                Text("[CLS]가 0행이므로 패치 n은 1 + n행입니다.", "Row 0 is [CLS]: patch n has row 1 + n."),
            ),
            (rows[new_order], Text("[CLS]의 0행이 빠졌습니다.", "Row 0, that of [CLS], is missing.")),
            (
                E_old[new_order],
                Text(
                    "[CLS]의 행이 빠졌고, 패치 n은 1 + n행입니다.",
                    "[CLS] is missing, and patch n has row 1 + n.",
                ),
            ),
            (
                np.concatenate([rows[new_order], cls]),
                Text("[CLS]가 먼저입니다.", "[CLS] comes first."),
            ),
        ],
    )


EXERCISES = {1: h_3, 2: n20_gru.gru_step, 3: step, 4: W_shuffled, 5: E_shuffled}
