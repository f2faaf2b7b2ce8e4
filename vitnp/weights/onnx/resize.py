"""A table of positions resized inside the graph. Imports `ops`, its neighbors.

The ViT gets the table as the graph makes it; what it was made of is kept, so that other sizes come from there.
"""

from typing import NamedTuple

import numpy as np

from vitnp.ops import interpolate
from vitnp.weights.onnx.constants import Constant, integers, numbers
from vitnp.weights.onnx.layout import Unlike

METHODS = {  # (mode, coordinates, antialias): method of ops.interpolate, and its a
    ("cubic", "half_pixel", 0): ("bicubic", -0.75),
    ("cubic", "pytorch_half_pixel", 0): ("bicubic", -0.75),
    ("cubic", "align_corners", 0): ("bicubic-aligned", -0.75),
    ("cubic", "half_pixel", 1): ("bicubic-antialias", -0.5),
    ("cubic", "pytorch_half_pixel", 1): ("bicubic-antialias", -0.5),
    ("linear", "align_corners", 0): ("bilinear-aligned", None),
}


class Table(NamedTuple):
    """What was resized: (1, D, rows, columns), by a method of `ops.interpolate`."""

    source: Constant
    method: str


def resized(inputs, attributes, opset):
    """The Constant that a Resize makes of a table (1, D, rows, columns)."""
    x, *others = inputs
    if opset < 11:
        raise Unlike("a Resize as it was before opset 11")
    new, scales = _sizes(x.shape, others, attributes.get("axes"))
    if new == x.shape and (scales is None or set(scales) == {1.0}):
        return x
    how = [attributes.get("mode", "nearest"), attributes.get("coordinate_transformation_mode", "half_pixel")]
    method, a = METHODS.get((*how, attributes.get("antialias", 0)), (None, None))
    given = attributes.get("cubic_coeff_a", -0.75)
    if method and a and abs(given - a) > 1e-6:
        method = None
    if method is None or attributes.get("exclude_outside") or attributes.get("axes") not in (None, [2, 3]):
        words = " ".join(str(word) for word in how)
        raise Unlike(f"positions resized in a way that vitnp has not ({words}, a {given:g})")
    if len(x.shape) != 4 or new[:2] != x.shape[:2]:
        raise Unlike(f"an array {x.shape} resized to {new}")
    if max(new[2:]) > 2**12:
        raise Unlike(f"an array {x.shape} resized to {new}")
    matrices = [_matrix(new[i], x.shape[i], scales and scales[i], method) for i in (2, 3)]

    def read(array):
        # G′ = W_rows·G·W_colsᵀ, in float64 and rounded once
        return (matrices[0] @ array.astype(np.float64) @ matrices[1].T).astype(array.dtype)

    return x.made(new, read)._replace(table=Table(x, method))


def _sizes(shape, others, axes):
    """(the new shape, the scales if it was they that said it)."""
    _, scales, sizes = [*others, None, None, None][:3]
    kept = () if axes is None else tuple(shape[:2])
    if sizes is not None and sizes.size:
        return (*kept, *integers(sizes)), None
    if scales is None or not scales.size:
        raise Unlike("a Resize without sizes")
    scales = (*(1.0 for _ in kept), *(float(scale) for scale in numbers(scales)))
    if len(scales) != len(shape) or not all(0 < scale < 2**12 for scale in scales):
        raise Unlike(f"an array {shape} scaled by {scales}")
    return tuple(int(np.floor(side * scale)) for side, scale in zip(shape, scales, strict=True)), scales


def _matrix(new, old, scale, method):
    """How much each old place gives to each new one; by a scale that is not new/old the places are others."""
    if scale is None or abs(scale * old - new) < 1e-3 or method != "bicubic":
        return interpolate.matrix(np, new, old, method)
    i, j = np.arange(new)[:, None], np.arange(-2, old + 2)
    W = interpolate.cubic((i + 0.5) / scale - 0.5 - j, a=-0.75)
    W[:, 2] += W[:, :2].sum(axis=1)
    W[:, -3] += W[:, -2:].sum(axis=1)
    return W[:, 2:-2]
