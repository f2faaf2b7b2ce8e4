"""The arrays of a torch.nn.Transformer under the names of an encoder–decoder of vitnp."""

import numpy as np


def stacks(state, prefix, num_layers):
    """{"encoder", "encoder_norm", "decoder", "decoder_norm"} of a state dict, or of gradients with its names."""
    p = {}
    for side in ("encoder", "decoder"):
        p[side] = {i: block(state, f"{prefix}{side}.layers.{i}", side) for i in range(num_layers)}
        p[f"{side}_norm"] = norm(state, f"{prefix}{side}.norm")
    return p


def block(state, name, side):
    """One layer."""
    p = {
        "attention": attention(state, f"{name}.self_attn"),
        "attention_norm": norm(state, f"{name}.norm1"),
    }
    if side == "decoder":
        p["cross"] = attention(state, f"{name}.multihead_attn")
        p["cross_norm"] = norm(state, f"{name}.norm2")
    p["feed_forward"] = {
        "W1": state[f"{name}.linear1.weight"].T,
        "b1": state[f"{name}.linear1.bias"],
        "W2": state[f"{name}.linear2.weight"].T,
        "b2": state[f"{name}.linear2.bias"],
    }
    p["feed_forward_norm"] = norm(state, f"{name}.norm{3 if side == 'decoder' else 2}")
    return p


def attention(state, name):
    """PyTorch has Q, K and V below each other in one matrix (3D, D)."""
    p = {}
    W, b = (np.split(state[f"{name}.in_proj_{kind}"], 3) for kind in ("weight", "bias"))
    for letter, rows, bias in zip("QKV", W, b, strict=True):
        p |= {f"W_{letter}": rows.T, f"b_{letter}": bias}
    return p | {"W_O": state[f"{name}.out_proj.weight"].T, "b_O": state[f"{name}.out_proj.bias"]}


def norm(state, name):
    """A LayerNorm."""
    return {"gamma": state[f"{name}.weight"], "beta": state[f"{name}.bias"]}
