"""Masked patch prediction as a task: labels have no part in it."""

import dataclasses
from typing import NamedTuple

from vitnp.backend.arrays import array_module, is_array, to_device
from vitnp.errors import InputError, shown
from vitnp.inputs.checks import check_config, check_generator, parameter_of
from vitnp.inputs.images import check_images
from vitnp.models.vit import ViTConfig, masked
from vitnp.tasks import targets


class MaskedPatches(NamedTuple):
    """What is predicted (`targets.TARGETS`), and of which fraction of the patches."""

    target: str = "color"
    ratio: float = 0.5

    uses_labels = False

    def batch(self, images, labels, p, config, rng, part):
        """Images, what is done to their patches (rows, source of `masked.Corruption`), and the targets.

        rng draws the corruption of the whole batch, of which these images have their part.
        """
        check_generator(rng, needed=True)
        targets.check(config, **self._asdict())
        like = parameter_of(p)
        if "masked" not in p:
            raise InputError(
                "p has no masked.head; make the tree that is pre-trained with tasks.masked.with_task"
            )
        masked.check_tree(p, config)
        if is_array(images) and images.dtype.kind == "c":
            raise InputError(
                f"images are {images.dtype}; what is predicted of them are colors, so need real numbers"
            )
        xp, (first, B) = array_module(like), part
        images = to_device(check_images(images, config, like.dtype), xp)
        drawn = masked.draw(rng, B, config.num_patches, ratio=self.ratio).images(
            slice(first, first + len(images))
        )
        drawn = masked.Corruption(*(to_device(a, xp) for a in drawn))
        return images, *drawn, targets.targets(images, config, drawn, self.target)

    def loss(self, arrays, p, config, rng=None, *, keep="all"):
        """The mean loss of a slice; a generator turns dropout on."""
        images, rows, source, t = arrays
        y, saved = masked.forward(images, p, config, masked.Corruption(rows, source), rng, keep=keep)
        value, saved_loss = targets.loss_forward(y, t, target=self.target)

        def back(dloss):
            return masked.backward_parts(targets.loss_backward(dloss, saved_loss, target=self.target), saved)

        return value, back, {}

    def right(self, arrays, p, config):
        """How many images' worth of corrupted patches have their color predicted right."""
        images, rows, source, t = arrays
        y, _ = masked.forward(images, p, config, masked.Corruption(rows, source), keep="nothing")
        return len(images) * targets.right(y, t, config, target=self.target)

    def learned(self, p):
        """All of it."""
        return p


def without_head(config):
    """The configuration of the model that is pre-trained: the same without a head."""
    check_config(config, ViTConfig)
    return dataclasses.replace(config, num_classes=0, representation_size=None)


def with_task(p, rng, config, task):
    """The tree that is pre-trained: a ViT's without "classify", with "masked" where it is used, in p's dtype."""
    need_task(task)
    targets.check(config, **task._asdict())
    like = parameter_of(p)
    rest = {name: part for name, part in p.items() if name not in ("project", "classify")}
    count, size = targets.outputs(config, task.target)
    new = masked.init(rng, config, outputs=count * size, dtype=like.dtype)
    p = {"project": p.get("project"), "masked": new, **rest}
    masked.check_tree(p, config)
    return p


def need_task(task):
    """Raise InputError unless it is a `MaskedPatches`."""
    if not isinstance(task, MaskedPatches):
        raise InputError(f"task is {shown(task)}; need tasks.masked.MaskedPatches()")


def model(p):
    """The ViT in such a tree, without a head."""
    return {name: part for name, part in p.items() if name != "masked"} | {"classify": {}}
