"""The logistic function σ(x) = 1/(1 + exp(−x)), computed as ½ (1 + tanh(x/2)): no x makes it overflow."""

from vitnp.backend.arrays import array_module


def forward(x):
    """y = σ(x), element by element."""
    y = sigma(x)
    return y, y


def backward(dy, saved):
    """dx = dy·σ′, and σ′ = σ·(1 − σ)."""
    # y = σ(x)
    return dy * saved * (1.0 - saved)


def sigma(x):
    """σ(x), of which swish and the quick GELU are made too; in place, as in `gelu`."""
    t = 0.5 * x
    t = array_module(x).tanh(t, out=t)
    t *= 0.5
    t += 0.5
    return t
