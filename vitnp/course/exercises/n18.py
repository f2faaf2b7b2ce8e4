"""The exercises of notebook 18, one eye."""

import functools

import numpy as np

from vitnp.course import eye
from vitnp.course.exercises import judge, words
from vitnp.system.language import Text

EYES = 127  # pixels from the left end of one to the right end of the other
SIDE, COLUMNS = 16, 10  # patches of a side, and the columns that are asked for in exercise 2


def layers(layers):
    """A 3×3 layer adds a pixel on each side: r = 1 + 2·layers."""
    judge.number(
        layers,
        (EYES - 1) // 2,
        Text(
            f"층이 없을 때 1픽셀이고, 층마다 2픽셀씩 넓어집니다. {EYES}픽셀이 필요합니다.",
            f"Without a layer it is 1 pixel, and each layer adds 2; {EYES} are needed.",
        ),
        known=[
            (
                (EYES + 1) // 2,
                Text("한 층이 많습니다. 처음에 이미 1픽셀입니다.", "One too many: it begins with 1 pixel."),
            ),
            (
                EYES / 2,
                Text("처음의 1픽셀을 빼고 2로 나누세요.", "Subtract the first pixel, then divide by 2."),
            ),
            (
                EYES - 1,
                Text("한 층은 양쪽으로 1픽셀씩, 2픽셀을 더합니다.", "A layer adds a pixel on each side: 2."),
            ),
            (
                EYES,
                Text("한 층은 양쪽으로 1픽셀씩, 2픽셀을 더합니다.", "A layer adds a pixel on each side: 2."),
            ),
            (
                -(-EYES // 3),
                Text(
                    "3×3 층은 3배가 아니라 2픽셀을 더합니다.",
                    "A 3×3 layer adds 2 pixels; the windows overlap.",
                ),
            ),
            (
                EYES // 3,
                Text(
                    "3×3 층은 3배가 아니라 2픽셀을 더합니다.",
                    "A 3×3 layer adds 2 pixels; the windows overlap.",
                ),
            ),
            (
                7,
                Text(
                    "스트라이드가 1이면 두 배씩 늘지 않습니다.",
                    "With stride 1 it does not double; each layer adds 2.",
                ),
            ),
        ],
    )


@functools.cache
def _scores():
    """(token, token): the mean over the heads of the cat's scores; the query is the row."""
    cat = eye.load()
    return (cat.Q @ cat.K.swapaxes(-1, -2)).mean(axis=0)


def answer(answer):
    """(row, column) of the key in columns 0 to 9 with the highest score for the query patch (6, 14)."""
    S, q = _scores(), SIDE * 6 + 14
    asked = S[1 + q, 1:].reshape(SIDE, SIDE)[:, :COLUMNS]
    hint = Text(
        "S의 1 + 16·6 + 14행을 헤드로 평균하고, 0~9열에서 가장 큰 것을 찾으세요.",
        "Take row 1 + 16·6 + 14 of S, its mean over the heads, and the largest in columns 0 to 9.",
    )
    found = judge.as_array(answer, (2,), hint)
    judge.need(
        found.shape == (2,),
        words.shapes(found.shape, (2,)),
        Text(
            "divmod(패치 번호, 16)이 (행, 열)입니다.", "divmod(number of the patch, 16) gives (row, column)."
        ),
    )
    given = tuple(found.tolist())
    inside = np.argwhere((np.indices(asked.shape) == found[:, None, None]).all(axis=0))
    judge.need(
        len(inside),
        words.expected(given, Text("0~15행, 0~9열의 패치", "a patch in rows 0 to 15, columns 0 to 9")),
        _why(given, S, q) or hint,
    )
    before = int((asked > asked[tuple(inside[0])]).sum())
    judge.need(
        before == 0,
        Text(
            f"입력한 답: {given}, 스코어가 {before + 1}번째; 기대한 답: 첫 번째",
            f"given {given}, number {before + 1} by score; expected number 1",
        ),
        _why(given, S, q) or hint,
    )


def _why(given, S, q):
    """The hint for a wrong patch that is found by a usual mistake, else None."""
    right = _highest(S[1 + q, 1:])
    known = {
        _highest(S[1 + q, 1:], SIDE): Text("0~9열에서만 찾으세요.", "Look in columns 0 to 9 alone."),
        right[::-1]: Text("순서는 (행, 열)입니다.", "The order is (row, column)."),
        _highest(S[q, 1:]): Text(
            "0행은 [CLS]입니다. 패치 n은 1 + n행입니다.", "Row 0 is [CLS]: patch n is row 1 + n."
        ),
        _highest(S[1 + q, :-1]): Text(
            "0열은 [CLS]입니다. 1열부터 보세요.", "Column 0 is [CLS]: begin at column 1."
        ),
        divmod(right[0] * COLUMNS + right[1], SIDE): Text(
            "열을 열 개로 자른 다음의 번호입니다. (16, 10)으로 푸세요.",
            "You cut the columns to ten first: unravel the index in (16, 10).",
        ),
    }
    return known.get(given)


def _highest(scores, columns=COLUMNS):
    """(row, column) of the patch with the highest score."""
    row, column = np.unravel_index(scores.reshape(SIDE, SIDE)[:, :columns].argmax(), (SIDE, columns))
    return int(row), int(column)


def mutual_matches(mutual_matches):
    """Of a square matrix and of one with fewer columns."""
    cosine = np.random.default_rng(0).standard_normal((9, 6))
    for each in (cosine[:6], cosine):
        best, back = each.argmax(axis=1), each.argmax(axis=0)
        right = back[best] == np.arange(len(each))
        judge.mask(
            judge.call(mutual_matches, each),
            right,
            Text(
                "best = argmax(axis=1), back = argmax(axis=0)일 때 back[best[i]] = i인지 보세요.",
                "With best = argmax(axis=1) and back = argmax(axis=0): is back[best[i]] equal to i?",
            ),
            known=[
                (
                    best[back] == np.arange(each.shape[1]),
                    Text(
                        "다른 쪽(열)의 짝입니다. 행마다 답하세요.",
                        "That is for the columns; answer for each row.",
                    ),
                ),
                (
                    best,
                    Text(
                        "고른 패치의 번호입니다. 서로 골랐는지 답하세요.",
                        "Those are the best matches; say whether they are mutual.",
                    ),
                ),
                (
                    back[best],
                    Text(
                        "마지막 비교가 빠졌습니다: == np.arange(N).",
                        "The comparison is missing: == np.arange(N).",
                    ),
                ),
                (~right, Text("참과 거짓이 뒤바뀌었습니다.", "True and False are exchanged.")),
                (
                    np.flatnonzero(right),
                    Text(
                        "번호가 아니라 True와 False를 돌려주세요.",
                        "Return True and False, not the numbers of the rows.",
                    ),
                ),
                (
                    best == np.arange(len(each)),
                    Text(
                        "자기 번호를 골랐는지가 아닙니다. 고른 쪽이 되고르는지 보세요.",
                        "Not whether i is its own match: whether its match chooses i.",
                    ),
                ),
            ],
        )


EXERCISES = {1: layers, 2: answer, 3: mutual_matches}
