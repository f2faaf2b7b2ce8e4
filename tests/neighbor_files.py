"""A ViT and its neighbors in plain float64 NumPy under timm's names: the numbers that `load` must give.

Written for the tests alone, with nothing of vitnp in it.
"""

import math

import numpy as np
from scipy.special import erf

D, HEADS, MLP, P, CLASSES = 12, 3, 20, 4, 5
GELUS = {
    "erf": lambda x: x * (1 + erf(x / math.sqrt(2))) / 2,
    "tanh": lambda x: x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
    "quick": lambda x: x / (1 + np.exp(-1.702 * x)),
}


def dense(rng, name, outputs, inputs, bias=True):
    """{name.weight, name.bias} of random numbers."""
    found = {f"{name}.weight": rng.normal(0, inputs**-0.5, (outputs, inputs))}
    return found | ({f"{name}.bias": rng.normal(0, 0.3, outputs)} if bias else {})


def norm(rng, name):
    """{name.weight, name.bias} of a LayerNorm."""
    return {f"{name}.weight": 1 + rng.normal(0, 0.3, D), f"{name}.bias": rng.normal(0, 0.3, D)}


def pooling(rng, width=MLP):
    """attn_pool.*, attention pooling."""
    found = {"attn_pool.latent": rng.normal(0, 1, (1, 1, D))} | norm(rng, "attn_pool.norm")
    for name, outputs in (("q", D), ("kv", 2 * D), ("proj", D)):
        found |= dense(rng, f"attn_pool.{name}", outputs, D)
    return found | dense(rng, "attn_pool.mlp.fc1", width, D) | dense(rng, "attn_pool.mlp.fc2", D, width)


def arrays(rng, *, rows=17, token=True, registers=0, qkv_bias=True, proj_bias=True, classes=CLASSES):
    """{timm's name: array} of a random ViT of two blocks for images of 16x16; rows: of its table, 0 for none."""
    found = dense(rng, "patch_embed.proj", D, 3 * P * P)
    found["patch_embed.proj.weight"] = found["patch_embed.proj.weight"].reshape(D, 3, P, P)
    for name, count in (("cls_token", token), ("reg_token", registers), ("pos_embed", rows)):
        found |= {name: rng.normal(0, 0.5, (1, int(count), D))} if count else {}
    for block in ("blocks.0", "blocks.1"):
        found |= norm(rng, f"{block}.norm1") | norm(rng, f"{block}.norm2")
        found |= dense(rng, f"{block}.attn.qkv", 3 * D, D, qkv_bias)
        found |= dense(rng, f"{block}.attn.proj", D, D, proj_bias)
        found |= dense(rng, f"{block}.mlp.fc1", MLP, D, proj_bias)
        found |= dense(rng, f"{block}.mlp.fc2", D, MLP, proj_bias)
    found |= norm(rng, "norm")
    return found | (dense(rng, "head", classes, D) if classes else {})


def forward(a, images, *, gelu="erf", eps=1e-6, pool="token"):
    """Images (B, H, W, 3) → logits, or what the head would read where there is none."""
    layer = _layers(a, eps)
    kernel = a["patch_embed.proj.weight"]
    batch, rows, columns = len(images), images.shape[1] // P, images.shape[2] // P
    x = (
        images.reshape(batch, rows, P, columns, P, 3)
        .transpose(0, 1, 3, 5, 2, 4)
        .reshape(batch, rows * columns, -1)
    )
    x = x @ kernel.reshape(D, -1).T + a.get("patch_embed.proj.bias", 0)
    before = [a[name] for name in ("cls_token", "reg_token") if name in a]
    count = sum(tokens.shape[1] for tokens in before)
    positions = np.zeros((count + rows * columns, D))
    if "pos_embed" in a:  # of all tokens, of the patches alone, or of these and the class token
        table = a["pos_embed"][0]
        first = len(table) - rows * columns
        positions[:first], positions[count:] = table[:first], table[first:]
    x = np.concatenate([*[np.tile(tokens, (batch, 1, 1)) for tokens in before], x], axis=1) + positions
    x = layer("norm_pre", x) if "norm_pre.weight" in a else x
    for block in ("blocks.0", "blocks.1"):
        y = layer(f"{block}.norm1", x)
        q, k, v = np.split(layer(f"{block}.attn.qkv", y), 3, axis=-1)
        x = x + layer(f"{block}.attn.proj", attention(q, k, v))
        y = GELUS[gelu](layer(f"{block}.mlp.fc1", layer(f"{block}.norm2", x)))
        x = x + layer(f"{block}.mlp.fc2", y)
    x = layer("norm", x) if "norm.weight" in a else x
    if pool == "map":
        q = np.tile(layer("attn_pool.q", a["attn_pool.latent"]), (batch, 1, 1))
        y = attention(q, *np.split(layer("attn_pool.kv", x[:, count:]), 2, axis=-1))
        x = layer("attn_pool.proj", y)
        y = GELUS[gelu](layer("attn_pool.mlp.fc1", layer("attn_pool.norm", x)))
        x = (x + layer("attn_pool.mlp.fc2", y))[:, 0]
    else:
        x = x[:, 0] if pool == "token" else x[:, count:].mean(axis=1)
    x = layer("fc_norm", x) if "fc_norm.weight" in a else x
    return layer("head", x) if "head.weight" in a else x


def _layers(a, eps):
    """f(name, x): the dense layer or the LayerNorm of that name."""

    def layer(name, x):
        weight, bias = a[f"{name}.weight"], a.get(f"{name}.bias", 0)
        if weight.ndim == 2:
            return x @ weight.T + bias
        centered = x - x.mean(axis=-1, keepdims=True)
        return centered / np.sqrt((centered**2).mean(axis=-1, keepdims=True) + eps) * weight + bias

    return layer


def attention(q, k, v):
    """All heads at once, (B, T, D) each."""
    q, k, v = (x.reshape(len(x), -1, HEADS, D // HEADS).swapaxes(1, 2) for x in (q, k, v))
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(D // HEADS)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    x = weights / weights.sum(axis=-1, keepdims=True) @ v
    return x.swapaxes(1, 2).reshape(len(x), -1, D)
