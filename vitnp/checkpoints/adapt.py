"""A model made ready for other images or other classes, as fine-tuning does. Imports `backend` and `ops`.

The source: ViT §3.2, and `vit_jax/checkpoint.py` of the released code.
"""

import dataclasses

from vitnp.backend import array_module
from vitnp.ops import interpolate


def new_image_size(p, config, image_size):
    """(p, config) for images of (height, width): the patches stay, there are more or fewer, E_pos is interpolated.

    How is config.position_interpolation. Raises InputError for a size that is not made of whole patches.
    """
    new = dataclasses.replace(config, image_size=image_size)
    if new.grid == config.grid:
        return p, new
    E_pos, _ = interpolate.forward(
        p["position"]["E_pos"], grid=config.grid, new_grid=new.grid, method=config.position_interpolation
    )
    return p | {"position": {"E_pos": E_pos}}, new


def new_head(p, config, num_classes):
    """(p, config) with a head of zeros for that many classes, also where it has so many, and no pre-logits."""
    new = dataclasses.replace(config, num_classes=num_classes, representation_size=None)
    gamma, classify = p["norm"]["gamma"], {}
    if num_classes:
        xp = array_module(gamma)
        classify["head"] = {
            "W": xp.zeros((config.hidden_size, num_classes), gamma.dtype),
            "b": xp.zeros((num_classes,), gamma.dtype),
        }
    return p | {"classify": classify}, new
