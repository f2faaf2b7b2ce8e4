"""NumPy or CuPy: the only file that says cupy. Imports only `errors` and `tree`.

The array decides: `xp = array_module(x)` inside the maths, so both backends live in one process.
Moving between host and device happens at the border, with `to_device` and `to_host`, never in a step.
"""

import numpy as np
import scipy.special

from vitnp import tree
from vitnp.errors import InputError


def array_module(x):
    """The module whose functions take `x`: numpy, cupy, or whatever array type `x` names as its own."""
    if isinstance(x, np.ndarray | np.generic):
        return np
    if type(x).__module__.partition(".")[0] == "cupy":
        import cupy

        return cupy
    return x.__array_namespace__()


def erf(x):
    """erf(x) = 2/√π ∫₀ˣ exp(−t²) dt, element by element, in the dtype of x."""
    if array_module(x).__name__ == "cupy":
        import cupyx.scipy.special

        return cupyx.scipy.special.erf(x)
    return scipy.special.erf(x)


def get(name="auto"):
    """The array module called "numpy" or "cupy"; "auto" is CuPy where a GPU answers, else NumPy.

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
            return np
        raise InputError(
            f"backend cupy cannot be used here ({problem}); install vitnp[cuda12] or vitnp[cuda13] "
            "on a machine with an NVIDIA GPU, or use --backend numpy"
        ) from None


def to_device(arrays, xp):
    """The same tree with every array in the memory of `xp`."""
    return tree.map(xp.asarray, arrays)


def to_host(arrays):
    """The same tree with every array a NumPy array."""
    return tree.map(lambda a: a if isinstance(a, np.ndarray) else array_module(a).asnumpy(a), arrays)
