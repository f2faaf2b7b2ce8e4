"""The hybrid: a ResNet's feature map in place of the image, its places as patches (ViT §3.1, "Hybrid Architecture").

stem: root → stages of post-activation units → feature map (B, h, w, C)
then steps 1 to 8 of `vit`, with patches of 1x1 places (R+Ti/16: 8x8)
"""

import dataclasses
from typing import ClassVar, NamedTuple

from vitnp import tree
from vitnp.blocks import resnet
from vitnp.blocks.bottleneck import WIDER
from vitnp.blocks.convolution import How
from vitnp.errors import need_bool
from vitnp.inputs.checks import (
    check_config,
    check_dtype,
    check_generator,
    check_parameters,
)
from vitnp.inputs.fields import choice, real, whole
from vitnp.inputs.images import check_memory
from vitnp.inputs.residual import Residual, check_groups, counts
from vitnp.models import feature_maps, parts, resnet_cost, vit
from vitnp.models.residual_layers import layers_of_hybrid as layers  # noqa: F401  (as every model calls it)
from vitnp.models.tensors import RETURNED, Local, Tensor
from vitnp.models.vit.config import SIZES
from vitnp.ops.initializers import Weightless
from vitnp.ops.standardize import FORMS


@dataclasses.dataclass(frozen=True, kw_only=True)
class HybridConfig(vit.ViTConfig):
    """A ViT's configuration and its stem's; the default is R50+B/16. patch_size counts places of the feature map."""

    family: ClassVar[str] = "hybrid"
    patch_size: int = whole(1)
    stem_width: int = whole(64)  # channels of the root
    stem_units: tuple[int, ...] = counts(3, 4, 9)  # of each stage; () is the root alone
    groups: int = whole(32)  # of GroupNorm
    group_norm_eps: float = real(1e-6, open_at_low=True)  # timm's is 1e-5
    kernel_eps: float = real(1e-5, open_at_low=True)  # timm's is 1e-8, beside the variance
    kernel_eps_at: str = choice(*FORMS, default="std")

    def fits(self):
        """Raise InputError where two fields do not fit together."""
        check_groups(self.stem_width, self.groups)
        widest = self.stem_width * 2 ** max(len(self.stem_units) - 1, 0)
        check_memory(9 * widest * widest)
        super().fits()

    @property
    def residual(self):
        """The stem."""
        return Residual("stem.", self.stem_width, self.stem_units, pre=False)

    @property
    def map_size(self):
        """(height, width) of the feature map."""
        return map_size(self.image_size, self.stem_units)

    @property
    def map_scale(self):
        """How many pixels high and wide a place of the feature map is."""
        return 4 * 2 ** max(len(self.stem_units) - 1, 0)

    @property
    def map_called(self):
        """The feature map in words, with its size."""
        (rows, columns), (height, width) = self.map_size, self.image_size
        return f"the feature map of image_size {height}x{width}, {rows}x{columns} places,"

    @property
    def map_channels(self):
        """The channels of the feature map."""
        if not self.stem_units:
            return self.stem_width
        return WIDER * self.stem_width * 2 ** (len(self.stem_units) - 1)

    @property
    def facts(self):
        """{what: value} that follows from the fields, for `vitnp info`."""
        rows, columns = self.map_size
        return {"feature map": f"{rows} x {columns} x {self.map_channels}"} | super().facts

    @property
    def how(self):
        """The arithmetic of every layer of the stem."""
        return How(self.groups, self.group_norm_eps, self.kernel_eps, self.kernel_eps_at, same=True)


def map_size(image_size, units):
    """(height, width) of the feature map of an image of `image_size`, after so many units in each stage."""
    return resnet.sizes_of(image_size, units, same=True)[-1]


Config = HybridConfig  # as every model calls it

# The released names. R+Ti/16 is in truth /32: root and pool make a quarter, patches of 8x8 places of it.
STEMS = {"R26": (2, 2, 2, 2), "R50/16": (3, 4, 9), "R50/32": (3, 4, 6, 3)}
PRESETS = {"R+Ti/16": SIZES["Ti"] | {"stem_units": (), "patch_size": 8}}
for _name in "R26+S/32 R26+B/32 R50+B/16 R50+B/32 R50+L/16 R50+L/32".split():
    _stem, _size, _patch = _name.replace("+", "/").split("/")
    _units = STEMS.get(_stem) or STEMS[f"{_stem}/{_patch}"]
    PRESETS[_name] = SIZES[_size] | {"stem_units": _units}
# About as many parameters as the ViT's presets "digits" and "fashion": its encoder behind the smallest stem.
PRESETS["hybrid-digits"] = {
    "image_size": (8, 8),
    "in_channels": 1,
    "stem_width": 12,
    "stem_units": (1,),
    "groups": 4,
    "hidden_size": 64,
    "num_layers": 4,
    "num_heads": 4,
    "mlp_dim": 128,
    "num_classes": 10,
}
PRESETS["hybrid-fashion"] = PRESETS["hybrid-digits"] | {"image_size": (28, 28)}
# For the checks: every kind of leaf, all sizes different.
PRESETS["hybrid-tiny"] = {
    "image_size": (29, 46),
    "stem_width": 6,
    "stem_units": (1, 2),
    "groups": 3,
    "hidden_size": 20,
    "num_layers": 2,
    "num_heads": 5,
    "mlp_dim": 14,
    "num_classes": 9,
}


class Saved(NamedTuple):
    """What backward needs."""

    root: tuple
    units: list
    vit: vit.Saved
    output: parts.Output


def init(rng, config, dtype="float32"):
    """{stem: {root, stages}} and a ViT's parameters. rng None: shapes without memory."""
    check_generator(rng)
    check_config(config, HybridConfig)
    check_dtype(dtype)
    dtype = Weightless(dtype) if rng is None else dtype
    how = {"width": config.stem_width, "pre": False, "dtype": dtype}
    stem = {"root": resnet.init_root(rng, inputs=config.in_channels, **how)}
    if config.stem_units:
        stem["stages"] = resnet.init_stages(rng, sizes=config.stem_units, **how)
    return {"stem": stem} | vit.steps_init(rng, config, dtype)


def forward(images, p, config, rng=None, *, keep="all", whole=True):
    """Images (B, Hᵢ, Wᵢ, C) → logits (B, classes). As `vit.forward`; keep also says what the units save."""
    images = parts.checked(images, p, config, rng, keep, whole, Config=HybridConfig, init=init)
    x, root = resnet.root_forward(images, p["stem"]["root"], config.how)
    x, units = resnet.stages_forward(x, p["stem"].get("stages", {}), config.how, pre=False, keep=keep)
    logits, saved = vit.steps_forward(x, p, config, rng, keep=keep, whole=whole)
    return logits, Saved(root, units, saved, parts.output(logits, sum(config.stem_units)))


def backward_parts(dlogits, saved):
    """The backward pass, one part at a time: yields (name of the part, its dp) and returns dimages."""
    parts.check(dlogits, saved, Saved, "units")
    dx = yield from vit.backward_parts(dlogits, saved.vit)  # dx of the feature map
    for stage, unit, dx_unit, dp in resnet.stages_backward_parts(dx, saved.units):
        dx = dx_unit
        yield f"stem.stages.{stage}.{unit}", dp
        del dp
    dx, dp = resnet.root_backward(dx, saved.root)
    yield "stem.root", dp
    return resnet.images_backward(dx, saved.root)


def backward(dlogits, saved):
    """dlogits (B, classes) → dimages (B, Hᵢ, Wᵢ, C) and dp, the same tree as p."""
    return parts.together(backward_parts, dlogits, saved)


def multiply_adds(config, *, whole=True, padding=True):
    """{part: multiply–adds of one forward pass of one image}; whole as for a ViT, padding as for a BiT."""
    need_bool("padding", padding)
    stem = resnet.multiply_adds(
        config.image_size,
        inputs=config.in_channels,
        width=config.stem_width,
        sizes=config.stem_units,
        same=True,
        padding=padding,
    )
    return {f"stem {part}": count for part, count in stem.items()} | vit.multiply_adds(config, whole=whole)


def resized(p, config, image_size):
    """(p, config) for images of (height, width): as `vit.resized`; the stem takes any size."""
    check_config(config, HybridConfig)
    check_parameters(p, init, config)
    return vit.steps_resized(p, config, image_size)


def tensors(config):
    """Yield every named `Tensor`: the stem's, then the ViT's with the feature map in place of its image."""
    yield Tensor("image", feature_maps.STEP, Local(forward, "images"), Local(backward, RETURNED))
    yield from feature_maps.tensors(config.stem_units, pre=False, prefix="stem.")
    for tensor in vit.tensors(config):
        yield tensor._replace(name="feature_map") if tensor.name == "image" else tensor


def _body(config):
    scales = 1 if config.kernel_eps_at == "variance" else 2
    return resnet_cost.Body(config.image_size, config.in_channels, *config.residual[1:], scales)


def saved_bytes(config, *, batch_size=1, itemsize=4, whole=True):
    """{part: bytes that forward keeps for backward}, exact; as `vit.saved_bytes`."""
    resnet_cost.check(batch_size, itemsize)
    stem = resnet_cost.saved(_body(config))
    found = {f"stem {part}": kept.of(batch_size, itemsize) for part, kept in stem.items()}
    found |= vit.saved_bytes(config, batch_size=batch_size, itemsize=itemsize, whole=whole)
    if config.patch_size == 1 and config.stem_units:  # the patches are the last unit's output, counted there
        found["patches"] -= batch_size * itemsize * config.num_patches * config.patch_dim
    return found


def step_bytes(config, *, batch_size=1, workers=1, micro_batch=None, recompute=False, itemsize=4):
    """{kind: bytes} of `loss_and_grads` when it holds most, in the ViT or in the stem; as `vit.step_bytes`."""
    step = resnet_cost.step_of(batch_size, workers, micro_batch, recompute, itemsize)
    body, p = _body(config), init(None, config)
    kept = saved_bytes(config, batch_size=step.images, itemsize=itemsize, whole=False)
    of_vit = vit.saved_bytes(config, batch_size=step.images, itemsize=itemsize, whole=False)
    doubled = of_vit["patches"] - kept["patches"]
    how = {"workers": workers, "micro_batch": micro_batch, "recompute": recompute, "itemsize": itemsize}
    found = vit.step_moments(config, batch_size=batch_size, **how)
    stem = sum(size for part, size in kept.items() if part.startswith("stem "))
    if recompute:
        stem = resnet_cost.inputs(body, step)
    for moment in found:
        moment["kept for backward, at the peak"] += stem - doubled
        moment["gradients"] += step.in_parts * itemsize * tree.count(p["stem"])
    others = sum(of_vit[part] for part in ("patches", "final norm and head")) - doubled
    before = itemsize * (tree.count(p) - tree.count(p["stem"]))
    found += resnet_cost.moments(body, p["stem"], step, before=before, others=others)
    return max(found, key=lambda moment: sum(moment.values()))
