"""Dropout: each value is dropped with probability `rate`, the others are scaled by 1/(1 − rate)."""

from vitnp.backend import draws


def forward(x, *, rate, rng):
    """y = x·keep/(1 − rate); without a generator (inference) or at rate 0, y is x."""
    keep = draw(x, x.shape, rate=rate, rng=rng)
    return apply(x, keep, rate=rate), (keep, rate)


def backward(dy, saved):
    """dx = dy·keep/(1 − rate)."""
    keep, rate = saved
    # y = x·keep/(1 − rate)
    return apply(dy, keep, rate=rate)


def draw(like, shape, *, rate, rng):
    """The mask, in the memory where `like` is; None where nothing is dropped. rng: NumPy's, or a class of `draws`."""
    return None if rng is None or rate == 0.0 else draws.of(rng).keep(shape, rate, like)


def apply(x, keep, *, rate):
    """x·keep/(1 − rate); x itself where keep is None."""
    if keep is None:
        return x
    y = x * keep
    y *= 1.0 / (1.0 - rate)
    return y
