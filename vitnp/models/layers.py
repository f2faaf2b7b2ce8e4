"""How a model says what its layers are, one by one, up to its last map: `layers(p, config)` of a model yields them.

A layer takes a map (B, h, w, C), or tokens (B, N, D) of which the last are the patches, and gives the next one.
"""

from collections.abc import Callable
from typing import NamedTuple


class Layer(NamedTuple):
    """A layer alone, with its parameters in it."""

    name: str
    forward: Callable  # x → y, saved
    backward: Callable  # dy, saved → dx


def only_dx(backward):
    """A backward without the gradients of the parameters."""
    return lambda dy, saved: backward(dy, saved)[0]
