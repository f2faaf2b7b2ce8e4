"""The memory of a residual network's body, by counting: what BiT and the hybrid's stem have in common.

Values are counted per image, weights once, see `Kept`. Imports `blocks`, `ops`, `tree`.
"""

from typing import NamedTuple

from vitnp import tree
from vitnp.blocks import resnet
from vitnp.blocks.bottleneck import WIDER
from vitnp.errors import need_bool, need_int
from vitnp.ops import conv


class Kept(NamedTuple):
    """What a part keeps for backward, or holds in it."""

    values: int = 0  # per image
    weights: int = 0  # standardized kernels and their scales, of the batch
    bytes: int = 0  # per image: which place of a window was the largest

    def __add__(self, other):
        return Kept(*(a + b for a, b in zip(self, other, strict=True)))

    def of(self, batch_size, itemsize):
        """Bytes of a batch."""
        return (batch_size * self.values + self.weights) * itemsize + batch_size * self.bytes


class Body(NamedTuple):
    """What decides the shapes."""

    size: tuple  # (height, width) of the images
    inputs: int
    width: int
    units: tuple
    pre: bool
    scales: int  # arrays (O,) that `standardize` saves beside the kernel


class Unit(NamedTuple):
    """A unit's shapes."""

    before: int  # places of its input
    inputs: int
    size: tuple  # of what the 3x3 convolution reads
    narrow: int
    stride: int
    after: int  # places of its output
    outputs: int


def units(body):
    """Yield every `Unit`."""
    _, *sizes = resnet.sizes_of(body.size, body.units, same=not body.pre)
    inputs = body.width
    for stage, unit, stride in resnet.units(body.units):
        size = sizes[stage] if unit == 0 else sizes[stage + 1]
        narrow = body.width * 2**stage
        yield Unit(_places(size), inputs, size, narrow, stride, _places(sizes[stage + 1]), WIDER * narrow)
        inputs = WIDER * narrow


def root_kept(body):
    """What the root keeps: the image with its padding; of a post-activation network the norm's and what units read."""
    (rows, cols), pooled = resnet.sizes_of(body.size, (), same=not body.pre)
    kept = _conv(body, body.inputs, body.width, kernel=7, padded=body.size, stride=2)
    kept += Kept(bytes=_places(pooled) * body.width)
    if body.pre:
        return kept
    kept += _norm(rows * cols, body.width, relu=True)
    return kept + Kept(_places(pooled) * body.width) if body.units else kept


def unit_kept(body, unit):
    """What a unit keeps; its input is the ReLU of the unit before, or makes its own."""
    narrow, changes = unit.narrow, unit.stride > 1 or unit.inputs != unit.outputs
    kept = _conv(body, unit.inputs, narrow) + _conv(body, narrow, unit.outputs)
    kept += _conv(body, narrow, narrow, kernel=3, padded=unit.size, stride=unit.stride)
    if changes:
        kept += _conv(body, unit.inputs, unit.outputs)
    of_narrow = (unit.before, narrow), (unit.after, narrow)
    kept += _norm(*of_narrow[0], relu=True) + _norm(*of_narrow[1], relu=True)
    if body.pre:
        return kept + _norm(unit.before, unit.inputs, relu=True)
    if changes:
        kept += _norm(unit.after, unit.outputs)
    return kept + _norm(unit.after, unit.outputs, relu=True)


def saved(body):
    """{part: `Kept`} of the root and of each stage."""
    found = {"root": root_kept(body)} | {f"stage {i + 1}": Kept() for i in range(len(body.units))}
    for (stage, _, _), unit in zip(resnet.units(body.units), units(body), strict=True):
        found[f"stage {stage + 1}"] += unit_kept(body, unit)
    return found


class Step(NamedTuple):
    """How a training step is run: see `models.vit.cost.step_bytes`."""

    images: int  # at a time
    itemsize: int
    recompute: bool
    in_parts: bool  # the sum of all gradients is there, beside those being made
    workers: int


def check(batch_size, itemsize):
    """Raise InputError for what is no number of images or of bytes."""
    need_int("batch_size", batch_size, at_least=1)
    need_int("itemsize", itemsize, at_least=1)


def step_of(batch_size, workers, micro_batch, recompute, itemsize):
    """The options of `step_bytes`, checked, as a `Step`."""
    check(batch_size, itemsize)
    need_int("workers", workers, at_least=1)
    if micro_batch is not None:
        need_int("micro_batch", micro_batch, at_least=1)
    need_bool("recompute", recompute)
    images = min(micro_batch or batch_size, batch_size)
    return Step(images, itemsize, recompute, batch_size > images, min(workers, images))


def moments(body, p, step, *, before, others):
    """Moments of a backward pass in each unit and in the root: [{kind: bytes}].

    p: the parameters of the root and the stages; before: bytes of the gradients made until then; others: bytes that
    are kept beside the body's.
    """
    B, itemsize = step.images, step.itemsize
    every, root = list(units(body)), root_kept(body).of(B, itemsize)
    kept = [unit_kept(body, unit).of(B, itemsize) for unit in every]
    below = [B * unit.before * unit.inputs * itemsize for unit in every] if step.recompute else kept
    stages = p.get("stages", {}).values()
    parts = [
        itemsize * tree.count(part) for part in (p["root"], *(u for units in stages for u in units.values()))
    ]
    found = []
    for number in reversed(range(len(parts))):  # 0 is the root
        made = before + (sum(parts) if step.in_parts else sum(parts[number:]))
        waiting = step.workers - 1 + step.in_parts
        own = kept[number - 1] + sum(below[: number - 1 + step.recompute]) if number else 0
        values = _in_unit(body, every[number - 1], B) if number else _in_root(body, B)
        found.append(
            {
                "kept for backward, at the peak": others + root + own,
                "gradients": made + waiting * parts[number],
                "temporary": itemsize * values,
            }
        )
    return found


def inputs(body, step):
    """Bytes that the body keeps where the units are computed again: the root's, and every unit's input."""
    values = sum(unit.before * unit.inputs for unit in units(body))
    return root_kept(body).of(step.images, step.itemsize) + step.images * step.itemsize * values


def _in_unit(body, unit, B):
    """The values alive in a unit's backward when they are most, beside what is kept.

    Of a norm with its ReLU: dy, the same after ReLU, dx, and what it is made of.
    """
    x, y = B * unit.before * unit.inputs, B * unit.after * unit.outputs
    narrow, changes = B * unit.before * unit.narrow, unit.stride > 1 or unit.inputs != unit.outputs
    columns = min(conv.PIXELS, B * unit.after) * 9 * unit.narrow
    # the gradient of a standardized kernel, and what the kernel's own is made of
    kernel = 2 * max(9 * unit.narrow**2, unit.narrow * unit.outputs, changes * unit.inputs * unit.outputs)
    if body.pre:
        return max(4 * x, 3 * narrow + columns, narrow + kernel) + y + narrow + changes * x
    if changes:
        return max(
            5 * y + x, 3 * (x + y) + narrow, 3 * y + x + max(3 * narrow + columns, 2 * narrow + kernel)
        )
    return max(4 * x + narrow, 2 * x + max(3 * narrow + columns, 2 * narrow + kernel))


def _in_root(body, B):
    rows, cols = resnet.sizes_of(body.size, (), same=not body.pre)[0]
    after = B * rows * cols * body.width
    columns = min(conv.PIXELS, B * rows * cols) * 49 * body.inputs
    return max((2 if body.pre else 4) * after, after + columns)


def _conv(body, inputs, outputs, *, kernel=1, padded=None, stride=1):
    """A convolution: its standardized kernel, and x where padding made another array of it."""
    values = 0
    if kernel > 1:
        padding = kernel // 2 if body.pre else "same"
        around = conv.padding_of(padded, kernel=kernel, stride=stride, padding=padding)
        rows, cols = (n + sum(pad) for n, pad in zip(padded, around, strict=True))
        values = rows * cols * inputs
    return Kept(values, kernel**2 * inputs * outputs + body.scales * outputs)


def _norm(places, channels, *, relu=False):
    """x̂ and 1/std per channel; ReLU's y."""
    return Kept(places * channels * (1 + relu) + channels)


def _places(size):
    return size[0] * size[1]
