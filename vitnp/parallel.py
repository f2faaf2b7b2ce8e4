"""The batch split over threads: the loss and its gradients, and predictions. Imports `vit` and `loss`.

Each thread runs the model on a share of the images with a single-threaded BLAS; the gradients are added in
the order of the shares, so the same number of workers gives the same bits.
"""

import functools
import itertools
import operator
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vitnp import loss, tree, vit
from vitnp.checks import check_images, check_labels
from vitnp.errors import InputError


class BatchShare:
    """A generator for images start…stop of a batch: of what the whole batch would draw, the share's part.

    So dropout does not depend on how the batch was split.
    """

    def __init__(self, seed, start, stop, batch_size):
        self.bit_generator = np.random.PCG64(seed)
        self.generator = np.random.Generator(self.bit_generator)
        self.before, self.own, self.after = start, stop - start, batch_size - stop

    def bytes(self, length):
        """What `Generator.bytes` gives for these images; the length is a multiple of 8 for each of them."""
        words = length // 8 // self.own
        self.bit_generator.advance(self.before * words)
        drawn = self.generator.bytes(length)
        self.bit_generator.advance(self.after * words)
        return drawn


def shares(batch_size, workers):
    """The (start, stop) of each worker's images; sizes differ by at most one."""
    if workers is not None and not (isinstance(workers, int) and workers >= 1):
        raise InputError(f"workers is {workers!r}; need a whole number of at least 1")
    workers = min(workers or os.cpu_count() or 1, batch_size)
    edges = [batch_size * i // workers for i in range(workers + 1)]
    return list(itertools.pairwise(edges))


def run(f, parts):
    """[f(part), …], one thread each with single-threaded BLAS; one part alone leaves the threads to BLAS."""
    if len(parts) == 1:
        return [f(parts[0])]
    with blas().limit(limits=1, user_api="blas"), ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(f, parts))


@functools.cache
def blas():
    """The loaded BLAS libraries' controller; looking for them takes as long as a step of a small model."""
    import threadpoolctl

    return threadpoolctl.ThreadpoolController()


class Once(list):
    """A list that hands out each item once: what backward has used is free while backward goes on."""

    def __getitem__(self, i):
        return self.pop(i)


class Sum:
    """Adds up the gradients of the shares, part by part as they come, always in the order of the shares."""

    def __init__(self, num_shares):
        self.num_shares, self.lock = num_shares, threading.Lock()
        self.waiting, self.parts = {}, {}

    def add(self, share, name, dp):
        """Take one share's gradients of one part; the last share to bring its own adds all of them."""
        with self.lock:
            found = self.waiting.setdefault(name, {})
            found[share] = dp
            if len(found) < self.num_shares:
                return
            del self.waiting[name]
            self.parts[name] = total = found.pop(0)
        for i in range(1, self.num_shares):
            tree.map(operator.iadd, total, found.pop(i))


def loss_and_grads(images, labels, p, config, *, workers=None, rng=None, label_smoothing=0.0, part=None):
    """The mean cross-entropy over the batch, and its gradient for every parameter: a number, a tree like p.

    images (B, Hᵢ, Wᵢ, C); labels integers (B,) or probabilities (B, classes); workers threads, by default one
    a core. A generator turns dropout on. part (first, B): these are images first, first + 1, … of a batch of B
    whose others are in other processes, and so are the loss and the gradient: those of all parts add up to the
    batch's. A part may be empty. Raises InputError for images or labels that do not fit.
    """
    if not config.num_classes:
        raise InputError("the model has no head (num_classes=0), so no loss; give it num_classes")
    first, B = part or (0, len(images))
    seed = None if rng is None else rng.integers(2**63)
    if part and not len(images):
        return 0.0, tree.map(lambda leaf: leaf * 0.0, p)
    images = check_images(images, config, p["norm"]["gamma"].dtype)
    check_labels(labels, len(images), config.num_classes)
    parts = shares(len(images), workers)
    total = Sum(len(parts))

    def share(number):
        start, stop = parts[number]
        drop = None if rng is None else BatchShare(seed, first + start, first + stop, B)
        logits, saved = vit.forward(images[start:stop], p, config, rng=drop)
        value, saved_loss = loss.forward(logits, labels[start:stop], label_smoothing=label_smoothing)
        weight = (stop - start) / B  # the mean over the share → its part of the mean over the batch
        saved = saved._replace(blocks=Once(saved.blocks))
        for name, dp in vit.backward_parts(loss.backward(weight, saved_loss), saved):
            if name != "images":
                total.add(number, name, dp)
        return value * weight

    values = run(share, range(len(parts)))
    return sum(values), tree.from_leaves(reversed(total.parts.items()))


def predict(images, p, config, *, workers=None, batch_size=64):
    """Logits (B, classes), `batch_size` images at a time; nothing is kept for a backward."""
    images = check_images(images, config, p["norm"]["gamma"].dtype)
    if batch_size < 1:
        raise InputError(f"batch_size is {batch_size}; need at least 1")
    logits = []
    for first in range(0, len(images), batch_size):
        batch = images[first : first + batch_size]
        logits += run(
            lambda part, batch=batch: vit.forward(batch[part[0] : part[1]], p, config)[0],
            shares(len(batch), workers),
        )
    return np.concatenate(logits)
