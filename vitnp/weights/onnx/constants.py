"""Arrays that do not depend on the image: those of the file, and what is made of them. Imports `errors`, `layout`.

Small ones, the shapes and numbers of a graph, are computed at once. Of large ones the shape alone is known until the
parameters are read, so that a number in a shape takes no memory.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from vitnp.weights.onnx.layout import Unlike

SMALL = 4096  # elements
LARGEST = 2**31  # elements of an array that may be spoken of


class Constant(NamedTuple):
    """One array: its shape, and how to read it."""

    shape: tuple
    dtype: np.dtype  # as in the file; 16 bits are read as float32
    read: Callable  # () → the array
    label: str = ""  # the array of the file that it was made of
    table: object = None  # resize.Table, where a table of positions was resized on the way

    @property
    def size(self):
        """How many numbers it has."""
        return math.prod(self.shape)

    def number(self):
        """The one number of it as a float; Unlike if there are more."""
        if self.size != 1:
            raise Unlike(f"an array {self.shape} where one number is needed")
        return float(self.read().reshape(()))

    def made(self, shape, function):
        """What a function makes of the array: computed at once if that is little, else when it is read."""
        shape = tuple(int(side) for side in shape)
        if not 0 <= math.prod(shape) <= LARGEST:
            raise Unlike(f"an array of {shape}")
        made = self._replace(shape=shape, read=lambda: function(self.read()))
        return there(made) if max(self.size, made.size) <= SMALL else made


def known(array, label=""):
    """The Constant of an array that is there already."""
    array = np.asarray(array)
    return Constant(array.shape, array.dtype, lambda: array, label)


def there(constant):
    """The Constant, computed."""
    array = np.asarray(constant.read())
    narrow = constant.dtype.itemsize == 2 and array.dtype == np.float32
    return constant._replace(
        shape=array.shape, dtype=constant.dtype if narrow else array.dtype, read=lambda: array
    )


def integers(constant):
    """A small Constant as a list of ints; Unlike for another."""
    if not isinstance(constant, Constant) or constant.size > SMALL or constant.dtype.kind not in "iu":
        raise Unlike("a shape that depends on the image's numbers")
    return [int(n) for n in constant.read().ravel()]


def numbers(constant):
    """The numbers of a small Constant; Unlike for another."""
    if constant.size > SMALL:
        raise Unlike(f"arithmetic with an array {constant.shape}")
    return constant.read()


def stand_in(constant):
    """An array of the same shape that takes no memory, to see what a function of its layout makes of it."""
    return np.broadcast_to(np.zeros((), np.int8), constant.shape)


def laid_out(constant, function):
    """The Constant after a function that makes a view, such as a transposition."""
    try:
        shape = function(stand_in(constant)).shape
    except (ValueError, IndexError, TypeError) as problem:
        raise Unlike(f"an array {constant.shape} taken as another ({problem})") from problem
    return constant.made(shape, function)


def combined(function, constants, shape):
    """The Constant made of several, of this shape."""
    first = max(constants, key=lambda constant: constant.size)
    table = next((constant.table for constant in constants if constant.table), None)
    kinds = [constant.dtype for constant in constants if constant.dtype.kind == "f"] or [first.dtype]
    made = Constant(
        tuple(shape),
        max(kinds, key=lambda kind: kind.itemsize),
        lambda: function(*(constant.read() for constant in constants)),
        first.label,
        table,
    )
    if not 0 <= made.size <= LARGEST:
        raise Unlike(f"an array of {made.shape}")
    small = max(constant.size for constant in (made, *constants)) <= SMALL
    return there(made) if small else made
