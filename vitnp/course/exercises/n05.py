"""The exercises of notebook 05, attention."""

import numpy as np

from vitnp.course.exercises import judge
from vitnp.ops import softmax
from vitnp.system.language import Text

BLOCKS, HEADS, TOKENS, BYTES = 12, 12, 14 * 14 + 1, 4


def bytes_of_A(bytes_of_A):
    """A is (heads, tokens, tokens) in each block."""
    right = BLOCKS * HEADS * TOKENS**2 * BYTES
    judge.number(
        bytes_of_A,
        right,
        Text(
            "블록 수 × A의 shape (헤드, 토큰, 토큰) × 값 하나의 바이트 수를 곱해 보세요.",
            "Multiply the blocks, the shape of A (heads, tokens, tokens) and the bytes of a value.",
        ),
        known=[
            (
                right // BYTES,
                Text("값의 개수입니다. 값 하나는 4바이트입니다.", "These are values; each has 4 bytes."),
            ),
            (right * 8, Text("비트 수입니다. 1바이트는 8비트입니다.", "These are bits; a byte has 8.")),
            (right * 2, Text("float64의 바이트 수입니다.", "That is for float64, 8 bytes per value.")),
            (
                right // BLOCKS,
                Text(
                    "12를 한 번만 곱했습니다. 블록도 12개, 헤드도 12개입니다.",
                    "There are 12 blocks and 12 heads.",
                ),
            ),
            (
                BLOCKS * HEADS * 196**2 * BYTES,
                Text(
                    "[CLS]도 토큰입니다. 토큰은 196개가 아니라 197개입니다.",
                    "[CLS] is a token too: 197, not 196.",
                ),
            ),
            (
                BLOCKS * HEADS * TOKENS * 64 * BYTES,
                Text(
                    "A는 토큰 × 토큰입니다. d_k = 64와는 관계없습니다.",
                    "A is tokens × tokens; d_k = 64 is not in it.",
                ),
            ),
        ],
    )


def shuffled_y(shuffled_y, y, order):
    """Shuffled tokens give shuffled outputs."""
    judge.array(
        shuffled_y,
        y[:, order],
        Text(
            "토큰의 순서가 바뀌면 각 토큰의 출력은 달라집니까, 자리만 바뀝니까?",
            "If the tokens change places, does the output of a token change, or only its place?",
        ),
        known=[
            (y, Text("값은 같지만 자리가 바뀝니다.", "The values are the same, but their places are not.")),
            (y[:, np.argsort(order)], Text("거꾸로 섞은 순서입니다.", "That is the inverse order.")),
            (y[0, order], Text("배치 축이 빠졌습니다.", "The batch axis is missing.")),
        ],
        atol=1e-6,  # who calls `forward` after all has other rounding
    )


def tempered_backward(tempered_backward):
    """The softmax's backward, and the division by τ once more."""
    tau = 2.0
    judge.gradient(
        lambda S: softmax.forward(S / tau),
        lambda dA, A: judge.call(tempered_backward, dA, A, tau),
        np.random.default_rng(0).standard_normal((2, 3)),
        None,
        Text(
            "S에서 S/τ를 거쳐 A로 갑니다. 연쇄 법칙에서 두 미분값을 곱하세요.",
            "S goes through S/τ to A: the chain rule multiplies two derivatives.",
        ),
        known=[
            (softmax.backward, Text("S를 τ로 나눈 것이 빠졌습니다.", "The division of S by τ is missing.")),
            (
                lambda dA, A: softmax.backward(dA, A) * tau,
                Text("τ를 곱하지 말고 나누세요.", "Divide by τ, do not multiply."),
            ),
            (
                lambda dA, A: dA * A * (1 - A) / tau,
                Text(
                    "야코비안의 대각선만 있습니다. 행의 합을 빼는 항이 없습니다.",
                    "Only the Jacobian's diagonal is there.",
                ),
            ),
            (
                lambda dA, A: dA * A / tau,
                Text("Σ dA·A를 빼는 항이 없습니다.", "The term that subtracts Σ dA·A is missing."),
            ),
            (
                lambda dA, A: softmax.backward(dA, A) / tau**2,
                Text("τ로는 한 번만 나눕니다.", "Divide by τ once, not twice."),
            ),
        ],
        of="S",
    )


EXERCISES = {1: bytes_of_A, 2: shuffled_y, 3: tempered_backward}
