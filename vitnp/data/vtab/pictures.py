"""A task whose images are in a folder per class: in train, val and test, or all in one set. Imports its neighbors.

TASK/train/CLASS/*.jpg, TASK/val/CLASS/*.jpg, TASK/test/CLASS/*.jpg     val may be missing
TASK/CLASS/*.jpg                                                        a fifth is the test set
"""

from collections import Counter

import numpy as np

from vitnp.data import folder as of_classes
from vitnp.data.folder import TRAIN_NAMES
from vitnp.data.sources import TEST_SHARE
from vitnp.data.vtab import draw
from vitnp.errors import InputError

VAL_NAMES, TEST_NAMES = ("val", "valid", "validation"), ("test", "testing")


def read(task, folder, seed):
    """(800 images to train, 200 to choose by, the test images), each (paths, labels)."""
    trains, vals, tests = (of_classes.parts(folder, own) for own in (TRAIN_NAMES, VAL_NAMES, TEST_NAMES))
    if not (trains or tests):
        paths, labels = of_part(task, folder)
        others, tested = draw.apart(len(paths), TEST_SHARE)
        train, val = (others[rows] for rows in draw.rows(len(others), seed, folder))
        return *(some(paths, labels, rows) for rows in (train, val)), some(paths, labels, tested)
    if not (trains and tests):
        raise InputError(
            f"{folder} has {(trains or tests)[0]} and no {'train' if tests else 'test'}; put the classes into train "
            "and test, or all in one set"
        )
    names = {}
    train, test = (of_part(task, folder / own[0], names) for own in (trains, tests))
    if not vals:
        first, second = draw.rows(len(train[0]), seed, folder)
        return some(*train, first), some(*train, second), test
    val = of_part(task, folder / vals[0], names)
    first, second = draw.of_two(len(train[0]), len(val[0]), seed, folder)
    return some(*train, first), some(*val, second), test


def some(paths, labels, rows):
    """These rows of a part."""
    return [paths[row] for row in rows], labels[rows]


def of_part(task, folder, names=None):
    """(paths, labels) of a folder of classes; names: {class: label} of the first part, which the others need too."""
    names = {} if names is None else names
    found = of_classes.classes(folder, Counter(), {}, [], least=1 if names else 2)
    if not names:
        if len(found) != task.classes:
            raise InputError(
                f"{folder} has {len(found):,} folders of classes; {task.name} has {task.classes} classes"
            )
        names |= {name: label for label, name in enumerate(found)}
    if unknown := sorted(found.keys() - names.keys()):
        raise InputError(f"{folder} has the class {unknown[0]}, which the training images have not")
    pairs = [(path, names[name]) for name, paths in found.items() for path in paths]
    return [path for path, _ in pairs], np.array([label for _, label in pairs], np.intp)
