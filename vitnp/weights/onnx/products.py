"""Products with a matrix of the file: patches and layers. Imports its neighbors."""

import math
from dataclasses import replace

import numpy as np

from vitnp.weights.onnx import layout
from vitnp.weights.onnx.arrange import inverse, taken, vector
from vitnp.weights.onnx.constants import Constant, laid_out
from vitnp.weights.onnx.layout import Unlike
from vitnp.weights.onnx.tensors import (
    Image,
    Linear,
    Patches,
    Tensor,
)


def conv(x, W, bias, attributes):
    """The convolution that is steps 1 and 2: every patch times one matrix."""
    if not (isinstance(x, Tensor) and isinstance(x.base, Image)):
        raise Unlike("a convolution that is not over the picture")
    if not (isinstance(W, Constant) and len(W.shape) == 4):
        raise Unlike("a convolution without a kernel of four axes")
    kernel, strides = list(W.shape[2:]), attributes.get("strides", [1, 1])
    pads = attributes.get("pads", [0] * 4)
    if attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        pads = ["SAME"]
    ones = attributes.get("dilations", [1, 1]) == [1, 1] and attributes.get("group", 1) == 1
    if kernel != list(strides) or kernel[0] != kernel[1] or any(pads) or not ones:
        raise Unlike(
            f"a convolution of kernel {kernel} in steps of {list(strides)}, padded by {pads}; patches have "
            "as many steps as pixels, and no padding"
        )
    P, (height, width) = kernel[0], x.base.size
    order = [x.axis(kind) for kind in ("images", "channels", "rows", "columns") if x.root(kind)]
    if order != sorted(order) or not x.plain or W.shape[1] != x.base.channels:
        raise Unlike(f"a convolution with {W.shape[1]} channels over a picture {x.shape}")
    if height % P or width % P:
        raise Unlike(f"pictures of {height}x{width} in patches of {P}, which leave a rest")
    ours = laid_out(W, lambda array: array.transpose(2, 3, 1, 0))  # (D, C, P, P) → (P, P, C, D)
    images = x.axes[0] if x.root("images") else ()
    tokens = layout.Root((height // P) * (width // P), "tokens")
    return _patches(x, ours, bias, (images, None, *_grid(tokens, width // P)))


def _grid(tokens, columns):
    return (
        layout.merged([layout.Atom(tokens, tokens.size // columns, columns)]),
        layout.merged([layout.Atom(tokens, columns, 1)]),
    )


def _patches(x, W, bias, axes):
    """The Tensor of patches; None in axes stands for the features."""
    features = layout.Root(W.shape[3], "features")
    after = () if bias is None else (("Add", _bias(bias, features.size)),)
    base = Patches(W, after, x.base, features)
    return Tensor(base, tuple(layout.whole(features) if axis is None else axis for axis in axes))


def _bias(bias, size):
    if not isinstance(bias, Constant) or bias.size != size:
        raise Unlike("a bias of another width")
    return laid_out(bias, lambda array: array.reshape(-1))


def linear(x, W):
    """x·W of a matrix (in, out)."""
    if len(W.shape) > 2 and math.prod(W.shape[:-2]) == 1:
        W = laid_out(W, lambda array: array.reshape(array.shape[-2:]))
    if len(W.shape) != 2 or W.shape[0] != x.shape[-1]:
        raise Unlike(f"tokens {x.shape} times an array {W.shape}")
    if isinstance(x.base, Image):
        return _cut_into_patches(x, W)
    root = x.axes[-1][0].root if x.axes[-1] else None
    if root is None or root.kind != "features":
        raise Unlike(
            "a matrix times something else than the features of tokens (an MLP-Mixer mixes tokens so)"
        )
    order = layout.order(x.axes[-1], root)
    features = layout.Root(W.shape[1], "features")
    base = Linear(x, taken(W, inverse(order), 0), (), features)
    return Tensor(base, (*x.axes[:-1], layout.whole(features)))


def _cut_into_patches(x, W):
    """Patches made by reshape and transposition, then a matrix."""
    P = next((atom.size for atom in x.axes[-1] if atom.root.kind == "rows"), 1)
    (height, width), C = x.base.size, x.base.channels
    inside = {"rows": P, "columns": P, "channels": C}
    outside = layout.merged(atom for axis in x.axes[:-1] for atom in axis if atom.root.kind != "images")
    sides = [(atom.root.kind, atom.size, atom.stride) for atom in outside]
    wanted = [("rows", height // P, P), ("columns", width // P, P)]
    found = [(atom.root.kind, atom.size, atom.stride) for atom in x.axes[-1]]
    order = [("rows", P, 1), ("columns", P, 1), ("channels", C, 1)]
    needed = [side for side in order if side[1] > 1]
    if height % P or width % P or sorted(found) != sorted(needed) or not x.plain:
        raise Unlike("a matrix times a part of the picture that is no patch")
    if sides != [side for side in wanted if side[1] > 1]:
        raise Unlike("patches that are not in the order of the picture's rows")
    axes = [needed.index(side) for side in found]
    sizes = [inside[side[0]] for side in found]
    ours = laid_out(
        W,
        lambda array: array.reshape(*sizes, -1).transpose(*np.argsort(axes), len(axes)).reshape(P, P, C, -1),
    )
    tokens = layout.Root((height // P) * (width // P), "tokens")
    pieces, rows = [], iter(_grid(tokens, width // P))
    for axis in x.axes[:-1]:
        pieces.append(
            layout.merged(
                new
                for atom in axis
                for new in ([atom] if atom.root.kind == "images" else next(rows) if atom.size > 1 else [])
            )
        )
    return _patches(x, ours, None, (*pieces, None))


def gemm(a, b, bias, attributes):
    """alpha·a·b + beta·bias, with a or b transposed."""
    if attributes.get("transA") or not isinstance(a, Tensor) or not isinstance(b, Constant):
        raise Unlike("a Gemm that is not tokens times a matrix")
    if attributes.get("alpha", 1.0) != 1 or attributes.get("beta", 1.0) != 1:
        raise Unlike("a Gemm with factors")
    y = linear(a, laid_out(b, lambda array: array.T) if attributes.get("transB") else b)
    if bias is None:
        return y
    if not isinstance(bias, Constant):
        raise Unlike("a bias that depends on the picture")
    if bias.size == 1 and y.shape[-1] > 1:
        bias = laid_out(bias, lambda array: np.broadcast_to(array.reshape(-1), y.shape[-1:]))
    return replace(y, base=replace(y.base, after=(*y.base.after, ("Add", vector(bias, y)))))
