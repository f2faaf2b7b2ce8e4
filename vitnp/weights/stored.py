"""Arrays that are still in their file. Imports `errors`.

What is wrong with a file is found before its numbers take memory: names, shapes and dtypes are looked at first, and
only the arrays that the model has are read.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from vitnp.errors import InputError, one_line, quoted, shown

MOST = 20_000  # arrays of a model: the deepest ViT has 19,000
LARGEST = 2**60  # of a number in a shape: times 8 bytes it is still one of NumPy's
CHUNK = 2**18  # bytes
BFLOAT16 = np.dtype("V2")  # two raw bytes: NumPy has no such type


class Stored(NamedTuple):
    """One array: what the file says of it, and how to read it."""

    shape: tuple
    dtype: np.dtype
    read: Callable  # () → the array, writable


def called(name):
    """The name of an array, or of anything else in a file, in a message: at most 100 characters."""
    return one_line(name, 100)


def check_names(path, names, most=MOST):
    """Raise InputError for more arrays than a model has, a name twice, and one that a terminal would obey."""
    if len(names) > most:
        raise InputError(f"{path} holds {len(names):,} arrays; need at most {most:,}")
    seen = set()
    for name in names:
        if not name.isprintable():
            raise InputError(
                f"{path} holds an array called {shown(name)}; a name is made of letters and signs"
            )
        if name in seen:
            raise InputError(f"{path} holds {quoted(name)} twice; save it again with every name once")
        seen.add(name)


def are_counts(numbers):
    """Whether all are whole numbers that a shape or a stride can have."""
    return all(type(n) is int and 0 <= n < LARGEST for n in numbers)


def widened(array):
    """float16 and bfloat16 as float32, other floats as they are, in the machine's byte order."""
    if array.dtype == BFLOAT16:  # the upper half of a float32
        return (array.view("<u2").astype("<u4") << 16).view("<f4")
    if array.dtype.itemsize == 2:
        return array.astype(np.float32)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def take(stream, size):
    """The next `size` bytes of a stream as a writable array, in pieces that stay in the cache between two copies."""
    taken = np.empty(size, "u1")
    for start in range(0, size, CHUNK):
        piece = taken[start : start + CHUNK]
        if stream.readinto(piece) != len(piece):
            raise EOFError("the file ends too early")
    return taken
