"""The curse of dimensionality: what values that say nothing do to nearest neighbors.

With more and more noise values beside the pixels all points come to lie at nearly the same distance from each other
(Beyer et al., 1999), so that the nearest one says less and less.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from vitnp.backend.arrays import array_module
from vitnp.errors import InputError, need_int

TEST_POINTS = 256  # at a time: their distances to all training points are held
SMALLEST = 1e-300  # where all points are one


class Neighbors(NamedTuple):
    """What the nearest training points say of the test points."""

    predictions: Any  # (m,), the class most of them have
    nearest_to_farthest: (
        float  # the distance of the nearest as a share of that of the farthest: mean over the points
    )


def with_noise(x, count, rng):
    """Points (n, values) with `count` noise values beside their own: (n, values + count).

    Each is normal, with mean and deviation of all values of x.
    """
    need_int("count", count, at_least=0)
    if x.ndim != 2 or not len(x):
        raise InputError(f"x is {x.shape}; need points (n, values), at least one")
    xp = array_module(x)
    mean = float(x.mean())
    deviation = float(((x - mean) ** 2).mean()) ** 0.5
    noise = xp.asarray(rng.normal(mean, deviation, (len(x), count)).astype(np.dtype(x.dtype)))
    return xp.concatenate([x, noise], axis=1)


def neighbors(train, labels, test, *, k=5):
    """The `Neighbors` of test points (m, d) among training points (n, d) with labels (n,): k-NN, Euclidean.

    Of classes with as many neighbors the first one is predicted. Raises InputError for fewer than k points.
    """
    n = len(train)
    if not n or n != len(labels) or train.ndim != 2 or test.ndim != 2 or train.shape[1] != test.shape[1]:
        raise InputError(
            f"train is {train.shape} with {len(labels)} labels, test {test.shape}; need (n, d), n labels, (m, d)"
        )
    need_int("k", k, at_least=1, at_most=n)
    if not len(test):
        raise InputError("there are no test points; give at least one")
    xp, found, ratios = array_module(train), [], 0.0
    classes = xp.eye(int(labels.max()) + 1)
    for first in range(0, len(test), TEST_POINTS):
        distances = squared_distances(test[first : first + TEST_POINTS], train)
        nearest, farthest = distances.min(axis=1), distances.max(axis=1)
        ratios += float(xp.sqrt(nearest / xp.maximum(farthest, SMALLEST)).sum())
        votes = 0.0
        for _ in range(k):
            nearest = (-distances).argmax(axis=1)
            votes = votes + classes[labels[nearest]]
            distances = xp.where(nearest[:, None] == xp.arange(n)[None, :], math.inf, distances)
        found.append(votes.argmax(axis=1))
    return Neighbors(xp.concatenate(found), ratios / len(test))


def squared_distances(a, b):
    """|a − b|² of every pair of points, (m, n) of (m, d) and (n, d), in float64: never below 0."""
    a, b = a.astype("float64"), b.astype("float64")
    squares = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1)[None, :] - 2.0 * (a @ b.T)
    return array_module(a).maximum(squares, 0.0)
