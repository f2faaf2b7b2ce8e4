"""A ViT for images of another size, as fine-tuning does: the position table is interpolated (ViT §3.2).

The source: `vit_jax/checkpoint.py` of the released code.
"""

import dataclasses

from vitnp.inputs.checks import check_config, check_parameters
from vitnp.models.vit.config import ViTConfig
from vitnp.models.vit.model import init
from vitnp.ops import positions, relative


def resized(p, config, image_size):
    """(p, config) for images of (height, width): the patches stay, there are more or fewer, positions are interpolated.

    How is config.position_interpolation. Raises InputError for a size that is not made of whole patches.
    """
    check_config(config, ViTConfig)
    check_parameters(p, init, config)
    return steps_resized(p, config, image_size)


def steps_resized(p, config, image_size):
    """`resized` of any model whose p has a ViT's steps."""
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
