"""One batch: the loss and its gradients, and predictions, split over threads.

Each thread runs the model on a share of the images with a single-threaded BLAS; the gradients are added in the order of
the shares, so the same number of workers gives the same bits.
"""

import numpy as np

from vitnp import tree
from vitnp.backend.arrays import array_module, on_host, to_device
from vitnp.backend.draws import BatchShare, DeviceDraws
from vitnp.engine import loss
from vitnp.engine.split import is_small, shares
from vitnp.engine.sums import Once, Sum
from vitnp.errors import InputError, need_int
from vitnp.inputs.checks import check_generator, check_labels, check_part, parameter_of
from vitnp.inputs.images import check_images
from vitnp.models import vit
from vitnp.system import threads


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
        logits, saved = vit.forward(images[start:stop], p, config, rng=drop, keep=keep, whole=False)
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
            lambda part: vit.forward(images[slice(*part)], p, config, keep="nothing", whole=False)[0],
            parts,
            **how,
        )
    return array_module(logits[0]).concatenate(logits)
