"""The parts of an EfficientNet put together: init, forward, backward.

stem: 3x3 with stride 2 → stages of units → 1x1 to the widest → the mean over all places → dropout → step 8's head
"""

import copy
from typing import NamedTuple

from vitnp.blocks import mbconv
from vitnp.inputs.checks import check_config, check_dtype, check_generator
from vitnp.models import parts
from vitnp.models.efficientnet.config import EfficientNetConfig, units
from vitnp.ops import batch_norm, dropout, patch_mean
from vitnp.ops.initializers import Weightless
from vitnp.steps import s8_classify


class Saved(NamedTuple):
    """What backward needs, and the batch's statistics."""

    stem: tuple
    units: list
    top: tuple
    shape: tuple  # of the last feature map
    mean: tuple
    dropout: tuple
    classify: tuple
    statistics: dict  # in training {dotted name of a norm: {mean, var}}
    output: parts.Output


def init(rng, config, dtype="float32"):
    """Kernels Normal(0, 2/fan out), norms one and zero, the head zero. rng None: shapes without memory."""
    check_generator(rng)
    check_config(config, EfficientNetConfig)
    check_dtype(dtype)
    dtype = Weightless(dtype) if rng is None else dtype
    p = {"stem": init_layer(rng, 3, config.in_channels, config.stem_channels, dtype), "stages": {}}
    inputs = config.stem_channels
    for stage, unit, _, _ in units(config):
        sizes = {"inputs": inputs, "outputs": config.channels[stage], "kernel": config.kernels[stage]}
        sizes |= {
            "expansion": config.expansions[stage],
            "squeezed": config.squeezed(inputs),
        }
        p["stages"].setdefault(stage, {})[unit] = mbconv.init(rng, **sizes, dtype=dtype)
        inputs = config.channels[stage]
    p["top"] = init_layer(rng, 1, inputs, config.head_channels, dtype)
    classes = {"num_classes": config.num_classes, "representation_size": None}
    p["classify"] = s8_classify.init(rng, hidden_size=config.head_channels, **classes, dtype=dtype)
    return p


def init_layer(rng, kernel, inputs, outputs, dtype):
    """{conv, norm}."""
    return {
        "conv": mbconv.init_conv(rng, kernel=kernel, inputs=inputs, outputs=outputs, dtype=dtype),
        "norm": batch_norm.init(channels=outputs, dtype=dtype),
    }


def forward(images, p, config, rng=None, *, keep="all", whole=True):
    """Images (B, Hᵢ, Wᵢ, C) → logits (B, classes). keep as for `vit.forward`, with units in place of blocks.

    A generator means training: the batch's statistics, dropout and stochastic depth. Raises InputError for images, or
    parameters, that are not the config's.
    """
    images = parts.checked(images, p, config, rng, keep, whole, Config=EfficientNetConfig, init=init)
    how = mbconv.How(config.batch_norm_eps, training=rng is not None)
    x, stem = mbconv.layer_forward(
        images, p["stem"]["conv"], p["stem"]["norm"], how, stride=config.stem_stride
    )
    statistics, saved_units = {"stem.norm": stem[1].batch}, []
    for stage, unit, stride, rate in units(config):
        given = x, p["stages"][stage][unit], how._replace(stride=stride, rate=rate)
        again = mbconv.UnitInput(*given, copy.deepcopy(rng)) if keep == "inputs" else None
        x, saved = mbconv.forward(*given, rng)
        statistics |= {f"stages.{stage}.{unit}.{name}": batch for name, batch in saved.statistics.items()}
        if keep != "nothing":
            saved_units.append((stage, unit, again or saved))
        del saved, given
    x, top = mbconv.layer_forward(x, p["top"]["conv"], p["top"]["norm"], how)  # → (B, h, w, head_channels)
    statistics["top.norm"] = top[1].batch
    tokens = x.reshape(len(x), -1, x.shape[-1])  # the h·w places as tokens
    y, saved_mean = patch_mean.forward(tokens, first=0)  # → (B, 1, head_channels)
    y, saved_dropout = dropout.forward(y, rate=config.dropout_rate, rng=rng)
    logits, classify = s8_classify.forward(y, p["classify"], classifier="token")  # the one token
    output = parts.output(logits, sum(config.units))
    return logits, Saved(
        stem, saved_units, top, x.shape, saved_mean, saved_dropout, classify, statistics, output
    )


def statistics(saved):
    """{dotted name of a leaf `mean` or `var`: the batch's value}; {} in evaluation."""
    return {
        f"{norm}.{name}": value
        for norm, batch in saved.statistics.items()
        for name, value in (batch or {}).items()
    }


def backward_parts(dlogits, saved):
    """The backward pass, one part at a time: yields (name of the part, its dp) and returns dimages."""
    parts.check(dlogits, saved, Saved, "units")
    dx, dp = s8_classify.backward(dlogits, saved.classify)
    yield "classify", dp
    dx = patch_mean.backward(dropout.backward(dx, saved.dropout), saved.mean).reshape(saved.shape)
    dx, *dp = mbconv.layer_backward(dx, saved.top)
    yield "top", dict(zip(("conv", "norm"), dp, strict=True))
    while saved.units:
        stage, unit, saved_unit = saved.units.pop()
        if isinstance(saved_unit, mbconv.UnitInput):
            _, saved_unit = mbconv.forward(*saved_unit._replace(rng=copy.deepcopy(saved_unit.rng)))
        dx, dp = mbconv.backward(dx, saved_unit)
        del saved_unit
        yield f"stages.{stage}.{unit}", dp
        del dp
    dx, *dp = mbconv.layer_backward(dx, saved.stem)
    yield "stem", dict(zip(("conv", "norm"), dp, strict=True))
    return dx


def backward(dlogits, saved):
    """dlogits (B, classes) → dimages (B, Hᵢ, Wᵢ, C) and dp, the same tree as p."""
    return parts.together(backward_parts, dlogits, saved)
