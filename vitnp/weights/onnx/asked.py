"""What an operator asks for, in its inputs or in its attributes: axes, shapes, parts. Imports its neighbors."""

import math

from vitnp.weights.onnx.constants import integers
from vitnp.weights.onnx.layout import Unlike

FLOATS = (1, 10, 11, 16)  # ONNX's numbers for float32, float16, float64, bfloat16


def second(inputs, attributes, name, at=1):
    """What newer operators take as an input and older ones as an attribute: a list of ints, or None."""
    if len(inputs) > at and inputs[at] is not None:
        return integers(inputs[at])
    return attributes.get(name)


def target(shape, inputs, attributes):
    """The shape that a Reshape asks of a tensor of this shape."""
    asked = second(inputs, attributes, "shape")
    if asked is None:
        raise Unlike("a Reshape without a shape")
    if not attributes.get("allowzero"):
        asked = [shape[i] if side == 0 and i < len(shape) else side for i, side in enumerate(asked)]
    total, given = math.prod(shape), math.prod(side for side in asked if side != -1)
    if asked.count(-1) == 1 and given and total % given == 0:
        asked = [total // given if side == -1 else side for side in asked]
    if min(asked, default=0) < 0 or math.prod(asked) != total:
        raise Unlike(f"a reshape from {tuple(shape)} to {tuple(asked)}")
    return tuple(asked)


def axis_of(number, rank):
    """The axis, counted from the front."""
    if not -rank <= number < rank:
        raise Unlike(f"axis {number} of a tensor with {rank}")
    return number % rank


def slices(shape, inputs, attributes):
    """{axis: slice} of a Slice."""
    starts, ends = second(inputs, attributes, "starts"), second(inputs, attributes, "ends", 2)
    if starts is None or ends is None:
        raise Unlike("a Slice without bounds")
    axes = second(inputs, attributes, "axes", 3)
    steps = second(inputs, attributes, "steps", 4) or [1] * len(starts)
    axes = range(len(starts)) if axes is None else axes
    if not len(axes) == len(starts) == len(ends) == len(steps):
        raise Unlike("a Slice with other numbers of bounds and axes")
    found = {}
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        axis = axis_of(axis, len(shape))
        if step == 0:
            raise Unlike("a Slice with steps of 0")
        if step > 0 or start < 0 or end >= 0:
            found[axis] = slice(start, end, step)
        else:
            found[axis] = slice(start, None if end < -shape[axis] else end, step)
    return found


def sizes(side, count, inputs, attributes):
    """The parts that a Split makes of an axis."""
    parts = second(inputs, attributes, "split")
    if parts is None:
        largest = -(-side // count)
        parts = [min(largest, side - i * largest) for i in range(count)]
    if sum(parts) != side or min(parts) < 0:
        raise Unlike(f"a Split of {side} into {parts}")
    return parts
