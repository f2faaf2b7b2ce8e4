"""What the files of a BiT and of a hybrid's stem have in common: units by number, kernels, the sizes that they show.

| ours                              | Google                | timm                                  |
|-----------------------------------|-----------------------|---------------------------------------|
| a kernel W (k, k, I, O)           | the same (HWIO)       | (O, I, k, k) (OIHW)                   |
| GroupNorm's gamma, beta (C,)      | BiT (C,); the hybrid (1, 1, 1, C) | (C,)                      |

Imports `errors`, `inputs`, `tables`.
"""

import math

import numpy as np

from vitnp.errors import InputError
from vitnp.inputs.residual import MOST_STAGES
from vitnp.weights import tables

LIBRARIES = ("google", "timm")  # that have such models
GROUPS = 32  # of every published model


def numbers(units):
    """What stands for the braces in a prefix: s and u count stages and units from 0, S and U from 1."""
    return [
        {"s": stage, "u": unit, "S": stage + 1, "U": unit + 1}
        for stage, count in enumerate(units)
        for unit in range(count)
    ]


def units_in(path, table, format, names):
    """(units of the first stage, of the second, …), of those stages that the names show."""
    found = {tables.numbers_in(table, format, name) for name in names} - {None}
    stages = sorted({stage for stage, _ in found})
    if len(stages) > MOST_STAGES:
        raise InputError(
            f"{path} has units of {len(stages):,} stages; a residual network has at most {MOST_STAGES}"
        )
    return tuple(sum(stage == other for other, _ in found) for stage in stages)


def channels(path, format, shapes, name, what):
    """(channels of the image, channels of the root) that the root's kernel, called `name`, shows."""
    kernel = tables.shape(path, shapes, name, 4, f"{what} ({format})")
    return (kernel[2], kernel[3]) if format == "google" else (kernel[1], kernel[0])


def groups(width, fields, overrides):
    """Questions; fields is given the usual number of groups of such a width where nobody says how many."""
    if "groups" in fields or "groups" in overrides:
        return []
    fields["groups"] = GROUPS if width % GROUPS == 0 else math.gcd(width, GROUPS)
    if fields["groups"] == GROUPS:
        return []
    return [
        f"it does not say how many groups its norms have, and {width} channels are not divisible by the usual "
        f"{GROUPS}; say it with groups= or --set groups=N"
    ]


def kernel_to_file(format, W):
    """Our kernel (k, k, I, O) as the library has it."""
    return W.transpose(3, 2, 0, 1) if format == "timm" else W


def kernel_to_ours(format, W):
    """The inverse of `kernel_to_file`, in the order in which every step reads it."""
    return np.ascontiguousarray(W.transpose(2, 3, 1, 0)) if format == "timm" else W
