"""The coefficients of `backend.erf_float32`, fitted again: erf(x/√2) ≈ tanh(x·R(x²)) for |x| ≤ EDGE, R = N/D rational.

    python benchmarks/fit_erf.py

An error d in x·R(x²) is one of (1 − erf²)·d in the tanh. So the R whose largest error is smallest is found by linear
programs: minimize t where (1 − erf²)·|x·N(x²) − atanh(erf(x/√2))·D(x²)| ≤ t·D₀(x²) at every point, D₀ being the D
found before (H. L. Loeb, 1957). Chebyshev polynomials of x² keep the programs well conditioned. Then R is written as
a continued fraction, and its coefficients as the numbers of float32 nearby that make the error in float32 smallest.
"""

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial, chebyshev
from scipy.optimize import linprog
from scipy.special import erf, erfc

EDGE = 5.8  # from 5.86 on, tanh(x·R) is 1 in float32
DEGREES = 3, 2  # 2 and 2 leave 1.3e-6; a polynomial of degree 6 leaves 5.8e-8, but takes a quarter more time


def fit(points=3000, rounds=5):
    """The coefficients of R as `continued_fraction` gives them, and its largest error in exact arithmetic."""
    x = EDGE * np.sin(np.linspace(0.0, np.pi / 2, points + 1)[1:])  # dense at the edge, as Chebyshev's points
    z = x / np.sqrt(2.0)
    weight = (1.0 + erf(z)) * erfc(z)
    target = weight * 0.5 * np.log((1.0 + erf(z)) / erfc(z))
    n, d = (chebyshev.chebvander(2.0 * (x / EDGE) ** 2 - 1.0, degree) for degree in DEGREES)
    A = np.hstack([(weight * x)[:, None] * n, -target[:, None] * d[:, 1:]])  # D is 1 + …
    t = np.full((points, 1), -1e-6)  # t in millionths, of the size of the coefficients
    before = np.ones((points, 1))
    for _ in range(rounds):
        rows, right = A / before, target / before[:, 0]
        solution = linprog(
            np.eye(A.shape[1] + 1)[-1],
            A_ub=np.block([[rows, t], [-rows, t]]),
            b_ub=np.concatenate([right, -right]),
            bounds=(None, None),
            method="highs-ipm",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        N, D = solution.x[: n.shape[1]], np.append(1.0, solution.x[n.shape[1] : -1])
        before = (d @ D)[:, None]
    in_powers = [Chebyshev(c, domain=[0.0, EDGE**2]).convert(kind=Polynomial) for c in (N, D)]
    return continued_fraction(*in_powers), 1e-6 * solution.fun


def continued_fraction(N, D):
    """[c, b₀, a₁, b₁, a₂, b₂] of N/D = c·(z + b₀ + a₁/(z + b₁ + a₂/(z + b₂))), by Euclid's divisions."""
    found, a = [], N.coef[-1] / D.coef[-1]
    N, D = N / N.coef[-1], D / D.coef[-1]
    while D.degree() > 0:
        quotient, rest = divmod(N, D)
        found += [a, quotient.coef[0]]
        a = rest.coef[-1]
        N, D = D, rest / a
    return [*found, a, N.coef[0]]


def error_float32(coefficients, x):
    """The largest |tanh(x·R(x²)) − erf(x/√2)| in float32 over the numbers x, and where it is."""
    c, b0, a1, b1, a2, b2 = np.float32(coefficients)
    z = x * x
    R = c * (a1 / (a2 / (z + b2) + z + b1) + z + b0)
    error = np.abs(np.tanh(x * R) - erf(x / np.sqrt(2.0)))
    return error.max(), x[error.argmax()]


def nearby(coefficients, points=100_000):
    """These coefficients in float32, moved to the next number one at a time while that makes the error smaller."""
    x = np.linspace(0.0, EDGE, points, dtype=np.float32)
    best = np.float32(coefficients)
    smallest, moved = error_float32(best, x)[0], True
    while moved:
        moved = False
        for i in range(best.size):
            for toward in (-np.inf, np.inf):
                other = best.copy()
                other[i] = np.nextafter(best[i], np.float32(toward))
                error = error_float32(other, x)[0]
                if error < smallest:
                    best, smallest, moved = other, error, True
    return [float(str(c)) for c in best]


if __name__ == "__main__":
    exact, error = fit()
    coefficients = nearby(exact)
    for c in coefficients:
        print(f"    {c!r},")
    every = np.arange(0, np.float32(8.0).view(np.uint32), 64, dtype=np.uint32).view(np.float32)
    print(
        "largest error: {:.2e} of the fit, {:.2e} in float32, at x = {:.4f}".format(
            error, *error_float32(coefficients, every)
        )
    )
