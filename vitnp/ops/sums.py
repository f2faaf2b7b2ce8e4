"""Sums as products with ones: for the short rows of a ViT, BLAS is three to seven times faster than `sum`."""

from vitnp.backend.arrays import array_module


def row_sums(x):
    """Σⱼ xⱼ along the last axis: (…, J) → (…, 1)."""
    ones = array_module(x).ones(x.shape[-1], x.dtype)
    return (x.reshape(-1, x.shape[-1]) @ ones).reshape(*x.shape[:-1], 1)


def row_means(x):
    """(1/J) Σⱼ xⱼ along the last axis: (…, J) → (…, 1)."""
    return row_sums(x) * (1.0 / x.shape[-1])


def column_sums(x):
    """Σ over all axes but the last: (…, J) → (J,)."""
    x = x.reshape(-1, x.shape[-1])
    return array_module(x).ones(x.shape[0], x.dtype) @ x
