"""The configuration inside vitnp's own .npz, as JSON beside the arrays.

Imports `models`, `inputs`, `system`, `errors`.
"""

import json

import numpy as np

from vitnp import models
from vitnp.errors import InputError
from vitnp.inputs.fields import merged
from vitnp.system import reading
from vitnp.weights import kinds

CONFIG = "vitnp.config"  # the name of the array
TRAINING = "vitnp.training"  # the array that a training checkpoint has, and weights have not


def config_array(config):
    """The configuration as an array of one string."""
    return np.array(json.dumps(models.config_to_dict(config)))


def pop_config(path, arrays, overrides):
    """The configuration taken out of {name: Stored}, `overrides` before its fields; InputError where there is none."""
    if CONFIG not in arrays:
        raise InputError(f"{path} has no {CONFIG}; name a file that vitnp saved")
    config = _config(path, kinds.string(path, CONFIG, arrays.pop(CONFIG)), CONFIG)
    return with_overrides(path, config, overrides)


def config_class(path):
    """The class of the configuration in a file of vitnp's; None for any other file.

    Raises InputError for a damaged file, or a configuration that is none.
    """
    own, training = kinds.text(path, CONFIG), kinds.text(path, TRAINING)
    if own is None and training is None:
        return None
    return type(_config(path, own, CONFIG) if training is None else _config(path, training, TRAINING))


def need_no_classes(overrides, instead):
    """Raise InputError for another number of classes, as the file has its own; instead: what to do, in words."""
    if "num_classes" in overrides:
        raise InputError(
            f"--set num_classes cannot be used here, the file says how many classes it has; {instead}"
        )


def _config(path, text, name):
    """The configuration in the text of an array called `name`. Raises InputError, naming the file, for none."""
    with reading.named(path, f": {name} is no configuration", "save the model again"):
        if name == TRAINING:  # a recipe may hold Infinity, which is no JSON
            return models.config_from_dict(json.loads(text)["run"]["model"])
        return models.config_from_dict(reading.from_json(text))


def with_overrides(path, config, overrides):
    """The file's configuration, `overrides` before its fields; InputError for positions that the file has not."""
    new = type(config)(**merged(type(config), vars(config), overrides))
    for name in ("position_embedding", "position_at"):
        if name in overrides and getattr(new, name) != getattr(config, name):
            asked, held = getattr(new, name), getattr(config, name)
            raise InputError(f'{path} has {name} "{held}", which does not fit "{asked}"; leave {name} out')
    return new
