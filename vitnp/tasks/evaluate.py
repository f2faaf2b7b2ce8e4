"""How often a model is right about a source, a few inputs at a time."""

import numpy as np

from vitnp.data import batches
from vitnp.engine import batch
from vitnp.engine.ranks import Alone
from vitnp.errors import InputError

BATCH = 64  # inputs at a time
SEED = 0  # of what a task draws when it is measured: the same each time


def accuracy(task, source, p, config, *, rows=None, workers=None, comm=None, between=None):
    """The fraction, 0…1, that the task's model gets right of a source's inputs, or of those in `rows`.

    Several ranks share the batches, so that what a task draws for a batch does not depend on their number. between()
    is called after every batch.
    """
    rows, comm = np.arange(len(source)) if rows is None else rows, comm or Alone()
    if not len(rows):
        raise InputError(
            f"there are no {source.called}s to measure on; give a source, or rows of it, with at least one"
        )
    first, last = comm.share(-(-len(rows) // BATCH))
    right = 0.0
    read = batches(source, rows[first * BATCH : last * BATCH], batch_size=BATCH, seed=None)
    for number, (inputs, labels) in enumerate(read, start=first):
        rng = np.random.default_rng([SEED, number])
        inputs = source.prepared(inputs, config)
        right = right + batch.count_right(task, inputs, labels, p, config, rng, workers)
        if between:
            between()
    return comm.sum_numbers(float(right))[0] / len(rows)
