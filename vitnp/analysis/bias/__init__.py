"""Inductive bias, measured: what a layer or a model assumes about images before it has seen one.

moved.py          a picture moved by whole pixels     receptive_field.py   which pixels one place of a map sees
equivariance.py   does a layer's map move along?      shift.py             is a model right about moved pictures?

Pure functions on arrays of the library that came in. "By" is (rows, columns): down and to the right.
"""

from vitnp.analysis.bias.equivariance import attention, convolution, equivariance_error, patch_projection
from vitnp.analysis.bias.moved import moved, rolled
from vitnp.analysis.bias.receptive_field import extent, receptive_fields
from vitnp.analysis.bias.shift import Shifted, shifted

__all__ = [
    "Shifted",
    "attention",
    "convolution",
    "equivariance_error",
    "extent",
    "moved",
    "patch_projection",
    "receptive_fields",
    "rolled",
    "shifted",
]
