"""NumPy or CuPy: the array decides. Imports only `errors` and `tree`.

`xp = array_module(x)` inside the mathematics, so both backends live in one process. Moving between host and device
happens at the border, with `to_device` and `to_host`, never in a step.
"""

import functools
import sys

import numpy as np

from vitnp import tree
from vitnp.errors import InputError, install

NUMPY_TYPES = (np.ndarray, np.generic)


def array_module(x):
    """The module whose functions take `x`: numpy, cupy, or whatever array type `x` names as its own."""
    if isinstance(x, NUMPY_TYPES):
        return np
    if type(x).__module__.partition(".")[0] == "cupy":
        import cupy

        return cupy
    return x.__array_namespace__()


def is_array(x):
    """Whether x is an array of NumPy's, or of another library that `array_module` knows."""
    if isinstance(x, type):
        return False
    of_cupy = type(x).__module__.partition(".")[0] == "cupy" and hasattr(x, "dtype")
    return isinstance(x, NUMPY_TYPES) or of_cupy or hasattr(x, "__array_namespace__")


def need_array(name, value, want=""):
    """Raise InputError unless the value is an array; want: what is needed, in words.

    Neither a np.matrix, whose * is another product, nor a masked array, whose hidden values would count.
    """
    if type(value) is np.ndarray:
        return
    kinds = [kind.__name__ for kind in type(value).__mro__]
    if is_array(value) and "matrix" not in kinds and "MaskedArray" not in kinds:
        return
    given = f"{name} {'are' if name.endswith('s') else 'is'} a {type(value).__name__}"
    if not is_array(value):
        raise InputError(f"{given}; need an array{want}")
    plain = "filled(…)" if "MaskedArray" in kinds else "view(np.ndarray)"
    raise InputError(f"{given}; need a plain array: give {name}.{plain}")


def on_host(x):
    """Whether x is a NumPy array: a look at its values then waits for no device."""
    return array_module(x) is np


def get(name="auto"):
    """The array module called "numpy" or "cupy"; "auto" is CuPy where a GPU answers, else NumPy, and says so once.

    Raises InputError for another name, or for "cupy" where no GPU can be used.
    """
    if name not in ("auto", "numpy", "cupy"):
        raise InputError(f'backend "{name}" is unknown; choose auto, numpy or cupy')
    if name == "numpy":
        return np
    try:
        import cupy

        cupy.zeros(1)  # one real allocation: an importable cupy without a driver fails here
        return cupy
    except Exception as problem:  # CuPy fails in many ways without a GPU, several of them its own types
        if name == "auto":
            say_once(f"vitnp: NumPy, as there is no GPU that CuPy can use here ({problem})")
            return np
        raise InputError(
            f"backend cupy cannot be used here ({problem}); use --backend numpy or, with an NVIDIA GPU, "
            f"{install('cuda13')} (cuda12 for a driver before 580)"
        ) from None


@functools.cache
def say_once(line):
    """Print a line on stderr, the first time that it is said."""
    print(line, file=sys.stderr)


def to_device(arrays, xp):
    """The same tree, or the one array, in the memory of `xp`."""
    return to_host(arrays) if xp is np else tree.map(xp.asarray, arrays)


def to_host(arrays):
    """The same tree with every array a NumPy array."""
    return tree.map(lambda a: a if isinstance(a, np.ndarray) else array_module(a).asnumpy(a), arrays)
