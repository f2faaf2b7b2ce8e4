"""What step 8 reads where it is neither the class token nor the mean of all tokens: one token made of them.

"map"                   attention pooling of the patch tokens, after the last LayerNorm
"gap" with registers    the mean of the patch tokens alone, after the last LayerNorm
"gap", pooled_norm      LN(mean of the patch tokens): the last LayerNorm is after the mean, as in a fine-tuned MAE
"""

from typing import Any, NamedTuple

from vitnp.blocks import attention_pool
from vitnp.ops import patch_mean, rows
from vitnp.steps import s6_layer_norm


class Saved(NamedTuple):
    """What each part saved; None for those that the model has not."""

    mean: Any = None
    norm: Any = None  # of the mean
    patches: Any = None  # of all tokens, for attention pooling
    attention: Any = None


def init(rng, config, dtype):
    """{"pool": …} with classifier "map", else {}."""
    if config.classifier != "map":
        return {}
    sizes = {"hidden_size": config.hidden_size, "mlp_dim": config.pool_mlp_dim or config.mlp_dim}
    return {"pool": attention_pool.init(rng, **sizes, dtype=dtype)}


def forward(x, p, config):
    """Tokens (B, N+1, D) → (B, 1, D), which step 8 reads as a class token; x and None where nothing is pooled."""
    eps = config.layer_norm_eps
    if config.classifier == "map":
        x, patches = rows.forward(x, slice(config.num_prefix, None) if config.num_prefix else None)
        how = {"num_heads": config.num_heads, "eps": eps, "gelu": config.gelu}
        x, attention = attention_pool.forward(x, p["pool"], **how)
        return x, Saved(patches=patches, attention=attention)
    if config.step_8 == config.classifier:
        return x, None
    x, mean = patch_mean.forward(x, first=config.num_prefix)
    norm = None
    if config.pooled_norm:
        x, norm = s6_layer_norm.forward(x, p["norm"], eps=eps)
    return x, Saved(mean, norm)


def backward_parts(dx, saved):
    """dx (B, 1, D) → dx of the tokens (B, N+1, D), returned after the parts are yielded."""
    if saved.attention is not None:
        dx, dp = attention_pool.backward(dx, saved.attention)
        yield "pool", dp
        return rows.backward(dx, saved.patches)
    if saved.norm is not None:
        dx, dp = s6_layer_norm.backward(dx, saved.norm)
        yield "norm", dp
    return patch_mean.backward(dx, saved.mean)
