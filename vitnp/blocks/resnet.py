"""The body of a residual network: the root, then stages of bottleneck units, each stage with half the rows and columns.

The root is a 7x7 convolution with stride 2 and a max-pool with stride 2; the stages have strides 1, 2, 2, 2 and
widths w, 2w, 4w, 8w for a root of width w.
"""

import math
from typing import Any, NamedTuple

from vitnp.blocks import bottleneck
from vitnp.blocks.convolution import (
    How,
    conv_forward,
    conv_input_gradient,
    conv_weight_gradient,
    init_conv,
    norm_relu_backward,
    norm_relu_forward,
)
from vitnp.ops import conv, group_norm, pool

ROOT, POOL = {"kernel": 7, "stride": 2}, {"kernel": 3, "stride": 2}


class UnitInput(NamedTuple):
    """What makes a unit's `bottleneck.Saved` again."""

    x: Any
    p: dict
    how: How
    stride: int
    pre: bool


def init_root(rng, *, inputs, width, pre, dtype):
    """The 7x7 kernel; a post-activation network's root has its norm too."""
    p = {"conv": init_conv(rng, kernel=7, inputs=inputs, outputs=width, dtype=dtype)}
    if not pre:
        p["norm"] = group_norm.init(channels=width, dtype=dtype)
    return p


def root_forward(x, p, how):
    """Images (B, Hᵢ, Wᵢ, C) → (B, Hᵢ/4, Wᵢ/4, width), rounded up.

    Without a norm (BiT) the pool comes at once, and zeros stand around it, as in the released code: at the edge a
    window of negative values gives 0.
    """
    x, saved_conv = conv_forward(x, p["conv"], how, stride=2)
    saved_norm = None
    if "norm" in p:
        x, saved_norm = norm_relu_forward(x, p["norm"], how)
    around = {"padding": "same"} if how.same else {"padding": 1, "value": 0.0}
    x, saved_pool = pool.max_forward(x, **POOL, **around)
    return x, (saved_conv, saved_norm, saved_pool)


def root_backward(dx, saved):
    """dx (B, Hᵢ/4, Wᵢ/4, width) → dx at the output of the convolution, and the root's parameter gradients."""
    saved_conv, saved_norm, saved_pool = saved
    dx, dp = pool.max_backward(dx, saved_pool), {}
    if saved_norm is not None:
        dx, dp["norm"] = norm_relu_backward(dx, saved_norm)
    dp["conv"] = conv_weight_gradient(dx, saved_conv)
    return dx, dict(reversed(dp.items()))  # in p's order


def images_backward(dx, saved):
    """dx at the output of the root's convolution → dimages (B, Hᵢ, Wᵢ, C)."""
    return conv_input_gradient(dx, saved[0])


def units(sizes):
    """(stage, unit, stride) of every unit, from the numbers of units per stage."""
    for stage, count in enumerate(sizes):
        for unit in range(count):
            yield stage, unit, 2 if stage > 0 and unit == 0 else 1


def init_stages(rng, *, width, sizes, pre, dtype):
    """{stage: {unit: …}} after a root of that width."""
    p, inputs = {stage: {} for stage in range(len(sizes))}, width
    for stage, unit, stride in units(sizes):
        narrow = width * 2**stage
        how = {"width": narrow, "stride": stride, "pre": pre, "dtype": dtype}
        p[stage][unit] = bottleneck.init(rng, inputs=inputs, **how)
        inputs = bottleneck.WIDER * narrow
    return p


def stages_forward(x, p, how, *, pre, keep="all"):
    """The root's output through all units → (B, h, w, channels); keep as for `encoder.forward`."""
    saved = []
    for stage, unit, stride in units([len(stage) for stage in p.values()]):
        given = UnitInput(x, p[stage][unit], how, stride, pre)
        x, saved_unit = unit_forward(given)
        if keep != "nothing":
            saved.append((stage, unit, given if keep == "inputs" else saved_unit))
        del saved_unit, given
    return x, saved


def unit_forward(given):
    """One unit: its output, and what it saved."""
    x, p, how, stride, pre = given
    forward, _ = bottleneck.both(pre)
    return forward(x, p, how, stride=stride)


def stages_backward_parts(dx, saved):
    """Yield (stage, unit, dx at its input, its dp) from the last unit on; empties the list, as `encoder`'s does."""
    while saved:
        stage, unit, saved_unit = saved.pop()
        if isinstance(saved_unit, UnitInput):
            _, saved_unit = unit_forward(saved_unit)
        _, backward = bottleneck.both(pre=saved_unit.relu is None)
        dx, dp = backward(dx, saved_unit)
        del saved_unit
        yield stage, unit, dx, dp
        del dp


def sizes_of(size, sizes, *, same):
    """(rows, columns) after the 7x7 convolution, after the root, and after each stage, of an image of `size`."""
    found = [conv.output_size(size, **ROOT, padding="same" if same else 3)]
    found.append(conv.output_size(found[-1], **POOL, padding="same" if same else 1))
    for stage in range(len(sizes)):
        how = {"kernel": 3, "stride": 2 if stage else 1, "padding": "same" if same else 1}
        found.append(conv.output_size(found[-1], **how))
    return found


def pixels_inside(size, *, kernel, stride, padding):
    """How many pixels of the image, not of the zeros around it, a convolution's windows have, all together."""
    how, found = {"kernel": kernel, "stride": stride, "padding": padding}, 1
    for n, (before, _), count in zip(
        size, conv.padding_of(size, **how), conv.output_size(size, **how), strict=True
    ):
        starts = [stride * i - before for i in range(count)]
        found *= sum(min(start + kernel, n) - max(start, 0) for start in starts)
    return found


def multiply_adds(size, *, inputs, width, sizes, same, padding=True):
    """{part: multiply–adds} of the root and of each stage, for one image of `size` with so many channels.

    padding False leaves out the products with the zeros around an image, which are made here and change nothing.
    """

    def inside(size, **how):
        """How many pixels the windows of a convolution have, all together."""
        if padding:
            return math.prod(conv.output_size(size, **how)) * how["kernel"] ** 2
        return pixels_inside(size, **how)

    _, *after = sizes_of(size, sizes, same=same)
    root = inside(size, **ROOT, padding="same" if same else 3) * inputs * width
    found, channels = {"root": root} | {f"stage {i + 1}": 0 for i in range(len(sizes))}, width
    for stage, unit, stride in units(sizes):
        narrow = width * 2**stage
        outputs, places = bottleneck.WIDER * narrow, after[stage + 1][0] * after[stage + 1][1]
        before = after[stage] if unit == 0 else after[stage + 1]
        windows = inside(before, kernel=3, stride=stride, padding="same" if same else 1)
        count = math.prod(before) * channels * narrow + windows * narrow * narrow + places * narrow * outputs
        if stride > 1 or channels != outputs:
            count += places * channels * outputs
        found[f"stage {stage + 1}"] += count
        channels = outputs
    return found
