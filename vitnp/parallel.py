"""The batch split over threads: the loss and its gradients, and predictions.

Each thread runs the model on a share of the images with a single-threaded BLAS; the gradients are added in the order of
the shares, so the same number of workers gives the same bits. Imports `vit`, `loss`, `backend`, `system`.
"""

import itertools
import operator
import threading

import numpy as np

from vitnp import loss, tree, vit
from vitnp.backend import DeviceDraws, array_module, on_host, to_device
from vitnp.checks import check_generator, check_images, check_labels, check_part, parameter_of
from vitnp.errors import InputError, need_int
from vitnp.system import cores, threads

# A thread must pay: with fewer activations (images · tokens · hidden size · layers) for each, two threads wait for
# Python's lock longer than they gain. Of the digits model that is 31 images, of ViT-B/16 not even one.
ACTIVATIONS_PER_WORKER = 131_072


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


def choose_workers(batch_size, config):
    """How many threads a batch is split over: one a core, as far as each has `ACTIVATIONS_PER_WORKER` to do."""
    return max(1, min(len(cores.own()), batch_size, enough_for(batch_size, config)))


def enough_for(batch_size, config):
    """How many threads have enough to do."""
    activations = batch_size * config.num_tokens * config.hidden_size * config.num_layers
    return activations // ACTIVATIONS_PER_WORKER


def is_small(config):
    """Whether BLAS's threads would wait for each other longer than they gain: an image is not enough for two.

    On a machine busy with something else 64 digits took 404 ms with two such threads, 14 ms with one.
    """
    return enough_for(1, config) < 2


def shares(images, start, stop, config, workers):
    """Of the images start…stop the (start, stop) of each worker; sizes differ by at most one.

    A device takes them all at once, whatever number of workers is asked for.
    """
    workers = choose_workers(stop - start, config) if workers is None else workers
    workers = min(need_int("workers", workers, at_least=1), stop - start if on_host(images) else 1)
    edges = [start + (stop - start) * i // workers for i in range(workers + 1)]
    return list(itertools.pairwise(edges))


class Once(list):
    """A list that hands out each item once: what backward has used is free while backward goes on."""

    def __getitem__(self, i):
        return self.pop(i)


class Part:
    """One part of the model while its gradients are added up."""

    def __init__(self):
        self.lock, self.added, self.waiting, self.total = threading.Lock(), 0, {}, None


class Sum:
    """Adds up the gradients of the shares, part by part, always in the order of the shares.

    Each is added as soon as those of the shares before it are in, and waits no longer.
    """

    def __init__(self):
        self.lock, self.parts = threading.Lock(), {}

    def add(self, share, name, dp):
        """Take the gradients of one part from share number `share`, counted from 0."""
        with self.lock:
            part = self.parts.setdefault(name, Part())
        with part.lock:
            part.waiting[share] = dp
            del dp
            while part.added in part.waiting:
                dp = part.waiting.pop(part.added)
                part.total = dp if part.total is None else tree.map(operator.iadd, part.total, dp)
                part.added += 1

    def tree(self):
        """The sums, in the order of the parameters."""
        return tree.from_leaves((name, part.total) for name, part in reversed(self.parts.items()))


def loss_and_grads(
    images,
    labels,
    p,
    config,
    *,
    workers=None,
    rng=None,
    label_smoothing=0.0,
    micro_batch=None,
    recompute=False,
    part=None,
    loss_scale=1.0,
):
    """The mean cross-entropy over the batch, and its gradient for every parameter: a number, a tree like p.

    images (B, Hᵢ, Wᵢ, C); labels integers (B,) or probabilities (B, classes); workers threads, by default as many as
    pay, at most one a core. A generator turns dropout on. Two ways to less memory, with the same gradients:
    micro_batch, the most images that are in work at a time, and recompute, which keeps only the input of each
    block and runs the block again on the way back. part (first, B): these are images first, first + 1, … of a batch
    of B whose others are in other processes, and so are the loss and the gradient: those of all parts add up to the
    batch's. A part may be empty.

    Where p is decides where all is done: images and labels go there. A device has one worker, draws its own dropout,
    and gives the loss as an array of no axes, which nobody has waited for. The gradients are those of
    loss·loss_scale, see `precision`. Raises InputError for images, labels or an rng that do not fit.
    """
    if not config.num_classes:
        raise InputError("the model has no head (num_classes=0), so no loss; give it num_classes")
    xp = array_module(parameter_of(p))
    if not (part and not len(images)):
        images = check_images(images, config, parameter_of(p).dtype)
        check_labels(labels, len(images), config.num_classes)
        images, labels = to_device(images, xp), to_device(labels, xp)
    keep = "inputs" if recompute else "all"

    def one(start, stop, drop):
        logits, saved = vit.forward(images[start:stop], p, config, rng=drop, keep=keep)
        value, saved_loss = loss.forward(logits, labels[start:stop], label_smoothing=label_smoothing)
        saved = saved._replace(blocks=Once(saved.blocks))
        return value, lambda weight: vit.backward_parts(loss.backward(weight * loss_scale, saved_loss), saved)

    return add_up(one, images, p, config, workers=workers, rng=rng, micro_batch=micro_batch, part=part)


def add_up(one, images, p, config, *, workers=None, rng=None, micro_batch=None, part=None):
    """The mean of a loss over the batch and its gradient, from those of the shares; the options of `loss_and_grads`.

    one(start, stop, drop) → the mean loss of images start…stop, and a function dloss → the way back as `vit` yields
    it, a part of the model at a time. drop is the share's generator for dropout, or None.
    """
    first, B = check_part(part, len(images))
    check_generator(rng)
    xp = array_module(parameter_of(p))
    seed = None if rng is None else rng.integers(2**63)  # drawn also where nothing drops
    drops = seed is not None and config.dropout_rate + config.attention_dropout_rate > 0
    if part and not len(images):
        return 0.0, tree.map(lambda leaf: leaf * 0.0, p)
    micro_batch = B if micro_batch is None else need_int("micro_batch", micro_batch, at_least=1)
    total, values = Sum(), []

    def share(number, start, stop):
        drop = None
        if drops:
            place = (first + start, first + stop, B)
            drop = BatchShare(seed, *place) if xp is np else DeviceDraws(xp, seed, first + start)
        value, way_back = one(start, stop, drop)
        weight = (stop - start) / B  # the mean over the share → its part of the mean over the batch
        for name, dp in way_back(weight):
            if name != "images":
                total.add(number, name, dp)
            del dp
        return value * weight

    for start in range(0, len(images), micro_batch):
        stop = min(start + micro_batch, len(images))
        parts = shares(images, start, stop, config, workers)
        numbered = [(len(values) + i, *part) for i, part in enumerate(parts)]
        values += threads.run(
            lambda part: share(*part), numbered, small=is_small(config), host=on_host(images)
        )
    return sum(values), total.tree()


def predict(images, p, config, *, workers=None, batch_size=64):
    """Logits (B, classes), `batch_size` images at a time; nothing is kept for a backward."""
    images = check_images(images, config, parameter_of(p).dtype)
    images = to_device(images, array_module(parameter_of(p)))
    need_int("batch_size", batch_size, at_least=1)
    how, logits = {"small": is_small(config), "host": on_host(images)}, []
    for start in range(0, len(images), batch_size):
        stop = min(start + batch_size, len(images))
        parts = shares(images, start, stop, config, workers)
        logits += threads.run(
            lambda part: vit.forward(images[slice(*part)], p, config, keep="nothing")[0], parts, **how
        )
    return array_module(logits[0]).concatenate(logits)
