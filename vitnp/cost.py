"""What a model costs, by counting: parameters, multiply–adds, bytes. Imports `vit` and `tree`.

A multiply–add is one product and one sum inside a matrix product; a FLOP count is twice as large.
"""

from vitnp import tree, vit


def parameters(config):
    """{part: how many parameters}: patch projection, class token, positions, blocks, norm, classify."""
    return {part: tree.count(sub) for part, sub in vit.init(None, config).items()}


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
        "A·V": L * N * N * D,
        "W_O": L * N * D * D,
        "feed-forward": L * 2 * N * D * M,
    }
    if R:
        counts["pre-logits"] = D * R
    counts["head"] = (R or D) * config.num_classes
    return counts


def activation_bytes(config, *, batch_size=1, itemsize=4):
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


def _head(config):
    """Values kept by step 8 beside the normalized tokens: the mean of gap, the tanh of pre-logits."""
    return config.hidden_size * (config.classifier == "gap") + (config.representation_size or 0)
