"""vitnp's own file: an .npz with one array a leaf under its dotted name, and the configuration as JSON."""

import dataclasses
import json
import os
import zipfile

import numpy as np

from vitnp import tree, vit
from vitnp.config import ViTConfig
from vitnp.errors import InputError

CONFIG = "vitnp.config"


def save(path, p, config):
    """Write p and config to `path`: beside it first, then renamed, so that a full disk loses nothing."""
    path = os.fspath(path)
    arrays = dict(tree.leaves(p))
    arrays[CONFIG] = np.array(json.dumps(dataclasses.asdict(config)))
    beside = f"{path}.part"
    try:
        with open(beside, "wb") as file:
            np.savez(file, **arrays)
        os.replace(beside, path)
    except OSError as problem:
        if os.path.exists(beside):
            os.remove(beside)
        raise InputError(f"cannot write {path} ({problem.strerror}); name a folder that can be written") from None


def load(path):
    """The pair (p, config) that `save` wrote. Raises InputError, naming every array that does not fit."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file.items())
    except OSError as problem:
        raise InputError(f"cannot read {path} ({problem.strerror or problem}); name a file that vitnp saved") from None
    except (ValueError, EOFError, zipfile.BadZipFile) as problem:
        raise InputError(f"{path} is not a whole .npz file ({problem}); name a file that vitnp saved") from None
    if not isinstance(arrays, dict) or CONFIG not in arrays:
        raise InputError(f"{path} has no {CONFIG}; name a file that vitnp saved")
    config = ViTConfig(**json.loads(str(arrays.pop(CONFIG))))
    _check_arrays(path, arrays, config)
    return tree.from_leaves((name, arrays[name]) for name in arrays), config


def _check_arrays(path, arrays, config):
    """Raise InputError if a leaf of the configuration's model is missing, unexpected or of another shape."""
    want = {name: leaf.shape for name, leaf in tree.leaves(vit.init(None, config))}
    wrong = [f"{name} is missing" for name in want if name not in arrays]
    wrong += [f"{name} is unexpected" for name in arrays if name not in want]
    wrong += [
        f"{name} is {arrays[name].shape}, need {want[name]}"
        for name in want
        if name in arrays and arrays[name].shape != want[name]
    ]
    if wrong:
        raise InputError(f"{path} does not hold the model it names: {'; '.join(wrong)}")
