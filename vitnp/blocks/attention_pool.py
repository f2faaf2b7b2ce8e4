"""Attention pooling: a learned probe looks at the patch tokens, in place of a class token (Lee et al., 2019, §3.2).

    a = attention(probe, x),  y = a + FFN(LN(a))

The MAPHead of big_vision and SigLIP ("multihead attention pooling"). Step 5 is general, so the probe is x of
`s5_attention.attention` and the tokens are m.
"""

import math
from typing import Any, NamedTuple

from vitnp.backend.arrays import array_module
from vitnp.ops import initializers
from vitnp.steps import s5_attention, s6_layer_norm, s7_feed_forward


class Saved(NamedTuple):
    """What each part saved."""

    attention: Any
    norm: Any
    feed_forward: Any


def init(rng, *, hidden_size, mlp_dim, dtype):
    """probe (D,) Xavier uniform as a weight (1, D), as big_vision; the others as a block's."""
    D = hidden_size
    return {
        "probe": initializers.uniform(rng, (D,), math.sqrt(6.0 / (1 + D)), dtype),
        "attention": s5_attention.init(rng, hidden_size=D, dtype=dtype),
        "norm": s6_layer_norm.init(hidden_size=D, dtype=dtype),
        "feed_forward": s7_feed_forward.init(rng, hidden_size=D, mlp_dim=mlp_dim, dtype=dtype),
    }


def forward(x, p, *, num_heads, eps, gelu):
    """Tokens (B, N, D) → one token (B, 1, D)."""
    probe = array_module(x).broadcast_to(p["probe"], (x.shape[0], 1, x.shape[2]))  # (D,) → (B, 1, D)
    a, attention = s5_attention.attention(probe, x, p["attention"], num_heads=num_heads)
    f, norm = s6_layer_norm.forward(a, p["norm"], eps=eps)
    f, feed_forward = s7_feed_forward.forward(f, p["feed_forward"], gelu_form=gelu)
    return a + f, Saved(attention, norm, feed_forward)


def backward(dy, saved):
    """dy (B, 1, D) → dx (B, N, D) and dp."""
    # y = a + FFN(LN(a)): the gradient goes both ways
    df, dp_feed_forward = s7_feed_forward.backward(dy, saved.feed_forward)
    df, dp_norm = s6_layer_norm.backward(df, saved.norm)
    dprobe, dx, dp_attention = s5_attention.attention_backward(dy + df, saved.attention)
    # every image has the same probe
    return dx, {
        "probe": dprobe.sum(axis=(0, 1)),
        "attention": dp_attention,
        "norm": dp_norm,
        "feed_forward": dp_feed_forward,
    }
