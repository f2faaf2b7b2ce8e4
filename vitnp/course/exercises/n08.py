"""The exercises of notebook 08, the classification."""

import math

import numpy as np

from vitnp.course.exercises import judge
from vitnp.ops import softmax
from vitnp.system.language import Text

SMOOTHING = 0.1


def first_loss(first_loss):
    """ln 10, which may be rounded."""
    judge.number(
        first_loss,
        math.log(10),
        Text(
            "헤드가 0이면 로짓이 모두 0입니다. softmax의 확률은 얼마이고, 손실 −ln p는 얼마입니까?",
            "A head of zeros gives logits of 0. What probabilities has softmax, and what is −ln p?",
        ),
        known=[
            (
                1,
                Text(
                    "밑이 10인 로그입니다. 자연로그를 쓰세요.",
                    "That is the logarithm to base 10; use the natural one.",
                ),
            ),
            (
                math.log2(10),
                Text(
                    "밑이 2인 로그입니다. 자연로그를 쓰세요.",
                    "That is the logarithm to base 2; use the natural one.",
                ),
            ),
            (
                -math.log(10),
                Text("손실은 −ln p입니다. 부호를 확인하세요.", "The loss is −ln p: look at the sign."),
            ),
            (0.1, Text("확률입니다. 손실은 −ln p입니다.", "That is the probability; the loss is −ln p.")),
            (0, Text("로짓이 0이지 손실이 0인 것은 아닙니다.", "The logits are 0, the loss is not.")),
            (math.log(1000), Text("클래스가 10개입니다.", "There are 10 classes.")),
            (
                10 * math.log(10),
                Text("정답 클래스의 항만 남습니다.", "Only the term of the right class remains."),
            ),
        ],
        rel=5e-4,
    )


def dlogits(dlogits, logits, target):
    """(p − the smoothed target) / the number of images."""
    images, classes = logits.shape
    prob, _ = softmax.forward(logits)
    smooth = 0.9 * target + SMOOTHING / classes
    right = (prob - smooth) / images
    judge.array(
        dlogits,
        right,
        Text(
            "로짓에 대한 손실의 그래디언트는 정답이 무엇이든 (p − 정답) / 이미지 수입니다.",
            "Whatever the target is, the gradient is (p − target) / the number of images.",
        ),
        known=[
            (
                right * images,
                Text(
                    "손실은 평균입니다. 이미지 수 3으로 나누세요.",
                    "The loss is a mean: divide by the 3 images.",
                ),
            ),
            ((prob - target) / images, Text("정답을 바꾸지 않았습니다.", "The target is not smoothed.")),
            (
                prob - target,
                Text("정답을 바꾸지 않았고, 3으로 나누지 않았습니다.", "Smooth the target, and divide by 3."),
            ),
            (-right, Text("부호가 반대입니다: p − 정답.", "The sign is reversed: p − target.")),
            ((prob - 0.9 * target) / images, Text("0.1 / 7이 빠졌습니다.", "0.1 / 7 is missing.")),
            (
                (prob - 0.9 * target - 0.1) / images,
                Text("0.1을 클래스 수 7로 나누세요.", "Divide 0.1 by the 7 classes."),
            ),
            (
                (logits - smooth) / images,
                Text("로짓이 아니라 softmax의 확률입니다.", "Use softmax's p, not the logits."),
            ),
            (
                right * images / classes,
                Text("클래스 수가 아니라 이미지 수로 나누세요.", "Divide by the images, not the classes."),
            ),
        ],
        atol=1e-6,
    )


def mean_backward(mean_backward):
    """Every token gets dy / N."""
    judge.gradient(
        lambda x: (x.mean(axis=1), x.shape[1]),
        mean_backward,
        np.random.default_rng(0).standard_normal((3, 5, 8)),
        None,
        Text(
            "평균에서 토큰 하나의 몫은 1/N입니다. 모든 토큰이 같은 그래디언트를 받습니다.",
            "Each token is 1/N of the mean, and all of them receive the same gradient.",
        ),
        known=[
            (
                lambda dy, N: np.repeat(dy[:, None], N, axis=1),
                Text("N으로 나누는 것이 빠졌습니다.", "The division by N is missing."),
            ),
            (
                lambda dy, N: np.eye(N)[0][:, None] * dy[:, None],
                Text(
                    "클래스 토큰의 역전파입니다. 평균은 모든 토큰을 씁니다.",
                    "That is the class token's; a mean uses every token.",
                ),
            ),
            (
                lambda dy, N: np.repeat(dy[:, None], N, axis=1) / dy.size,
                Text("토큰 수 N으로만 나누세요.", "Divide by N, the tokens, alone."),
            ),
        ],
    )


EXERCISES = {1: first_loss, 2: dlogits, 3: mean_backward}
