"""Distillation of tokens: a ViT, the student, learns what another one, the teacher, makes of an image.

    ŷ = z_L·W + b                          z_L after the last LayerNorm, all tokens: the teacher's, predicted
    S⁽ⁱ⁾ = q⁽ⁱ⁾_[CLS]·K⁽ⁱ⁾ᵀ / √d_k         of the last block: where [CLS] looks, before the softmax

z_L ∈ R^{(N+1)×D}, W ∈ R^{D×J}. Steps 1 to 7 as in the model; W and b are only there to learn. The losses are the
task's: `tasks/distillation.py`.
"""

import math
from typing import Any, NamedTuple

from vitnp import tree
from vitnp.backend.arrays import need_array
from vitnp.blocks import encoder
from vitnp.errors import InputError, need_int, shown
from vitnp.inputs.checks import check_config, check_dtype, check_generator, parameter_of
from vitnp.inputs.images import check_images
from vitnp.models import parts
from vitnp.models.vit import instead
from vitnp.models.vit import model as vit
from vitnp.models.vit.config import ViTConfig
from vitnp.ops import heads, initializers, linear
from vitnp.ops.linear import bias_gradient, input_gradient, weight_gradient
from vitnp.steps import s1_patchify, s2_project, s6_layer_norm


class Outputs(NamedTuple):
    """What a student says, and in backward its gradient."""

    tokens: Any  # (B, N+1, J), the teacher's tokens as the student predicts them
    scores: Any  # (B, H, N+1), S of [CLS] in the last block


class Saved(vit.Saved):
    """What each step saved; in place of step 8's what its own head saved, so neither backward takes the other's."""

    __slots__ = ()


def init(rng, config, *, outputs, dtype="float32"):
    """The head {W (D, outputs), b (outputs,)}: Xavier uniform and zero, as a step's."""
    check_generator(rng)
    check_config(config, ViTConfig)
    check_dtype(dtype)
    shape = config.hidden_size, need_int("outputs", outputs, at_least=1)
    W = initializers.xavier_uniform(rng, shape, dtype)
    return {"head": {"W": W, "b": initializers.zeros(shape[1:], dtype)}}


def check_tree(p, config):
    """Raise InputError unless p is such a tree, perhaps with "classify": [CLS], positions in step 4."""
    check_config(config, ViTConfig)
    kind, at = config.position_embedding, config.position_at
    if config.num_registers:
        raise InputError(
            f"the student has {config.num_registers} registers, the teacher's tokens are [CLS] and the patches; leave "
            "num_registers out"
        )
    if config.classifier != "token" or kind == "relative" or at != "stem":
        raise InputError(
            f'the student has classifier "{config.classifier}" and position_embedding "{kind}" at "{at}"; need the '
            'classifier "token", and positions at "stem" that are not "relative"'
        )
    instead.check_tree(p, config, "distilled", init)


def forward(images, p, config, rng=None, *, keep="all"):
    """Images (B, Hᵢ, Wᵢ, C) → `Outputs`. A generator turns dropout on; keep as for `vit.forward`."""
    check_tree(p, config)
    images = check_images(images, config, parameter_of(p).dtype)
    parts.check_how(rng, keep)
    x, patchify = s1_patchify.forward(images, patch_size=config.patch_size)  # (B, N, P·P·C)
    x, project = s2_project.forward(x, p["project"])  # → (B, N, D)
    kept = "inputs" if keep == "nothing" else keep  # the scores are in what the last block saves
    x, encoded = vit.encode(x, p, config, rng, keep=kept)  # → (B, N+1, D)
    y, head = linear.forward(x, p["distilled"]["head"])  # → (B, N+1, J)
    *_, blocks, _ = encoded
    S, scores = scores_forward(encoder.saved_block(blocks[-1]))
    if keep == "nothing":
        blocks.clear()
    saved = Saved(patchify, project, *encoded, None, (scores, head), parts.output(y, config.num_layers))
    return Outputs(y, S), saved


def scores_forward(block):
    """S = q_[CLS]·Kᵀ / √d_k of a `SavedBlock`: (B, H, N+1)."""
    q, K = block.attention.Q[:, :, :1], block.attention.K  # (B, H, 1, d_k), (B, H, N+1, d_k)
    scale = 1.0 / math.sqrt(q.shape[-1])
    return (q @ K.swapaxes(-1, -2))[:, :, 0] * scale, (q, K, scale, block)


def scores_backward(dS, saved):
    """dS (B, H, N+1) → dx (B, N+1, D) at the block's input, and dp of norm_1, W_Q, b_Q, W_K, b_K."""
    q, K, scale, block = saved
    a, p = block.attention.x, block.attention.p
    dS = dS[:, :, None] * scale
    # S = q·Kᵀ / √d_k
    dq, dK = heads.merge(dS @ K), heads.merge(dS.swapaxes(-1, -2) @ q)  # (B, 1, D), (B, N+1, D)
    # q = a_[CLS]·W_Q + b_Q, K = a·W_K + b_K: [CLS] was used twice, so a sum
    da = input_gradient(dK, p["W_K"])
    da[:, :1] += input_gradient(dq, p["W_Q"])
    dp = {}
    for name, inputs, gradient in (("Q", a[:, :1], dq), ("K", a, dK)):
        dp |= {f"W_{name}": weight_gradient(inputs, gradient), f"b_{name}": bias_gradient(gradient)}
    # a = LN(x)
    dx, dp_norm = s6_layer_norm.backward(da, block.norm_1)
    return dx, {"norm_1": dp_norm, "attention": dp}


def backward_parts(dy, saved):
    """The backward pass, one part at a time, from dy (`Outputs`): yields and returns as `vit.backward_parts`."""
    if not isinstance(dy, Outputs):
        raise InputError(f"dy is {shown(dy)}; need a distilled.Outputs, the gradients of tokens and scores")
    parts.check(dy.tokens, saved, Saved, "blocks")
    scores, head = saved.classify
    shape = scores[1].shape[:3]  # of K: (B, H, N+1)
    need_array("dy.scores", dy.scores, f" of shape {shape}")
    if dy.scores.shape != shape:
        raise InputError(f"dy.scores has shape {dy.scores.shape}, need {shape}")
    dx, dp = linear.backward(dy.tokens, head)
    yield "distilled", {"head": dp}
    dx, dp = s6_layer_norm.backward(dx, saved.norm)
    yield "norm", dp
    dx, dp = encoder.block_backward(dx, encoder.saved_block(saved.blocks.pop()))
    # norm_1, W_Q and W_K of the last block, and its input, were used twice, by the block and by the scores: sums
    dx_scores, dp_scores = scores_backward(dy.scores, scores)
    for name, gradient in tree.leaves(dp_scores):
        tree.get(dp, name)[...] += gradient
    yield f"blocks.{len(saved.blocks)}", dp
    dx = yield from vit.blocks_backward_parts(dx + dx_scores, saved)
    dx, dp = s2_project.backward(dx, saved.project)
    yield "project", dp
    return s1_patchify.backward(dx, saved.patchify)


def backward(dy, saved):
    """dy (`Outputs`) → dimages and dp."""
    return parts.together(backward_parts, dy, saved)
