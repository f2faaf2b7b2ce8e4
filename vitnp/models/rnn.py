"""A recurrent network: the image as a sequence, read from top to bottom by gated recurrent units (`ops.gru`).

x₀ = the rows of the image, or its patches, one after the other: (B, T, I)
xᵢ = the states of layer i, (B, T, D)     → the last state, or the mean of all, to step 8's head

It assumes an order, and that the same rule holds at every place of it.
"""

import dataclasses
from typing import Any, ClassVar, NamedTuple

from vitnp.errors import InputError
from vitnp.inputs.checks import (
    check_config,
    check_dtype,
    check_generator,
    check_parameters,
)
from vitnp.inputs.fields import choice, whole
from vitnp.inputs.images import ImageConfig, check_memory
from vitnp.models import parts
from vitnp.models.tensors import RETURNED, Local, Tensor
from vitnp.ops import gru, rows
from vitnp.ops.initializers import Weightless
from vitnp.steps import s1_patchify, s8_classify

LAST = slice(-1, None)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RNNConfig(ImageConfig):
    """The sizes of an RNN; the default has ViT-B's width and patches."""

    family: ClassVar[str] = "rnn"
    sequence: str = choice("rows", "patches")
    patch_size: int = whole(16)  # P, pixels; of "patches" alone
    hidden_size: int = whole(768)  # D, of the state
    num_layers: int = whole(1, at_most=1000)  # L: each reads the states of the one before
    classifier: str = choice("last", "gap")  # what the head sees: the last state, or the mean of all

    def fits(self):
        """Raise InputError where two fields do not fit together."""
        super().fits()
        if self.sequence == "patches":
            (height, width), P = self.image_size, self.patch_size
            if height % P or width % P:
                raise InputError(
                    f"image_size {height}x{width} is not divisible by patch_size {P}; use multiples of {P}, such "
                    f"as {max(height // P, 1) * P}x{max(width // P, 1) * P}, a patch_size that divides both, or "
                    'sequence "rows"'
                )
        D = self.hidden_size
        check_memory(max(3 * D * max(self.inputs, D), D * self.num_classes))

    @property
    def drops(self):
        """Whether anything is dropped in training."""
        return False

    @property
    def length(self):
        """T, how many inputs the sequence has."""
        height, width = self.image_size
        return height if self.sequence == "rows" else height * width // self.patch_size**2

    @property
    def inputs(self):
        """I, the values of one input."""
        pixels = self.image_size[1] if self.sequence == "rows" else self.patch_size**2
        return pixels * self.in_channels

    @property
    def facts(self):
        """{what: value} that follows from the fields, for `vitnp info`."""
        return {"sequence": f"{self.length} {self.sequence} of {self.inputs} values"}


Config = RNNConfig  # as every model calls it

PRESETS = {
    # scikit-learn's handwritten digits, 8x8 gray, and Fashion-MNIST, 28x28: about as many parameters as the ViT's
    # presets "digits" and "fashion".
    "rnn-digits": {"image_size": (8, 8), "in_channels": 1, "hidden_size": 208, "num_classes": 10},
    "rnn-fashion": {"image_size": (28, 28), "in_channels": 1, "hidden_size": 200, "num_classes": 10},
    # For the checks: every kind of leaf, all sizes different.
    "rnn-tiny": {
        "image_size": (9, 6),
        "in_channels": 4,
        "patch_size": 3,
        "hidden_size": 5,
        "num_layers": 3,
        "num_classes": 7,
    },
}


class LayerInput(NamedTuple):
    """All that a layer is computed from: what forward keeps to compute the layer once more."""

    x: Any
    p: dict


class Saved(NamedTuple):
    """What backward needs."""

    shape: tuple  # of the images
    patches: Any  # step 1's, where the sequence is one of patches
    layers: list
    rows: Any
    classify: tuple
    output: parts.Output


def init(rng, config, dtype="float32"):
    """Layers as `gru.init`, the head zero. rng None: shapes without memory."""
    check_generator(rng)
    check_config(config, RNNConfig)
    check_dtype(dtype)
    dtype = Weightless(dtype) if rng is None else dtype
    D, inputs, p = config.hidden_size, config.inputs, {"layers": {}}
    for i in range(config.num_layers):
        p["layers"][i] = gru.init(rng, inputs=inputs, width=D, dtype=dtype)
        inputs = D
    classes = {"num_classes": config.num_classes, "representation_size": None}
    p["classify"] = s8_classify.init(rng, hidden_size=D, **classes, dtype=dtype)
    return p


def forward(images, p, config, rng=None, *, keep="all", whole=True):
    """Images (B, Hᵢ, Wᵢ, C) → logits (B, classes). keep as for `vit.forward`, with layers in place of blocks.

    Raises InputError for images, or parameters, that are not the config's.
    """
    images = parts.checked(images, p, config, rng, keep, whole, Config=RNNConfig, init=init)
    if config.sequence == "patches":
        x, patches = s1_patchify.forward(images, patch_size=config.patch_size)
    else:
        x, patches = images.reshape(len(images), config.length, config.inputs), None
    layers = []
    for layer in p["layers"].values():
        given = LayerInput(x, layer)
        x, saved = gru.forward(x, layer)  # → (B, T, D)
        if keep != "nothing":
            layers.append(given if keep == "inputs" else saved)
    x, saved_rows = rows.forward(x, LAST if config.classifier == "last" else None)
    how = "token" if config.classifier == "last" else "gap"  # the one token left, or the mean of all
    logits, classify = s8_classify.forward(x, p["classify"], classifier=how)
    return logits, Saved(
        images.shape, patches, layers, saved_rows, classify, parts.output(logits, config.num_layers)
    )


def backward_parts(dlogits, saved):
    """The backward pass, one part at a time: yields (name of the part, its dp) and returns dimages."""
    parts.check(dlogits, saved, Saved, "layers")
    dx, dp = s8_classify.backward(dlogits, saved.classify)
    yield "classify", dp
    dx = rows.backward(dx, saved.rows)
    while saved.layers:
        layer = saved.layers.pop()
        if isinstance(layer, LayerInput):
            _, layer = gru.forward(*layer)
        dx, dp = gru.backward(dx, layer)
        yield f"layers.{len(saved.layers)}", dp
    return dx.reshape(saved.shape) if saved.patches is None else s1_patchify.backward(dx, saved.patches)


def backward(dlogits, saved):
    """dlogits (B, classes) → dimages (B, Hᵢ, Wᵢ, C) and dp, the same tree as p."""
    return parts.together(backward_parts, dlogits, saved)


def multiply_adds(config):
    """{part: multiply–adds of one forward pass of one image}."""
    D, T = config.hidden_size, config.length
    return {
        "first layer": T * 3 * D * (config.inputs + D),
        "other layers": (config.num_layers - 1) * T * 3 * D * (D + D),
        "head": D * config.num_classes,
    }


def resized(p, config, image_size):
    """(p, config) for images of (height, width): any number of inputs, each with as many values as before.

    Raises InputError for rows of another length.
    """
    check_config(config, RNNConfig)
    check_parameters(p, init, config)
    new = dataclasses.replace(config, image_size=image_size)
    if new.inputs != config.inputs:
        raise InputError(
            f"images of width {new.image_size[1]} have rows of {new.inputs} values, this model reads rows of "
            f"{config.inputs}; use images of width {config.image_size[1]}, or train a model for the new width"
        )
    return p, new


def tensors(config):
    """Yield every named `Tensor`: of each layer a = x·W_x + b, all inputs at once, and the states h."""
    L = config.num_layers
    yield Tensor("image", 1, Local(forward, "images"), Local(backward, RETURNED))
    yield Tensor("x0", 1, Local(gru.forward, "x"), Local(gru.backward, RETURNED, L - 1))
    for i in range(L):
        back = L - 1 - i
        yield Tensor(f"layers.{i}.a", 5, Local(gru.forward, "a", i), Local(gru.backward, "da", back))
        yield Tensor(f"layers.{i}.h", 5, Local(gru.forward, "h", i), Local(gru.backward, "dh", back))
    yield Tensor("y", 8, Local(s8_classify.forward, "y"), Local(s8_classify.backward, "dy"))
