"""Inductive bias, measured: what a layer or a model assumes about images before it has seen one.

moved.py          a picture moved by whole pixels     receptive_field.py   which pixels one place of a map sees
turned.py         a picture rotated                   fixed_weights.py     does the image choose the weights?
equivariance.py   does a layer's map move along?      dimension.py         nearest neighbors among noise values
maps.py           layers from images to maps          crossover.py         is a model ahead only with many images?
shift.py          is a model right about moved pictures?

Pure functions on arrays of the library that came in. "By" is (rows, columns): down and to the right.
"""

from vitnp.analysis.bias.crossover import Lead, crossing, leads
from vitnp.analysis.bias.dimension import Neighbors, neighbors, with_noise
from vitnp.analysis.bias.equivariance import both_ways, equivariance_error, permutation_error
from vitnp.analysis.bias.fixed_weights import input_weights, largest_change, moved_attention
from vitnp.analysis.bias.maps import (
    attention,
    convolution,
    dense,
    max_pool,
    mean_of,
    patch_projection,
    recurrent,
    token_attention,
)
from vitnp.analysis.bias.moved import moved, rolled
from vitnp.analysis.bias.receptive_field import (
    effective_area,
    extent,
    parts_of_gradient,
    pixel_gradients,
    receptive_fields,
    seen,
)
from vitnp.analysis.bias.shift import Shifted, shifted
from vitnp.analysis.bias.turned import rotated

__all__ = [
    "Lead",
    "Neighbors",
    "Shifted",
    "attention",
    "both_ways",
    "convolution",
    "crossing",
    "dense",
    "effective_area",
    "equivariance_error",
    "extent",
    "input_weights",
    "largest_change",
    "leads",
    "max_pool",
    "mean_of",
    "moved",
    "moved_attention",
    "neighbors",
    "parts_of_gradient",
    "patch_projection",
    "permutation_error",
    "pixel_gradients",
    "receptive_fields",
    "recurrent",
    "rolled",
    "rotated",
    "seen",
    "shifted",
    "token_attention",
    "with_noise",
]
