"""The file of pseudo-labels that a student is trained with, and the data of that training.

A file has `rows` (m,), numbers of training images, which may come more than once, and `probabilities` (m, classes).
Imports `data`, `system`, `tasks`, `weights`, `errors`.
"""

import zlib

import numpy as np

from vitnp.errors import InputError
from vitnp.system.writing import beside
from vitnp.tasks.self_training import Unlabeled, WithUnlabeled
from vitnp.weights import kinds


def save(path, rows, probabilities):
    """Write a file of pseudo-labels; until it is whole, it has another name."""
    with beside(path) as part, open(part, "wb") as file:
        np.savez(file, rows=np.asarray(rows, np.int64), probabilities=probabilities.astype(np.float32))


def load(path, count, classes):
    """(rows, probabilities) of a file, for so many training images and classes. Raises InputError for another file."""
    try:
        found = kinds.read(path)
    except InputError:
        found = {}
    rows, q = (np.asarray(found.get(name, 0)) for name in ("rows", "probabilities"))
    fits = rows.ndim == 1 and rows.dtype == np.int64 and q.dtype == np.float32
    if not fits or q.shape != (len(rows), classes) or not len(rows):
        raise InputError(
            f"{path} is no file of pseudo-labels for {classes} classes; remove it, and vitnp self-train writes it again"
        )
    if not 0 <= rows.min() <= rows.max() < count:
        raise InputError(
            f"{path} names images {rows.min():,} to {rows.max():,}, and there are {count:,} training images; name "
            "the data that its teacher had"
        )
    return rows, q


def data_of(labeled, source, classes, wanted, recipe):
    """The `WithUnlabeled` of the labeled images and those of the source that the file `wanted.pseudo` names."""
    need_no_mixup(recipe)
    rows, q = load(wanted.pseudo, len(source), classes)
    how = {"ratio": wanted.ratio, "label_smoothing": recipe.label_smoothing}
    found = WithUnlabeled(labeled, Unlabeled(source, rows), q, **how)
    found.about = {"pseudo": zlib.crc32(rows.tobytes() + q.tobytes())}
    return found


def need_no_mixup(recipe):
    """Raise InputError for a recipe that mixes labels, which a student has as probabilities."""
    if recipe.mixup:
        raise InputError(
            f"mixup is {recipe.mixup:g}, and a student's labels are probabilities already; "
            "give --set-recipe mixup=0"
        )
