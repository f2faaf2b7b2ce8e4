"""EfficientNet: stages of MBConv units, in sizes that grow in width, depth and pixels together (Tan & Le, 2019).

The network of Noisy Student (Xie et al., 2020), a column of the results table. Every convolution is followed by
BatchNorm, so in training the images of a batch are not independent: see `ops/batch_norm.py`. Paddings are TensorFlow's
"same", as in the released code and timm's `tf_efficientnet_*`.

config.py   the sizes by name
model.py    init, forward, backward
inside.py   its named tensors and its layers
"""

import dataclasses
import math

from vitnp.inputs.checks import check_config, check_parameters
from vitnp.models.efficientnet.config import PRESETS, EfficientNetConfig, units
from vitnp.models.efficientnet.inside import layers, tensors
from vitnp.models.efficientnet.model import backward, backward_parts, forward, init, statistics
from vitnp.ops import conv

Config = EfficientNetConfig  # as every model calls it

__all__ = [
    "PRESETS",
    "Config",
    "EfficientNetConfig",
    "backward",
    "backward_parts",
    "forward",
    "init",
    "layers",
    "multiply_adds",
    "resized",
    "statistics",
    "tensors",
]


def multiply_adds(config):
    """{part: multiply–adds of one forward pass of one image}, the zeros around a map included; gates counted too."""
    how = {"kernel": 3, "stride": config.stem_stride, "padding": "same"}
    size = conv.output_size(config.image_size, **how)
    found = {"stem": math.prod(size) * 9 * config.in_channels * config.stem_channels}
    inputs = config.stem_channels
    for stage, _, stride, _ in units(config):
        wide, outputs, k = inputs * config.expansions[stage], config.channels[stage], config.kernels[stage]
        count = math.prod(size) * inputs * wide * (config.expansions[stage] > 1)
        size = tuple(-(-n // stride) for n in size)
        count += math.prod(size) * (k * k * wide + wide * outputs)
        count += 2 * wide * config.squeezed(inputs)
        found[f"stage {stage + 1}"] = found.get(f"stage {stage + 1}", 0) + count
        inputs = outputs
    found["top"] = math.prod(size) * inputs * config.head_channels
    return found | {"head": config.head_channels * config.num_classes}


def resized(p, config, image_size):
    """(p, config) for images of (height, width): no parameter depends on it."""
    check_config(config, Config)
    check_parameters(p, init, config)
    return p, dataclasses.replace(config, image_size=image_size)
