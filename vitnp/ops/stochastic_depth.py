"""Stochastic depth: the branch of a residual is left out for whole inputs at random (Huang et al., 2016).

y = x·keep/(1 − rate), keep one draw per input: x + branch becomes x alone, so the network is less deep in training.
"""

from vitnp.ops import dropout


def forward(x, *, rate, rng):
    """(B, …) → the same shape; without a generator (inference) or at rate 0, y is x."""
    keep = dropout.draw(x, (len(x), *(1 for _ in x.shape[1:])), rate=rate, rng=rng)
    return dropout.apply(x, keep, rate=rate), (keep, rate)


def backward(dy, saved):
    """dx = dy·keep/(1 − rate)."""
    # y = x·keep/(1 − rate)
    return dropout.backward(dy, saved)
