"""Batches, read and augmented in background threads before the model needs them.

Imports `sources`, `errors`, `system`.
"""

import math
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vitnp.data.sources import need_source
from vitnp.errors import InputError, need_int
from vitnp.system import threads


def batches(source, order, *, batch_size, seed, change=None, first=0, ahead=2, share=None):
    """Yield (inputs, labels) of batch first, first + 1, …; batch i has the rows order[i·batch_size : (i+1)·batch_size].

    All random numbers of batch i come from np.random.default_rng([seed, i]), so they do not depend on `first` and
    `ahead`. With seed None nothing is random: the inputs are those for evaluation. change is a function (inputs,
    labels, rng) → inputs, labels, such as `augment.composed` gives. At most `ahead` batches are made in advance, each
    in a thread of its own; with 0, or where no thread can start, a batch is made when it is asked for. An exception is
    raised in place of its batch. When the generator ends or is closed, its threads have ended. share is a function
    n → (start, stop): the slice of a batch's n inputs that is read, if several processes divide the batch.
    """
    need_source(source)
    batch_size = need_int("batch_size", batch_size, at_least=1)
    first, ahead = need_int("first", first, at_least=0), need_int("ahead", ahead, at_least=0)
    if seed is None and change:
        raise InputError("augmentation is random; give the batches a seed")

    def make(i):
        rows = order[i * batch_size : (i + 1) * batch_size]
        rows = rows if share is None else rows[slice(*share(len(rows)))]
        rng = None if seed is None else np.random.default_rng([seed, i])
        inputs, labels = source.read(rows, rng)
        return change(inputs, labels, rng) if change else (inputs, labels)

    numbers = range(first, math.ceil(len(order) / batch_size))
    if ahead and threads.can_start():
        return in_order(make, numbers, ahead)
    return (make(i) for i in numbers)


def in_order(make, items, ahead):
    """Yield make(item) for each item, in order, while threads make the next `ahead` of them."""
    rest, waiting = iter(items), deque()
    pool = ThreadPoolExecutor(ahead, thread_name_prefix="vitnp-data")
    try:
        while True:
            while len(waiting) <= ahead:
                item = next(rest, None)
                if item is None:
                    break
                waiting.append(pool.submit(make, item))
            if not waiting:
                return
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
