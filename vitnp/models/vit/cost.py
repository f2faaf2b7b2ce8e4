"""What a ViT costs, by counting: multiply–adds and bytes; see `analysis/cost.py`."""

from vitnp import tree
from vitnp.backend.tiles import BLOCK
from vitnp.models.vit.model import init

OF_BLOCKS = (
    "norms of the blocks",
    "attention: x, Q, K, V, concat",
    "attention: weights",
    "feed-forward: x, u",
)


def multiply_adds(config):
    """{part: multiply–adds of one forward pass of one image}, every matrix product of the model counted.

    N, D, M below are tokens, hidden size and MLP width; a backward pass takes twice as many.
    """
    N, D, M, L = config.num_tokens, config.hidden_size, config.mlp_dim, config.num_layers
    R = config.representation_size
    counts = {
        "patch projection": config.num_patches * config.patch_dim * D,
        "Q, K, V": L * 3 * N * D * D,
        "Q·Kᵀ": L * N * N * D,
        **_relative(config),
        "A·V": L * N * N * D,
        "W_O": L * N * D * D,
        "feed-forward": L * 2 * N * D * M,
    }
    if R:
        counts["pre-logits"] = D * R
    counts["head"] = (R or D) * config.num_classes
    return counts


def saved_bytes(config, *, batch_size=1, itemsize=4):
    """{part: bytes that forward keeps for backward}, exact: what the arrays in `saved` take.

    itemsize is 4 for float32, 8 for float64; dropout masks take one byte a value.
    """
    N, D, M, L, H = config.num_tokens, config.hidden_size, config.mlp_dim, config.num_layers, config.num_heads
    drop, drop_attention = config.dropout_rate > 0, config.attention_dropout_rate > 0
    norm = (N * D + N) * itemsize  # x̂, 1/std
    parts = {
        "patches": config.num_patches * config.patch_dim * itemsize + drop * N * D,
        "norms of the blocks": L * 2 * norm,
        "attention: x, Q, K, V, concat": L * (5 * N * D * itemsize + drop * N * D),
        "attention: weights": L * H * N * N * (itemsize + drop_attention),
        "feed-forward: x, u": L * ((N * D + N * M) * itemsize + drop * N * (M + D)),
        "final norm and head": norm
        + N * D * itemsize * (config.classifier == "token")
        + _head(config) * itemsize,
    }
    return {part: batch_size * size for part, size in parts.items()}


def step_bytes(config, *, batch_size=1, workers=1, micro_batch=None, recompute=False, itemsize=4):
    """{kind: bytes} of `loss_and_grads` when it holds most, beside the parameters and the images.

    Counted are the arrays that are alive at the worst moment of the backward pass: in the last block, where all
    activations are, or in the first, where almost all gradients are. Python's own objects are not counted.
    """
    N, D, M, L, H = config.num_tokens, config.hidden_size, config.mlp_dim, config.num_layers, config.num_heads
    B = min(micro_batch or batch_size, batch_size)
    workers = min(workers, B)
    drop, drop_attention = config.dropout_rate > 0, config.attention_dropout_rate > 0
    parts = {part: tree.count(sub) for part, sub in init(None, config).items()}
    block_gradients, all_gradients = parts["blocks"] // L * itemsize, sum(parts.values()) * itemsize
    feed_forward_gradients = (2 * D * M + D + M) * itemsize
    kept = saved_bytes(config, batch_size=B, itemsize=itemsize)
    per_block = sum(size for part, size in kept.items() if part in OF_BLOCKS) // L
    others = sum(size for part, size in kept.items() if part not in OF_BLOCKS)
    x, u = B * N * D * itemsize, B * N * M * itemsize
    in_work = workers * BLOCK * itemsize
    scores = min(B * H * N * N * itemsize, in_work)
    within = (  # the block's gradients that are made by then, and what is alive beside them
        (
            0,
            (3 + drop) * u + min(u, 3 * in_work) + x,
        ),  # GELU: dg, g, du, a block of what they are made of; dx
        (feed_forward_gradients, (3 + drop) * u + 2 * x),  # feed-forward: dg, g, du; dx at both ends
        # attention in the middle: dQ, dK, dV, dconcat; dx at its ends; a block of dA, of dS and what they are made of
        (feed_forward_gradients, (7 + drop) * x + (3 + drop_attention) * scores),
        (block_gradients, (9 + drop) * x),  # attention: dQ, dK, dV as heads and merged; dx at its ends
    )
    moments = []
    for left in (L, 1):  # blocks whose activations are still there
        if batch_size > B:
            before = all_gradients  # the sum so far, beside those being made
        else:
            before = (parts["classify"] + parts["norm"]) * itemsize + (L - left) * block_gradients
        moments += [
            {
                "kept for backward, at the peak": others
                + (left * x + per_block if recompute else left * per_block),
                "gradients": before + (workers - 1) * block_gradients + made,
                "temporary": temporary,
            }
            for made, temporary in within
        ]
    return max(moments, key=lambda moment: sum(moment.values()))


def _relative(config):
    """Every query with every distance's embedding."""
    if config.position_embedding != "relative":
        return {}
    N = config.num_tokens
    return {"Q·E_relᵀ": config.num_layers * N * (2 * N - 1) * config.hidden_size}


def _head(config):
    """Values kept by step 8 beside the normalized tokens: the mean of gap, the tanh of pre-logits."""
    return config.hidden_size * (config.classifier == "gap") + (config.representation_size or 0)
