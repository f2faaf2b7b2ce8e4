"""What the functions of this folder take: grids of patches and arrays of floats, or one clear line."""

from vitnp.backend.arrays import array_module, need_array, on_host
from vitnp.errors import InputError, need_int, shown


def class_tokens_of(A, grid, registers=0):
    """How many of the tokens of A (…, T, T) are class tokens, 0 or 1; so many others are registers."""
    need_floats("attention weights", A)
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise InputError(f"attention weights are {A.shape}; need (…, tokens, tokens)")
    need_int("registers", registers, at_least=0)
    return class_tokens(A.shape[-1] - registers, grid, what=f"attention weights are {A.shape}")


def class_tokens(tokens, grid, *, what):
    """How many of so many tokens are class tokens, 0 or 1. Raises InputError if they do not fit the grid."""
    rows, cols = need_grid(grid)
    if tokens - rows * cols not in (0, 1):
        raise InputError(
            f"{what}, but a grid of {rows}x{cols} patches has {rows * cols} tokens, or one more with [CLS]; "
            "give values and grid of one model"
        )
    return tokens - rows * cols


def need_grid(grid):
    """(rows, cols). Raises InputError for anything else."""
    if not isinstance(grid, tuple | list) or len(grid) != 2:
        raise InputError(f"grid is {shown(grid)}; need (rows, cols) of patches, config.grid")
    return [need_int("a side of the grid", side, at_least=1) for side in grid]


def need_floats(name, a):
    """Raise InputError unless it is an array of floats, with values."""
    need_array(name, a)
    if a.dtype.kind != "f" or not a.size:
        raise InputError(f"{name} are {a.dtype} of shape {a.shape}; need floats, at least one")


def need_finite(name, a):
    """Raise InputError unless it is float32 or float64, and finite if it is in the memory of the CPU."""
    need_floats(name, a)
    if a.dtype.itemsize not in (4, 8) or (on_host(a) and not array_module(a).isfinite(a).all()):
        raise InputError(f"{name} is {a.dtype}, perhaps with NaN; need finite float32 or float64")


def scaled(a, *, axis=None):
    """(a/s, s) with s a power of two near the largest |a|, along the axis: no square of a/s is too large or too small.

    Dividing by a power of two rounds nothing, so that every result stays what it is.
    """
    xp = array_module(a)
    largest = abs(a).max(axis=axis, keepdims=axis is not None)
    largest = xp.where(largest > 0, largest, 1)
    s = largest / (2 * xp.frexp(largest)[0])  # frexp: the number without its power of two, ½ to 1
    return a / s, s
