"""float16 where float16 will not do: statistics and exponentials are taken in float32 and rounded back once.

float16 has 11 significant bits and ends at 65504, so a square or an exp overflows. Arrays of any other dtype pass
through untouched. Matrix products, and so the sums of `ops.sums`, need nothing of this: NumPy's and cuBLAS's add up
float16 in float32 by themselves.
"""

import functools


def wide(x):
    """x in float32 where it is float16, else x itself."""
    return x.astype("float32") if getattr(x, "dtype", None) == "float16" else x


def in_float32(f):
    """A function that for float16 arrays computes in float32 and returns float16.

    The first array decides. f returns an array or a tuple of them, and may be what `fuse` turns into one kernel.
    """

    @functools.wraps(f)
    def widened(*arrays, **same):
        dtype = arrays[0].dtype
        if dtype != "float16":
            return f(*arrays, **same)
        results = f(*map(wide, arrays), **{name: wide(value) for name, value in same.items()})
        if isinstance(results, tuple):
            return tuple(a.astype(dtype) for a in results)
        return results.astype(dtype)

    return widened
