"""Operators on arrays that do not depend on the image: mostly the arithmetic of shapes. Imports its neighbors.

`OPERATORS` has a function (constants, attributes, opset) → Constant or a list of them for each.
"""

import math

import numpy as np

from vitnp.weights.onnx.asked import FLOATS, axis_of, second, sizes, slices, target
from vitnp.weights.onnx.constants import LARGEST, Constant, combined, integers, known, laid_out, numbers
from vitnp.weights.onnx.functions import UNARY
from vitnp.weights.onnx.layout import Unlike
from vitnp.weights.onnx.resize import resized

INTEGERS = {6: np.int32, 7: np.int64, 9: np.bool_}


def _reshape(inputs, attributes, _):
    shape = target(inputs[0].shape, inputs, attributes)
    return laid_out(inputs[0], lambda array: array.reshape(shape))


def _flatten(inputs, attributes, _):
    axis, shape = attributes.get("axis", 1), inputs[0].shape
    return laid_out(inputs[0], lambda array: array.reshape(math.prod(shape[:axis]), -1))


def _transpose(inputs, attributes, _):
    return laid_out(inputs[0], lambda array: array.transpose(attributes.get("perm")))


def _squeeze(inputs, attributes, _):
    axes = second(inputs, attributes, "axes")
    return laid_out(inputs[0], lambda array: array.squeeze(None if axes is None else tuple(axes)))


def _unsqueeze(inputs, attributes, _):
    axes = second(inputs, attributes, "axes")
    if axes is None:
        raise Unlike("an Unsqueeze without axes")
    return laid_out(inputs[0], lambda array: np.expand_dims(array, tuple(axes)))


def _slice(inputs, attributes, _):
    found = slices(inputs[0].shape, inputs, attributes)
    where = tuple(found.get(axis, slice(None)) for axis in range(len(inputs[0].shape)))
    return laid_out(inputs[0], lambda array: array[where])


def _gather(inputs, attributes, _):
    rows, axis = inputs[1], attributes.get("axis", 0)
    at = np.array(integers(rows), np.int64).reshape(rows.shape)
    shape = inputs[0].shape
    axis = axis_of(axis, len(shape))
    if at.size and not -shape[axis] <= at.min() <= at.max() < shape[axis]:
        raise Unlike(f"a Gather of what an array {shape} has not")
    return inputs[0].made(
        (*shape[:axis], *at.shape, *shape[axis + 1 :]), lambda array: np.take(array, at, axis)
    )


def _split(inputs, attributes, _):
    axis = axis_of(attributes.get("axis", 0), len(inputs[0].shape))
    parts = sizes(inputs[0].shape[axis], attributes["outputs"], inputs, attributes)
    found, start = [], 0
    for part in parts:
        where = (slice(None),) * axis + (slice(start, start + part),)
        found.append(laid_out(inputs[0], lambda array, where=where: array[where]))
        start += part
    return found


def _concat(inputs, attributes, _):
    rank = len(inputs[0].shape)
    axis = axis_of(attributes.get("axis", 0), rank)
    shape = list(inputs[0].shape)
    for other in inputs[1:]:
        if len(other.shape) != rank or any(other.shape[i] != shape[i] for i in range(rank) if i != axis):
            raise Unlike(f"arrays {tuple(shape)} and {other.shape} joined")
        shape[axis] += other.shape[axis]
    return combined(lambda *arrays: np.concatenate(arrays, axis), inputs, shape)


def _expand(inputs, _, __):
    shape = np.broadcast_shapes(inputs[0].shape, tuple(integers(inputs[1])))
    return inputs[0].made(shape, lambda array: np.broadcast_to(array, shape))


def _tile(inputs, _, __):
    repeats = integers(inputs[1])
    if len(repeats) != len(inputs[0].shape) or min(repeats, default=0) < 0:
        raise Unlike("a Tile of other axes")
    shape = [side * times for side, times in zip(inputs[0].shape, repeats, strict=True)]
    return inputs[0].made(shape, lambda array: np.tile(array, repeats))


def _full(inputs, attributes, _):
    shape = integers(inputs[0])
    value = attributes["value"].read().reshape(()) if "value" in attributes else np.float32(0)
    return known(value).made(shape, lambda array: np.broadcast_to(array, shape))


def _range(inputs, _, __):
    start, end, step = (numbers(one).reshape(()).item() for one in inputs)
    if not step or not abs((end - start) / step) < LARGEST:
        raise Unlike("a Range that does not end")
    if (end - start) / step > 2**20:
        raise Unlike("a Range of more numbers than a shape has")
    return known(np.arange(start, end, step, inputs[0].dtype))


def _cast(inputs, attributes, _):
    kind = attributes.get("to")
    if inputs[0].dtype.kind in "fV" and kind in FLOATS:
        return inputs[0]  # what the numbers were rounded to before they came into the file, they stay
    if kind in FLOATS:
        return inputs[0].made(
            inputs[0].shape, lambda array: array.astype(np.float64 if kind == 11 else np.float32)
        )
    if kind not in INTEGERS:
        raise Unlike("numbers of a kind that no ViT has: a quantized model")
    with np.errstate(all="ignore"):
        return known(numbers(inputs[0]).astype(INTEGERS[kind]))


def _elementwise(function):
    def rule(inputs, _, __):
        shape = np.broadcast_shapes(*(one.shape for one in inputs))
        with np.errstate(all="ignore"):
            return combined(function, inputs, shape)

    return rule


def _divide(a, b):
    if a.dtype.kind == "f":
        return a / b
    if not np.all(b):
        raise Unlike("a division by zero")
    return (np.sign(a) * np.sign(b) * (abs(a) // abs(b))).astype(a.dtype)


def _power(a, b):
    return np.power(a.astype(np.float64), b).astype(a.dtype)


def _reduce(function):
    def rule(inputs, attributes, _):
        axes = second(inputs, attributes, "axes")
        how = {"axis": None if axes is None else tuple(axes), "keepdims": bool(attributes.get("keepdims", 1))}
        return known(function(numbers(inputs[0]), **how).astype(inputs[0].dtype))

    return rule


OPERATORS = {
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Slice": _slice,
    "Gather": _gather,
    "Split": _split,
    "Concat": _concat,
    "Expand": _expand,
    "Tile": _tile,
    "ConstantOfShape": _full,
    "Range": _range,
    "Cast": _cast,
    "CastLike": lambda inputs, _, __: inputs[0],
    "Identity": lambda inputs, _, __: inputs[0],
    "Dropout": lambda inputs, _, __: inputs[0],
    "Resize": resized,
    "Shape": lambda inputs, attributes, _: known(
        np.array(inputs[0].shape[attributes.get("start", 0) : attributes.get("end")], np.int64)
    ),
    "Size": lambda inputs, _, __: known(np.array(inputs[0].size, np.int64)),
    "Add": _elementwise(np.add),
    "Sub": _elementwise(np.subtract),
    "Mul": _elementwise(np.multiply),
    "Div": _elementwise(_divide),
    "Pow": _elementwise(_power),
    "Mod": _elementwise(np.mod),
    "Min": _elementwise(lambda *arrays: np.minimum.reduce(np.broadcast_arrays(*arrays))),
    "Max": _elementwise(lambda *arrays: np.maximum.reduce(np.broadcast_arrays(*arrays))),
    "Equal": _elementwise(np.equal),
    "Greater": _elementwise(np.greater),
    "GreaterOrEqual": _elementwise(np.greater_equal),
    "Less": _elementwise(np.less),
    "LessOrEqual": _elementwise(np.less_equal),
    "And": _elementwise(np.logical_and),
    "Or": _elementwise(np.logical_or),
    "Not": _elementwise(np.logical_not),
    "Where": _elementwise(np.where),
    "Floor": _elementwise(np.floor),
    "Ceil": _elementwise(np.ceil),
    "Round": _elementwise(np.round),
    "Sign": _elementwise(np.sign),
    "ReduceProd": _reduce(np.prod),
    "ReduceSum": _reduce(np.sum),
    "ReduceMax": _reduce(np.max),
    "ReduceMin": _reduce(np.min),
    **{
        name: _elementwise(lambda u, function=function: function(u).astype(u.dtype))
        for name, function in UNARY.items()
    },
}


def fold(op, inputs, attributes, opset):
    """What an operator makes of Constants (None where an input is left out). Raises Unlike where it cannot be said."""
    if op not in OPERATORS:
        raise Unlike(f"the operator {op}")
    given = inputs if op in ("Slice", "Resize") else [one for one in inputs if one is not None]
    if not given or not all(isinstance(one, Constant) for one in given if one is not None):
        raise Unlike(f"the operator {op} without its inputs")
    try:
        return OPERATORS[op](given, attributes, opset)
    except Unlike:
        raise
    except (ValueError, IndexError, TypeError, KeyError, ZeroDivisionError, OverflowError) as problem:
        raise Unlike(f"the operator {op} on what it cannot take ({problem})") from problem
