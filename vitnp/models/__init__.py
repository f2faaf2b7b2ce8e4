"""One module per model; this is the one place that chooses among them. A model's module has these names:

    Config, PRESETS                     its configuration, `inputs.images.ImageConfig` with `family`; {name: fields}
    init(rng, config, dtype)            p, nested dicts of arrays; rng None: shapes without memory
    forward(x, p, config, rng, *, keep, whole)   y, saved. keep: "all", "inputs" or "nothing" of what backward needs;
                                        whole=False: what y does not need may be left out
    backward_parts(dy, saved)           yields (name of a part, its dp), the last part first, and returns dx; uses
                                        the lists in saved up
    backward(dy, saved)                 dx, dp: `parts.together`
    multiply_adds(config)               {part: count for one input}: what decides whether another thread pays

and, where it has them: saved_bytes and step_bytes (see `analysis.cost`), resized (see `weights.adapt`). Every
classifier ends with step 8, so p["classify"]["head"] is its head.
"""

import dataclasses
import importlib

from vitnp.errors import InputError, did_you_mean
from vitnp.inputs.fields import check_fields
from vitnp.models.vit.config import PRESETS, ViTConfig


def of(config):
    """The module of a configuration's model."""
    return importlib.import_module(f"vitnp.models.{config.family}")


def ask(config, name):
    """What the model's module has under an optional name. Raises InputError where it has nothing."""
    found = getattr(of(config), name, None)
    if found is None:
        raise InputError(f"a model of the family {config.family} has no {name}; use one of another family")
    return found


def below_head(p, config):
    """(p, config) of the same classifier without its head: its forward gives the representation (B, D)."""
    below = {name: layer for name, layer in p["classify"].items() if name != "head"}
    return p | {"classify": below}, dataclasses.replace(config, num_classes=0)


def preset(name, **overrides):
    """The configuration called `name`, "B/16" for example; any field of ViTConfig can be overridden.

    Raises InputError for an unknown name, naming the near ones, or an unknown field.
    """
    if name not in PRESETS:
        near = did_you_mean(name, PRESETS)
        raise InputError(f'model "{name}" is unknown; {near}choose from {", ".join(PRESETS)}')
    check_fields(overrides, ViTConfig)
    return ViTConfig(**(PRESETS[name] | overrides))
