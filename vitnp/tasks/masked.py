"""Masked patch prediction as a task of `train`: the batch's loss and gradient, how often it is right, and the tree.

Imports `masked`, `parallel`, `data`, `distributed`, `backend`, `checks`.
"""

import dataclasses
from typing import NamedTuple

import numpy as np

from vitnp.backend.arrays import array_module, on_host, to_device
from vitnp.data import batches
from vitnp.engine import batch, split, sums
from vitnp.engine.ranks import Alone
from vitnp.inputs.checks import check_generator, check_part, parameter_of
from vitnp.inputs.images import check_images
from vitnp.models.vit import masked
from vitnp.system import threads
from vitnp.tasks.evaluate import BATCH, prepared, to_measure

SEED = 0  # of what is corrupted when it is measured how often the model is right: the same each time


class MaskedPatches(NamedTuple):
    """The task: what is predicted (`masked.TARGETS`), and of how many patches. The labels have no part in it."""

    target: str = "color"
    ratio: float = 0.5

    def loss_and_grads(self, images, labels, p, config, *, rng, part=None, label_smoothing=0.0, **options):
        """The mean loss of a freshly corrupted batch and its gradient: a number, a tree like p.

        images (B, Hᵢ, Wᵢ, C); rng draws corruption and dropout; part and options (workers, micro_batch) as for
        `batch.loss_and_grads`. Of the labels and their smoothing nothing is used.
        """
        check_generator(rng, needed=True)
        xp, dtype = array_module(parameter_of(p)), parameter_of(p).dtype
        if not (part and not len(images)):
            images = to_device(check_images(images, config, dtype), xp)
        first, B = check_part(part, len(images))
        drawn = masked.draw(rng, B, config.num_patches, ratio=self.ratio)
        drawn = on_device(drawn.images(slice(first, first + len(images))), xp)
        t = masked.targets(images, config, drawn, self.target) if len(images) else None

        def one(start, stop, drop):
            own = slice(start, stop)
            y, saved = masked.forward(images[own], p, config, drawn.images(own), drop)
            value, saved_loss = masked.loss_forward(y, t[own], target=self.target)
            saved = saved._replace(blocks=sums.Once(saved.blocks))
            return value, lambda dloss: masked.backward_parts(
                masked.loss_backward(dloss, saved_loss, target=self.target), saved
            )

        return batch.add_up(one, images, p, config, rng=rng, part=part, **options)

    def accuracy(self, source, p, config, *, rows=None, workers=None, comm=None, between=None):
        """How often a corrupted patch's color is told right, 0…1, for a source's images or those in `rows`."""
        rows, comm = to_measure(source, rows), comm or Alone()
        first, last = comm.share(len(rows))
        xp, dtype = array_module(parameter_of(p)), parameter_of(p).dtype
        drawn = masked.draw(np.random.default_rng(SEED), len(rows), config.num_patches, ratio=self.ratio)
        right = 0.0
        for images, _ in batches(source, rows[first:last], batch_size=BATCH, seed=None):
            own = on_device(drawn.images(slice(first, first + len(images))), xp)
            images = check_images(prepared(images, config.preprocessing), config, dtype)
            right = right + len(images) * self.share_right(to_device(images, xp), p, config, own, workers)
            first += len(images)
            if between:
                between()
        return comm.sum_numbers(float(right))[0] / len(rows)

    def share_right(self, images, p, config, drawn, workers):
        """How often it is right for these images."""

        def one(part):
            own = slice(*part)
            return masked.forward(images[own], p, config, drawn.images(own), keep="nothing")[0]

        parts = split.shares(images, 0, len(images), config, workers)
        y = array_module(images).concatenate(
            threads.run(one, parts, small=split.is_small(config), host=on_host(images))
        )
        t = masked.targets(images, config, drawn, self.target)
        return masked.right(y, t, config, target=self.target)


def on_device(drawn, xp):
    """The corruption in the memory of `xp`."""
    return masked.Corruption(xp.asarray(drawn.rows), xp.asarray(drawn.source))


def without_head(config):
    """The configuration of the model that is pre-trained: the same without a head."""
    return dataclasses.replace(config, num_classes=0, representation_size=None)


def with_task(p, rng, config, task):
    """The tree that is pre-trained: a ViT's without "classify", with "masked" where it is used."""
    rest = {name: part for name, part in p.items() if name not in ("project", "classify")}
    return {"project": p["project"], "masked": masked.init(rng, config, target=task.target), **rest}


def model(p):
    """The ViT in such a tree, without a head."""
    return {name: part for name, part in p.items() if name != "masked"} | {"classify": {}}
