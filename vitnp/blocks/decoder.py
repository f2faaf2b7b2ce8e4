"""The blocks of the encoder–decoder Transformer (Vaswani et al., 2017, §3.1), and a stack of them.

A block is two or three sublayers f, each with a residual and a LayerNorm, in one of two orders:

    "post"   y = LN(x + f(x))        the paper's
    "pre"    y = x + f(LN(x))        ViT's: the gradient of y reaches x also by a way on which nothing changes it

The decoder's block: attention to the target's own tokens, attention to the memory (what the encoder made of the
source), feed-forward. The encoder's block is the same without the memory. Imports `steps`.
"""

import copy
from typing import Any, NamedTuple

from vitnp.backend.arrays import array_module
from vitnp.steps import s5_attention, s6_layer_norm, s7_feed_forward


class SavedBlock(NamedTuple):
    """What the sublayers saved, and the LayerNorm of each."""

    attention: s5_attention.Saved
    attention_norm: tuple
    cross: Any  # s5_attention.Saved of the attention to the memory; None in the encoder
    cross_norm: Any
    feed_forward: tuple
    feed_forward_norm: tuple
    norm: str  # the order


class BlockInput(NamedTuple):
    """What makes a `SavedBlock` again: the block's input, and the generator before the block."""

    x: Any  # (B, N, D)
    p: dict
    how: dict
    rng: Any


def init_block(rng, config, dtype, *, cross):
    """The parameters of one block; cross: with attention to a memory."""
    D = config.hidden_size
    p = {}
    for name in ("attention", "cross") if cross else ("attention",):
        p[name] = s5_attention.init(rng, hidden_size=D, dtype=dtype, bias=config.attention_bias)
        p[f"{name}_norm"] = s6_layer_norm.init(hidden_size=D, dtype=dtype)
    p["feed_forward"] = s7_feed_forward.init(rng, hidden_size=D, mlp_dim=config.mlp_dim, dtype=dtype)
    p["feed_forward_norm"] = s6_layer_norm.init(hidden_size=D, dtype=dtype)
    return p


def residual(x, f, p_norm, config):
    """y = LN(x + f(x)) or x + f(LN(x)), what f saved, what the LayerNorm saved. f: a sublayer, x → (f(x), saved)."""
    if config.norm == "pre":
        a, norm = s6_layer_norm.forward(x, p_norm, eps=config.layer_norm_eps)
        a, saved = f(a)
        return x + a, saved, norm
    a, saved = f(x)
    y, norm = s6_layer_norm.forward(x + a, p_norm, eps=config.layer_norm_eps)
    return y, saved, norm


def residual_backward(dy, f_backward, saved_norm, norm):
    """dx, the LayerNorm's gradients, and what f_backward gave beside the gradient of its input."""
    if norm == "pre":
        # y = x + f(LN(x)): the gradient goes both ways
        da, *others = f_backward(dy)
        da, dp_norm = s6_layer_norm.backward(da, saved_norm)
        return dy + da, dp_norm, *others
    # y = LN(x + f(x)): both ways lie behind the LayerNorm
    dy, dp_norm = s6_layer_norm.backward(dy, saved_norm)
    da, *others = f_backward(dy)
    return dy + da, dp_norm, *others


def block_forward(x, p, *, config, mask=None, memory=None, memory_mask=None, before=None, rng=None):
    """Tokens x (B, N, D) → tokens (B, N, D). With a memory (B, M, D) x looks at that too.

    mask, memory_mask: which token of x may look at which of x, and at which of the memory, as for step 5.
    before: keys and values (B, H, …, K) of tokens before x, at which x looks too; the memory may be given as keys and
    values as well. Then there is no backward.
    """
    rate = config.dropout_rate
    how = {"num_heads": config.num_heads, "dropout_rate": rate, "rng": rng}
    how["attention_dropout_rate"] = config.attention_dropout_rate

    def own(a):
        if before is None:
            return s5_attention.forward(a, p["attention"], mask=mask, **how)
        new = s5_attention.keys_and_values(a, p["attention"], num_heads=config.num_heads)
        both = tuple(
            array_module(a).concatenate(list(pair), axis=2) for pair in zip(before, new, strict=True)
        )
        return s5_attention.attention(a, both, p["attention"], mask=mask, **how)

    def cross(a):
        return s5_attention.attention(a, memory, p["cross"], mask=memory_mask, **how)

    def feed_forward(a):
        rates = {"dropout_rate": rate, "inner_dropout_rate": config.inner_dropout_rate}
        kind = {"activation": config.activation, "gelu_form": config.gelu}
        return s7_feed_forward.forward(a, p["feed_forward"], **kind, **rates, rng=rng)

    x, attention, attention_norm = residual(x, own, p["attention_norm"], config)
    saved_cross = cross_norm = None
    if memory is not None:
        x, saved_cross, cross_norm = residual(x, cross, p["cross_norm"], config)
    x, saved_feed_forward, feed_forward_norm = residual(x, feed_forward, p["feed_forward_norm"], config)
    saved = attention, attention_norm, saved_cross, cross_norm, saved_feed_forward, feed_forward_norm
    return x, SavedBlock(*saved, config.norm)


def block_backward(dx, saved):
    """dx (B, N, D) → dx at the block's input, dmemory (B, M, D) or None, and the block's parameter gradients."""
    dp, dmemory, order = {}, None, saved.norm
    dx, dp["feed_forward_norm"], dp["feed_forward"] = residual_backward(
        dx, lambda df: s7_feed_forward.backward(df, saved.feed_forward), saved.feed_forward_norm, order
    )
    if saved.cross is not None:
        dx, dp["cross_norm"], dmemory, dp["cross"] = residual_backward(
            dx, lambda df: s5_attention.attention_backward(df, saved.cross), saved.cross_norm, order
        )
    dx, dp["attention_norm"], dp["attention"] = residual_backward(
        dx, lambda df: s5_attention.backward(df, saved.attention), saved.attention_norm, order
    )
    return dx, dmemory, dict(reversed(dp.items()))  # in p's order


def init(rng, config, dtype, *, cross):
    """{0: block, …, L − 1: block}."""
    return {i: init_block(rng, config, dtype, cross=cross) for i in range(config.num_layers)}


def forward(x, p, *, rng=None, keep="all", **how):
    """Tokens (B, N, D) through all blocks. how: config, mask, memory, memory_mask, as for `block_forward`.

    keep as for `encoder.forward`.
    """
    saved = []
    for block in p.values():
        again = BlockInput(x, block, how, copy.deepcopy(rng)) if keep == "inputs" else None
        x, saved_block = block_forward(x, block, rng=rng, **how)
        if keep != "nothing":
            saved.append(again or saved_block)
        del saved_block
    return x, saved


def backward_parts(dx, saved):
    """One block at a time from the last: yields (i, dx at the input of block i, its dmemory, its dp). Uses saved up."""
    while saved:
        block = saved.pop()
        if isinstance(block, BlockInput):
            _, block = block_forward(block.x, block.p, rng=copy.deepcopy(block.rng), **block.how)
        dx, dmemory, dp = block_backward(dx, block)
        del block
        yield len(saved), dx, dmemory, dp
        del dp, dmemory
