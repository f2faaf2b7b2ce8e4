"""The random initial weights of the released ViT code. Drawn on the host, as NumPy arrays.

Without a generator (rng None), or for a dtype that is `Weightless`, each gives an array of the right shape that takes
no memory: one number, seen everywhere. That is how parameters are counted and files checked without making a model.
"""

import math
from typing import Any, NamedTuple

import numpy as np

# A normal distribution cut off at ±2σ has the standard deviation 0.8796…σ; dividing restores σ.
STD_OF_TRUNCATED = 0.87962566103423978


class Weightless(NamedTuple):
    """A dtype of arrays that take no memory: what a model's init hands on in place of the dtype where rng is None."""

    dtype: Any


def normal(rng, shape, std, dtype):
    """Normal(0, std²)."""
    if rng is None:
        return shape_only(shape, dtype)
    return (rng.standard_normal(shape) * std).astype(dtype)


def xavier_uniform(rng, shape, dtype):
    """Uniform(−a, a) with a = √(6 / (I + O)) for a weight (I, O) (Glorot & Bengio, 2010)."""
    if rng is None:
        return shape_only(shape, dtype)
    return uniform(rng, shape, math.sqrt(6.0 / (shape[0] + shape[1])), dtype)


def uniform(rng, shape, a, dtype):
    """Uniform(−a, a)."""
    if rng is None:
        return shape_only(shape, dtype)
    return rng.uniform(-a, a, shape).astype(dtype)


def he_normal(rng, shape, dtype):
    """Normal with standard deviation √(2/I) for a weight (I, O): ReLU lets half of it through (He et al., 2015)."""
    return normal(rng, shape, math.sqrt(2.0 / shape[0]), dtype)


def lecun_normal(rng, shape, dtype):
    """Normal cut off at ±2σ, with standard deviation √(1/I) for a weight (I, O)."""
    if rng is None:
        return shape_only(shape, dtype)
    import scipy.special  # here, as for `backend.erf_sqrt2`

    low, high = scipy.special.ndtr(-2.0), scipy.special.ndtr(2.0)
    z = scipy.special.ndtri(rng.uniform(low, high, shape))
    return (z * (math.sqrt(1.0 / shape[0]) / STD_OF_TRUNCATED)).astype(dtype)


def zeros(shape, dtype):
    """All 0."""
    return shape_only(shape, dtype) if isinstance(dtype, Weightless) else np.zeros(shape, dtype)


def ones(shape, dtype):
    """All 1."""
    return shape_only(shape, dtype, 1) if isinstance(dtype, Weightless) else np.ones(shape, dtype)


def shape_only(shape, dtype, value=0):
    """One number, seen everywhere."""
    dtype = dtype.dtype if isinstance(dtype, Weightless) else dtype
    return np.broadcast_to(np.full((), value, dtype), shape)
