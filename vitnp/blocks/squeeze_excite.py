"""Squeeze-and-excite: a number 0…1 for each channel, from the mean of all channels over the image (Hu et al., 2018).

    s = mean over the places of x                    squeeze
    g = σ(swish(s·W₁ + b₁)·W₂ + b₂)                  excite
    y = g·x                                          one gate per channel of each image

The convolutions of an MBConv unit show a place its neighbors alone; this shows it a mean of all places.
"""

from vitnp.backend.half import wide
from vitnp.ops import initializers, linear, sigmoid, swish
from vitnp.ops.group_norm import of_channels, place_mean


def init(rng, *, channels, squeezed, dtype):
    """{squeeze, excite}: weights Normal(0, 2/O), as EfficientNet's; biases zero."""
    return {
        "squeeze": init_dense(rng, channels, squeezed, dtype),
        "excite": init_dense(rng, squeezed, channels, dtype),
    }


def init_dense(rng, inputs, outputs, dtype):
    """W (I, O), b (O,)."""
    W = initializers.normal(rng, (inputs, outputs), (2.0 / outputs) ** 0.5, dtype)
    return {"W": W, "b": initializers.zeros((outputs,), dtype)}


def forward(x, p):
    """(B, H, W, C) → (B, H, W, C)."""
    s = place_mean(wide(x)).astype(x.dtype, copy=False)  # (B, C); float16 holds no 1/places
    u, saved_squeeze = linear.forward(s, p["squeeze"])
    u, saved_swish = swish.forward(u)
    u, saved_excite = linear.forward(u, p["excite"])
    g, _ = sigmoid.forward(u)
    return x * of_channels(g), (x, g, saved_squeeze, saved_swish, saved_excite)


def backward(dy, saved):
    """dy (B, H, W, C) → dx (B, H, W, C) and {squeeze, excite}."""
    x, g, saved_squeeze, saved_swish, saved_excite = saved
    places = x.shape[1] * x.shape[2]
    # y = g·x
    dg = (place_mean(wide(dy) * wide(x)) * places).astype(dy.dtype, copy=False)
    # g = σ(u)
    du, dp_excite = linear.backward(sigmoid.backward(dg, g), saved_excite)
    du, dp_squeeze = linear.backward(swish.backward(du, saved_swish), saved_squeeze)
    # x was used twice, in g·x and in its mean: a sum
    dx = dy * of_channels(g)
    dx += of_channels((wide(du) / places).astype(dy.dtype, copy=False))
    return dx, {"squeeze": dp_squeeze, "excite": dp_excite}
