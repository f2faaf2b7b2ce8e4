"""The exercises of notebook 22, Noisy Student and the results table."""

import math

import numpy as np

from vitnp.course.exercises import judge
from vitnp.course.paper import compared
from vitnp.course.paper.claims import BIT_L
from vitnp.ops import sigmoid
from vitnp.ops.group_norm import of_channels, place_mean
from vitnp.system.language import Text
from vitnp.tasks import self_training


def steps(steps):
    """0.99ⁿ ≤ 0.05."""
    n = math.log(0.05) / math.log(0.99)
    judge.number(
        steps,
        math.ceil(n),
        Text(
            "n 스텝 뒤의 값은 1 − 0.99ⁿ입니다. 0.99ⁿ ≤ 0.05인 가장 작은 n을 구하세요.",
            "After n steps it is 1 − 0.99ⁿ: find the smallest n with 0.99ⁿ ≤ 0.05.",
        ),
        known=[
            (
                math.floor(n),
                Text("298 스텝이면 아직 0.9500에 못 미칩니다.", "After 298 steps it is still below 0.95."),
            ),
            (n, Text("정수를 구하세요. 올림합니다.", "A whole number is asked for: round up.")),
            (
                math.ceil(math.log(0.95) / math.log(0.99)),
                Text(
                    "0.99ⁿ ≤ 0.95가 아니라 1 − 0.99ⁿ ≥ 0.95입니다.",
                    "It is 1 − 0.99ⁿ ≥ 0.95, not 0.99ⁿ ≤ 0.95.",
                ),
            ),
            (
                95,
                Text(
                    "매번 0.01씩 늘지 않습니다. 남은 차이의 1%입니다.",
                    "It grows by 1% of what is left, not by 0.01.",
                ),
            ),
            (
                1,
                Text("모멘텀 0.99는 옛 값의 비율입니다.", "The momentum 0.99 is the share of the old value."),
            ),
        ],
    )


def errors(errors):
    """How much higher BiT-L is than ImageNet-21k's L/16 on CIFAR-10, in standard errors."""
    pair = compared.compared(BIT_L, "ViT-L/16 (ImageNet-21k)")
    (row,) = (row for row in pair if row.row == "CIFAR-10")
    one, two = row.ours.deviation, row.theirs.deviation
    known = (
        (
            row.points / math.hypot(one, two),
            "√3으로 나누지 않았습니다. 평균의 표준오차입니다.",
            "Divide the ± by √3: it is the error of a mean of three.",
        ),
        (
            row.points / (one + two),
            "±를 더하지 말고 제곱을 더해 제곱근을 구하세요.",
            "Add the squares of the errors, not the ±.",
        ),
        (
            row.points / ((one + two) / math.sqrt(3)),
            "오차는 제곱을 더해 제곱근을 구합니다.",
            "Errors add as squares: √(a² + b²).",
        ),
        (row.points / (math.hypot(one, two) / 3), "3이 아니라 √3으로 나눕니다.", "Divide by √3, not by 3."),
        (
            row.error,
            "차이의 표준오차입니다. 차이를 그것으로 나누세요.",
            "That is the standard error; divide the difference by it.",
        ),
        (row.points / (one / math.sqrt(3)), "두 모델의 오차가 다 필요합니다.", "Both models have an error."),
        (
            row.points,
            "차이입니다. 표준오차로 나누세요.",
            "That is the difference; divide it by its standard error.",
        ),
        (-row.errors, "BiT-L에서 L/16을 빼세요.", "Subtract L/16 from BiT-L."),
    )
    judge.number(
        errors,
        row.errors,
        Text(
            "SE = √((0.06² + 0.03²)/3)이고 차이는 0.22입니다.",
            "SE = √((0.06² + 0.03²)/3), and the difference is 0.22.",
        ),
        rel=0.01,
        known=[(wrong, Text(ko, en)) for wrong, ko, en in known],
    )


def probabilities():
    """40 rows of 4 classes: one class has more than 14, two have fewer, one has none; six rows are below 0.3."""
    q = np.random.default_rng(5).dirichlet(np.full(4, 0.4), 40)
    q[:, 3] = 0.0
    q[:6] = (0.27, 0.25, 0.24, 0.24)
    return q / q.sum(axis=1, keepdims=True)


def choose(choose):
    """As `self_training.chosen`: the same number per class, the most certain rows, copies in a rare class."""
    q, per_class = probabilities(), 14
    classes, top = q.argmax(axis=1), q.max(axis=1)
    right = self_training.chosen(q, threshold=0.3, per_class=per_class)

    def wrong(sure=top >= 0.3, by=-top, copies=True):
        found = []
        for c in range(4):
            rows = np.flatnonzero((classes == c) & sure)
            rows = rows[np.argsort(by[rows], kind="stable")]
            if len(rows):
                found.append(np.resize(rows, per_class) if copies else rows[:per_class])
        return np.sort(np.concatenate(found))

    given = judge.call(choose, q, 0.3, per_class)
    found = judge.as_array(given, right.shape, None)
    judge.array(
        np.sort(found) if found.ndim == 1 else found,
        right,
        Text(
            "클래스마다 top ≥ threshold인 행을 확률이 큰 순서로 놓고 np.resize(행, per_class)를 씁니다.",
            "Per class: the rows with top ≥ threshold, the most certain first, then np.resize(rows, per_class).",
        ),
        known=[
            (
                wrong(sure=np.ones(len(q), bool)),
                Text("threshold보다 작은 확률의 행이 있습니다.", "There are rows below the threshold."),
            ),
            (
                wrong(by=top),
                Text(
                    "확률이 가장 작은 것이 아니라 가장 큰 것을 고르세요.",
                    "Take the most certain rows, not the least certain.",
                ),
            ),
            (
                wrong(by=np.arange(len(q))),
                Text(
                    "처음 행이 아니라 확률이 큰 행을 고르세요.",
                    "Take the most certain rows, not the first ones.",
                ),
            ),
            (
                wrong(copies=False),
                Text("모자라는 클래스는 행을 되풀이합니다.", "A rare class repeats its rows."),
            ),
        ],
    )


def gate(x):
    """y = σ(s)·x, s the mean over the places: squeeze-and-excite without its two layers."""
    g, _ = sigmoid.forward(place_mean(x))
    return of_channels(g) * x, (x, g)


def gate_backward(gate_backward):
    """x is used twice: in the product, and in its mean."""

    def dg(dy, saved):
        x, g = saved
        return (dy * x).sum(axis=(1, 2)) * g * (1 - g)

    def without_the_mean(dy, saved):
        return dy * of_channels(saved[1])

    def mean_alone(dy, saved):
        return np.zeros_like(dy) + of_channels(dg(dy, saved)) / (dy.shape[1] * dy.shape[2])

    def undivided(dy, saved):
        return without_the_mean(dy, saved) + of_channels(dg(dy, saved))

    def without_the_slope(dy, saved):
        x, _ = saved
        ds = (dy * x).sum(axis=(1, 2))
        return without_the_mean(dy, saved) + of_channels(ds) / (dy.shape[1] * dy.shape[2])

    def known(wrong, ko, en):
        return wrong, Text(ko, en)

    judge.gradient(
        gate,
        gate_backward,
        np.random.default_rng(3).standard_normal((2, 3, 4, 5)),
        None,
        Text(
            "dx = g·dy + ds/(H·W)이고 ds = Σ(dy·x)·g·(1 − g)입니다. Σ는 위치에 대한 합입니다.",
            "dx = g·dy + ds/(H·W), and ds = Σ(dy·x)·g·(1 − g), a sum over the places.",
        ),
        known=[
            known(
                without_the_mean,
                "x는 평균에도 쓰였습니다. 그 경로를 더하세요.",
                "x is also in its mean: add that path.",
            ),
            known(
                mean_alone, "x는 곱에도 쓰였습니다. g·dy를 더하세요.", "x is also in the product: add g·dy."
            ),
            known(
                undivided, "평균의 역전파는 H·W로 나눕니다.", "The backward pass of the mean divides by H·W."
            ),
            known(
                without_the_slope,
                "시그모이드의 미분값 g·(1 − g)가 빠졌습니다.",
                "The sigmoid's slope g·(1 − g) is missing.",
            ),
        ],
    )


EXERCISES = {1: steps, 2: choose, 3: gate_backward, 4: errors}
