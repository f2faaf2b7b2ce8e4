"""Constants that meet a tensor, in the tensor's own order: a vector for the features, a table for the tokens.

Imports its neighbors.
"""

import numpy as np

from vitnp.weights.onnx import layout
from vitnp.weights.onnx.constants import Constant, known, laid_out
from vitnp.weights.onnx.layout import Unlike


def varies(constant, tensor):
    """The kinds of the tensor's roots along which a Constant, broadcast to it, may differ."""
    shape = (1,) * (len(tensor.axes) - len(constant.shape)) + constant.shape
    if len(shape) > len(tensor.axes):
        raise Unlike(f"an array {constant.shape} beside tokens {tensor.shape}")
    kinds = set()
    for side, axis, size in zip(shape, tensor.axes, tensor.shape, strict=True):
        if side not in (1, size):
            raise Unlike(f"an array {constant.shape} beside tokens {tensor.shape}")
        kinds |= {atom.root.kind for atom in axis} if side > 1 else set()
    return kinds


def arranged(constant, tensor, *roots):
    """The Constant as an array of the roots' sizes, each in its own order. Raises Unlike where there is no such order.

    Along the images it has to be the same: the first is taken, and `first_of` looks when it is read.
    """
    shape = (1,) * (len(tensor.axes) - len(constant.shape)) + constant.shape
    constant = laid_out(constant, lambda array: array.reshape(shape))
    for i, axis in enumerate(tensor.axes):
        if axis and axis[0].root.kind == "images" and shape[i] > 1:
            constant = first_of(constant, i)
    atoms = [atom for axis in tensor.axes for atom in axis if atom.root in roots]
    kept = [i for i, axis in enumerate(tensor.axes) for atom in axis if atom.root in roots]
    if any(len(tensor.axes[i]) > 1 and len({atom.root for atom in tensor.axes[i]}) > 1 for i in kept):
        raise Unlike("an array beside axes that were joined")
    wanted = sorted(range(len(atoms)), key=lambda i: (roots.index(atoms[i].root), -atoms[i].stride))
    ordered = layout.merged(atoms[i] for i in wanted)
    if ordered != tuple(atom for root in roots for atom in layout.whole(root)):
        raise Unlike("an array beside a part of the tokens")
    axes = [kept[i] for i in wanted] + [i for i in range(len(tensor.axes)) if i not in kept]
    if len(set(axes)) < len(axes):
        raise Unlike("an array beside axes that were joined")
    full = tuple(tensor.shape[i] if i in kept else 1 for i in range(len(tensor.axes)))
    sizes = tuple(root.size for root in roots)
    return laid_out(constant, lambda array: np.broadcast_to(array, full).transpose(axes).reshape(sizes))


def first_of(constant, axis):
    """The Constant without its differences along an axis; Unlike, when it is read, if there are any."""

    def function(array):
        one = array[(slice(None),) * axis + (slice(1),)]
        if array.dtype != np.int8 and not np.array_equal(np.broadcast_to(one, array.shape), array):
            raise Unlike(f"{constant.label or 'an array'} differs from image to image")
        return one

    return laid_out(constant, function)


def vector(constant, tensor):
    """The Constant (D,) of one that meets the features alone, in the order of their root."""
    root = tensor.root("features")
    if root is None or varies(constant, tensor) - {"features"}:
        raise Unlike(f"an array {constant.shape} beside tokens {tensor.shape}")
    return arranged(constant, tensor, root)


def taken(constant, order, axis):
    """The Constant with its rows or columns in another order; order None leaves them."""
    if order is None:
        return constant
    shape = (*constant.shape[:axis], len(order), *constant.shape[axis + 1 :])
    return constant.made(shape, lambda array: np.take(array, order, axis))


def inverse(order):
    """Where each index stands in the order, None for the order itself."""
    return None if order is None else np.argsort(order)


def scalar(value):
    """A number as a Constant that may stand beside a vector."""
    return known(np.float64(value))


def masks_nothing(constant):
    """Whether a mask is small enough to look at, and lets every token look at every other: all zeros, or all True."""
    if not isinstance(constant, Constant) or constant.size > 2**24:
        return False
    array = constant.read()
    return bool(array.all() if constant.dtype.kind == "b" else not array.any())
