"""The two backwards of notebook 19: dx as a convolution, and standardized kernels."""

import numpy as np

from vitnp.course.exercises import judge
from vitnp.ops import conv
from vitnp.system.language import Text


def dx_by_convolution(dx_by_convolution):
    """Of a convolution with stride 1 and without padding."""
    rng = np.random.default_rng(7)
    x, W = rng.standard_normal((2, 6, 7, 4)), rng.standard_normal((3, 3, 4, 5))
    pad = len(W) - 1

    def of(kernel):
        return lambda dy, saved: conv.forward(dy, kernel, padding=pad)[0]

    judge.gradient(
        lambda x: conv.forward(x, W),
        lambda dy, saved: judge.call(dx_by_convolution, dy, W),
        x,
        None,
        Text(
            "0을 k − 1줄 붙이고, W[::-1, ::-1]의 채널 축 2와 3을 맞바꾸세요.",
            "Pad with k − 1 zeros; turn W round, W[::-1, ::-1], and swap its axes 2 and 3.",
        ),
        known=[
            (
                of(W.swapaxes(2, 3)),
                Text(
                    "커널을 돌리지 않았습니다: W[::-1, ::-1].",
                    "The kernel is not turned round: W[::-1, ::-1].",
                ),
            ),
            (
                of(W[::-1].swapaxes(2, 3)),
                Text(
                    "커널을 위아래로만 뒤집었습니다. 두 축 모두 뒤집으세요.",
                    "Turned along one axis only: flip both.",
                ),
            ),
            (
                of(W[:, ::-1].swapaxes(2, 3)),
                Text(
                    "커널을 좌우로만 뒤집었습니다. 두 축 모두 뒤집으세요.",
                    "Turned along one axis only: flip both.",
                ),
            ),
            (
                of(W.transpose(1, 0, 3, 2)),
                Text(
                    "전치한 것입니다. 180도 돌리려면 두 축을 뒤집으세요.",
                    "That is transposed; to turn by 180° flip both axes.",
                ),
            ),
        ],
    )


def standardize_forward(W, eps=1e-10):
    """The notebook's."""
    c = W - W.mean(axis=(0, 1, 2))
    scale = ((c * c).mean(axis=(0, 1, 2)) + eps) ** -0.5
    return c * scale, (c * scale, scale)


def standardize_backward(standardize_backward):
    """By the gradient check."""

    def mean(a):
        return a.mean(axis=(0, 1, 2))

    judge.gradient(
        standardize_forward,
        standardize_backward,
        np.random.default_rng(7).standard_normal((3, 3, 4, 5)),
        None,
        Text(
            "(dŴ − mean(dŴ) − Ŵ·mean(dŴ·Ŵ))에 1/σ를 곱하세요. 평균은 앞의 세 축입니다.",
            "It is (dŴ − mean(dŴ) − Ŵ·mean(dŴ·Ŵ)) times 1/σ, means over the first three axes.",
        ),
        known=[
            (
                lambda dy, saved: dy * saved[1],
                Text("두 평균이 모두 빠졌습니다.", "Both means are missing: mean and σ depend on W too."),
            ),
            (
                lambda dy, saved: (dy - saved[0] * mean(dy * saved[0])) * saved[1],
                Text(
                    "W를 옮겨도 Ŵ는 그대로입니다. dŴ의 평균을 빼세요.",
                    "A shift of W does nothing: subtract the mean of dŴ.",
                ),
            ),
            (
                lambda dy, saved: (dy - mean(dy)) * saved[1],
                Text(
                    "W를 늘려도 Ŵ는 그대로입니다. Ŵ·mean(dŴ·Ŵ)를 빼세요.",
                    "Scaling W does nothing: subtract Ŵ·mean(dŴ·Ŵ).",
                ),
            ),
            (
                lambda dy, saved: dy - mean(dy) - saved[0] * mean(dy * saved[0]),
                Text("1/σ를 곱하지 않았습니다.", "The factor 1/σ is missing."),
            ),
            (
                lambda dy, saved: (dy - mean(dy) - saved[0] * mean(dy * saved[0])) / saved[1],
                Text("scale은 이미 1/σ입니다. 곱하세요.", "scale is 1/σ already: multiply by it."),
            ),
            (
                lambda dy, saved: (dy - dy.mean() - saved[0] * (dy * saved[0]).mean()) * saved[1],
                Text(
                    "평균은 출력 채널마다입니다: axis=(0, 1, 2).",
                    "One mean per output channel: axis=(0, 1, 2).",
                ),
            ),
            (
                lambda dy, saved: (
                    (dy - dy.mean(-1, keepdims=True) - saved[0] * (dy * saved[0]).mean(-1, keepdims=True))
                    * saved[1]
                ),
                Text(
                    "LayerNorm의 축입니다. 여기서는 axis=(0, 1, 2)입니다.",
                    "Those are LayerNorm's axes; here it is axis=(0, 1, 2).",
                ),
            ),
        ],
    )
