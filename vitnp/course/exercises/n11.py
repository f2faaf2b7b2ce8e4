"""The exercises of notebook 11, training on digits."""

import math

import numpy as np

from vitnp.course.exercises import judge
from vitnp.system.language import Text

IMAGES, BATCH, EPOCHS = 1437, 32, 32


def num_steps(num_steps):
    """The smaller last batch is a step too."""
    per_epoch = -(-IMAGES // BATCH)
    judge.number(
        num_steps,
        EPOCHS * per_epoch,
        Text(
            "한 에폭의 배치 수를 구하고 에폭 수를 곱하세요.",
            "Count the batches of one epoch, times the epochs.",
        ),
        known=[
            (
                EPOCHS * (per_epoch - 1),
                Text(
                    "에폭마다 마지막의 작은 배치가 빠졌습니다.",
                    "The smaller last batch of each epoch is missing.",
                ),
            ),
            (per_epoch, Text("에폭 하나의 스텝 수입니다.", "These are the steps of one epoch.")),
            (
                IMAGES * EPOCHS // BATCH,
                Text(
                    "배치는 에폭을 넘어가지 않습니다. 에폭마다 올림하세요.",
                    "No batch spans two epochs: round up in each epoch.",
                ),
            ),
            (
                IMAGES * EPOCHS,
                Text("이미지 수입니다. 배치로 나누세요.", "These are images, not batches of images."),
            ),
            (
                12 * per_epoch,
                Text("위에서 돌린 12 에폭의 스텝 수입니다.", "These are the steps of the 12 epochs above."),
            ),
        ],
    )


def recall(recall, confusion):
    """From the notebook's confusion matrix: a row is a true class, a column an answer."""
    right = confusion.diagonal()
    judge.array(
        recall,
        right / confusion.sum(axis=1),
        Text(
            "대각선을 행의 합으로 나누세요. 행이 정답입니다.",
            "The diagonal, divided by the sums of the rows: a row is the truth.",
        ),
        known=[
            (
                right / confusion.sum(axis=0),
                Text(
                    "열의 합으로 나눈 정밀도(precision)입니다. 행이 정답입니다.",
                    "That is the precision, divided by the columns. The rows are the truth.",
                ),
            ),
            (right, Text("맞힌 개수입니다. 비율로 바꾸세요.", "These are counts; a fraction is asked for.")),
            (
                right / confusion.sum(),
                Text(
                    "전체 360장이 아니라 그 숫자의 장수로 나누세요.",
                    "Divide by the scans of that digit, not by all of them.",
                ),
            ),
            (
                100 * right / confusion.sum(axis=1),
                Text(
                    "백분율이 아니라 0과 1 사이의 비율로 쓰세요.",
                    "Give fractions between 0 and 1, not percent.",
                ),
            ),
            (
                right.sum() / confusion.sum(),
                Text(
                    "전체 정확도입니다. 숫자마다 하나씩 구하세요.",
                    "That is the accuracy of all; one value per digit is asked for.",
                ),
            ),
        ],
    )


def least(least):
    """The entropy of the target: the cross-entropy is least where p is the target."""
    target = np.array([0.91] + 9 * [0.01])
    right = float(-(target * np.log(target)).sum())
    judge.number(
        least,
        right,
        Text(
            "p가 목표 y와 같을 때의 −Σ y ln p입니다. 목표는 0.91 하나와 0.01 아홉 개입니다.",
            "It is −Σ y ln p where p equals the target y: one 0.91 and nine 0.01.",
        ),
        rel=5e-3,  # "0.5" and 0.50 are read off a calculator
        known=[
            (
                0,
                Text(
                    "스무딩이 없을 때입니다. p = 1이면 0.01을 요구한 클래스의 손실이 무한합니다.",
                    "That is without smoothing. With p = 1 the classes that ask for 0.01 cost infinity.",
                ),
            ),
            (
                -math.log(0.91),
                Text(
                    "정답 클래스의 항만 셌고 0.91도 곱하지 않았습니다. 열 개의 항을 더하세요.",
                    "That is ln of the right class alone; sum ten terms y ln p.",
                ),
            ),
            (
                -math.log(0.9),
                Text(
                    "정답 클래스의 목표는 0.9 + 0.1/10 = 0.91이고, 항은 열 개입니다.",
                    "The right class asks for 0.9 + 0.1/10 = 0.91, and there are ten terms.",
                ),
            ),
            (
                -0.91 * math.log(0.91),
                Text(
                    "나머지 아홉 클래스의 항이 빠졌습니다.",
                    "The terms of the nine other classes are missing.",
                ),
            ),
            (
                right / math.log(2),
                Text(
                    "밑이 2인 로그입니다. 손실은 자연로그로 셉니다.",
                    "That is in bits; the loss uses the natural logarithm.",
                ),
            ),
            (
                -right,
                Text("로그는 음수이므로 부호를 바꾸세요.", "The logarithms are negative: change the sign."),
            ),
            (
                -0.9 * math.log(0.9) - 0.1 * math.log(0.1 / 9),
                Text(
                    "0.1은 정답을 포함한 열 클래스에 나눕니다.",
                    "The 0.1 is shared by all ten classes, the right one too.",
                ),
            ),
        ],
    )


EXERCISES = {1: num_steps, 2: recall, 3: least}
