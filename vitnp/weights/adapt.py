"""A model made ready for other images or other classes, as fine-tuning does. Imports `backend` and `ops`.

The source: ViT §3.2, and `vit_jax/checkpoint.py` of the released code.
"""

import dataclasses

from vitnp.backend.arrays import array_module
from vitnp.ops import positions, relative


def new_image_size(p, config, image_size):
    """(p, config) for images of (height, width): the patches stay, there are more or fewer, positions are interpolated.

    How is config.position_interpolation. Raises InputError for a size that is not made of whole patches.
    """
    new = dataclasses.replace(config, image_size=image_size)
    if new.grid == config.grid:
        return p, new
    how = {"grid": config.grid, "new_grid": new.grid, "method": config.position_interpolation}
    changed = {}
    if "position" in p:
        of_layers = config.position_at == "every-layer"
        tables = p["position"] if of_layers else {0: p["position"]}
        tables = {i: positions.resized(table, **how) for i, table in tables.items()}
        changed["position"] = tables if of_layers else tables[0]
    if config.position_embedding == "relative":
        changed["blocks"] = {i: _new_distances(block, how) for i, block in p["blocks"].items()}
    return p | changed, new


def _new_distances(block, how):
    attention = block["attention"]
    return block | {"attention": attention | {"E_rel": relative.resized(attention["E_rel"], **how)}}


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
