"""The exercises of notebook 05, attention."""

from vitnp.course.exercises import judge
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
            (
                right // BLOCKS,
                Text("블록 하나의 A입니다. 블록은 12개입니다.", "This is A of one block; there are 12."),
            ),
            (
                right // HEADS,
                Text("헤드 하나의 A입니다. 헤드는 12개입니다.", "This is A of one head; there are 12."),
            ),
            (
                right * 196**2 // 197**2,
                Text("[CLS]도 토큰입니다. 196이 아니라 197개입니다.", "[CLS] is a token too: 197, not 196."),
            ),
            (
                right * 64 // 197,
                Text(
                    "A는 토큰 × 토큰입니다. d_k = 64는 없습니다.",
                    "A is tokens × tokens; d_k = 64 is not in it.",
                ),
            ),
        ],
    )


EXERCISES = {1: bytes_of_A}
