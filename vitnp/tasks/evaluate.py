"""How often a model is right. Imports `data`, `distributed`, `parallel`, `backend`, `errors`."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from vitnp.backend.arrays import array_module
from vitnp.data import batches
from vitnp.engine.batch import predict
from vitnp.engine.ranks import Alone
from vitnp.errors import InputError
from vitnp.inputs.images import normalized

BATCH = 64  # images at a time


class Classes(NamedTuple):
    """The task of a training with labels; `masked.MaskedPatches` is one without."""

    loss_and_grads: Callable
    accuracy: Callable


def accuracy(source, p, config, *, rows=None, workers=None, comm=None, between=None):
    """The share of a source's images, or of those in `rows`, whose largest logit is the label's, 0…1."""
    rows, comm = to_measure(source, rows), comm or Alone()
    first, last = comm.share(len(rows))
    right = 0
    for images, labels in batches(source, rows[first:last], batch_size=BATCH, seed=None):
        logits = predict(prepared(images, config.preprocessing), p, config, workers=workers)
        right = right + (logits.argmax(-1) == array_module(logits).asarray(labels)).sum()
        if between:
            between()
    return comm.sum_numbers(int(right))[0] / len(rows)


def to_measure(source, rows):
    """The rows of a source to measure on, by default all. Raises InputError for none."""
    rows = np.arange(len(source)) if rows is None else rows
    if not len(rows):
        raise InputError("there are no images to measure on; give a source, or rows of it, with at least one")
    return rows


def prepared(images, preprocessing):
    """Images of a `Source`, −1 … 1, as the model takes them: (x₀ − mean)/std of x₀ in 0 … 1."""
    if preprocessing.mean == preprocessing.std == (0.5,):
        return images
    return normalized(images * 0.5 + 0.5, preprocessing)
