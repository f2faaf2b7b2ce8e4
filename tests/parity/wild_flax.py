"""Files in big_vision's layout, whose code is not here: written from the plain float64 model of `neighbor_files`."""

import neighbor_files as plain
import numpy as np
from wild import Wild

D, HEADS, MLP = plain.D, plain.HEADS, plain.MLP
TOLD = {}


def flax(a, prefix="params/"):
    """timm's arrays under big_vision's names, in its layout."""
    found = {
        "embedding/kernel": a["patch_embed.proj.weight"].transpose(2, 3, 1, 0),
        "embedding/bias": a["patch_embed.proj.bias"],
    }
    for theirs, ours in (
        ("cls", "cls_token"),
        ("pos_embedding", "pos_embed"),
        ("MAPHead_0/probe", "attn_pool.latent"),
    ):
        found |= {theirs: a[ours]} if ours in a else {}
    for i in (0, 1):
        block, ours = f"Transformer/encoderblock_{i}", f"blocks.{i}"
        found |= _norm(a, f"{ours}.norm1", f"{block}/LayerNorm_0") | _norm(
            a, f"{ours}.norm2", f"{block}/LayerNorm_1"
        )
        qkv = zip(
            np.split(a[f"{ours}.attn.qkv.weight"], 3), np.split(a[f"{ours}.attn.qkv.bias"], 3), strict=True
        )
        found |= _attention(f"{block}/MultiHeadDotProductAttention_0", [*qkv], a, f"{ours}.attn.proj")
        found |= _mlp(a, f"{ours}.mlp", f"{block}/MlpBlock_0")
    found |= _norm(a, "norm", "Transformer/encoder_norm")
    if "attn_pool.latent" in a:
        q = (a["attn_pool.q.weight"], a["attn_pool.q.bias"])
        kv = zip(np.split(a["attn_pool.kv.weight"], 2), np.split(a["attn_pool.kv.bias"], 2), strict=True)
        found |= _attention("MAPHead_0/MultiHeadDotProductAttention_0", [q, *kv], a, "attn_pool.proj")
        found |= _norm(a, "attn_pool.norm", "MAPHead_0/LayerNorm_0") | _mlp(
            a, "attn_pool.mlp", "MAPHead_0/MlpBlock_0"
        )
    if "head.weight" in a:
        found |= {"head/kernel": a["head.weight"].T, "head/bias": a["head.bias"]}
    return {prefix + name: array for name, array in found.items()}


def _norm(a, ours, theirs):
    return {f"{theirs}/scale": a[f"{ours}.weight"], f"{theirs}/bias": a[f"{ours}.bias"]}


def _attention(theirs, qkv, a, out):
    found = {}
    for name, (W, b) in zip(("query", "key", "value"), qkv, strict=True):
        found |= {
            f"{theirs}/{name}/kernel": W.T.reshape(D, HEADS, -1),
            f"{theirs}/{name}/bias": b.reshape(HEADS, -1),
        }
    W = a[f"{out}.weight"].T.reshape(HEADS, -1, D)
    return found | {f"{theirs}/out/kernel": W, f"{theirs}/out/bias": a[f"{out}.bias"]}


def _mlp(a, ours, theirs):
    found = {}
    for i in (0, 1):
        found[f"{theirs}/Dense_{i}/kernel"] = a[f"{ours}.fc{i + 1}.weight"].T
        found[f"{theirs}/Dense_{i}/bias"] = a[f"{ours}.fc{i + 1}.bias"]
    return found


def sincos(rows, columns):
    """big_vision's posemb_sincos_2d: (1, rows·columns, D)."""
    y, x = np.mgrid[:rows, :columns]
    omega = 1 / 10_000 ** (np.arange(D // 4) / (D // 4 - 1))
    y, x = np.outer(y.ravel(), omega), np.outer(x.ravel(), omega)
    return np.concatenate([np.sin(x), np.cos(x), np.sin(y), np.cos(y)], axis=1)[None]


def stacked(found):
    """The blocks in one array each, big_vision's scan."""
    new = {name: array for name, array in found.items() if "encoderblock_" not in name}
    for name, array in found.items():
        if "encoderblock_0" in name:
            other = found[name.replace("encoderblock_0", "encoderblock_1")]
            new[name.replace("encoderblock_0", "encoderblock")] = np.stack([array, other])
    return new


def with_text(found):
    """SigLIP's two towers."""
    text = {"params/txt/head/bias": np.ones(4), "params/t": np.ones(1), "params/b": np.ones(1)}
    return {name.replace("params/", "params/img/"): array for name, array in found.items()} | text


def of_flax(name, pool, images, *, more=None, told=None, change=None, fixed=False, **how):
    """A file of big_vision; fixed: its positions are not in it."""

    def write(folder):
        rng = np.random.default_rng(7)
        a = plain.arrays(rng, token=pool == "token", rows=16, **how) | (more(rng) if more else {})
        if fixed:
            a["pos_embed"] = sincos(4, 4)
        want = plain.forward(a, images, gelu="tanh", pool=pool)
        found = flax({key: array for key, array in a.items() if key != "pos_embed" or not fixed})
        np.savez(folder / "model.npz", **(change or dict)(found))
        return folder / "model.npz", want

    return Wild(f"big_vision, {name}", write, told or {})


SMALL = np.random.default_rng(24).normal(size=(2, 16, 16, 3))  # `neighbor_files` has patches of 4
FLAX = [
    of_flax("class token", "token", SMALL),
    of_flax("mean", "gap", SMALL),
    of_flax("scan", "gap", SMALL, change=stacked),
    of_flax("sincos, not said", "gap", SMALL, told={"image_size": 16}, fixed=True),
    of_flax(
        "sincos, said", "gap", SMALL, told={"image_size": 16, "position_embedding": "sincos"}, fixed=True
    ),
    of_flax("attention pooling", "map", SMALL, more=plain.pooling),
    of_flax("attention pooling of another width", "map", SMALL, more=lambda rng: plain.pooling(rng, 48)),
    of_flax("SigLIP's two towers", "map", SMALL, more=plain.pooling, change=with_text, classes=0),
]
