"""Swish, also called SiLU: y = x·σ(x), σ the logistic function (Ramachandran et al., 2017)."""

from vitnp.backend.tiles import tiled
from vitnp.ops.sigmoid import sigma


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
