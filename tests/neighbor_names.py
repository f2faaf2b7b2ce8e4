"""The arrays of `neighbor_files` under the names and in the layouts of Hugging Face and big_vision."""

import numpy as np
from neighbor_files import HEADS, D


def renamed(found, *pairs):
    """The same arrays with parts of their names replaced."""
    for old, new in pairs:
        found = {name.replace(old, new): array for name, array in found.items()}
    return found


def huggingface(a, prefix="vit."):
    """Hugging Face's ViT, with the joined Q, K and V taken apart."""
    found = {}
    for name, array in a.items():
        if ".attn.qkv." in name:
            for letter, part in zip(("query", "key", "value"), np.split(array, 3), strict=True):
                found[name.replace(".attn.qkv.", f".attention.attention.{letter}.")] = part
        else:
            found[name] = array
    found = renamed(
        found,
        ("blocks.", f"{prefix}encoder.layer."),
        (".attn.proj.", ".attention.output.dense."),
        (".mlp.fc1.", ".intermediate.dense."),
        (".mlp.fc2.", ".output.dense."),
        (".norm1.", ".layernorm_before."),
        (".norm2.", ".layernorm_after."),
        ("patch_embed.proj.", f"{prefix}embeddings.patch_embeddings.projection."),
        ("cls_token", f"{prefix}embeddings.cls_token"),
        ("pos_embed", f"{prefix}embeddings.position_embeddings"),
        ("reg_token", f"{prefix}embeddings.register_tokens"),
        ("head.", "classifier."),
    )
    return {
        f"{prefix}layer{name}" if name.startswith("norm.") else name: array for name, array in found.items()
    }


def towers(a, prefix="vision_model."):
    """Hugging Face's CLIP and SigLIP."""
    found = renamed(
        huggingface(a, prefix),
        (".encoder.layer.", ".encoder.layers."),
        (".attention.attention.", ".self_attn."),
        (".query.", ".q_proj."),
        (".key.", ".k_proj."),
        (".value.", ".v_proj."),
        (".attention.output.dense.", ".self_attn.out_proj."),
        (".intermediate.dense.", ".mlp.fc1."),
        (".output.dense.", ".mlp.fc2."),
        (".layernorm_before.", ".layer_norm1."),
        (".layernorm_after.", ".layer_norm2."),
        ("patch_embeddings.projection.", "patch_embedding."),
        ("embeddings.cls_token", "embeddings.class_embedding"),
        ("position_embeddings", "position_embedding.weight"),
        (f"{prefix}layernorm.", f"{prefix}post_layernorm."),
        ("norm_pre.", f"{prefix}pre_layrnorm."),
        ("attn_pool.latent", f"{prefix}head.probe"),
        ("attn_pool.norm.", f"{prefix}head.layernorm."),
        ("attn_pool.mlp.", f"{prefix}head.mlp."),
        ("attn_pool.proj.", f"{prefix}head.attention.out_proj."),
    )
    for ending in ("weight", "bias"):
        if f"attn_pool.q.{ending}" in found:
            joined = [found.pop(f"attn_pool.{name}.{ending}") for name in ("q", "kv")]
            found[f"{prefix}head.attention.in_proj_{ending}"] = np.concatenate(joined)
    for name, axes in (("class_embedding", D), ("position_embedding.weight", (-1, D))):
        if (name := f"{prefix}embeddings.{name}") in found:
            found[name] = found[name].reshape(axes)
    return found


def flax(a):
    """big_vision's, without positions where there are none."""
    kernel = a["patch_embed.proj.weight"].transpose(2, 3, 1, 0)
    found = {"embedding/kernel": kernel, "embedding/bias": a["patch_embed.proj.bias"]}
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
        qkv = _parts(a, f"{ours}.attn.qkv", 3)
        found |= _attention(f"{block}/MultiHeadDotProductAttention_0", qkv, a, f"{ours}.attn.proj")
        found |= _mlp(a, f"{ours}.mlp", f"{block}/MlpBlock_0")
    found |= _norm(a, "norm", "Transformer/encoder_norm")
    if "attn_pool.latent" in a:
        qkv = [*_parts(a, "attn_pool.q", 1), *_parts(a, "attn_pool.kv", 2)]
        found |= _attention("MAPHead_0/MultiHeadDotProductAttention_0", qkv, a, "attn_pool.proj")
        found |= _norm(a, "attn_pool.norm", "MAPHead_0/LayerNorm_0") | _mlp(
            a, "attn_pool.mlp", "MAPHead_0/MlpBlock_0"
        )
    if "head.weight" in a:
        found |= {"head/kernel": a["head.weight"].T, "head/bias": a["head.bias"]}
    return {f"params/{name}": array for name, array in found.items()}


def _parts(a, ours, count):
    return list(zip(np.split(a[f"{ours}.weight"], count), np.split(a[f"{ours}.bias"], count), strict=True))


def _norm(a, ours, theirs):
    return {f"{theirs}/scale": a[f"{ours}.weight"], f"{theirs}/bias": a[f"{ours}.bias"]}


def _attention(theirs, qkv, a, out):
    found = {}
    for name, (W, b) in zip(("query", "key", "value"), qkv, strict=True):
        found[f"{theirs}/{name}/kernel"] = W.T.reshape(D, HEADS, -1)
        found[f"{theirs}/{name}/bias"] = b.reshape(HEADS, -1)
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
