"""Swish, also called SiLU: y = x·σ(x), σ the logistic function (Ramachandran et al., 2017)."""

from vitnp.backend.arrays import array_module
from vitnp.backend.tiles import tiled


def forward(x):
    """y = x·σ(x), element by element."""
    return swish(x), x


def backward(dy, saved):
    """dx = dy·(σ + x·σ′), and σ′ = σ·(1 − σ)."""
    # y = x·σ(x)
    return slope(saved, dy)


@tiled(elementwise=True)
def swish(x):
    """x·σ(x)."""
    y = sigma(x)
    y *= x
    return y


@tiled(elementwise=True)
def slope(x, dy):
    """dy·(σ + x·σ·(1 − σ)), written σ·(1 + x·(1 − σ))."""
    y = sigma(x)
    dx = 1.0 - y
    dx *= x
    dx += 1.0
    dx *= y
    dx *= dy
    return dx


def sigma(x):
    """σ(x) = ½ (1 + tanh(x/2)), which no x makes overflow."""
    t = 0.5 * x
    t = array_module(x).tanh(t, out=t)
    t *= 0.5
    t += 0.5
    return t
