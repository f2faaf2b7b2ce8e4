"""Dropout: each value is dropped with probability `rate`, the others are scaled by 1/(1 − rate)."""

from vitnp.backend import array_module


def forward(x, *, rate, rng):
    """y = x·keep/(1 − rate); without a generator (inference) or at rate 0, y is x.

    The mask is drawn on the host, so that NumPy and CuPy drop the same values.
    """
    if rng is None or rate == 0.0:
        return x, None
    keep = array_module(x).asarray(rng.random(x.shape, dtype="float32") >= rate)
    y = x * keep
    y *= 1.0 / (1.0 - rate)
    return y, (keep, rate)


def backward(dy, saved):
    """dx = dy·keep/(1 − rate)."""
    if saved is None:
        return dy
    keep, rate = saved
    # y = x·keep/(1 − rate)
    dx = dy * keep
    dx *= 1.0 / (1.0 - rate)
    return dx
