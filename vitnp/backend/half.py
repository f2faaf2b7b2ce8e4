"""float16 where float16 will not do: statistics and exponentials are taken in float32 and rounded back once.

float16 has 11 significant bits and ends at 65504, so a square or an exp overflows. Arrays of any other dtype pass
through untouched. Matrix products, and so the sums of `ops.sums`, need nothing of this: NumPy's and cuBLAS's add up
float16 in float32 by themselves. Imports nothing.
"""


def wide(x):
    """x in float32 where it is float16, else x itself."""
    return x.astype("float32") if getattr(x, "dtype", None) == "float16" else x
