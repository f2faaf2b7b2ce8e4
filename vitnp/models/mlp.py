"""A plain fully connected network: flatten the image, dense layers with GELU, step 8's head.

    x₀ = the H·W·C values of an image in a row,   xᵢ = dropout(GELU(xᵢ₋₁·Wᵢ + bᵢ)),   z = x_L·W + b

It assumes nothing about images: move every picture's pixels by the same permutation and it learns as well as before.
"""

import dataclasses
from typing import ClassVar, NamedTuple

from vitnp.inputs.checks import (
    check_config,
    check_dtype,
    check_generator,
)
from vitnp.inputs.fields import choice, real, whole
from vitnp.inputs.images import ImageConfig, check_memory
from vitnp.models import parts
from vitnp.models.tensors import RETURNED, Local, Tensor
from vitnp.ops import dropout, gelu, initializers, linear
from vitnp.steps import s8_classify


@dataclasses.dataclass(frozen=True, kw_only=True)
class MLPConfig(ImageConfig):
    """The sizes of an MLP; the default has ViT-B's width."""

    family: ClassVar[str] = "mlp"
    hidden_size: int = whole(768)  # D, of every layer
    num_layers: int = whole(3, at_most=1000)  # L, without the head
    gelu: str = choice("tanh", "erf")
    dropout_rate: float = real(0.0, below=1)  # after every layer

    def fits(self):
        """Raise InputError where two fields do not fit together."""
        super().fits()
        values = self.image_size[0] * self.image_size[1] * self.in_channels
        check_memory(max(values, self.hidden_size, self.num_classes) * self.hidden_size)

    @property
    def drops(self):
        """Whether anything is dropped in training."""
        return self.dropout_rate > 0


Config = MLPConfig  # as every model calls it

PRESETS = {
    # scikit-learn's handwritten digits, 8x8 gray, and Fashion-MNIST, 28x28: about as many parameters as the ViT's
    # presets "digits" and "fashion".
    "mlp-digits": {
        "image_size": (8, 8),
        "in_channels": 1,
        "hidden_size": 192,
        "num_layers": 4,
        "num_classes": 10,
    },
    "mlp-fashion": {
        "image_size": (28, 28),
        "in_channels": 1,
        "hidden_size": 120,
        "num_layers": 4,
        "num_classes": 10,
    },
    # For the checks: every kind of leaf, all sizes different.
    "mlp-tiny": {"image_size": (5, 4), "in_channels": 3, "hidden_size": 7, "num_layers": 6, "num_classes": 8},
}


class Saved(NamedTuple):
    """What backward needs."""

    shape: tuple  # of the images
    layers: list  # of (linear's, GELU's, dropout's)
    classify: tuple
    output: parts.Output


def init(rng, config, dtype="float32"):
    """Dense layers Xavier uniform with biases zero, the head zero, as the ViT's. rng None: shapes without memory."""
    check_generator(rng)
    check_config(config, MLPConfig)
    check_dtype(dtype)
    D, p = config.hidden_size, {"layers": {}}
    dtype = initializers.Weightless(dtype) if rng is None else dtype
    height, width = config.image_size
    inputs = height * width * config.in_channels
    for i in range(config.num_layers):
        W = initializers.xavier_uniform(rng, (inputs, D), dtype)
        p["layers"][i] = {"W": W, "b": initializers.zeros((D,), dtype)}
        inputs = D
    classes = {"num_classes": config.num_classes, "representation_size": None}
    p["classify"] = s8_classify.init(rng, hidden_size=D, **classes, dtype=dtype)
    return p


def forward(images, p, config, rng=None, *, keep="all", whole=True):
    """Images (B, Hᵢ, Wᵢ, C) → logits (B, classes). A generator turns dropout on; keep "inputs" keeps all, as "all".

    Raises InputError for images, or parameters, that are not the config's.
    """
    images = parts.checked(images, p, config, rng, keep, whole, Config=MLPConfig, init=init)
    x, layers = images.reshape(len(images), -1), []  # (B, Hᵢ·Wᵢ·C)
    for layer in p["layers"].values():
        x, saved_linear = linear.forward(x, layer)  # → (B, D)
        x, saved_gelu = gelu.forward(x, form=config.gelu)
        x, saved_dropout = dropout.forward(x, rate=config.dropout_rate, rng=rng)
        if keep != "nothing":
            layers.append((saved_linear, saved_gelu, saved_dropout))
    logits, classify = s8_classify.forward(x[:, None], p["classify"], classifier="token")  # the one token
    return logits, Saved(images.shape, layers, classify, parts.output(logits, config.num_layers))


def backward_parts(dlogits, saved):
    """The backward pass, one part at a time: yields (name of the part, its dp) and returns dimages."""
    parts.check(dlogits, saved, Saved, "layers")
    dx, dp = s8_classify.backward(dlogits, saved.classify)
    yield "classify", dp
    dx = dx[:, 0]  # the one token
    while saved.layers:
        saved_linear, saved_gelu, saved_dropout = saved.layers.pop()
        # x = dropout(GELU(x·W + b))
        dx = gelu.backward(dropout.backward(dx, saved_dropout), saved_gelu)
        dx, dp = linear.backward(dx, saved_linear)
        yield f"layers.{len(saved.layers)}", dp
    return dx.reshape(saved.shape)


def backward(dlogits, saved):
    """dlogits (B, classes) → dimages (B, Hᵢ, Wᵢ, C) and dp, the same tree as p."""
    return parts.together(backward_parts, dlogits, saved)


def multiply_adds(config):
    """{part: multiply–adds of one forward pass of one image}."""
    D, (height, width) = config.hidden_size, config.image_size
    return {
        "first layer": height * width * config.in_channels * D,
        "other layers": (config.num_layers - 1) * D * D,
        "head": D * config.num_classes,
    }


def tensors(config):
    """Yield every named `Tensor`; of each layer u = x·W + b and g = GELU(u), as in step 7 of a ViT."""
    L, head = config.num_layers, config.num_classes > 0  # backward begins with the head's product
    yield Tensor("image", 1, Local(forward, "images"), Local(backward, RETURNED))
    yield Tensor("x0", 1, Local(linear.forward, "x"), Local(linear.backward, RETURNED, L - 1 + head))
    for i in range(L):
        back = L - 1 - i
        u = Local(linear.forward, RETURNED, i), Local(linear.backward, "dy", back + head)
        yield Tensor(f"layers.{i}.u", 7, *u)
        yield Tensor(f"layers.{i}.g", 7, Local(gelu.forward, RETURNED, i), Local(gelu.backward, "dy", back))
    yield Tensor("y", 8, Local(s8_classify.forward, "y"), Local(s8_classify.backward, "dy"))
