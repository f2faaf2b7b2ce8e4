"""Pooling: the largest value, or the mean, of every k·k window, each channel by itself.

    y[b, r, c, i] = max_{u,v} x̄[b, r·s + u, c·s + v, i]        or the mean over u, v

x̄ has `value` around it: −∞ changes no maximum; zeros, as BiT's released code has them, do where a window at the edge is
negative. The mean over all places is `steps.s8_classify` with classifier "gap".
"""

import math

from vitnp.backend.arrays import array_module
from vitnp.backend.half import wide
from vitnp.ops.conv import count_windows, cropped, pad, padding_of


def max_forward(x, *, kernel, stride, padding=0, value=-math.inf):
    """(B, H, W, C) → (B, Ho, Wo, C). Of equal values the first in the window counts, row by row.

    Raises InputError, as `mean_forward`, for a window larger than the image with its padding.
    """
    xp = array_module(x)
    around = padding_of(x.shape[1:3], kernel=kernel, stride=stride, padding=padding)
    padded, y, first = pad(x, around, value), None, None
    numbers = "uint8" if kernel <= 16 else "uint32"  # of the k·k places of a window
    for number, slice_ in enumerate(slices(padded.shape, kernel, stride)):
        taken = padded[slice_]
        if y is None:
            y, first = taken.copy(), xp.zeros(taken.shape, numbers)
        else:
            larger = taken > y  # strictly, so that the first stays
            xp.maximum(first, larger.astype(numbers) * number, out=first)  # the last that was larger
            xp.maximum(y, taken, out=y)
    return y, (first, padded.shape, around, kernel, stride)


def max_backward(dy, saved):
    """dy (B, Ho, Wo, C) → dx (B, H, W, C): all of it to the place that was taken."""
    first, shape, around, kernel, stride = saved
    dpadded = array_module(dy).zeros(shape, dy.dtype)
    for number, slice_ in enumerate(slices(shape, kernel, stride)):
        dpadded[slice_] += dy * (first == number)  # windows overlap, so +=
    return cropped(dpadded, around)


def mean_forward(x, *, kernel, stride):
    """(B, H, W, C) → (B, Ho, Wo, C)."""
    y = 0.0
    for slice_ in slices(x.shape, kernel, stride):
        y = y + wide(x[slice_])
    return (y / kernel**2).astype(x.dtype, copy=False), (x.shape, kernel, stride)


def mean_backward(dy, saved):
    """dy (B, Ho, Wo, C) → dx (B, H, W, C): the same share to every place of the window."""
    shape, kernel, stride = saved
    dx, share = array_module(dy).zeros(shape, dy.dtype), dy / kernel**2
    for slice_ in slices(shape, kernel, stride):
        dx[slice_] += share
    return dx


def slices(shape, kernel, stride):
    """The u-th row and v-th column of every window, as an index, for each u and v in order."""
    rows, cols = count_windows(shape[1:3], kernel, stride)
    for u in range(kernel):
        for v in range(kernel):
            down = slice(u, u + (rows - 1) * stride + 1, stride)
            yield slice(None), down, slice(v, v + (cols - 1) * stride + 1, stride)
