"""Element-wise work a few rows at a time, so that intermediates stay in cache. Imports `arrays`."""

import functools

import numpy as np

from vitnp.backend.arrays import array_module

# A NumPy expression such as x * x * x writes every intermediate to memory, which for the arrays of a ViT costs
# several times the arithmetic. A block of BLOCK values (512 KiB in float32) stays in an L2 cache of 1 MiB, and its
# intermediates in memory that was in use a moment ago. On CuPy nothing is cut; there `fuse` makes one kernel.
BLOCK = 131_072


def each_block(f, *arrays, **same):
    """Call f on the same few values of every array at a time, as flat views: for formulas that write in place."""
    # An array that is not contiguous has no flat view: reshape would copy it, and what f writes would be lost.
    if array_module(arrays[0]) is not np or not all(a.flags.c_contiguous for a in arrays):
        f(*arrays, **same)
        return
    flat = [a.reshape(-1) for a in arrays]
    for start in range(0, flat[0].size, BLOCK):
        f(*(a[start : start + BLOCK] for a in flat), **same)


def fuse(f):
    """An element-wise formula, written as on the slide: in blocks on NumPy, one kernel on CuPy.

    f takes arrays of one shape and returns an array of that shape, or a tuple of them.
    """
    kernel = None

    @functools.wraps(f)
    def fused(*arrays):
        nonlocal kernel
        x = arrays[0]
        if array_module(x) is not np:
            if array_module(x).__name__ == "cupy":
                kernel = kernel or array_module(x).fuse(f)
                return kernel(*arrays)
            return f(*arrays)
        if x.ndim and x.size <= BLOCK:  # a lone number becomes an array of one: f may write in place
            return f(*arrays)
        flat = [a.reshape(-1) for a in arrays]
        results = None
        for start in range(0, x.size, BLOCK):
            part = f(*(a[start : start + BLOCK] for a in flat))
            parts = part if isinstance(part, tuple) else (part,)
            results = results or [np.empty(x.size, a.dtype) for a in parts]
            for result, values in zip(results, parts, strict=True):
                result[start : start + BLOCK] = values
        results = tuple(result.reshape(x.shape) for result in results)
        return results if isinstance(part, tuple) else results[0]

    return fused


def blocked(f):
    """A function that treats every row of the two leading axes (image, then token or head) on its own: a few rows at
    a time on NumPy. f returns a tuple of arrays; one it takes may be None; keyword arguments go to every call.

    `row_size` is how many values f's widest intermediate has in a row, by default those of its widest array.
    """

    @functools.wraps(f)
    def in_blocks(*arrays, row_size=0, **same):
        first = arrays[0]
        B, J = first.shape[:2]
        size = row_size or max(a.size for a in arrays if a is not None) // (B * J)
        if B * J * size <= BLOCK or array_module(first) is not np:
            return f(*arrays, **same)
        results = None
        for rows in row_blocks(B, J, BLOCK // size):
            parts = f(*(None if a is None else a[rows] for a in arrays), **same)
            results = results or tuple(np.empty((B, J, *a.shape[2:]), a.dtype) for a in parts)
            for result, values in zip(results, parts, strict=True):
                result[rows] = values
        return results

    return in_blocks


def row_blocks(B, J, rows):
    """Index pairs that cover (B, J), each of at most `rows` rows, and of at least one."""
    if rows >= J:
        return [(slice(i, i + rows // J), slice(None)) for i in range(0, B, rows // J)]
    step = max(rows, 1)
    return [(slice(i, i + 1), slice(j, j + step)) for i in range(B) for j in range(0, J, step)]
