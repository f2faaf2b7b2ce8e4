"""How a model says where its named tensors are: in which local variable of which of its functions.

The variables of the steps have the letters of the slides, so a list of `Tensor` is all that `analysis.trace` asks of a
model: its `tensors(config)` yields them, in the order of the forward pass. `vit/inside.py` is an example.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

RETURNED = "return"  # in place of a variable's name: what the function returns; the first of several


class Local(NamedTuple):
    """A local variable: a parameter as the function received it, any other as it was when the function returned."""

    function: Callable  # called on a few rows at a time (`backend/tiles.py`): the parts are put together
    name: str
    call: int = 0  # which call of the function, -1 the last
    item: Any = None  # the key or index in a variable that is a dict or a list
    inside: tuple | None = None  # (function, number): only what was called inside this call of that function


class Tensor(NamedTuple):
    """A tensor that has a name: where its value is in a forward pass, and its gradient in a backward pass."""

    name: str
    step: int  # the slide's number
    value: Local
    gradient: Local
    only: Callable = lambda config: True  # whether such a model has it
