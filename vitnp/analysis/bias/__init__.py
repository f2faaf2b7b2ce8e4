"""Inductive bias, measured: what a layer or a model assumes about images before it has seen one.

moved.py          a picture moved by whole pixels     receptive_field.py   which pixels one place of a map sees
turned.py         a picture rotated                   shift.py             is a model right about moved pictures?
equivariance.py   does a layer's map move along?      crossover.py         is a model ahead only with many images?

Pure functions on arrays of the library that came in. "By" is (rows, columns): down and to the right.
"""

from vitnp.analysis.bias.crossover import Lead, crossing, leads
from vitnp.analysis.bias.equivariance import attention, convolution, equivariance_error, patch_projection
from vitnp.analysis.bias.moved import moved, rolled
from vitnp.analysis.bias.receptive_field import extent, receptive_fields
from vitnp.analysis.bias.shift import Shifted, shifted
from vitnp.analysis.bias.turned import rotated

__all__ = [
    "Lead",
    "Shifted",
    "attention",
    "convolution",
    "crossing",
    "equivariance_error",
    "extent",
    "leads",
    "moved",
    "patch_projection",
    "receptive_fields",
    "rolled",
    "rotated",
    "shifted",
]
