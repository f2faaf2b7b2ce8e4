"""The exercises of notebook 13, a look inside."""

import numpy as np

from vitnp.course.exercises import judge
from vitnp.system.language import Text

TOKENS = 17


def distance(distance):
    """Four patches in one row: of 16 pairs 4 are 0 apart, 6 are 1, 4 are 2 and 2 are 3."""
    place = np.arange(4)
    apart = abs(place[:, None] - place)
    right = float(16 * apart.mean())
    judge.number(
        distance,
        right,
        Text(
            "쿼리 네 개 × 키 네 개, 열여섯 쌍의 거리를 평균하세요.",
            "Average the distances of all 16 pairs, four queries by four keys.",
        ),
        known=[
            (
                apart.mean(),
                Text(
                    "패치 단위입니다. 패치 하나는 16픽셀입니다.", "That is in patches; a patch has 16 pixels."
                ),
            ),
            (
                16 * apart.sum() / 12,
                Text(
                    "자기 자신을 보는 쌍도 셉니다. 거리는 0입니다.",
                    "A patch looks at itself too, at distance 0.",
                ),
            ),
            (
                16 * apart[0].mean(),
                Text(
                    "첫 패치가 본 거리입니다. 쿼리 네 개를 평균하세요.",
                    "That is of the first patch; average four queries.",
                ),
            ),
            (
                16 * apart.sum(),
                Text("합입니다. 열여섯 쌍의 평균을 구하세요.", "That is the sum; take the mean of 16 pairs."),
            ),
        ],
    )


def still_itself(still_itself):
    """(U/2 + I/2)² = 3U/4 + I/4, as U·U = U."""
    judge.number(
        still_itself,
        1 / 4 + 3 / 4 / TOKENS,
        Text(
            "(U/2 + I/2)²을 펼치세요. U는 모두 1/17이고, U·U = U입니다.",
            "Expand (U/2 + I/2)². U is 1/17 everywhere, and U·U = U.",
        ),
        rel=1e-3,
        known=[
            (
                1 / 4,
                Text(
                    "잔차만 따라간 것입니다. 어텐션을 거쳐 되돌아오는 것도 셉니다.",
                    "That is what the residuals keep; attention sends some back to [CLS] too.",
                ),
            ),
            (
                1 / TOKENS,
                Text("잔차 연결이 빠졌습니다. ½(A + I)입니다.", "The residual is missing: ½(A + I)."),
            ),
            (
                1 / 2 + 1 / 2 / TOKENS,
                Text("한 층의 값입니다. 두 층을 곱하세요.", "That is after one layer; there are two."),
            ),
            (
                (1 / 2 + 1 / 2 / TOKENS) ** 2,
                Text(
                    "대각 원소의 제곱이 아니라 행렬의 곱입니다. 다른 토큰을 거쳐 돌아오는 경로가 빠졌습니다.",
                    "That is the square of the diagonal, not of the matrix: the paths over other tokens are missing.",
                ),
            ),
            (
                1 / 4 + 3 / 4 / (TOKENS - 1),
                Text("[CLS]도 토큰입니다. 16이 아니라 17개입니다.", "[CLS] is a token too: 17, not 16."),
            ),
        ],
    )


def entropy(entropy):
    """Of random attention of shape (2, 3, N, N), and of a uniform one."""
    scores = np.exp(2 * np.random.default_rng(0).standard_normal((2, 3, TOKENS, TOKENS)))
    A = scores / scores.sum(axis=-1, keepdims=True)
    terms = A * np.log(A)
    right = -terms.sum(axis=-1).mean(axis=-1)
    judge.array(
        judge.call(entropy, A),
        right,
        Text(
            "키(마지막 축)로 더하고, 쿼리로 평균하세요.",
            "Sum over the keys, the last axis; then take the mean over the queries.",
        ),
        known=[
            (
                -right,
                Text(
                    "로그는 음수입니다. 앞에 −를 붙이세요.",
                    "The logarithms are negative: a minus is missing.",
                ),
            ),
            (
                -terms.sum(axis=-1),
                Text("쿼리에 대한 평균이 빠졌습니다.", "The mean over the queries is missing."),
            ),
            (
                -terms.sum(axis=(-2, -1)),
                Text("쿼리로는 더하지 말고 평균하세요.", "Take the mean over the queries, not the sum."),
            ),
            (
                -terms.mean(axis=(-2, -1)),
                Text("키로는 평균하지 말고 더하세요.", "Sum over the keys; do not take their mean."),
            ),
            (
                -terms.sum(axis=-1).mean(),
                Text(
                    "이미지와 헤드는 평균하지 않습니다. 앞의 축은 그대로 두세요.",
                    "Leave the leading axes: one value per image and head.",
                ),
            ),
            (
                right / np.log(2),
                Text("밑이 2인 로그입니다. np.log를 쓰세요.", "That is in bits: use np.log."),
            ),
        ],
    )


EXERCISES = {1: distance, 2: still_itself, 3: entropy}
