"""Cases 7 and 8 of notebook 14: mistakes beside the model, in the optimizer and in a picture, to be repaired."""

import numpy as np

from vitnp.course.exercises import judge
from vitnp.system.language import Text


def adam(adam):
    """Case 7: on a constant gradient and on others."""
    lr, rng = 0.1, np.random.default_rng(0)
    for gradients in (np.full(200, 3.0), rng.uniform(1, 2, 50) * rng.choice([-1, 1], 50)):
        right = _adam(gradients, lr)
        judge.array(
            judge.call(adam, gradients, lr),
            right,
            Text(
                "그래디언트가 일정하면 스텝마다 lr만큼 움직입니다. 1 − 0.9^t와 1 − 0.999^t의 t를 보세요.",
                "With a constant gradient each step is lr: look at t in 1 − 0.9^t and 1 − 0.999^t.",
            ),
            atol=1e-6,  # an eps in the denominator is right too
            known=[
                (
                    _adam(gradients, lr, t_of=lambda i: 1),
                    Text(
                        "실수가 그대로 있습니다. t가 1에 멈춰 있습니다.",
                        "The mistake is still there: t stays 1.",
                    ),
                ),
                (
                    _adam(gradients, lr, t_of=lambda i: i + 1),
                    Text(
                        "첫 스텝의 t는 1입니다. 2부터 세고 있습니다.",
                        "In the first step t is 1; you begin with 2.",
                    ),
                ),
                (
                    _adam(gradients, lr, of_m=False, of_v=False),
                    Text("두 보정이 모두 빠졌습니다.", "Both corrections are missing."),
                ),
                (
                    _adam(gradients, lr, of_v=False),
                    Text("v의 보정이 빠졌습니다.", "The correction of v is missing."),
                ),
                (
                    _adam(gradients, lr, of_m=False),
                    Text("m의 보정이 빠졌습니다.", "The correction of m is missing."),
                ),
                (right[1:], Text("처음의 theta = 0도 돌려주세요.", "Return the first theta, 0, too.")),
                (right[:-1], Text("마지막 스텝이 빠졌습니다.", "The last step is missing.")),
                (
                    -right,
                    Text("그래디언트의 반대쪽으로 움직여야 합니다.", "It must move against the gradient."),
                ),
                (
                    right[-1],
                    Text(
                        "마지막 값만이 아니라 지나온 값을 모두 돌려주세요.",
                        "Return the whole path, not the last value alone.",
                    ),
                ),
            ],
        )


def _adam(gradients, lr, *, t_of=lambda i: i, of_m=True, of_v=True):
    """The path of Adam; t_of(1), t_of(2), … are the steps' numbers in the corrections."""
    m = v = 0.0
    path = [0.0]
    for i, g in enumerate(gradients, start=1):
        m, v, t = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g, t_of(i)
        corrected = m / (1 - 0.9**t) if of_m else m
        path.append(path[-1] - lr * corrected / np.sqrt(v / (1 - 0.999**t) if of_v else v))
    return np.array(path)


def rollout(rollout):
    """Case 8: rows that sum to 1, and the right values in them."""
    rng = np.random.default_rng(0)
    A = np.exp(rng.uniform(0, 3, (4, 9, 1)) * rng.standard_normal((4, 9, 9)))
    A /= A.sum(axis=-1, keepdims=True)
    by_row, by_column = (lambda a: a / a.sum(axis=-1, keepdims=True)), (lambda a: a / a.sum(axis=-1))
    at_the_end = _rollout(A, lambda a: a)
    judge.array(
        judge.call(rollout, A),
        _rollout(A, by_row),
        Text(
            "층마다 행의 합으로 나눈 다음 왼쪽에 곱하세요.",
            "In each layer divide by the sums of the rows, then multiply from the left.",
        ),
        known=[
            (
                _rollout(A, by_column),
                Text(
                    "실수가 그대로 있습니다. a.sum(axis=-1)은 열에 맞춰집니다: keepdims=True.",
                    "The mistake is still there: a.sum(axis=-1) lines up with the columns; keepdims=True.",
                ),
            ),
            (
                _rollout(A, lambda a: a / a.sum(axis=0)),
                Text(
                    "열의 합으로 나눴습니다. 행의 합으로 나누세요.",
                    "Divided by the sums of the columns: take those of the rows.",
                ),
            ),
            (
                by_row(at_the_end),
                Text("끝에 한 번이 아니라 층마다 나누세요.", "Divide in each layer, not once at the end."),
            ),
            (
                by_row(_rollout(A, by_column)),
                Text(
                    "행의 합만 1로 맞췄습니다. 층마다 행으로 나누세요.",
                    "The rows sum to 1 now, but each layer still divides by columns.",
                ),
            ),
            (at_the_end, Text("나누는 줄이 빠졌습니다.", "The division is missing.")),
            (
                _rollout(A, by_row, zeros=False),
                Text(
                    "작은 쪽 절반을 0으로 두는 줄이 빠졌습니다.",
                    "The smaller half of each map is not set to 0.",
                ),
            ),
            (
                _rollout(A[::-1], by_row),
                Text("층의 순서가 반대입니다: a @ R.", "The layers are in the wrong order: a @ R."),
            ),
            (
                _rollout(A, by_row, itself=0),
                Text("잔차의 단위행렬이 빠졌습니다.", "The identity of the residual is missing."),
            ),
        ],
    )


def _rollout(A, divide, *, zeros=True, itself=1):
    """The product of all layers."""
    R = np.eye(A.shape[-1])
    for a in A:
        a = np.where(a > np.median(a), a, 0) if zeros else a
        R = divide(a + itself * np.eye(len(a))) @ R
    return R
