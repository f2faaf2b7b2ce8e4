"""A position table without a row for the class token, whose position then is 0. Imports `stored`, `layer_scale`.

So are the tables of big_vision and of DeiT-III: the class token comes in after the positions are added.
"""

import numpy as np

from vitnp.weights.stored import Stored
from vitnp.weights.vit import layer_scale


def is_missing(family, arrays):
    """Whether it is, in a file of these arrays, {name in `names.TABLES`: name in the file}; None where both can be."""
    if family != "timm" or not layer_scale.is_in(family, arrays):
        return False
    if any("gamma_" in in_file for in_file in arrays.values()):  # DeiT-III as its authors have it
        return True
    return False if "mask_token" in arrays else None  # timm has DeiT-III and DINOv2 under the same names


def with_zeros(stored):
    """The position table (1, N, D), still in its file, as (1, N + 1, D), zeros first."""
    images, rows, width = stored.shape

    def read():
        E_pos = stored.read()
        return np.concatenate([np.zeros_like(E_pos[:, :1]), E_pos], axis=1)

    return Stored((images, rows + 1, width), stored.dtype, read)


def note(name):
    """What is said of the table called `name`."""
    return f"{name} has no row for the class token, which is given a position of 0"
