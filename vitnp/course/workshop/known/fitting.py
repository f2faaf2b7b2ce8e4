"""Comparing arrays: equal, a multiple, a combination of others."""

import numpy as np

FOLLOWS = "follows"  # a leaf that is wrong only because what it is computed from is


def is_close(a, b):
    """Whether two arrays are the same but for rounding. Zeros are like nothing but zeros."""
    return (
        a.shape == b.shape
        and np.linalg.norm(a - b) <= 1e-6 * max(np.linalg.norm(a), np.linalg.norm(b)) + 1e-9
    )


def factor(given, expected):
    """c for given = c·expected; None where there is none. Nothing but zero is a multiple of zero."""
    size = float((expected * expected).sum())
    if given.shape != expected.shape or size < 1e-16:
        return None
    c = float((given * expected).sum()) / size
    return c if is_close(given, c * expected) else None


def of_factor(c, known):
    """The first family that knows the factor, or None."""
    return next(
        (family for family, values in known.items() if np.isclose(values, c, rtol=1e-6, atol=1e-9).any()),
        None,
    )


def fits(given, terms):
    """The coefficients of given = Σ c_i·term_i, or None. There must be twice as many equations as terms."""
    if given.size < 2 * len(terms) or any(term.shape != given.shape for term in terms):
        return None
    if not np.isfinite(given).all() or np.linalg.norm(given) <= 1e-9:
        return None
    columns = np.stack([term.ravel() for term in terms], axis=1)
    coefficients = np.linalg.lstsq(columns, given.ravel(), rcond=None)[0]
    return coefficients if is_close((columns @ coefficients).reshape(given.shape), given) else None


def matching(given, candidates):
    """The family of the first (family, array) that the array equals, or None."""
    return next((family for family, array in candidates if is_close(given, array)), None)


def whole_numbers(coefficients, most=3):
    """Whether the coefficients of paths are such as come from forgetting one or adding it twice."""
    near = np.abs(coefficients - np.round(coefficients)) < 1e-6
    return bool(near.all()) and bool((np.abs(coefficients) < most).all())
