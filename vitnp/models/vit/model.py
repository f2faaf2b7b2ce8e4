"""The ViT: the eight steps in order, then in reverse.

p          = init(rng, config)
y, saved   = forward(images, p, config)         logits (B, classes)
dimages, dp = backward(dlogits, saved)
"""

from typing import Any, NamedTuple

from vitnp.blocks import encoder
from vitnp.inputs.checks import (
    check_config,
    check_dtype,
    check_generator,
    check_parameters,
    parameter_of,
)
from vitnp.inputs.images import check_images
from vitnp.models import parts
from vitnp.models.vit import pooled
from vitnp.models.vit.config import ViTConfig
from vitnp.ops import registers
from vitnp.ops.initializers import Weightless
from vitnp.steps import s1_patchify, s2_project, s3_class_token, s4_position, s6_layer_norm, s8_classify


class Saved(NamedTuple):
    """What each step saved, in the order of the slides."""

    patchify: tuple
    project: tuple
    class_token: Any  # None for a model without one
    position: Any
    registers: Any  # None for a model without them, as the next
    input_norm: Any
    every_layer: Any  # what made the tables of the blocks; None where positions are added in step 4 alone
    blocks: list  # of encoder.SavedBlock, or of encoder.BlockInput
    norm: Any  # None where it comes after the mean: then it is in `pooled`
    pooled: Any  # None where step 8 reads the tokens themselves
    classify: tuple
    output: parts.Output


def init(rng, config, dtype="float32"):
    """The parameters of a ViT, initialized as the released code does: NumPy arrays in a nested dict.

    rng None gives the same tree of shapes without drawing or taking memory. Raises InputError for what is no generator,
    no ViT's configuration or no dtype of floats.
    """
    check_generator(rng)
    check_config(config, ViTConfig)
    check_dtype(dtype)
    return steps_init(rng, config, Weightless(dtype) if rng is None else dtype)


def steps_init(rng, config, dtype):
    """The parameters of the eight steps, unchecked."""
    D = config.hidden_size
    p = {"project": s2_project.init(rng, patch_dim=config.patch_dim, hidden_size=D, dtype=dtype)}
    if config.classifier == "token":
        p["class_token"] = s3_class_token.init(hidden_size=D, dtype=dtype)
    position = encoder.init_positions(rng, config, dtype)
    if position:
        p["position"] = position
    if config.num_registers:
        p["registers"] = registers.init(rng, count=config.num_registers, hidden_size=D, dtype=dtype)
    if config.input_norm:
        p["input_norm"] = s6_layer_norm.init(hidden_size=D, dtype=dtype)
    p["blocks"] = encoder.init(rng, config, dtype)
    p["norm"] = s6_layer_norm.init(hidden_size=D, dtype=dtype)
    p |= pooled.init(rng, config, dtype)
    p["classify"] = s8_classify.init(
        rng,
        hidden_size=D,
        num_classes=config.num_classes,
        representation_size=config.representation_size,
        dtype=dtype,
    )
    return p


def forward(images, p, config, rng=None, *, keep="all", whole=True):
    """Images (B, Hᵢ, Wᵢ, C) → logits (B, classes). A generator turns dropout on.

    keep says what the blocks save: "all", "inputs" (backward runs each block again) or "nothing" (no backward).
    whole False leaves out, in the last block, what the logits do not depend on: see `rows_read`. With dropout it
    draws fewer numbers. The gradients are those of the whole pass.
    uint8 images are scaled to [−1, 1]. Raises InputError for images, or parameters, that are not the config's.
    """
    images = parts.checked(images, p, config, rng, keep, whole, Config=ViTConfig, init=init)
    return steps_forward(images, p, config, rng, keep=keep, whole=whole)


def steps_forward(images, p, config, rng=None, *, keep="all", whole=True):
    """The eight steps, unchecked: what `forward` does with images, and a hybrid with a feature map."""
    x, patchify = s1_patchify.forward(images, patch_size=config.patch_size)  # (B, N, P·P·C)
    x, project = s2_project.forward(x, p["project"])  # → (B, N, D)
    read = None if whole else rows_read(config)
    x, encoded = encode(x, p, config, rng, keep=keep, read=read)  # steps 3 to 7 → (B, N+1, D)
    x, of_pool = pooled.forward(x, p, config)
    logits, classify = s8_classify.forward(x, p["classify"], classifier=config.step_8)
    output = parts.output(logits, config.num_layers)
    return logits, Saved(patchify, project, *encoded, of_pool, classify, output)


def tokens(images, p, config):
    """Images (B, Hᵢ, Wᵢ, C) → all tokens after the last LayerNorm (B, N+1, D). No backward.

    With config.pooled_norm, whose last LayerNorm is of the mean, as they leave the last block.
    """
    check_config(config, ViTConfig)
    check_parameters(p, init, config)
    images = check_images(images, config, parameter_of(p).dtype)
    x, _ = s1_patchify.forward(images, patch_size=config.patch_size)  # (B, N, P·P·C)
    x, _ = s2_project.forward(x, p["project"])  # → (B, N, D)
    return encode(x, p, config, keep="nothing")[0]


def rows_read(config):
    """The tokens that step 8 reads after the last block, as a slice; None where it reads all of them.

    With "gap" it does. With relative positions the last block needs every row: their distances are among all tokens.
    """
    alone = config.classifier == "token" and config.position_embedding != "relative"
    return slice(0, 1) if alone else None


def encode(x, p, config, rng=None, *, keep="all", read=None):
    """Patch tokens (B, N, D) → tokens after the last LayerNorm (B, N+1, D), and what the steps between saved.

    read as for `encoder.forward`: the tokens that are wanted, by default all.
    """
    x, placed_by = placed(x, p, config, rng)
    E_pos, every_layer = encoder.positions_forward(
        p.get("position", {}), config=config, like=x
    )  # None with the stem
    how = {"config": config, "rng": rng, "keep": keep, "E_pos": E_pos, "read": read}
    x, blocks = encoder.forward(x, p["blocks"], **how)  # L times
    norm = None
    if not config.pooled_norm:
        x, norm = s6_layer_norm.forward(x, p["norm"], eps=config.layer_norm_eps)
    return x, (*placed_by, every_layer, blocks, norm)


def placed(x, p, config, rng=None):
    """Steps 3 and 4: patch tokens (B, N, D) → (B, N+1, D), with registers (B, N+1+R, D), and what each part saved."""
    class_token, of_registers, input_norm = None, None, None
    if config.classifier == "token":
        x, class_token = s3_class_token.forward(x, p["class_token"])  # → (B, N+1, D)
    tables, how = p.get("position", {}), {"kind": config.stem_position, "grid": config.grid}
    x, position = s4_position.forward(x, tables, dropout_rate=config.dropout_rate, rng=rng, **how)
    if config.num_registers:
        x, of_registers = registers.forward(
            x, p["registers"], after=config.num_positions - config.num_patches
        )
    if config.input_norm:
        x, input_norm = s6_layer_norm.forward(x, p["input_norm"], eps=config.layer_norm_eps)
    return x, (class_token, position, of_registers, input_norm)


def placed_backward_parts(dx, saved, of_layers):
    """dx after `placed`, which gave `saved` → dx of the patch tokens, returned after the parts are yielded.

    of_layers: the gradient of the position tables of the blocks, {} where step 4 alone adds positions.
    """
    class_token, position, of_registers, input_norm = saved
    if input_norm is not None:
        dx, dp = s6_layer_norm.backward(dx, input_norm)
        yield "input_norm", dp
    if of_registers is not None:
        dx, dp = registers.backward(dx, of_registers)
        yield "registers", dp
    dx, dp = s4_position.backward(dx, position)
    if dp or of_layers:
        yield "position", dp or of_layers
    if class_token is not None:
        dx, dp = s3_class_token.backward(dx, class_token)
        yield "class_token", dp
    return dx


def backward(dlogits, saved):
    """dlogits (B, classes) → dimages (B, Hᵢ, Wᵢ, C) and dp, the same tree as p.

    For uint8 images dimages is the gradient with respect to the scaled image. Raises InputError for a dlogits that does
    not fit, and for a saved that keep="nothing" left empty, that `backward_parts` used up, or that is another model's.
    """
    return parts.together(backward_parts, dlogits, saved)


def backward_parts(dlogits, saved):
    """The backward pass, one part at a time: yields (name of the part, its dp) and returns dimages.

    The parts are those of p, from "classify" up, each block by itself ("blocks.11"), so that gradients of several
    slices of a batch can be added as they come. Uses saved up: see `encoder.backward_parts`.
    """
    parts.check(dlogits, saved, Saved, "blocks")
    dx, dp = s8_classify.backward(dlogits, saved.classify)
    yield "classify", dp
    if saved.pooled is not None:
        dx = yield from pooled.backward_parts(dx, saved.pooled)
    rest = encode_backward_parts(dx, saved)
    del dx  # this generator waits for the other one, and would keep it alive
    dx = yield from rest
    dx, dp = s2_project.backward(dx, saved.project)
    yield "project", dp
    return s1_patchify.backward(dx, saved.patchify)


def encode_backward_parts(dx, saved):
    """dx after the last LayerNorm → dx of the patch tokens (B, N, D), returned after the parts between are yielded."""
    if saved.norm is not None:
        dx, dp = s6_layer_norm.backward(dx, saved.norm)
        yield "norm", dp
    rest = blocks_backward_parts(dx, saved)
    del dx  # as in `backward_parts`
    return (yield from rest)


def blocks_backward_parts(dx, saved):
    """The same from dx after the last of the blocks that saved still holds."""
    dE_pos = {}
    for i, dx_i, dp in encoder.backward_parts(dx, saved.blocks):
        dx = dx_i
        yield f"blocks.{i}", dp
        del dp
        if saved.every_layer is not None:
            dE_pos[i] = dx.sum(axis=0)  # x = x + E_pos[i], the same for every image
    of_layers = {}
    if saved.every_layer is not None:
        of_layers = encoder.positions_backward(dE_pos, saved.every_layer)
    placed_by = saved.class_token, saved.position, saved.registers, saved.input_norm
    return (yield from placed_backward_parts(dx, placed_by, of_layers))
