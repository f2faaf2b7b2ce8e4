"""Dropout: each value is dropped with probability `rate`, the others are scaled by 1/(1 − rate)."""

import math

from vitnp.backend.arrays import array_module


def forward(x, *, rate, rng):
    """y = x·keep/(1 − rate); without a generator (inference) or at rate 0, y is x.

    A NumPy generator draws the mask on the host, so that NumPy and CuPy drop the same values.
    """
    keep = draw(x, x.shape, rate=rate, rng=rng)
    return apply(x, keep, rate=rate), (keep, rate)


def backward(dy, saved):
    """dx = dy·keep/(1 − rate)."""
    keep, rate = saved
    # y = x·keep/(1 − rate)
    return apply(dy, keep, rate=rate)


def draw(like, shape, *, rate, rng):
    """The mask, in the memory where `like` is; None where nothing is dropped.

    16 random bits decide a value, so the rate is kept to 1/65536. Every image of the batch takes whole 64-bit words.
    A generator of the device (`backend.DeviceDraws`) draws there, and other numbers: nothing is sent.
    """
    if rng is None or rate == 0.0:
        return None
    if not hasattr(rng, "bytes"):
        return rng.random(shape, dtype="float32") >= rate
    rows, size = shape[0], math.prod(shape[1:])
    words = math.ceil(size / 4)
    bits = memoryview(rng.bytes(8 * words * rows)).cast("H")
    keep = array_module(like).asarray(bits).reshape(rows, 4 * words)[:, :size] >= round(rate * 65536)
    return keep.reshape(shape)


def apply(x, keep, *, rate):
    """x·keep/(1 − rate); x itself where keep is None."""
    if keep is None:
        return x
    y = x * keep
    y *= 1.0 / (1.0 - rate)
    return y
