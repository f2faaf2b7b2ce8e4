"""Row-wise functions on a few rows at a time, so that intermediates stay in cache. Imports `arrays`, `half`."""

import functools
import math

import numpy as np

from vitnp.backend.arrays import array_module
from vitnp.backend.half import wide

# A NumPy expression such as x * x * x writes every intermediate to memory, which for the arrays of a ViT costs
# several times the arithmetic. A tile of BLOCK values (512 KiB in float32) stays in an L2 cache of 1 MiB, and its
# intermediates in memory that was in use a moment ago. On CuPy nothing is cut: a tile would be one more launch.
BLOCK = 131_072


def tiled(f=None, *, elementwise=False, widen=True):
    """f treats every row on its own; it is called on a few rows at a time. float16 is computed in float32.

    A row is what an array holds for one index of its two leading axes (image, then token or head), or of the first
    if it has only two. f takes arrays with the same rows, or None in place of one; it returns an array or a tuple of
    arrays. Keyword arguments go to every call. `row_size` tells how many values the widest intermediate has per row,
    if that is not the widest array.

    elementwise: f treats every value on its own, and its arrays have one shape. CuPy makes one kernel of it.
    widen=False: f computes float16 in float16. Matrix products need no float32, and a GPU is faster without it.
    """
    if f is None:
        return functools.partial(tiled, elementwise=elementwise, widen=widen)
    half = in_float32(f) if widen else f

    @functools.cache
    def kernel():
        import cupy

        return cupy.fuse(half)

    @functools.wraps(f)
    def in_tiles(*arrays, row_size=0, **same):
        x = arrays[0]
        xp = array_module(x)
        if xp is not np:
            on_gpu = elementwise and xp.__name__ == "cupy"
            return kernel()(*arrays) if on_gpu else half(*arrays, **same)
        g = half if x.dtype == "float16" else f
        if elementwise:
            if x.ndim and x.size <= BLOCK:
                return g(*arrays)
            # Rows of one value, whatever the shape. A lone number becomes an array too: f may write in place.
            results = by_rows(g, [a.reshape(-1) for a in arrays], (x.size,), BLOCK)
            return each(lambda a: a.reshape(x.shape), results)
        lead = x.shape[:-1][:2]
        rows = math.prod(lead)
        widest = rows * row_size or max(a.size for a in arrays if a is not None)
        if widest <= BLOCK:
            return g(*arrays, **same)
        return by_rows(g, arrays, lead, max(BLOCK * rows // widest, 1), **same)

    return in_tiles


def by_rows(f, arrays, lead, most, **same):
    """f on at most `most` rows at a time; its results for all rows, which the axes `lead` count."""
    results = None
    for tile in cut(lead, most):
        part = f(*(None if a is None else a[tile] for a in arrays), **same)
        parts = part if isinstance(part, tuple) else (part,)
        results = results or tuple(np.empty((*lead, *a.shape[len(lead) :]), a.dtype) for a in parts)
        for result, values in zip(results, parts, strict=True):
            result[tile] = values
    return results if isinstance(part, tuple) else results[0]


def cut(lead, most):
    """Indices that cover the axes `lead`, each of at most `most` rows."""
    n, *inner = lead
    size = math.prod(inner)
    if size > most:
        return [(slice(i, i + 1), *rest) for i in range(n) for rest in cut(inner, most)]
    step = most // size
    return [(slice(i, i + step),) for i in range(0, n, step)]


def in_float32(f):
    """f for float16 too: computed in float32, and rounded back once. The first array decides."""

    def widened(*arrays, **same):
        dtype = arrays[0].dtype
        if dtype != "float16":
            return f(*arrays, **same)
        results = f(*map(wide, arrays), **{name: wide(value) for name, value in same.items()})
        return each(lambda a: a.astype(dtype), results)

    return widened


def each(g, results):
    """g of what a function returned, be it an array or a tuple of arrays."""
    return tuple(map(g, results)) if isinstance(results, tuple) else g(results)
