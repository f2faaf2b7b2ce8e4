"""Augmentation: random changes to an image that do not change its class. Imports `errors`, `inputs`.

affine_map.py     small shifts, rotations and scalings
simple.py         flip, crop, cutout
parts.py          a random part, resized
mixing.py         mixup, of two images and their labels
operations.py     RandAugment's sixteen operations on bytes
random_policy.py  RandAugment: which of them, how strong
"""

import functools

from vitnp.data.augment.affine_map import affine
from vitnp.data.augment.mixing import mixup
from vitnp.data.augment.operations import to_bytes
from vitnp.data.augment.parts import BOXES, crop_box, part_crop, window_box
from vitnp.data.augment.random_policy import randaugment, strength
from vitnp.data.augment.simple import crop, cutout, flip
from vitnp.errors import InputError, need_near

__all__ = [
    "BOXES",
    "NAMES",
    "affine",
    "check_names",
    "composed",
    "crop",
    "crop_box",
    "cutout",
    "flip",
    "mixup",
    "named",
    "part_crop",
    "randaugment",
    "to_bytes",
    "window_box",
]

NAMES = {
    "affine": affine,
    "crop": crop,
    "cutout": cutout,
    "flip": flip,
    "randaugment": randaugment,
} | {name: functools.partial(part_crop, box=box) for name, box in BOXES.items()}  # as recipes call them


def named(name):
    """The function (images, rng) → images of a recipe's name; "randaugment(2,27)" gives layers and magnitude.

    Raises InputError for an augmentation that is not there.
    """
    if name.startswith("randaugment("):
        return functools.partial(randaugment, **strength(name))
    need_near("augment", name, NAMES)
    return NAMES[name]


def check_names(names):
    """Raise InputError for an augmentation that is not there, and for two that cut out a part."""
    for name in names:
        named(name)
    if len(boxes := [name for name in names if name in BOXES]) > 1:
        raise InputError(f"augment has {boxes[0]} and {boxes[1]}; leave one of them out")


def composed(names, source, *, alpha=0.0, num_classes=None):
    """A function (images, labels, rng) → images, labels: these augmentations one after the other, then mixup.

    What the source does itself is left to it. alpha is α of `mixup`, 0 for none. None where nothing changes.
    """
    chosen = [named(name) for name in names if name not in getattr(source, "does", ())]

    def change(images, labels, rng):
        for augmentation in chosen:
            images = augmentation(images, rng)
        return mixup(images, labels, rng, alpha=alpha, num_classes=num_classes) if alpha else (images, labels)

    return change if chosen or alpha else None
