"""How often a model is right about a source of images, a few at a time."""

import numpy as np

from vitnp.data import batches
from vitnp.engine import batch
from vitnp.engine.ranks import Alone
from vitnp.errors import InputError
from vitnp.inputs.images import normalized

BATCH = 64  # images at a time
SEED = 0  # of what a task draws when it is measured: the same each time


def accuracy(task, source, p, config, *, rows=None, workers=None, comm=None, between=None):
    """The fraction, 0…1, that the task's model gets right of a source's images, or of those in `rows`.

    Several ranks share the batches, so that what a task draws for a batch does not depend on their number. between()
    is called after every batch.
    """
    rows, comm = np.arange(len(source)) if rows is None else rows, comm or Alone()
    if not len(rows):
        raise InputError("there are no images to measure on; give a source, or rows of it, with at least one")
    first, last = comm.share(-(-len(rows) // BATCH))
    right = 0.0
    read = batches(source, rows[first * BATCH : last * BATCH], batch_size=BATCH, seed=None)
    for number, (images, labels) in enumerate(read, start=first):
        rng = np.random.default_rng([SEED, number])
        images = prepared(images, config.preprocessing)
        right = right + batch.count_right(task, images, labels, p, config, rng, workers)
        if between:
            between()
    return comm.sum_numbers(float(right))[0] / len(rows)


def prepared(images, preprocessing):
    """Images of a `Source`, −1 … 1, as the model takes them: (x₀ − mean)/std of x₀ in 0 … 1.

    Representations (n, D), see `tasks.frozen`, are no images and stay as they are.
    """
    if images.ndim == 2 or preprocessing.mean == preprocessing.std == (0.5,):
        return images
    return normalized(images * 0.5 + 0.5, preprocessing)
