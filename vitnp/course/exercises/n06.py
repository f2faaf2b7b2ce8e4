"""The exercises of notebook 06, LayerNorm."""

import numpy as np

from vitnp.course.exercises import judge
from vitnp.system.language import Text

EPS = 1e-6


def norms(count):
    """γ and β of 25 Norms."""
    D = 768
    judge.number(
        count,
        (12 * 2 + 1) * 2 * D,
        Text(
            "Norm의 수를 세고, Norm마다 γ와 β가 D = 768개씩 있다고 계산하세요.",
            "Count the Norms; each has D = 768 values of γ and as many of β.",
        ),
        known=[
            (12 * 2 * 2 * D, Text("맨 끝의 Norm이 빠졌습니다.", "The last Norm is missing.")),
            (25 * D, Text("γ와 β 가운데 하나만 세었습니다.", "You counted only one of γ and β.")),
            (24 * D, Text("β와 맨 끝의 Norm이 빠졌습니다.", "β and the last Norm are missing.")),
            (13 * 2 * D, Text("블록마다 Norm이 두 개입니다.", "There are two Norms in each block.")),
            (25, Text("Norm의 수입니다.", "That is the number of Norms.")),
            (
                50,
                Text(
                    "γ와 β는 값 하나가 아니라 768차원 벡터입니다.", "γ and β are vectors of 768 values each."
                ),
            ),
        ],
    )


def louder(louder, y):
    """A factor and a shift are taken away again, so y itself; [CLS] is left out, because ε still matters for it."""
    hint = Text(
        "평균을 빼면 −7은 어떻게 됩니까? 표준편차로 나누면 1000은 어떻게 됩니까?",
        "What becomes of −7 when the mean is subtracted, and of 1000 when the deviation divides?",
    )

    def others(a):
        """With the row of [CLS] as it is in y."""
        return np.concatenate([y[:, :1], a[:, 1:]], axis=1)

    found = judge.as_array(louder, y.shape, hint)
    judge.array(
        others(found) if found.shape == y.shape else found,
        y,
        hint,
        known=[
            (
                others(1000 * y - 7),
                Text("둘 다 LayerNorm에서 사라집니다.", "LayerNorm takes both away again."),
            ),
            (
                others(1000 * y),
                Text("표준편차도 1000배가 됩니다.", "The standard deviation grows 1000 times too."),
            ),
            (others(y - 7), Text("평균도 7만큼 작아집니다.", "The mean becomes smaller by 7 too.")),
            (
                others(y / 1000),
                Text("z가 1000배이면 표준편차도 1000배입니다.", "Both z and its deviation grow 1000 times."),
            ),
        ],
        atol=1e-4,
    )


def rms_forward(x):
    """As in the notebook."""
    inverse_rms = ((x * x).mean(axis=-1, keepdims=True) + EPS) ** -0.5
    return x * inverse_rms, (x * inverse_rms, inverse_rms)


def mean(a):
    """Over the last axis, which stays."""
    return a.mean(axis=-1, keepdims=True)


def rms_backward(rms_backward):
    """(dy − y mean(dy·y)) / rms."""
    judge.gradient(
        rms_forward,
        rms_backward,
        np.random.default_rng(0).standard_normal((2, 5, 12)),
        None,
        Text(
            "x는 두 번 쓰였습니다: 분자에서, 그리고 rms 안에서. 두 경로의 그래디언트를 더하세요.",
            "x is used twice, above the line and inside the rms: add the gradients of both paths.",
        ),
        known=[
            (
                lambda dy, s: dy * s[1],
                Text(
                    "rms를 상수로 보았습니다. rms도 x로 계산됩니다.",
                    "You took the rms for a constant; x is in it too.",
                ),
            ),
            (
                lambda dy, s: (dy - mean(dy) - s[0] * mean(dy * s[0])) * s[1],
                Text(
                    "LayerNorm의 역전파입니다. 여기서는 평균을 빼지 않습니다.",
                    "That is LayerNorm's; here no mean is subtracted.",
                ),
            ),
            (
                lambda dy, s: (dy - s[0] * (dy * s[0]).sum(axis=-1, keepdims=True)) * s[1],
                Text("합이 아니라 평균입니다.", "The mean of dy·y, not the sum."),
            ),
            (
                lambda dy, s: (dy + s[0] * mean(dy * s[0])) * s[1],
                Text("두 번째 항의 부호를 확인하세요.", "Look at the sign of the second term."),
            ),
            (
                lambda dy, s: dy - s[0] * mean(dy * s[0]),
                Text("inverse_rms를 곱하는 것이 빠졌습니다.", "The factor inverse_rms is missing."),
            ),
            (
                lambda dy, s: (dy - s[0] * (dy * s[0]).mean()) * s[1],
                Text("토큰마다(axis=-1) 평균을 내세요.", "Take the mean per token, axis=-1."),
            ),
        ],
    )


EXERCISES = {1: norms, 2: louder, 3: rms_backward}
