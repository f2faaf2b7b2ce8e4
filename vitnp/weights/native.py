"""The configuration inside vitnp's own .npz, as JSON beside the arrays. Imports `config`, `errors`."""

import dataclasses
import json

import numpy as np

from vitnp.errors import InputError
from vitnp.models.vit.config import ViTConfig, check_fields

CONFIG = "vitnp.config"  # the name of the array
TRAINING = "vitnp.training"  # the array that a training checkpoint has, and weights have not


def config_array(config):
    """The configuration as an array of one string."""
    return np.array(json.dumps(dataclasses.asdict(config)))


def pop_config(path, arrays, overrides):
    """The ViTConfig taken out of {name: array}, `overrides` before its fields; InputError where there is none."""
    check_fields(overrides, ViTConfig)
    if CONFIG not in arrays:
        raise InputError(f"{path} has no {CONFIG}; name a file that vitnp saved")
    try:
        config = ViTConfig(**json.loads(str(arrays.pop(CONFIG))))
    except (TypeError, ValueError, RecursionError) as problem:
        raise InputError(f"{path}: {CONFIG} is no configuration ({problem}); save the model again") from None
    return with_overrides(path, config, overrides)


def with_overrides(path, config, overrides):
    """The file's configuration, `overrides` before its fields; InputError for positions that the file has not."""
    new = dataclasses.replace(config, **overrides)
    for name in ("position_embedding", "position_at"):
        asked, held = getattr(new, name), getattr(config, name)
        if asked != held:
            raise InputError(f'{path} has {name} "{held}", which does not fit "{asked}"; leave {name} out')
    return new
