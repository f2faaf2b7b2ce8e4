"""The exercises of notebook 17, comparing models."""

import math

from vitnp.course.exercises import judge
from vitnp.system.language import Text


def as_much(as_much):
    """2·N²·D multiply–adds of Q·Kᵀ and A·V, 4·N·D² of the projections and 8·N·D² of the feed-forward."""
    D = 768
    judge.number(
        as_much,
        6 * D,
        Text(
            "Q·Kᵀ와 A·V는 2N²D, 나머지는 4ND² + 8ND²입니다. N에 대해 푸세요.",
            "Q·Kᵀ and A·V cost 2N²D, all the rest 4ND² + 8ND²: solve for N.",
        ),
        known=[
            (
                12 * D,
                Text("N²D는 두 번입니다. Q·Kᵀ와 A·V입니다.", "There are two products of N²D: Q·Kᵀ and A·V."),
            ),
            (4 * D, Text("Q, K, V, O의 투영 4ND²이 빠졌습니다.", "The four projections, 4ND², are missing.")),
            (2 * D, Text("피드포워드의 8ND²이 빠졌습니다.", "The feed-forward network, 8ND², is missing.")),
            (5.5 * D, Text("최종 선형 투영 W_O도 ND²입니다.", "The last projection, W_O, has ND² too.")),
            (
                3 * D,
                Text(
                    "피드포워드는 D → 4D → D이므로 8ND²입니다.",
                    "The feed-forward goes D → 4D → D: that is 8ND².",
                ),
            ),
            (
                6 * D + 1,
                Text("정확히 같아지는 토큰 수를 답하세요.", "Give the number at which they are equal."),
            ),
            (6, Text("D의 여섯 배입니다. D는 768입니다.", "That is in units of D, which is 768.")),
        ],
    )


def only_two(only_two, right):
    """From the notebook's `right`: {"1": (seeds, images), "2": …} of booleans."""
    one, two = right["1"], right["2"]
    judge.array(
        only_two,
        (two & ~one).sum(axis=1),
        Text(
            'right["2"]는 참이고 right["1"]은 거짓인 이미지를 시드마다 세세요.',
            'Count, for each seed, where right["2"] is True and right["1"] is not.',
        ),
        known=[
            (
                (one & ~two).sum(axis=1),
                Text(
                    "반대로 셌습니다. 블록 1개인 모델만 맞힌 것입니다.",
                    "That is the other way round: right by one block alone.",
                ),
            ),
            (
                two.sum(axis=1) - one.sum(axis=1),
                Text(
                    "차이입니다. 블록 1개인 모델만 맞힌 것이 빠져 있습니다.",
                    "That is the difference: those right by one block alone are subtracted.",
                ),
            ),
            (
                (two ^ one).sum(axis=1),
                Text("한쪽만 맞힌 것을 모두 셌습니다.", "That counts what either alone got right."),
            ),
            ((two & one).sum(axis=1), Text("둘 다 맞힌 것입니다.", "Those are right by both.")),
            (
                two.sum(axis=1),
                Text(
                    "블록 1개인 모델도 맞힌 것을 빼세요.",
                    "Leave out what the model of one block got right too.",
                ),
            ),
            (
                (two & ~one).sum(axis=0),
                Text("이미지마다 셌습니다. axis=1로 더하세요.", "That is per image: sum over axis 1."),
            ),
            (
                (two & ~one).sum(),
                Text(
                    "시드 여섯 개의 합입니다. 시드마다 구하세요.",
                    "That is the sum over the seeds; give one per seed.",
                ),
            ),
            (
                (two & ~one)[0].sum(),
                Text("시드 0의 값입니다. 여섯 개를 구하세요.", "That is of seed 0; give all six."),
            ),
        ],
    )


def needed(needed):
    """2·σ·√(2/n) ≤ δ."""
    exact = 8 * (0.44 / 0.2) ** 2
    judge.number(
        needed,
        math.ceil(exact),
        Text(
            "차이의 표준오차는 σ·√(2/n)입니다. 그 두 배가 0.2 이하여야 합니다.",
            "The difference has the standard error σ·√(2/n); twice that must be 0.2 at most.",
        ),
        known=[
            (
                math.floor(exact),
                Text("38개로는 조금 모자랍니다. 올림하세요.", "38 are not quite enough: round up."),
            ),
            (exact, Text("시드 수는 정수입니다. 올림하세요.", "A number of seeds is whole: round up.")),
            (
                math.ceil(exact / 2),
                Text(
                    "두 평균이 모두 흔들립니다. 분산은 2σ²/n입니다.",
                    "Both means vary: the variance of the difference is 2σ²/n.",
                ),
            ),
            (
                math.ceil(exact / 4),
                Text(
                    "표준오차의 한 배가 아니라 두 배입니다.",
                    "That is for one standard error; two are asked for.",
                ),
            ),
            (
                math.ceil(exact / 8),
                Text(
                    "표준오차의 두 배와, 두 평균의 분산을 셈에 넣으세요.",
                    "Count two standard errors, and the variance of two means.",
                ),
            ),
            (
                2 * math.ceil(exact),
                Text(
                    "두 모델의 합입니다. 모델마다 몇 개인지 답하세요.",
                    "That is for both models; give the seeds of each.",
                ),
            ),
        ],
    )


EXERCISES = {1: as_much, 2: only_two, 3: needed}
