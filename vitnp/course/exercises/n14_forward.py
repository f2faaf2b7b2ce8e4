"""Cases 5 and 6 of notebook 14: forwards that are not what was meant, to be repaired."""

import numpy as np

from vitnp.course.exercises import judge
from vitnp.system.language import Text


def patchify(patchify):
    """Case 5: by images whose values name their place."""
    for (B, H, W, C), P in (((1, 4, 4, 3), 2), ((2, 4, 8, 3), 4)):
        image, row, column, channel = np.ogrid[:B, :H, :W, :C]
        x = image * 1000 + row * 100 + column * 10 + channel
        grid = x.reshape(B, H // P, P, W // P, P, C)
        right = grid.transpose(0, 1, 3, 2, 4, 5).reshape(B, -1, P * P * C)

        def cut(*axes, of=grid, shape=right.shape):
            """The same cut with other axes."""
            return of.transpose(axes).reshape(shape)

        channels_first = x.reshape(B, C, H // P, P, W // P, P)
        found = judge.call(patchify, x, P)
        if isinstance(found, tuple) and len(found) == 2:  # with `saved`, as in case 5
            found = found[0]
        judge.array(
            found,
            right,
            Text(
                "축을 쪼갠 다음 (B, 행, 열, P, P, C)의 순서로 옮기세요.",
                "Cut the axes where they stand, then order them as (B, rows, columns, P, P, C).",
            ),
            known=[
                (
                    cut(0, 2, 4, 3, 5, 1, of=channels_first),
                    Text(
                        "실수가 그대로 있습니다. x의 마지막 축은 채널입니다.",
                        "The mistake is still there: the last axis of x is the channel.",
                    ),
                ),
                (
                    grid.reshape(right.shape),
                    Text(
                        "축을 옮기지 않았습니다. transpose가 빠졌습니다.",
                        "The axes are not moved: transpose is missing.",
                    ),
                ),
                (
                    cut(0, 1, 3, 4, 2, 5),
                    Text(
                        "패치 안의 행과 열이 바뀌었습니다.", "Rows and columns inside a patch are exchanged."
                    ),
                ),
                (
                    cut(0, 3, 1, 2, 4, 5),
                    Text(
                        "패치의 순서가 다릅니다. 행을 따라 셉니다.",
                        "The patches are in another order: count along the rows.",
                    ),
                ),
                (
                    cut(0, 1, 3, 5, 2, 4),
                    Text(
                        "패치 안에서 채널이 먼저입니다. 채널은 마지막입니다.",
                        "Inside a patch the channel comes first; it must be last.",
                    ),
                ),
            ],
        )


def attention(attention):
    """Case 6: three heads on all columns, and W_O."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 5, 12))
    p = {f"W_{n}": rng.standard_normal((12, 12)) / 4 for n in "QKVO"} | {
        f"b_{n}": np.zeros(12) for n in "QKVO"
    }
    right = _attend(x, p) @ p["W_O"]
    judge.array(
        judge.call(attention, x, p),
        right,
        Text(
            "Q, K, V를 투영하고, 헤드로 나누고, merge한 다음 W_O를 곱하세요.",
            "Project Q, K and V, split them into heads, merge, and multiply by W_O.",
        ),
        known=[
            (
                _attend(x, p),
                Text(
                    "W_O가 빠졌습니다. 헤드는 거기서 섞입니다.", "W_O is missing: it is what mixes the heads."
                ),
            ),
            (
                _attend(x, p, d_k=12) @ p["W_O"],
                Text("√d_k의 d_k는 헤드의 4입니다. 12가 아닙니다.", "d_k is 4, that of a head, not 12."),
            ),
            (
                _attend(x, p, d_k=1) @ p["W_O"],
                Text("√d_k로 나누지 않았습니다.", "The division by √d_k is missing."),
            ),
            (
                _attend(x, p, d_k=16) @ p["W_O"],
                Text("d_k가 아니라 √d_k로 나누세요.", "Divide by √d_k, not by d_k."),
            ),
            (
                _attend(x, p, heads=1, d_k=12) @ p["W_O"],
                Text("헤드가 하나입니다. 세 개로 나누세요.", "That is one head: split into three."),
            ),
            (
                _attend(x, p, axis=-2) @ p["W_O"],
                Text("softmax는 키(마지막 축)에 걸칩니다.", "The softmax goes over the keys, the last axis."),
            ),
            (
                _attend(x, p, swap=False) @ p["W_O"],
                Text(
                    "헤드를 이어 붙이기 전에 축을 바꾸세요: heads.merge.",
                    "Swap the axes before joining the heads: heads.merge.",
                ),
            ),
            (
                _attend(x, p) @ p["W_O"].T,
                Text("W_O가 전치되었습니다.", "W_O is transposed."),
            ),
        ],
    )


def _attend(x, p, *, heads=3, d_k=4, axis=-1, swap=True):
    """concat of attention without biases."""
    B, N, D = x.shape
    Q, K, V = ((x @ p[f"W_{n}"]).reshape(B, N, heads, D // heads).swapaxes(1, 2) for n in "QKV")
    A = np.exp(Q @ K.swapaxes(-1, -2) / np.sqrt(d_k))
    O = A / A.sum(axis=axis, keepdims=True) @ V  # noqa: E741
    return (O.swapaxes(1, 2) if swap else O).reshape(B, N, D)
