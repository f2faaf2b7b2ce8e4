"""BiT, the paper's ResNets: ResNet-v2 with standardized kernels and GroupNorm (Kolesnikov et al., 2020).

root → stages of pre-activation units → GroupNorm, ReLU → the mean over all places → step 8's head

The places of the last feature map are handed to step 8 as tokens, with classifier "gap".
"""

import dataclasses
from typing import ClassVar, NamedTuple

from vitnp import tree
from vitnp.blocks import resnet
from vitnp.blocks.bottleneck import WIDER
from vitnp.blocks.convolution import How, norm_relu_backward, norm_relu_forward
from vitnp.errors import need_bool
from vitnp.inputs.checks import (
    check_config,
    check_dtype,
    check_generator,
    check_parameters,
)
from vitnp.inputs.fields import real, whole
from vitnp.inputs.images import ImageConfig, check_memory
from vitnp.inputs.residual import Residual, check_groups, counts
from vitnp.models import feature_maps, parts, residual_layers, resnet_cost
from vitnp.models.tensors import RETURNED, Local, Tensor
from vitnp.ops import group_norm
from vitnp.ops.initializers import Weightless
from vitnp.steps import s8_classify


@dataclasses.dataclass(frozen=True, kw_only=True)
class BiTConfig(ImageConfig):
    """The sizes of a BiT; the default is R50x1."""

    family: ClassVar[str] = "bit"
    width: int = whole(64)  # channels of the root, 64 times the "x1" of the name
    units: tuple[int, ...] = counts(3, 4, 6, 3)  # of each stage
    groups: int = whole(32)  # of GroupNorm
    group_norm_eps: float = real(1e-5, open_at_low=True)
    kernel_eps: float = real(1e-10, open_at_low=True)  # beside the variance of a kernel; timm's is 1e-8

    def fits(self):
        """Raise InputError where two fields do not fit together."""
        super().fits()
        check_groups(self.width, self.groups)
        widest = self.width * 2 ** max(len(self.units) - 1, 0)
        check_memory(max(9 * widest * widest, self.channels * max(self.num_classes, widest)))

    @property
    def drops(self):
        """Whether anything is dropped in training."""
        return False

    @property
    def residual(self):
        """All of it."""
        return Residual("", self.width, self.units, pre=True)

    @property
    def channels(self):
        """The channels of the last feature map."""
        return WIDER * self.width * 2 ** (len(self.units) - 1) if self.units else self.width

    @property
    def facts(self):
        """{what: value} that follows from the fields, for `vitnp info`."""
        rows, columns = resnet.sizes_of(self.image_size, self.units, same=False)[-1]
        return {"last feature map": f"{rows} x {columns} x {self.channels}", "units": sum(self.units)}

    @property
    def how(self):
        """The arithmetic of every layer, as in the released PyTorch code."""
        return How(self.groups, self.group_norm_eps, self.kernel_eps, "variance", same=False)


Config = BiTConfig  # as every model calls it

DEPTHS = {"R50": (3, 4, 6, 3), "R101": (3, 4, 23, 3), "R152": (3, 8, 36, 3)}
# The slides' rows and the published files: R50x2 and R152x1 are in Table 6 alone.
NAMES = "R50x1 R50x2 R50x3 R101x1 R101x3 R152x1 R152x2 R152x4".split()
PRESETS = {
    name: {"units": DEPTHS[name.partition("x")[0]], "width": 64 * int(name.partition("x")[2])}
    for name in NAMES
}
# scikit-learn's handwritten digits, 8x8 gray, and Fashion-MNIST: with about as many parameters as the ViT of that name.
_SMALL = {"in_channels": 1, "width": 32, "units": (2, 1), "groups": 8, "num_classes": 10}
PRESETS["bit-digits"] = _SMALL | {"image_size": (8, 8)}
PRESETS["bit-fashion"] = _SMALL | {"image_size": (28, 28)}
# For the checks: every kind of leaf, all sizes different.
PRESETS["bit-tiny"] = {"image_size": (13, 18), "width": 6, "units": (2, 1), "groups": 2, "num_classes": 7}


class Saved(NamedTuple):
    """What backward needs."""

    root: tuple
    units: list
    norm: tuple
    shape: tuple  # of the last feature map
    classify: tuple
    output: parts.Output


def init(rng, config, dtype="float32"):
    """Kernels LeCun normal, norms one and zero, the head zero. rng None: shapes without memory."""
    check_generator(rng)
    check_config(config, BiTConfig)
    check_dtype(dtype)
    dtype = Weightless(dtype) if rng is None else dtype
    how = {"width": config.width, "pre": True, "dtype": dtype}
    p = {"root": resnet.init_root(rng, inputs=config.in_channels, **how)}
    if config.units:
        p["stages"] = resnet.init_stages(rng, sizes=config.units, **how)
    p["norm"] = group_norm.init(channels=config.channels, dtype=dtype)
    classes = {"num_classes": config.num_classes, "representation_size": None}
    p["classify"] = s8_classify.init(rng, hidden_size=config.channels, **classes, dtype=dtype)
    return p


def forward(images, p, config, rng=None, *, keep="all", whole=True):
    """Images (B, Hᵢ, Wᵢ, C) → logits (B, classes). keep as for `vit.forward`, with units in place of blocks.

    Raises InputError for images, or parameters, that are not the config's.
    """
    images = parts.checked(images, p, config, rng, keep, whole, Config=BiTConfig, init=init)
    x, root = resnet.root_forward(images, p["root"], config.how)  # → (B, Hᵢ/4, Wᵢ/4, width)
    stages = p.get("stages", {})  # none where the root is all
    x, units = resnet.stages_forward(x, stages, config.how, pre=True, keep=keep)  # → (B, h, w, channels)
    x, norm = norm_relu_forward(x, p["norm"], config.how)
    tokens = x.reshape(len(x), -1, x.shape[-1])  # the h·w places as tokens
    logits, classify = s8_classify.forward(tokens, p["classify"], classifier="gap")
    return logits, Saved(root, units, norm, x.shape, classify, parts.output(logits, sum(config.units)))


def backward_parts(dlogits, saved):
    """The backward pass, one part at a time: yields (name of the part, its dp) and returns dimages."""
    parts.check(dlogits, saved, Saved, "units")
    dx, dp = s8_classify.backward(dlogits, saved.classify)
    yield "classify", dp
    dx, dp = norm_relu_backward(dx.reshape(saved.shape), saved.norm)
    yield "norm", dp
    for stage, unit, dx_unit, dp in resnet.stages_backward_parts(dx, saved.units):
        dx = dx_unit
        yield f"stages.{stage}.{unit}", dp
        del dp
    dx, dp = resnet.root_backward(dx, saved.root)
    yield "root", dp
    return resnet.images_backward(dx, saved.root)


def backward(dlogits, saved):
    """dlogits (B, classes) → dimages (B, Hᵢ, Wᵢ, C) and dp, the same tree as p."""
    return parts.together(backward_parts, dlogits, saved)


def multiply_adds(config, *, padding=True):
    """{part: multiply–adds of one forward pass of one image}; padding as for `resnet.multiply_adds`."""
    need_bool("padding", padding)
    found = resnet.multiply_adds(
        config.image_size,
        inputs=config.in_channels,
        width=config.width,
        sizes=config.units,
        same=False,
        padding=padding,
    )
    return found | {"head": config.channels * config.num_classes}


def resized(p, config, image_size):
    """(p, config) for images of (height, width): no parameter depends on it."""
    check_config(config, BiTConfig)
    check_parameters(p, init, config)
    return p, dataclasses.replace(config, image_size=image_size)


def layers(p, config):
    """Yield each `Layer`: the root, then every unit, up to the last unit's map."""
    return residual_layers.layers(p, config, config.units, pre=True)


def tensors(config):
    """Yield every named `Tensor`; feature_map is ReLU(GroupNorm(…)) of the last unit, y its mean."""
    yield Tensor("image", feature_maps.STEP, Local(forward, "images"), Local(backward, RETURNED))
    yield from feature_maps.tensors(config.units, pre=True)
    last = Local(norm_relu_forward, RETURNED, -1), Local(norm_relu_backward, "dy", 0)
    yield Tensor("feature_map", feature_maps.STEP, *last)
    yield Tensor("y", 8, Local(s8_classify.forward, "y"), Local(s8_classify.backward, "dy"))


def _body(config):
    return resnet_cost.Body(config.image_size, config.in_channels, *config.residual[1:], scales=1)


def saved_bytes(config, *, batch_size=1, itemsize=4):
    """{part: bytes that forward keeps for backward}, exact; as `vit.saved_bytes`."""
    resnet_cost.check(batch_size, itemsize)
    rows, columns = resnet.sizes_of(config.image_size, config.units, same=False)[-1]
    last = resnet_cost.Kept(
        (2 * rows * columns + 1) * config.channels + config.channels * (config.num_classes > 0)
    )
    found = resnet_cost.saved(_body(config)) | {"last norm and head": last}
    return {part: kept.of(batch_size, itemsize) for part, kept in found.items()}


def step_bytes(config, *, batch_size=1, workers=1, micro_batch=None, recompute=False, itemsize=4):
    """{kind: bytes} of `loss_and_grads` when it holds most; as `vit.step_bytes`."""
    step = resnet_cost.step_of(batch_size, workers, micro_batch, recompute, itemsize)
    p = init(None, config)
    others = saved_bytes(config, batch_size=step.images, itemsize=itemsize)["last norm and head"]
    before = itemsize * (tree.count(p["norm"]) + tree.count(p["classify"]))
    found = resnet_cost.moments(_body(config), p, step, before=before, others=others)
    return max(found, key=lambda moment: sum(moment.values()))
