"""The coefficients of `backend.erf_float32`, fitted again: erf(x/√2) ≈ tanh(x·P(x²)) for |x| ≤ EDGE.

    python benchmarks/fit_erf.py

An error d in x·P(x²) is one of (1 − erf²)·d in the tanh, so the largest error is the solution of a linear
program: minimize t where (1 − erf²)·|x·P(x²) − atanh(erf(x/√2))| ≤ t at every point. Chebyshev polynomials of x² keep
the program well conditioned; its solution is written in powers of x² only at the end.
"""

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial, chebyshev
from scipy.optimize import linprog
from scipy.special import erf, erfc

EDGE, TERMS = 5.8, 7  # 6 terms leave 4.4e-7, 8 leave 5.0e-8; from 5.72 on, tanh(x·P) is 1 in float32


def fit(points=3000):
    """The coefficients of P, lowest power of x² first, and the largest error of the fit in exact arithmetic."""
    x = EDGE * np.sin(np.linspace(0.0, np.pi / 2, points + 1)[1:])  # dense at the edge, as Chebyshev's points
    z = x / np.sqrt(2.0)
    weight = (1.0 + erf(z)) * erfc(z)
    target = weight * 0.5 * np.log((1.0 + erf(z)) / erfc(z))
    A = (weight * x)[:, None] * chebyshev.chebvander(2.0 * (x / EDGE) ** 2 - 1.0, TERMS - 1)
    t = np.full((points, 1), -1e-6)  # t in millionths, of the size of the coefficients
    solution = linprog(
        np.eye(TERMS + 1)[-1],
        A_ub=np.block([[A, t], [-A, t]]),
        b_ub=np.concatenate([target, -target]),
        bounds=(None, None),
        method="highs-ipm",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    in_powers = Chebyshev(solution.x[:-1], domain=[0.0, EDGE**2]).convert(kind=Polynomial)
    return [float(f"{c:.9e}") for c in in_powers.coef], 1e-6 * solution.fun


def error_float32(coefficients):
    """The largest |tanh(x·P(x²)) − erf(x/√2)| over every 64th number of float32 up to 8, and where it is."""
    x = np.arange(0, np.float32(8.0).view(np.uint32), 64, dtype=np.uint32).view(np.float32)
    P = coefficients[-1]
    for c in coefficients[-2::-1]:
        P = P * (x * x) + c
    error = np.abs(np.tanh(x * P) - erf(x / np.sqrt(2.0)))
    return error.max(), x[error.argmax()]


if __name__ == "__main__":
    coefficients, error = fit()
    for c in coefficients:
        print(f"    {c!r},")
    print(
        "largest error: {:.2e} of the fit, {:.2e} in float32, at x = {:.4f}".format(
            error, *error_float32(coefficients)
        )
    )
