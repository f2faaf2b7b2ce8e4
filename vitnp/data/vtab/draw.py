"""Which 800 + 200 images of a whole set are taken. Imports `errors`.

The official ones are the first 800 and 200 in the order of TensorFlow Datasets, which the published files do not have.
Here they are drawn by a seed, as those are: uniformly, not balanced over the classes.
"""

import numpy as np

from vitnp.errors import InputError, counted

TRAIN, CHOOSE = 800, 200
TEST_SEED = 0  # of a set without a test part: every seed of a training has the same test images


def rows(count, seed, what):
    """(rows to train, rows to choose by) of `count` images; of fewer than 1,000 all, a fifth to choose by.

    Raises InputError, naming `what`, for fewer than one of each.
    """
    need(count, 2, what)
    order = np.random.default_rng(seed).permutation(count)[: TRAIN + CHOOSE]
    train = len(order) - max(round(len(order) * CHOOSE / (TRAIN + CHOOSE)), 1)
    return order[:train], order[train:]


def of_two(count, val_count, seed, what):
    """The same of a set with a part of its own to choose by: (rows of the first, rows of the second)."""
    rng = np.random.default_rng(seed)
    return rng.permutation(count)[:TRAIN], rng.permutation(val_count)[:CHOOSE]


def apart(count, share):
    """(the other rows, a fraction `share` of them to test with) of a set that has no test part."""
    order = np.random.default_rng(TEST_SEED).permutation(count)
    tested = round(share * count)
    return np.sort(order[tested:]), np.sort(order[:tested])


def need(count, least, what):
    """Raise InputError for fewer images than are drawn."""
    if count < least:
        raise InputError(
            f"{what} has {counted(count, 'image')} to draw from; need {least} or more: leave the task out with --tasks"
        )
