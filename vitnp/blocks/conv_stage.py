"""A stage of a plain CNN, as VGG's (Simonyan & Zisserman, 2015): convolutions with ReLU, then a max-pool.

x ← ReLU(u),  u = conv(x, W) + b        once per layer; the map keeps its size
y = the largest value of every P·P window, the windows side by side
"""

from typing import Any, NamedTuple

from vitnp.ops import conv, initializers, pool, relu
from vitnp.ops.sums import column_sums


class StageInput(NamedTuple):
    """All that a stage is computed from: what forward keeps to compute the stage once more."""

    x: Any
    p: dict
    pool_size: int


def init(rng, *, kernel, inputs, outputs, layers, dtype):
    """{layer: {W (k, k, I, O), b (O,)}}: kernels He normal, biases zero."""
    p = {}
    for layer in range(layers):
        W = initializers.he_normal(rng, (kernel * kernel * inputs, outputs), dtype)
        p[layer] = {
            "W": W.reshape(kernel, kernel, inputs, outputs),
            "b": initializers.zeros((outputs,), dtype),
        }
        inputs = outputs
    return p


def layer_forward(x, p):
    """ReLU(conv(x, W) + b): (B, H, W, I) → (B, H, W, O)."""
    u, saved_conv = conv.forward(x, p["W"], padding="same")
    u += p["b"]
    y, saved_relu = relu.forward(u)
    return y, (saved_conv, saved_relu)


def layer_backward(dy, saved):
    """dy (B, H, W, O) → dx (B, H, W, I) and {W, b}."""
    saved_conv, saved_relu = saved
    # y = ReLU(u)
    du = relu.backward(dy, saved_relu)
    # u = conv(x, W) + b
    dx, dW = conv.backward(du, saved_conv)
    return dx, {"W": dW, "b": column_sums(du)}


def forward(x, p, *, pool_size, keep="all"):
    """(B, H, W, I) → (B, ⌊H/P⌋, ⌊W/P⌋, O). keep "inputs": only what the stage is computed from."""
    given, layers = StageInput(x, p, pool_size), []
    for layer in p.values():
        x, saved = layer_forward(x, layer)
        layers.append(saved)
    y, saved_pool = pool.max_forward(x, kernel=pool_size, stride=pool_size)
    return y, given if keep == "inputs" else (layers, saved_pool)


def backward(dy, saved):
    """dy (B, ⌊H/P⌋, ⌊W/P⌋, O) → dx (B, H, W, I) and dp, the same tree as p."""
    if isinstance(saved, StageInput):
        _, saved = forward(saved.x, saved.p, pool_size=saved.pool_size)
    layers, saved_pool = saved
    dx, dp = pool.max_backward(dy, saved_pool), {}
    for layer, saved_layer in reversed(list(enumerate(layers))):
        dx, dp[layer] = layer_backward(dx, saved_layer)
    return dx, dict(reversed(dp.items()))  # in p's order
