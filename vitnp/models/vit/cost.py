"""What a ViT costs, by counting: multiply–adds and bytes; see `analysis/cost.py`."""

from vitnp import tree
from vitnp.backend.tiles import BLOCK
from vitnp.errors import need_bool, need_int
from vitnp.models.vit.model import rows_read, steps_init
from vitnp.ops.initializers import Weightless

OF_BLOCKS = (
    "norms of the blocks",
    "attention: x, Q, K, V, concat",
    "attention: weights",
    "feed-forward: x, u",
)


def multiply_adds(config, *, whole=True):
    """{part: multiply–adds of one forward pass of one image}, every matrix product of the model counted.

    N, D, M below are tokens, hidden size and MLP width; a backward pass takes twice as many. whole as for
    `vit.forward`: training and `predict` run with whole False, which leaves out what nobody reads.
    """
    N, D, M, L = config.num_tokens, config.hidden_size, config.mlp_dim, config.num_layers
    R = config.representation_size
    rows = (L - 1) * N + _last_rows(config, whole)  # of all blocks
    counts = {
        "patch projection": config.num_patches * config.patch_dim * D,
        "Q, K, V": (rows + 2 * L * N) * D * D,
        "Q·Kᵀ": rows * N * D,
        **_relative(config),
        "A·V": rows * N * D,
        "W_O": rows * D * D,
        "feed-forward": 2 * rows * D * M,
    }
    if config.classifier == "map":
        n = config.num_patches
        counts["attention pooling"] = 2 * D * ((n + 1) * D + n + (config.pool_mlp_dim or M))
    if R:
        counts["pre-logits"] = D * R
    counts["head"] = (R or D) * config.num_classes
    return counts


def saved_bytes(config, *, batch_size=1, itemsize=4, whole=True):
    """{part: bytes that forward keeps for backward}, exact: what the arrays in `saved` take.

    itemsize is 4 for float32, 8 for float64; dropout masks take one byte a value. whole as for `multiply_adds`.
    """
    need_int("batch_size", batch_size, at_least=1)
    need_int("itemsize", itemsize, at_least=1)
    N, D, M, L, H = config.num_tokens, config.hidden_size, config.mlp_dim, config.num_layers, config.num_heads
    drop, drop_attention = config.dropout_rate > 0, config.attention_dropout_rate > 0
    last = _last_rows(config, whole)
    rows = (L - 1) * N + last  # of all blocks
    norm = (D + 1) * itemsize  # x̂, 1/std of a row
    parts = {
        "patches": config.num_patches * config.patch_dim * itemsize + drop * N * D,
        "norms of the blocks": (L * N + rows) * norm,
        "attention: x, Q, K, V, concat": (3 * L * N + 2 * rows) * D * itemsize + drop * rows * D,
        "attention: weights": H * rows * N * (itemsize + drop_attention),
        "feed-forward: x, u": rows * (D + M) * (itemsize + drop),
        "final norm and head": _head(config, last) * itemsize,
    }
    if config.input_norm:
        parts["norm before the blocks"] = N * norm
    if config.stochastic_depth_rate:  # whether each branch is kept, but in the first block, whose rate is 0
        parts["stochastic depth"] = 2 * (L - 1)
    return {part: batch_size * size for part, size in parts.items()}


def step_bytes(config, *, batch_size=1, workers=1, micro_batch=None, recompute=False, itemsize=4):
    """{kind: bytes} of `loss_and_grads` when it holds most, beside the parameters and the images.

    Counted are the arrays that are alive at the worst moment of the backward pass: in the last block or in the one
    before it, which computes all rows, where most activations are, in the first, where almost all gradients are, or
    at the images. Python's own objects are not counted.
    """
    how = {"workers": workers, "micro_batch": micro_batch, "recompute": recompute, "itemsize": itemsize}
    return max(step_moments(config, batch_size=batch_size, **how), key=lambda moment: sum(moment.values()))


def step_moments(config, *, batch_size, workers, micro_batch, recompute, itemsize):
    """The moments of a backward pass that may be the worst: [{kind: bytes}], the last part of the pass first."""
    for name, value in {"batch_size": batch_size, "workers": workers, "itemsize": itemsize}.items():
        need_int(name, value, at_least=1)
    if micro_batch is not None:
        need_int("micro_batch", micro_batch, at_least=1)
    need_bool("recompute", recompute)
    N, D, L = config.num_tokens, config.hidden_size, config.num_layers
    B = min(micro_batch or batch_size, batch_size)
    workers = min(workers, B)
    parts = {part: tree.count(sub) for part, sub in steps_init(None, config, Weightless("float32")).items()}
    block_gradients, all_gradients = parts["blocks"] // L * itemsize, sum(parts.values()) * itemsize
    kept, whole = (saved_bytes(config, batch_size=B, itemsize=itemsize, whole=w) for w in (False, True))
    of_block = sum(whole[part] for part in OF_BLOCKS) // L
    of_last = sum(kept[part] for part in OF_BLOCKS) - (L - 1) * of_block
    others = sum(size for part, size in kept.items() if part not in OF_BLOCKS)
    x, patches = B * N * D * itemsize, B * config.num_patches * config.patch_dim * itemsize
    beside = workers - 1 + (batch_size > B)  # gradients of the projection that are not added up yet
    moments = [  # at the very end: all gradients, and that of the patches
        {
            "kept for backward, at the peak": others,
            "gradients": all_gradients + beside * parts["project"] * itemsize,
            "temporary": x + patches,
        }
    ]
    for i in {L - 1, max(L - 2, 0), 0}:  # the block that backward is in
        own, rows = (of_last, _last_rows(config, whole=False)) if i == L - 1 else (of_block, N)
        if batch_size > B:
            before = all_gradients  # the sum so far, beside those being made
        else:
            above = parts["classify"] + parts["norm"] + parts.get("pool", 0)
            before = above * itemsize + (L - 1 - i) * block_gradients
        moments += [
            {
                "kept for backward, at the peak": others + own + ((i + 1) * x if recompute else i * of_block),
                "gradients": before + (workers - 1) * block_gradients + made,
                "temporary": temporary,
            }
            for made, temporary in _within(config, B, rows, workers, block_gradients, itemsize)
        ]
    return moments


def _within(config, B, rows, workers, block_gradients, itemsize):
    """Moments in the backward of a block that has computed so many rows: [(bytes of its gradients, of temporaries)]."""
    N, D, M, H = config.num_tokens, config.hidden_size, config.mlp_dim, config.num_heads
    drop = config.dropout_rate > 0
    x, r, u = (B * size * itemsize for size in (N * D, rows * D, rows * M))
    in_work = workers * BLOCK * itemsize
    scores = min(B * H * rows * N * itemsize, in_work)
    feed_forward_gradients = (2 * D * M + D + M) * itemsize
    return [
        # GELU: dg, g, du, a block of what they are made of; dx
        (0, (3 + drop) * u + min(u, 3 * in_work) + r),
        (feed_forward_gradients, (3 + drop) * u + 2 * r),  # feed-forward: dg, g, du; dx at both ends
        # attention in the middle: dK, dV; dQ, dconcat, dx at its ends; a block of dA, of dS and what they are made of
        (feed_forward_gradients, 2 * x + (5 + drop) * r + 3 * scores),
        # attention: dK, dV as heads and merged; the same of dQ, dx at its ends
        (block_gradients, 4 * x + (5 + drop) * r),
    ]


def _last_rows(config, whole):
    """How many rows the last block computes."""
    need_bool("whole", whole)
    read = None if whole else rows_read(config)
    return config.num_tokens if read is None else len(range(config.num_tokens)[read])


def _relative(config):
    """Every query with every distance's embedding."""
    if config.position_embedding != "relative":
        return {}
    N = config.num_tokens
    return {"Q·E_relᵀ": config.num_layers * N * (2 * N - 1) * config.hidden_size}


def _head(config, rows):
    """Values kept after the blocks, which have computed so many rows."""
    N, D, norm = config.num_tokens, config.hidden_size, config.hidden_size + 1  # x̂ and 1/std
    after = config.representation_size or 0  # the tanh of pre-logits
    if config.pooled_norm:
        return norm + D + after  # of the mean
    if config.classifier == "map":  # the tokens; of the patches K and V; Q, O, x of W1 and of the head; A; u
        n = config.num_patches
        pool = (N + 2 * n) * D + 4 * D + norm + config.num_heads * n + (config.pool_mlp_dim or config.mlp_dim)
        return N * norm + pool + after
    return rows * norm + (rows * D if config.classifier == "token" else D) + after
