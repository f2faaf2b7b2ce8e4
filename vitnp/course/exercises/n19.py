"""The exercises of notebook 19, convolution."""

from vitnp.course.exercises import judge, n19_backward
from vitnp.ops import conv
from vitnp.system.language import Text


def rows(rows):
    """The root has two strides of 2; the first stage has stride 1, the others 2."""
    root = 384 // 2 // 2
    _numbers(
        rows,
        {"root": root, "stage 1": root, "stage 2": root // 2, "stage 3": root // 4, "stage 4": root // 8},
        Text(
            "루트에는 스트라이드 2가 두 번, 스테이지 2, 3, 4에는 한 번씩 있습니다.",
            "The root has two strides of 2; stages 2, 3 and 4 have one each.",
        ),
        known=[
            (
                [192, 192, 96, 48, 24],
                Text(
                    "루트에는 최대 풀링의 스트라이드 2도 있습니다.",
                    "The root has the stride of its max-pool too.",
                ),
            ),
            (
                [96, 48, 24, 12, 6],
                Text("첫 스테이지의 스트라이드는 1입니다.", "The first stage has stride 1."),
            ),
            (
                [192, 96, 48, 24, 12],
                Text(
                    "루트의 값은 최대 풀링 뒤의 값입니다.",
                    "The root ends after its max-pool; stage 1 has stride 1.",
                ),
            ),
            (
                [56, 56, 28, 14, 7],
                Text(
                    "224×224일 때입니다. 사진은 384×384입니다.", "That is for 224×224; the photo has 384×384."
                ),
            ),
        ],
    )


def _numbers(given, right, hint, known):
    """One whole number per name. Without the right ones in sight, as of a single number."""
    values = judge.several(given, right, hint)
    for wrong, why in known:
        if [str(value) for value in values] == [str(n) for n in wrong]:
            hint = why
    for value, (name, n) in zip(values, right.items(), strict=True):
        with judge.part(name):
            judge.number(value, n, hint)


def same(same):
    """Zeros before and after, the larger half after."""
    cases = [(224, 7, 2), (8, 3, 2), (224, 1, 2), (9, 3, 2), (10, 5, 3), (7, 4, 1)]
    for n, k, s in cases:
        hint = Text(
            f"n = {n}, k = {k}, s = {s}: ⌈n/s⌉개의 창이 덮는 행에서 n을 빼세요.",
            f"n = {n}, k = {k}, s = {s}: subtract n from the rows that ⌈n/s⌉ windows cover.",
        )
        right = conv.padding_of((n, n), kernel=k, stride=s, padding="same")[0]
        missing = (-(-n // s) - 1) * s + k - n
        judge.array(
            judge.several(judge.call(same, n, k, s), ("before", "after"), hint),
            right,
            hint,
            known=[
                (
                    (missing,) * 2,
                    Text(
                        "모두 몇 개인지를 앞과 뒤로 나누세요.",
                        "That many in all: share them between before and after.",
                    ),
                ),
                (
                    ((k - 1) // 2, k - 1 - (k - 1) // 2),
                    Text("s가 빠졌습니다. 창은 s칸씩 옮겨 갑니다.", "s is missing: the windows are s apart."),
                ),
                (
                    (missing // 2, missing - missing // 2),
                    Text(
                        "0의 개수는 음수가 될 수 없습니다. max(…, 0)을 쓰세요.",
                        "Never fewer than 0 zeros: max(…, 0).",
                    ),
                ),
                (
                    (sum(right), 0),
                    Text("앞과 뒤에 나누어 붙이세요.", "Share the zeros between before and after."),
                ),
                (
                    (k // 2, k // 2),
                    Text(
                        f"양쪽에 k // 2를 붙이는 파이토치의 방식입니다. n = {n}, s = {s}에서는 다릅니다.",
                        f"That is k // 2 on both sides, as in PyTorch; for n = {n}, s = {s} SAME differs.",
                    ),
                ),
                (
                    right[::-1],
                    Text(
                        f"n = {n}, k = {k}, s = {s}: 큰 쪽이 뒤입니다. 그림이 한 줄 밀립니다.",
                        f"n = {n}, k = {k}, s = {s}: the larger half goes after, or the picture is shifted.",
                    ),
                ),
            ],
        )


def counts(counts):
    """A place of the map is 16, 32 and 4 pixels; a patch of R+Ti/16 has 8×8 places."""
    _numbers(
        counts,
        {"R50+B/16": 24 * 24 + 1, "R50+B/32": 12 * 12 + 1, "R+Ti/16": 12 * 12 + 1},
        Text(
            "토큰 하나는 16, 32, 32픽셀입니다(R+Ti/16: 4픽셀짜리 칸 8×8). [CLS]를 더하세요.",
            "A token is 16, 32 and 32 pixels (R+Ti/16: 8×8 places of 4). Add [CLS].",
        ),
        known=[
            ([576, 144, 144], Text("[CLS]가 빠졌습니다.", "[CLS] is missing.")),
            (
                [577, 145, 577],
                Text(
                    "R+Ti/16: 특징 맵의 칸은 4픽셀, 패치는 8×8칸입니다.",
                    "R+Ti/16: a place is 4 pixels, and a patch 8x8 places.",
                ),
            ),
            (
                [577, 577, 145],
                Text(
                    "R50+B/32는 스테이지가 네 개라서 한 칸이 32픽셀입니다.",
                    "R50+B/32 has four stages: a place is 32 pixels.",
                ),
            ),
            (
                [197, 50, 50],
                Text(
                    "224×224일 때입니다. 사진은 384×384입니다.", "That is for 224×224; the photo has 384×384."
                ),
            ),
        ],
    )


EXERCISES = {
    1: rows,
    2: same,
    3: n19_backward.dx_by_convolution,
    4: n19_backward.standardize_backward,
    5: counts,
}
