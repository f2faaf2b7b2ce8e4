"""erf of each backend: on NumPy in float32 our own, faster than SciPy's. Imports `arrays`."""

import math

import numpy as np

from vitnp.backend.arrays import array_module


def erf_sqrt2(x, x2):
    """erf(x/√2) = √(2/π) ∫₀ˣ exp(−t²/2) dt, element by element, in the dtype of x; given x² too.

    In float32 on NumPy it is `erf_float32`: SciPy's takes as long there as a layer's matrix products.
    """
    if array_module(x).__name__ == "cupy":
        import cupyx.scipy.special

        return cupyx.scipy.special.erf(x * SQRT_HALF)
    if x.dtype == np.float32:
        return erf_float32(x, x2)
    import scipy.special  # here: who uses the tanh form needs no SciPy

    return scipy.special.erf(x * SQRT_HALF)


SQRT_HALF = math.sqrt(0.5)


# c, b₀, a₁, b₁, a₂, b₂ of atanh(erf(x/√2))/x as a continued fraction in z = x², c·(z + b₀ + a₁/(z + b₁ + a₂/(z + b₂))):
# the fit that makes the largest error of erf_float32 on |x| ≤ 5.8 smallest, by benchmarks/fit_erf.py. Beyond, erf is 1
# to float32's last bit, and so is the tanh from 5.86 on: the fraction only grows there, at last to infinity.
ERF_COEFFICIENTS = (0.018137764, 65.24125, -147.0595, -23.586313, 1382.1007, 45.305206)


def erf_float32(x, x2):
    """erf(x/√2) as the tanh of x times a continued fraction in x², at most 3e-7 from it in float32."""
    c, b0, a1, b1, a2, b2 = ERF_COEFFICIENTS
    with np.errstate(over="ignore"):
        R = x2 + b2
        for a, b in ((a2, b1), (a1, b0)):  # in place: a third of the time
            np.divide(a, R, out=R)
            R += x2
            R += b
        R *= c
        R *= x
    return np.tanh(R, out=R)


def has_complex_erf(xp):
    """Whether `erf` takes complex numbers there, as the complex step needs: SciPy's does, CuPy's does not."""
    return xp is np
