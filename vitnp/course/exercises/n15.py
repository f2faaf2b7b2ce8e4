"""The exercises of notebook 15, position embeddings."""

import numpy as np

from vitnp.course.exercises import judge, words
from vitnp.errors import counted
from vitnp.system.language import Text

ROWS, COLUMNS = 3, 4  # of the grid of exercise 2
OMEGA = 10_000.0 ** (-np.arange(192) / 191)


def numbers(numbers):
    """E_rows and E_cols have half the dimension each; E_cls has all of it."""
    D, grid = 768, 384 // 16
    right = 2 * grid * (D // 2) + D
    judge.number(
        numbers,
        right,
        Text(
            "E_rows와 E_cols는 각각 (24, 384)이고, E_cls는 (768,)입니다.",
            "E_rows and E_cols are (24, 384) each, and E_cls is (768,).",
        ),
        known=[
            (right - D, Text("E_cls의 768개가 빠졌습니다.", "The 768 of E_cls are missing.")),
            (
                2 * grid * D + D,
                Text(
                    "행과 열의 표는 D의 절반씩, 384열입니다.", "The tables have half of D each: 384 columns."
                ),
            ),
            (
                2 * grid * D,
                Text("표는 384열이고, E_cls도 있습니다.", "The tables have 384 columns, and there is E_cls."),
            ),
            (
                2 * 14 * (D // 2) + D,
                Text(
                    "224×224의 격자입니다. 384/16 = 24입니다.", "That is the grid of 224×224; 384/16 is 24."
                ),
            ),
            (
                (grid**2 + 1) * D,
                Text(
                    "1-D의 표입니다. 2-D는 행과 열의 표입니다.",
                    "That is 1-D; 2-D has a table of rows and one of columns.",
                ),
            ),
            (
                grid**2 * D,
                Text(
                    "1-D의 표입니다. 2-D는 행과 열의 표입니다.",
                    "That is 1-D; 2-D has a table of rows and one of columns.",
                ),
            ),
            (
                grid * (D // 2) + D,
                Text(
                    "표가 두 개입니다. 행과 열입니다.",
                    "There are two tables, of the rows and of the columns.",
                ),
            ),
        ],
    )


def displacements(displacements):
    """All (rows down, columns on) of two patches of the grid whose numbers differ by 5."""
    rows, columns = np.divmod(np.arange(ROWS * COLUMNS), COLUMNS)
    down, on = rows[5:] - rows[:-5], columns[5:] - columns[:-5]
    right = set(zip(down.tolist(), on.tolist(), strict=True))
    found = _pairs(displacements)
    if found != right:
        given = ", ".join(map(str, sorted(found)[:4])) or "∅"
        some = len(found & right)
        raise judge.Wrong(
            Text(
                f"입력한 답: 쌍 {len(found)}개 {given}, 기대한 답: 쌍 {len(right)}개 (그중 {some}개를 찾음)",
                f"given {counted(len(found), 'pair')} {given}, expected {len(right)} pairs, of which you have {some}",
            ),
            _why(found, right),
        )


def _pairs(given):
    """A set of pairs of whole numbers, whatever collection they came in."""
    try:
        found = {(int(a), int(b)) for a, b in given}
        whole = all(a == int(a) and b == int(b) for a, b in given)
    except (TypeError, ValueError):  # one pair alone, words, …
        whole = False
    judge.need(
        whole,
        words.expected(given, Text("정수 쌍의 집합", "a set of pairs of whole numbers")),
        Text(
            "{(1, 2), (3, 4)}처럼 쓰세요. 한 쌍이면 {(1, 2)}입니다.",
            "Write {(1, 2), (3, 4)}; a single pair is {(1, 2)}.",
        ),
    )
    return found


def _why(found, right):
    """The hint for a wrong set."""
    wrong = sorted(found - right)
    if not wrong:
        return Text(
            "5 = 4·2 − 3이기도 합니다. 왼쪽으로 갈 수도 있습니다.",
            "5 is also 4·2 − 3: one may go back, to the left.",
        )
    if {(b, a) for a, b in wrong} <= right:
        return Text("순서는 (아래로 몇 행, 오른쪽으로 몇 열)입니다.", "The order is (rows down, columns on).")
    if all(4 * a + b == -5 for a, b in wrong):
        return Text("k − q = 5입니다. 쿼리에서 키로 세세요.", "k − q = 5: count from the query to the key.")
    if all(4 * a + b == 5 for a, b in wrong):
        return Text(
            f"{wrong[0]}: 4열 3행에서는 그만큼 갈 수 없습니다.",
            f"{wrong[0]}: in 4 columns and 3 rows one cannot go so far.",
        )
    return Text(
        f"{wrong[0]}: 4·행 + 열이 5가 아닙니다.",
        f"{wrong[0]}: 4·rows + columns is not 5.",
    )


def cosine_of(cosine_of):
    """At displacements down and on of the 14 × 14 grid."""
    D = 768
    places = [(0, 0), (0, 1), (3, 0), (2, -5), (-7, 6), (13, 13)]

    def at(f):
        return [f(down, on) for down, on in places]

    def cosines(n):
        return np.cos(n * OMEGA).sum()

    judge.array(
        [judge.call(cosine_of, *place) for place in places],
        at(lambda down, on: (cosines(down) + cosines(on)) / (D // 2)),
        Text(
            "두 행의 내적은 Σ cos(down·ω) + Σ cos(on·ω)입니다. 길이의 제곱으로 나누세요.",
            "The product of two rows is Σ cos(down·ω) + Σ cos(on·ω); divide by the squared length.",
        ),
        known=[
            (
                at(lambda down, on: cosines(down) + cosines(on)),
                Text("길이의 제곱 384로 나누지 않았습니다.", "The squared length 384 is missing."),
            ),
            (
                at(lambda down, on: (cosines(down) + cosines(on)) / D),
                Text("길이의 제곱은 768이 아니라 384입니다.", "The squared length is 384, not 768."),
            ),
            (
                at(lambda down, on: (cosines(down) + cosines(on)) / 192),
                Text("길이의 제곱은 192가 아니라 384입니다.", "The squared length is 384, not 192."),
            ),
            (
                at(lambda down, on: cosines(down + on) / 192),
                Text(
                    "down과 on은 따로입니다. 표의 절반씩을 씁니다.",
                    "down and on are apart: each has its half of the row.",
                ),
            ),
            (
                at(lambda down, on: (np.cos(down * OMEGA) * np.cos(on * OMEGA)).sum() / 192),
                Text("두 절반은 곱하지 않고 더합니다.", "The two halves are added, not multiplied."),
            ),
            (
                at(lambda down, on: cosines(np.hypot(down, on)) / 192),
                Text(
                    "직선거리가 아닙니다. 행과 열이 따로입니다.",
                    "It is not the straight distance: rows and columns are apart.",
                ),
            ),
        ],
    )


EXERCISES = {1: numbers, 2: displacements, 3: cosine_of}
