"""The residual unit: 1x1 to fewer channels, 3x3 there, 1x1 to four times as many, and the sum with the shortcut.

    pre-activation (BiT; He et al., 2016)        post-activation (the hybrid's stem; He et al., 2015)
    h = ReLU(GN₁(x))                             a = ReLU(GN₁(x·W₁))
    a = h·W₁                                     a = ReLU(GN₂(conv₃ₓ₃(a)))
    a = conv₃ₓ₃(ReLU(GN₂(a)))                    a = GN₃(a·W₃)
    y = ReLU(GN₃(a))·W₃ + shortcut               y = ReLU(a + shortcut)

shortcut = x; where the number of channels or the stride changes, h·W₀ of the first kind, GN₀(x·W₀) of the second.
In the first kind nothing stands between the sums, as in a pre-norm Transformer block.
"""

from typing import Any, NamedTuple

from vitnp.blocks.convolution import (
    conv_backward,
    conv_forward,
    init_conv,
    norm_forward,
    norm_relu_backward,
    norm_relu_forward,
)
from vitnp.ops import group_norm, relu

WIDER = 4  # channels of a unit's output ÷ those of its 3x3 convolution


class Saved(NamedTuple):
    """What the layers saved, in the order of the forward pass."""

    shortcut: Any  # None where it is x itself
    layers: tuple
    relu: Any = None  # of the sum, in a post-activation unit


def init(rng, *, inputs, width, stride, pre, dtype):
    """The parameters of one unit; a post-activation unit's last scale is 0, so that at first it is its shortcut."""
    outputs, p = WIDER * width, {}
    sizes = ((1, inputs, width), (3, width, width), (1, width, outputs))
    for i, (kernel, before, after) in enumerate(sizes, 1):
        channels = before if pre else after
        closed = i == 3 and not pre
        norm = {f"norm_{i}": group_norm.init(channels=channels, dtype=dtype, closed=closed)}
        kernel = {f"conv_{i}": init_conv(rng, kernel=kernel, inputs=before, outputs=after, dtype=dtype)}
        p |= norm | kernel if pre else kernel | norm
    if stride > 1 or inputs != outputs:
        p["conv_shortcut"] = init_conv(rng, kernel=1, inputs=inputs, outputs=outputs, dtype=dtype)
        if not pre:
            p["norm_shortcut"] = group_norm.init(channels=outputs, dtype=dtype)
    return p


def pre_forward(x, p, how, *, stride):
    """(B, H, W, I) → (B, Ho, Wo, 4·width), pre-activation."""
    h, norm_1 = norm_relu_forward(x, p["norm_1"], how)
    shortcut, saved_shortcut = x, None
    if "conv_shortcut" in p:
        shortcut, saved_shortcut = conv_forward(h, p["conv_shortcut"], how, stride=stride)
    a, conv_1 = conv_forward(h, p["conv_1"], how)
    a, norm_2 = norm_relu_forward(a, p["norm_2"], how)
    a, conv_2 = conv_forward(a, p["conv_2"], how, stride=stride)
    a, norm_3 = norm_relu_forward(a, p["norm_3"], how)
    a, conv_3 = conv_forward(a, p["conv_3"], how)
    return a + shortcut, Saved(saved_shortcut, (norm_1, conv_1, norm_2, conv_2, norm_3, conv_3))


def pre_backward(dy, saved):
    """dy (B, Ho, Wo, 4·width) → dx (B, H, W, I) and the unit's parameter gradients."""
    norm_1, conv_1, norm_2, conv_2, norm_3, conv_3 = saved.layers
    dp = {}
    # y = a + shortcut: the gradient goes both ways
    if saved.shortcut is not None:
        dh_shortcut, dp["conv_shortcut"] = conv_backward(dy, saved.shortcut)
    da, dp["conv_3"] = conv_backward(dy, conv_3)
    da, dp["norm_3"] = norm_relu_backward(da, norm_3)
    da, dp["conv_2"] = conv_backward(da, conv_2)
    da, dp["norm_2"] = norm_relu_backward(da, norm_2)
    dh, dp["conv_1"] = conv_backward(da, conv_1)
    if saved.shortcut is not None:
        dh = dh + dh_shortcut  # h was used twice: a sum
    dx, dp["norm_1"] = norm_relu_backward(dh, norm_1)
    if saved.shortcut is None:
        dx = dx + dy  # shortcut = x
    return dx, dict(reversed(dp.items()))  # in p's order


def post_forward(x, p, how, *, stride):
    """(B, H, W, I) → (B, Ho, Wo, 4·width), post-activation."""
    shortcut, saved_shortcut = x, None
    if "conv_shortcut" in p:
        shortcut, conv_0 = conv_forward(x, p["conv_shortcut"], how, stride=stride)
        shortcut, norm_0 = norm_forward(shortcut, p["norm_shortcut"], how)
        saved_shortcut = (conv_0, norm_0)
    a, conv_1 = conv_forward(x, p["conv_1"], how)
    a, norm_1 = norm_relu_forward(a, p["norm_1"], how)
    a, conv_2 = conv_forward(a, p["conv_2"], how, stride=stride)
    a, norm_2 = norm_relu_forward(a, p["norm_2"], how)
    a, conv_3 = conv_forward(a, p["conv_3"], how)
    a, norm_3 = norm_forward(a, p["norm_3"], how)
    y, saved_relu = relu.forward(a + shortcut)
    return y, Saved(saved_shortcut, (conv_1, norm_1, conv_2, norm_2, conv_3, norm_3), saved_relu)


def post_backward(dy, saved):
    """dy (B, Ho, Wo, 4·width) → dx (B, H, W, I) and the unit's parameter gradients."""
    conv_1, norm_1, conv_2, norm_2, conv_3, norm_3 = saved.layers
    dp = {}
    # y = ReLU(a + shortcut): the gradient goes both ways
    dy = relu.backward(dy, saved.relu)
    dx_shortcut = dy  # shortcut = x
    if saved.shortcut is not None:
        conv_0, norm_0 = saved.shortcut
        dshortcut, dp["norm_shortcut"] = group_norm.backward(dy, norm_0)
        dx_shortcut, dp["conv_shortcut"] = conv_backward(dshortcut, conv_0)
    da, dp["norm_3"] = group_norm.backward(dy, norm_3)
    da, dp["conv_3"] = conv_backward(da, conv_3)
    da, dp["norm_2"] = norm_relu_backward(da, norm_2)
    da, dp["conv_2"] = conv_backward(da, conv_2)
    da, dp["norm_1"] = norm_relu_backward(da, norm_1)
    dx, dp["conv_1"] = conv_backward(da, conv_1)
    return dx + dx_shortcut, dict(reversed(dp.items()))  # in p's order


def both(pre):
    """(forward, backward) of the units of one kind."""
    return (pre_forward, pre_backward) if pre else (post_forward, post_backward)
