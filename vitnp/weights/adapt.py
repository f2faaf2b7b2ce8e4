"""A model made ready for other images or other classes, as fine-tuning does."""

import dataclasses

from vitnp import models, tree
from vitnp.backend.arrays import array_module
from vitnp.inputs.checks import parameter_of, shapes
from vitnp.inputs.images import size


def new_image_size(p, config, image_size):
    """(p, config) for images of (height, width). Raises InputError for a model that cannot be resized."""
    models.need_images(config, "an image size is of pictures")
    if size(image_size) == config.image_size:
        return p, config
    return models.ask(config, "resized", "other image size than its own")(p, config, image_size)


def new_head(p, config, num_classes):
    """(p, config) with a head of zeros for that many classes, also where it has so many, and no pre-logits."""
    models.need_images(config, "a new head is of classes of pictures")
    pre_logits = {"representation_size": None} if hasattr(config, "representation_size") else {}
    new = dataclasses.replace(config, num_classes=num_classes, multi_label=False, **pre_logits)
    like = parameter_of(p)
    zeros = array_module(like).zeros
    classify = shapes(models.of(new).init, new)["classify"]
    return p | {"classify": tree.map(lambda shape: zeros(shape, like.dtype), classify)}, new
