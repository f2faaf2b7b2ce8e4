"""A plain convolutional network: stages of convolutions with ReLU and a max-pool, then the mean over all places.

stages (`blocks.conv_stage`) → feature map (B, h, w, channels) → its places as tokens, step 8 with classifier "gap"

Each kernel sees a small window and is the same at every place: what a CNN assumes about images is in these two.
"""

import dataclasses
import functools
from typing import ClassVar, NamedTuple

from vitnp.blocks import conv_stage
from vitnp.errors import InputError
from vitnp.inputs.checks import (
    check_config,
    check_dtype,
    check_generator,
    check_parameters,
)
from vitnp.inputs.fields import MOST, whole
from vitnp.inputs.images import ImageConfig, check_memory
from vitnp.inputs.residual import counts
from vitnp.models import parts
from vitnp.models.layers import Layer, only_dx
from vitnp.models.tensors import RETURNED, Local, Tensor
from vitnp.ops import pool
from vitnp.ops.initializers import Weightless
from vitnp.steps import s8_classify


@dataclasses.dataclass(frozen=True, kw_only=True)
class CNNConfig(ImageConfig):
    """The sizes of a CNN; the default has VGG's widths up to its fourth stage."""

    family: ClassVar[str] = "cnn"
    channels: tuple[int, ...] = counts(
        64, 128, 256, 512, what="channels", such_as=(16, 32), at_least=1, at_most=MOST
    )  # of each stage
    convolutions: int = whole(2, at_most=100)  # in each stage
    kernel_size: int = whole(3, at_most=100)
    pool_size: int = whole(2, at_most=100)  # P: a stage ends with a map of 1/P the height and width

    def fits(self):
        """Raise InputError where two fields do not fit together."""
        super().fits()
        scale = self.pool_size ** len(self.channels)
        if min(self.image_size) < scale:
            height, width = self.image_size
            raise InputError(
                f"an image of {height}x{width} is too small for {len(self.channels)} stages that each keep "
                f"1/{self.pool_size} of the height and width; use at least {scale}x{scale}, or fewer channels "
                "(one number for each stage)"
            )
        widest = max(self.channels)
        pairs = widest * max(widest, self.in_channels)
        check_memory(max(self.kernel_size**2 * pairs, widest * self.num_classes))

    @property
    def drops(self):
        """Whether anything is dropped in training."""
        return False

    @property
    def map_size(self):
        """(height, width) of the last feature map."""
        return tuple(n // self.pool_size ** len(self.channels) for n in self.image_size)

    @property
    def facts(self):
        """{what: value} that follows from the fields, for `vitnp info`."""
        rows, columns = self.map_size
        return {"last feature map": f"{rows} x {columns} x {self.channels[-1]}"}


Config = CNNConfig  # as every model calls it

PRESETS = {
    # scikit-learn's handwritten digits, 8x8 gray, and Fashion-MNIST, 28x28: about as many parameters as the ViT's
    # presets "digits" and "fashion".
    "cnn-digits": {"image_size": (8, 8), "in_channels": 1, "channels": (48, 92), "num_classes": 10},
    "cnn-fashion": {"image_size": (28, 28), "in_channels": 1, "channels": (24, 48, 84), "num_classes": 10},
    # For the checks: every kind of leaf, all sizes different, and rows that no window of a pool takes.
    "cnn-tiny": {"image_size": (9, 14), "in_channels": 6, "channels": (5, 7), "num_classes": 8},
}


class Saved(NamedTuple):
    """What backward needs."""

    stages: list
    shape: tuple  # of the last feature map
    classify: tuple
    output: parts.Output


def init(rng, config, dtype="float32"):
    """Kernels He normal, biases and head zero. rng None: shapes without memory."""
    check_generator(rng)
    check_config(config, CNNConfig)
    check_dtype(dtype)
    dtype = Weightless(dtype) if rng is None else dtype
    p, inputs = {"stages": {}}, config.in_channels
    for stage, outputs in enumerate(config.channels):
        sizes = {"kernel": config.kernel_size, "inputs": inputs, "outputs": outputs}
        p["stages"][stage] = conv_stage.init(rng, **sizes, layers=config.convolutions, dtype=dtype)
        inputs = outputs
    classes = {"num_classes": config.num_classes, "representation_size": None}
    p["classify"] = s8_classify.init(rng, hidden_size=inputs, **classes, dtype=dtype)
    return p


def forward(images, p, config, rng=None, *, keep="all", whole=True):
    """Images (B, Hᵢ, Wᵢ, C) → logits (B, classes). keep as for `vit.forward`, with stages in place of blocks.

    Raises InputError for images, or parameters, that are not the config's.
    """
    images = parts.checked(images, p, config, rng, keep, whole, Config=CNNConfig, init=init)
    x, stages = images, []
    for stage in p["stages"].values():
        x, saved = conv_stage.forward(x, stage, pool_size=config.pool_size, keep=keep)
        if keep != "nothing":
            stages.append(saved)
    tokens = x.reshape(len(x), -1, x.shape[-1])  # the h·w places as tokens
    logits, classify = s8_classify.forward(tokens, p["classify"], classifier="gap")
    return logits, Saved(stages, x.shape, classify, parts.output(logits, len(config.channels)))


def backward_parts(dlogits, saved):
    """The backward pass, one part at a time: yields (name of the part, its dp) and returns dimages."""
    parts.check(dlogits, saved, Saved, "stages")
    dx, dp = s8_classify.backward(dlogits, saved.classify)
    yield "classify", dp
    dx = dx.reshape(saved.shape)
    while saved.stages:
        dx, dp = conv_stage.backward(dx, saved.stages.pop())
        yield f"stages.{len(saved.stages)}", dp
    return dx


def backward(dlogits, saved):
    """dlogits (B, classes) → dimages (B, Hᵢ, Wᵢ, C) and dp, the same tree as p."""
    return parts.together(backward_parts, dlogits, saved)


def multiply_adds(config):
    """{part: multiply–adds of one forward pass of one image}, the zeros around a map included."""
    found, inputs, (rows, columns) = {}, config.in_channels, config.image_size
    for stage, outputs in enumerate(config.channels):
        pairs = inputs * outputs + (config.convolutions - 1) * outputs * outputs
        found[f"stage {stage + 1}"] = rows * columns * config.kernel_size**2 * pairs
        inputs, rows, columns = outputs, rows // config.pool_size, columns // config.pool_size
    return found | {"head": inputs * config.num_classes}


def resized(p, config, image_size):
    """(p, config) for images of (height, width): no parameter depends on it."""
    check_config(config, CNNConfig)
    check_parameters(p, init, config)
    return p, dataclasses.replace(config, image_size=image_size)


def layers(p, config):
    """Yield each `Layer`: every convolution with its ReLU, and every max-pool."""
    for i, stage in p["stages"].items():
        for j, layer in stage.items():
            forward = functools.partial(conv_stage.layer_forward, p=layer)
            yield Layer(f"stages.{i}.{j}", forward, only_dx(conv_stage.layer_backward))
        how = {"kernel": config.pool_size, "stride": config.pool_size}
        yield Layer(f"stages.{i}.pool", functools.partial(pool.max_forward, **how), pool.max_backward)


def tensors(config):
    """Yield every named `Tensor`: of each convolution u = conv(x) + b, of each stage its feature map after the pool."""
    stages, layers = len(config.channels), config.convolutions
    yield Tensor("image", 1, Local(forward, "images"), Local(backward, RETURNED))
    for i in range(stages):
        for j in range(layers):
            call, back = i * layers + j, (stages - i) * layers - 1 - j
            u = Local(conv_stage.layer_forward, "u", call), Local(conv_stage.layer_backward, "du", back)
            yield Tensor(f"stages.{i}.{j}.u", 2, *u)
        map_ = Local(conv_stage.forward, RETURNED, i), Local(conv_stage.backward, "dy", stages - 1 - i)
        yield Tensor(f"stages.{i}.map", 2, *map_)
    yield Tensor("y", 8, Local(s8_classify.forward, "y"), Local(s8_classify.backward, "dy"))
