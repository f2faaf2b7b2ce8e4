"""MBConv, EfficientNet's unit: more channels, a depthwise convolution of them, a gate, fewer channels (Tan & Le, 2019).

    a = swish(BN₁(x·W₁))              1x1, to E = e·I channels; left out where e = 1
    a = swish(BN₂(depthwise(a)))      k·k, stride s
    a = squeeze_excite(a)
    a = BN₃(a·W₃)                     1x1, to O channels; nothing behind it
    y = a, or where s = 1 and O = I   y = x + a, in training for some images x alone (stochastic depth)

Wide in the middle and narrow at the ends, the other way round than a bottleneck.
"""

from typing import Any, NamedTuple

from vitnp.blocks import squeeze_excite
from vitnp.ops import batch_norm, conv, depthwise, initializers, stochastic_depth, swish


class How(NamedTuple):
    """What decides the arithmetic of a unit."""

    eps: float  # of BatchNorm
    training: bool  # with the batch's own statistics
    stride: int = 1
    rate: float = 0.0  # of stochastic depth


class UnitInput(NamedTuple):
    """What makes a unit's `Saved` again."""

    x: Any
    p: dict
    how: How
    rng: Any


class Saved(NamedTuple):
    """What the layers saved."""

    expand: Any  # None where there is no expansion
    depthwise: tuple
    gate: tuple
    project: tuple
    depth: Any  # stochastic depth's; None where nothing is added

    @property
    def statistics(self):
        """{norm: {mean, var}} of the batch, in training."""
        norms = {"norm_1": self.expand, "norm_2": self.depthwise, "norm_3": self.project}
        return {name: saved[1].batch for name, saved in norms.items() if saved is not None}


def init_kernel(rng, shape, outputs, dtype):
    """Normal(0, 2/(k·k·outputs)), as the released code draws every kernel (k, k, …)."""
    return initializers.normal(rng, shape, (2.0 / (shape[0] * shape[1] * outputs)) ** 0.5, dtype)


def init_conv(rng, *, kernel, inputs, outputs, dtype):
    """W (k, k, I, O), no bias: the norm behind it has one."""
    return {"W": init_kernel(rng, (kernel, kernel, inputs, outputs), outputs, dtype)}


def init(rng, *, inputs, outputs, kernel, expansion, squeezed, dtype):
    """The parameters of one unit."""
    channels, p = inputs * expansion, {}
    if expansion > 1:
        p["expand"] = init_conv(rng, kernel=1, inputs=inputs, outputs=channels, dtype=dtype)
        p["norm_1"] = batch_norm.init(channels=channels, dtype=dtype)
    p["depthwise"] = {"W": init_kernel(rng, (kernel, kernel, channels), 1, dtype)}
    p["norm_2"] = batch_norm.init(channels=channels, dtype=dtype)
    p |= squeeze_excite.init(rng, channels=channels, squeezed=squeezed, dtype=dtype)
    p["project"] = init_conv(rng, kernel=1, inputs=channels, outputs=outputs, dtype=dtype)
    p["norm_3"] = batch_norm.init(channels=outputs, dtype=dtype)
    return p


def forward(x, p, how, rng=None):
    """(B, H, W, I) → (B, ⌈H/s⌉, ⌈W/s⌉, O)."""
    a, saved_expand, saved_depth = x, None, None
    if "expand" in p:
        a, saved_expand = layer_forward(a, p["expand"], p["norm_1"], how)
    a, saved_depthwise = layer_forward(a, p["depthwise"], p["norm_2"], how, of=depthwise, stride=how.stride)
    a, saved_gate = squeeze_excite.forward(a, p)
    a, saved_conv = conv.forward(a, p["project"]["W"])
    y, saved_norm = batch_norm.forward(a, p["norm_3"], eps=how.eps, training=how.training)
    if how.stride == 1 and y.shape == x.shape:
        a, saved_depth = stochastic_depth.forward(y, rate=how.rate, rng=rng)
        y = x + a
    return y, Saved(saved_expand, saved_depthwise, saved_gate, (saved_conv, saved_norm), saved_depth)


def backward(dy, saved):
    """dy (B, Ho, Wo, O) → dx (B, H, W, I) and the unit's parameter gradients."""
    saved_conv, saved_norm = saved.project
    dp, da = {}, dy
    if saved.depth is not None:
        # y = x + depth(a): the gradient goes both ways
        da = stochastic_depth.backward(dy, saved.depth)
    da, dp["norm_3"] = batch_norm.backward(da, saved_norm)
    da, dW = conv.backward(da, saved_conv)
    dp["project"] = {"W": dW}
    da, dp_gate = squeeze_excite.backward(da, saved.gate)
    dp |= dict(reversed(dp_gate.items()))
    da, dp["depthwise"], dp["norm_2"] = layer_backward(da, saved.depthwise)
    if saved.expand is not None:
        da, dp["expand"], dp["norm_1"] = layer_backward(da, saved.expand)
    dx = da if saved.depth is None else da + dy
    return dx, {name: dp[name] for name in ORDER if name in dp}


# of the parameters of a unit, as `init` makes them
ORDER = "expand norm_1 depthwise norm_2 squeeze excite project norm_3".split()


def layer_forward(x, p, p_norm, how, *, of=conv, stride=1):
    """swish(BN(convolution(x, W))): (B, H, W, I) → (B, ⌈H/s⌉, ⌈W/s⌉, O); of: the module of the convolution."""
    u, saved_conv = of.forward(x, p["W"], stride=stride, padding="same")
    u, saved_norm = batch_norm.forward(u, p_norm, eps=how.eps, training=how.training)
    y, saved_swish = swish.forward(u)
    return y, (saved_conv, saved_norm, saved_swish, of)


def layer_backward(dy, saved):
    """dy → dx, {W} of the convolution, and the norm's gradients."""
    saved_conv, saved_norm, saved_swish, of = saved
    # y = swish(BN(u))
    du, dp_norm = batch_norm.backward(swish.backward(dy, saved_swish), saved_norm)
    # u = convolution(x, W)
    dx, dW = of.backward(du, saved_conv)
    return dx, {"W": dW}, dp_norm
