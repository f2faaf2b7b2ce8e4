"""The encoder–decoder Transformer: the source is encoded, and each token of the target is guessed from those before.

    x₀ = √D·E[source] + PE      → encoder blocks → memory (B, S, D)
    y₀ = √D·E[target] + PE      → decoder blocks, which look at the memory too → z = y·Eᵀ (B, T, V)

Row t of the logits says what the token after target[:, t] may be: all rows of a sentence are learned in one pass
("teacher forcing"). `tied` says how many tables E there are: "all" one, "target" a second one for the source, "none"
three, the logits' with the name W.
"""

from typing import Any, NamedTuple

from vitnp.backend.arrays import on_host
from vitnp.blocks import decoder
from vitnp.errors import InputError, shown
from vitnp.inputs.checks import (
    check_config,
    check_dtype,
    check_generator,
    check_parameters,
    need_library,
    parameter_of,
)
from vitnp.inputs.sequences import PADDING, causal_mask, check_ids, padding_mask
from vitnp.models import parts
from vitnp.models.transformer.config import TransformerConfig
from vitnp.ops import dropout, embed, initializers, linear, positions
from vitnp.ops.initializers import Weightless
from vitnp.steps import s6_layer_norm


class Saved(NamedTuple):
    """What backward needs."""

    source: tuple  # of `placed`
    encoder: list  # of decoder.SavedBlock, or of decoder.BlockInput
    encoder_norm: Any  # None without one
    target: tuple
    decoder: list
    decoder_norm: Any
    logits: tuple
    tied: str
    output: parts.Output


def init(rng, config, dtype="float32"):
    """The tables Normal(0, 1/D), the blocks as steps 5 to 7. rng None: shapes without memory."""
    check_generator(rng)
    check_config(config, TransformerConfig)
    check_dtype(dtype)
    dtype = Weightless(dtype) if rng is None else dtype
    D, V = config.hidden_size, config.vocabulary_size

    def table():
        return embed.init(rng, vocabulary_size=V, hidden_size=D, dtype=dtype)

    def stack(name, **how):
        blocks = {name: decoder.init(rng, config, dtype, **how)}
        norm = {f"{name}_norm": s6_layer_norm.init(hidden_size=D, dtype=dtype)} if config.normed else {}
        return blocks | norm

    shared = config.tied == "all"
    p = {"embed" if shared else "embed_source": table()} | stack("encoder", cross=False)
    p |= ({} if shared else {"embed_target": table()}) | stack("decoder", cross=True)
    if config.tied == "none":
        p["logits"] = {"W": initializers.lecun_normal(rng, (D, V), dtype)}
    return p


def forward(pair, p, config, rng=None, *, keep="all", whole=True):
    """(source (B, S), target (B, T)), ids as in `inputs.sequences` → logits (B, T, V). A generator turns dropout on.

    keep as for `vit.forward`. Raises InputError for ids, or parameters, that are not the config's.
    """
    source, target = checked(pair, p, config)
    parts.check_how(rng, keep, whole)
    how = {"config": config, "rng": rng, "keep": keep}
    memory, *encoded = encode(source, p, **how)
    y, saved_target = placed(target, table_of(p, "target"), config, rng)
    mask = padding_mask(target) & causal_mask(target.shape[1], target)
    looks = {"mask": mask, "memory": memory, "memory_mask": padding_mask(source)}
    y, blocks = decoder.forward(y, p["decoder"], **looks, **how)
    y, norm = normed(y, p.get("decoder_norm"), config)
    z, logits = to_logits(y, p)
    output = parts.output(z, config.num_layers)
    return z, Saved(*encoded, saved_target, blocks, norm, logits, config.tied, output)


def checked(pair, p, config):
    """Source and target, after InputError for what is not as the configuration says."""
    check_config(config, TransformerConfig)
    check_parameters(p, init, config)
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise InputError(f"the input is {shown(pair)}; need a pair (source ids (B, S), target ids (B, T))")
    for name, ids in zip(("source", "target"), pair, strict=True):
        check_ids(name, ids, config)
        need_library(name, ids, parameter_of(p))
    source, target = pair
    if len(source) != len(target):
        raise InputError(f"there are {len(source)} sources and {len(target)} targets; need one each")
    if on_host(target) and (target[:, 0] == PADDING).any():
        raise InputError("a target begins with padding; every target begins with a symbol, START by default")
    return source, target


def encode(source, p, *, config, rng=None, keep="all"):
    """Source ids (B, S) → memory (B, S, D), and what the embedding, the blocks and the last LayerNorm saved."""
    x, saved = placed(source, table_of(p, "source"), config, rng)
    how = {"config": config, "rng": rng, "keep": keep, "mask": padding_mask(source)}
    x, blocks = decoder.forward(x, p["encoder"], **how)
    memory, norm = normed(x, p.get("encoder_norm"), config)
    return memory, saved, blocks, norm


def table_of(p, side):
    """The {E} of a side, "source" or "target"."""
    return p["embed"] if "embed" in p else p[f"embed_{side}"]


def placed(ids, table, config, rng=None, *, first=0):
    """Ids (B, N) → √D·E[id] + PE, with dropout: (B, N, D). first: the place of the first id."""
    x, saved = embed.forward(ids, table)
    x = x + positions.interleaved(x, first=first)
    x, drop = dropout.forward(x, rate=config.dropout_rate, rng=rng)
    return x, (saved, drop)


def placed_backward(dx, saved):
    """dx (B, N, D) → {E}."""
    saved_embed, drop = saved
    # x = √D·E[id] + PE: nothing is learned of PE
    return embed.backward(dropout.backward(dx, drop), saved_embed)


def normed(x, p, config):
    """The LayerNorm after a stack, where there is one."""
    return (x, None) if p is None else s6_layer_norm.forward(x, p, eps=config.layer_norm_eps)


def to_logits(y, p):
    """Tokens (B, T, D) → logits (B, T, V)."""
    if "logits" not in p:
        return embed.logits_forward(y, table_of(p, "target"))
    return linear.affine(y, p["logits"]["W"]), (y, p["logits"]["W"])


def backward_parts(dlogits, saved):
    """The backward pass, one part at a time: yields (name of the part, its dp) and returns None, as ids have no
    gradient. A shared table is the last part that used it.
    """
    parts.check(dlogits, saved, Saved, "decoder")
    dE = {}
    if saved.tied == "none":
        y, W = saved.logits
        dy = linear.input_gradient(dlogits, W)
        yield "logits", {"W": linear.weight_gradient(y, dlogits)}
    else:
        dy, dE = embed.logits_backward(dlogits, saved.logits)
    if saved.decoder_norm is not None:
        dy, dp = s6_layer_norm.backward(dy, saved.decoder_norm)
        yield "decoder_norm", dp
    dmemory = 0.0
    for i, dy_i, dm, dp in decoder.backward_parts(dy, saved.decoder):
        dy = dy_i
        dmemory = dmemory + dm  # every block of the decoder looked at the memory: a sum
        yield f"decoder.{i}", dp
        del dp, dm
    dE = added(dE, placed_backward(dy, saved.target))
    if saved.tied != "all":
        yield "embed_target", dE
        dE = {}
    dx = dmemory
    if saved.encoder_norm is not None:
        dx, dp = s6_layer_norm.backward(dx, saved.encoder_norm)
        yield "encoder_norm", dp
    for i, dx_i, _, dp in decoder.backward_parts(dx, saved.encoder):
        dx = dx_i
        yield f"encoder.{i}", dp
        del dp
    # with "all" the one table was used for the source, the target and the logits: a sum of three
    dE = added(dE, placed_backward(dx, saved.source))
    yield "embed" if saved.tied == "all" else "embed_source", dE


def added(dE, more):
    """The sum of two gradients of a table; {} is none yet."""
    return {"E": dE["E"] + more["E"]} if dE else more


def backward(dlogits, saved):
    """dlogits (B, T, V) → None, as ids have no gradient, and dp, the same tree as p."""
    return parts.together(backward_parts, dlogits, saved)


def multiply_adds(config):
    """{part: multiply–adds of one forward pass of a pair of the greatest lengths}."""
    D, M, V = config.hidden_size, config.mlp_dim, config.vocabulary_size
    S, T = config.source_length, config.target_length + 1

    def attention(queries, keys):
        return 2 * (queries + keys) * D * D + 2 * queries * keys * D

    encoder = attention(S, S) + 2 * S * D * M
    decoder = attention(T, T) + attention(T, S) + 2 * T * D * M
    return {
        "encoder": config.num_layers * encoder,
        "decoder": config.num_layers * decoder,
        "logits": T * D * V,
    }
