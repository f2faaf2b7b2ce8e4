"""Operators that move the numbers of a tensor that depends on the image, and change none. Imports its neighbors.

`MOVES` has a function (tensor, other inputs, attributes) → Tensor, Constant or a list of them for each.
"""

import math

import numpy as np

from vitnp.weights.onnx import layout
from vitnp.weights.onnx.asked import FLOATS, axis_of, second, sizes, slices, target
from vitnp.weights.onnx.constants import integers, known
from vitnp.weights.onnx.layout import Unlike


def _reshape(x, others, attributes):
    return x.moved(layout.reshaped(x.axes, target(x.shape, [x, *others], attributes)))


def _flatten(x, others, attributes):
    axis = attributes.get("axis", 1)
    return x.moved(layout.reshaped(x.axes, (math.prod(x.shape[:axis]), math.prod(x.shape[axis:]))))


def _transpose(x, others, attributes):
    order = attributes.get("perm") or range(len(x.axes))[::-1]
    if sorted(order) != list(range(len(x.axes))):
        raise Unlike(f"a Transpose of {x.shape} to {list(order)}")
    return x.moved(x.axes[i] for i in order)


def _squeeze(x, others, attributes):
    axes = second([x, *others], attributes, "axes")
    rank = len(x.axes)
    gone = [i for i in range(rank) if not x.axes[i]] if axes is None else [axis_of(i, rank) for i in axes]
    if any(x.axes[i] for i in gone):
        raise Unlike(f"a Squeeze of {x.shape}")
    return x.moved(axis for i, axis in enumerate(x.axes) if i not in gone)


def _unsqueeze(x, others, attributes):
    axes = second([x, *others], attributes, "axes") or []
    rank = len(x.axes) + len(axes)
    new, rest = {axis_of(i, rank) for i in axes}, iter(x.axes)
    return x.moved(() if i in new else next(rest) for i in range(rank))


def _cut(x, axis, start, size):
    found, offsets = layout.cut(x.axes[axis], start, size)
    return x.moved((*x.axes[:axis], found, *x.axes[axis + 1 :]), offsets)


def _slice(x, others, attributes):
    for axis, where in slices(x.shape, [x, *others], attributes).items():
        start, stop, step = where.indices(x.shape[axis])
        if step != 1 or stop <= start:
            raise Unlike("a Slice that leaves out every second, or all")
        x = _cut(x, axis, start, stop - start)
    return x


def _gather(x, others, attributes):
    axis = axis_of(attributes.get("axis", 0), len(x.axes))
    rows = [axis_of(row, x.shape[axis]) for row in integers(others[0])]
    if not rows or rows != list(range(rows[0], rows[0] + len(rows))):
        raise Unlike("tokens in another order")
    x = _cut(x, axis, rows[0], len(rows))
    if others[0].shape == ():
        return x.moved((*x.axes[:axis], *x.axes[axis + 1 :]))
    return x


def _split(x, others, attributes):
    axis, found, start = axis_of(attributes.get("axis", 0), len(x.axes)), [], 0
    for part in sizes(x.shape[axis], attributes["outputs"], [x, *others], attributes):
        found.append(_cut(x, axis, start, part))
        start += part
    return found


def _expand(x, others, _):
    if np.broadcast_shapes(x.shape, tuple(integers(others[0]))) != x.shape:
        raise Unlike("tokens repeated")
    return x


def _cast(x, _, attributes):
    if attributes.get("to") not in FLOATS:
        raise Unlike("tokens rounded to whole numbers")
    return x


def _shape(x, _, attributes):
    return known(np.array(x.shape[attributes.get("start", 0) : attributes.get("end")], np.int64))


MOVES = {
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Slice": _slice,
    "Gather": _gather,
    "Split": _split,
    "Expand": _expand,
    "Cast": _cast,
    "CastLike": lambda x, *_: x,
    "Identity": lambda x, *_: x,
    "Dropout": lambda x, *_: x,
    "Shape": _shape,
    "Size": lambda x, *_: known(np.array(math.prod(x.shape), np.int64)),
}
