"""The Transformer encoder: the pre-norm block with its two residuals, and the stack of L of them.

    z′ = MSA(LN(z)) + z          (ViT eq. 2)
    z″ = MLP(LN(z′)) + z′        (ViT eq. 3)

In training, stochastic depth leaves out either branch for some images: z′ = z, or z″ = z′.

Imports `steps`, `ops`. The "+" of slide 6 is here, written out in forward and in backward.
"""

import copy
from typing import Any, NamedTuple

from vitnp.ops import positions, relative, rows, stochastic_depth
from vitnp.steps import s4_position, s5_attention, s6_layer_norm, s7_feed_forward

POSITIONS_AT = ("stem", "every-layer", "every-layer-shared")  # where the position table is added


class SavedBlock(NamedTuple):
    """What the four steps of a block saved, and what stochastic depth left out of its branches."""

    norm_1: tuple
    asked: Any  # what `ops.rows` saved: which rows were computed; None for all
    attention: s5_attention.Saved
    depth_1: tuple
    norm_2: tuple
    feed_forward: tuple
    depth_2: tuple


class BlockInput(NamedTuple):
    """What makes a `SavedBlock` again: the block's input, the generator before it, the rows that are read, the rate."""

    x: Any  # (B, N, D)
    p: dict
    config: Any
    rng: Any
    read: Any
    depth_rate: float


def init_block(rng, config, dtype):
    """The parameters of one block."""
    D = config.hidden_size
    attention = s5_attention.init(rng, hidden_size=D, dtype=dtype)
    if config.position_embedding == "relative":
        sizes = {"num_tokens": config.num_tokens, "head_dim": config.head_dim}
        attention |= relative.init(rng, **sizes, dtype=dtype)
    return {
        "norm_1": s6_layer_norm.init(hidden_size=D, dtype=dtype),
        "attention": attention,
        "norm_2": s6_layer_norm.init(hidden_size=D, dtype=dtype),
        "feed_forward": s7_feed_forward.init(rng, hidden_size=D, mlp_dim=config.mlp_dim, dtype=dtype),
    }


def block_forward(x, p, *, config, rng=None, read=None, depth_rate=0.0):
    """Tokens (B, N, D) → tokens (B, N, D).

    read is a slice of n rows, those of the output that are read: only these are computed, and the output is (B, n, D).
    They attend to all N tokens. None is all rows. depth_rate is this block's rate of stochastic depth, for each branch.
    """
    rate = config.dropout_rate
    how = {"num_heads": config.num_heads, "dropout_rate": rate, "rng": rng}
    how["attention_dropout_rate"] = config.attention_dropout_rate
    a, norm_1 = s6_layer_norm.forward(x, p["norm_1"], eps=config.layer_norm_eps)
    x, asked = rows.forward(x, read)
    if read is None:
        a, attention = s5_attention.forward(a, p["attention"], **how)
    else:  # the rows that are read attend to all
        a, attention = s5_attention.attention(rows.forward(a, read)[0], a, p["attention"], **how)
    a, depth_1 = stochastic_depth.forward(a, rate=depth_rate, rng=rng)
    x = x + a
    f, norm_2 = s6_layer_norm.forward(x, p["norm_2"], eps=config.layer_norm_eps)
    f, feed_forward = s7_feed_forward.forward(
        f, p["feed_forward"], gelu_form=config.gelu, dropout_rate=rate, rng=rng
    )
    f, depth_2 = stochastic_depth.forward(f, rate=depth_rate, rng=rng)
    x = x + f
    return x, SavedBlock(norm_1, asked, attention, depth_1, norm_2, feed_forward, depth_2)


def block_backward(dx, saved):
    """dx of the rows that were read → dx (B, N, D) at the block's input, and the block's parameter gradients."""
    # x = x + f: the gradient goes both ways
    df = stochastic_depth.backward(dx, saved.depth_2)
    df, dp_feed_forward = s7_feed_forward.backward(df, saved.feed_forward)
    df, dp_norm_2 = s6_layer_norm.backward(df, saved.norm_2)
    dx = dx + df
    # x = x + a
    da = stochastic_depth.backward(dx, saved.depth_1)
    if saved.asked is None:
        da, dp_attention = s5_attention.backward(da, saved.attention)
    else:  # a was used twice, for the queries of some rows and for the keys and values of all: a sum
        da_read, da, dp_attention = s5_attention.attention_backward(da, saved.attention)
        da = da + rows.backward(da_read, saved.asked)
    da, dp_norm_1 = s6_layer_norm.backward(da, saved.norm_1)
    dx = rows.backward(dx, saved.asked) + da
    dp = {
        "norm_1": dp_norm_1,
        "attention": dp_attention,
        "norm_2": dp_norm_2,
        "feed_forward": dp_feed_forward,
    }
    return dx, dp


def init(rng, config, dtype):
    """{0: block, …, L − 1: block}."""
    return {i: init_block(rng, config, dtype) for i in range(config.num_layers)}


def forward(x, p, *, config, rng=None, keep="all", E_pos=None, read=None):
    """Tokens (B, N, D) through all blocks → tokens (B, N, D), or with `read`, as for `block_forward`, (B, n, D).

    E_pos: a position table (N, D) for every block, added at its beginning, from `positions_forward`; or None.
    keep "all" saves what backward needs; "inputs" saves only each block's input, from which backward runs the block
    again: a third more work in a fraction of the memory; "nothing" leaves nothing for a backward.
    """
    saved, rates = [], config.stochastic_depth_rates
    for i in range(len(p)):
        if E_pos is not None:
            x = x + E_pos[i]
        of_block = (
            read if i == len(p) - 1 else None
        )  # the next block's attention reads all rows of the others
        again = None
        if keep == "inputs":
            again = BlockInput(x, p[i], config, copy.deepcopy(rng), of_block, rates[i])
        x, saved_block = block_forward(x, p[i], config=config, rng=rng, read=of_block, depth_rate=rates[i])
        if keep != "nothing":
            saved.append(again or saved_block)
        del saved_block  # where it is not kept, it need not live on beside the next block's
    return x, saved


def backward(dx, saved):
    """dx at the stack's output → dx at its input, and the gradients {0: …, …, L − 1: …}."""
    dp = {}
    for i, dx_i, dp_i in backward_parts(dx, list(saved)):
        dx, dp[i] = dx_i, dp_i
    return dx, dict(reversed(dp.items()))  # in p's order


def backward_parts(dx, saved):
    """The same, one block at a time from the last: yields (i, dx at the input of block i, its dp).

    The list is emptied on the way, so that what a block saved is free once it has been used.
    """
    while saved:
        dx, dp = block_backward(dx, saved_block(saved.pop()))
        yield len(saved), dx, dp
        del dp  # already added to the sum; free it before the next block's are made


def saved_block(saved):
    """The `SavedBlock`; runs the block again if only its input was saved."""
    if isinstance(saved, BlockInput):
        x, p, config, rng, read, depth_rate = saved
        _, saved = block_forward(
            x, p, config=config, rng=copy.deepcopy(rng), read=read, depth_rate=depth_rate
        )
    return saved


def init_positions(rng, config, dtype):
    """The parameters of the position table, or of every layer's: {0: …, …, L − 1: …}; {} where nothing is learned."""
    how = {"kind": config.position_embedding, "grid": config.grid}
    how |= {"num_tokens": config.num_positions, "hidden_size": config.hidden_size, "dtype": dtype}
    if config.position_at == "every-layer":
        return {i: s4_position.init(rng, **how) for i in range(config.num_layers)}
    return s4_position.init(rng, **how)


def positions_forward(p, *, config, like):
    """[E_pos of block 0, …], (N, D) each, for tokens `like` (B, N, D); None where `config.position_at` is the stem.

    "every-layer" has a table a block, p = {0: …, L − 1: …}; "every-layer-shared" the same one for all.
    """
    if config.position_at == "stem":
        return None, None
    how = {"kind": config.position_embedding, "grid": config.grid, "like": like}
    if config.position_at == "every-layer-shared":
        E_pos, saved = positions.forward(p, **how)
        return [E_pos] * config.num_layers, saved
    tables = [positions.forward(p[i], **how) for i in range(config.num_layers)]
    return [E_pos for E_pos, _ in tables], {i: saved for i, (_, saved) in enumerate(tables)}


def positions_backward(dE_pos, saved):
    """{i: gradient (N, D) of block i's table} → the gradient of p; each is the sum over the batch of dx there."""
    if isinstance(saved, dict):
        return {i: positions.backward(dE_pos[i], saved[i]) for i in saved}
    # one E_pos in every block: as many gradients, so a sum
    total = 0.0
    for dE in dE_pos.values():
        total = total + dE
    return positions.backward(total, saved)
