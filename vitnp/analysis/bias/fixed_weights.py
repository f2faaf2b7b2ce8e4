"""By what weights a layer takes its inputs, for one image and for another: fixed, or chosen by the image?

A convolution takes the pixels by its kernel, whatever the image is. Attention takes the tokens by A, the softmax of
Q·Kᵀ/√d_k, which is computed from the image. The weights are read back by the backward pass: dy/dx of one output value.
"""

from vitnp.backend.arrays import array_module
from vitnp.errors import InputError, need_int


def input_weights(layers, x, *, channel=0):
    """dy/dx (B, H, W, C) of one value y of a map, after the layers one by one: the middle place, this channel.

    channel None: y is the sum of all channels there.
    x (B, H, W, C); layers: `models.layers.Layer`s. Of a convolution alone this is its kernel, with zeros around it.
    """
    run = []
    for layer in layers:
        x, saved = layer.forward(x)
        run.append((layer, saved))
    if not run or x.ndim != 4:
        raise InputError(
            "there is no map to look at; give one layer or more, the last one with a map (B, h, w, D)"
        )
    if channel is not None:
        need_int("channel", channel, at_least=0, at_most=x.shape[-1] - 1)
    dx = array_module(x).zeros(x.shape, x.dtype)
    dx[:, x.shape[1] // 2, x.shape[2] // 2, slice(None) if channel is None else channel] = 1.0
    for layer, saved in reversed(run):
        dx = layer.backward(dx, saved)
    return dx


def moved_attention(A, other):
    """How much of its attention each query gives to other keys for another image: (…, N), 0 … 1.

    A and other (…, N, M), rows that sum to 1: half the sum of |A − other| over the keys.
    """
    if A.shape != other.shape or A.ndim < 2:
        raise InputError(
            f"A is {A.shape} and {other.shape}; need attention weights (…, N, M) of one model, both alike"
        )
    return abs(A - other).sum(axis=-1) / 2


def largest_change(weights):
    """The largest difference of a weight between two of B images: weights (B, …)."""
    return float((weights.max(axis=0) - weights.min(axis=0)).max())
