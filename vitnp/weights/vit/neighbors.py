"""What the arrays show of models beside the plain ViT, as fields of the configuration. Imports `prefix`, `names`.

The pooling and its LayerNorm, registers, a LayerNorm before the first block, no table of positions.
"""

import re

from vitnp.weights.vit import layer_scale, prefix
from vitnp.weights.vit.names import names

WITHOUT_TABLE = {"google": "sincos", "timm": "none"}  # the positions of a file without a table
# Kinds whose published models have two forms of GELU.
TWO_GELUS = {
    "timm-clip": "erf or, as OpenAI's, quick",
    "timm-map": "erf or, as in some of SigLIP's, tanh",
    "openai": "quick or, as in open_clip, erf",
    "huggingface-clip": "quick or, as in LAION's, erf",
}

# {argument of timm's: pattern of the arrays' names that it makes}
ARGUMENTS = {
    "class_token": r"cls_token$",
    "qkv_bias": r"blocks\.\d+\.attn\.qkv\.bias$",
    "proj_bias": r"blocks\.\d+\.attn\.proj\.bias$",
    "pre_norm": r"norm_pre\.",
}


def beside_the_vit(config):
    """What the model has and a plain ViT has not, which is read from other libraries' files and not written; or ""."""
    parts = {
        "registers": config.num_registers,
        "attention pooling": config.classifier == "map",
        "a LayerNorm before the first block": config.input_norm,
        "a LayerNorm after the mean": config.pooled_norm,
    }
    return " and ".join(part for part, there in parts.items() if there)


def seen(family, shapes):
    """{field: value} that the arrays' shapes, {name in `names.TABLES`: shape}, leave no doubt about."""
    theirs = names(family, 0)
    fields = {}
    if theirs["pool.probe"] in shapes:
        fields["classifier"] = "map"
        b1 = shapes.get(theirs["pool.feed_forward.b1"], ())
        fields["pool_mlp_dim"] = b1[0] if b1 else None
    elif theirs["class_token.cls"] not in shapes:
        fields["classifier"] = "gap"
    elif family != "timm":
        fields["classifier"] = "token"
    if theirs["input_norm.gamma"] in shapes:
        fields["input_norm"] = True
    return fields


def arguments(arrays, shapes):
    """{argument of timm's: its value} that the names of timm's arrays show; see `fill` for the two."""
    found = {name: any(re.match(made, one) for one in arrays) for name, made in ARGUMENTS.items()}
    found["init_values"] = layer_scale.is_in("timm", arrays)
    found["fc_norm"] = _after_pooling(arrays)
    return found | {"reg_tokens": shapes["reg_token"][-2] if "reg_token" in shapes else 0}


def _after_pooling(arrays):
    """Whether a LayerNorm of timm's is behind the pooling."""
    return any("fc_norm." in name for name in arrays.values())


def ask(kind, fields, overrides):
    """[question] where the form of GELU is open."""
    if kind == "timm" and fields.get("classifier") == "map":
        kind = "timm-map"
    if kind not in TWO_GELUS or "gelu" in fields or "gelu" in overrides:
        return []
    return [f"it does not say which GELU it has: {TWO_GELUS[kind]}; say it with gelu= or --set gelu=NAME"]


def fill(family, arrays, shapes, fields, overrides, *, tableless, said=()):
    """Give `fields` the rest; returns [(field, text of its value), …] of what nobody said.

    arrays, shapes: {name in `names.TABLES`: name in the file, shape}; said: the fields that the JSON beside it says.
    """
    taken, after_pooling = [], _after_pooling(arrays)
    open_ = "classifier" not in fields
    if open_:
        fields["classifier"] = "gap" if after_pooling else "token"
    if family == "timm" and fields["classifier"] == "gap" and not after_pooling:
        open_ = "classifier" not in said  # without a class token, it may be the largest of each value
    if open_ and "classifier" not in overrides:
        taken.append(("classifier", fields["classifier"]))
    if fields.get("pool_mlp_dim") in (None, fields["mlp_dim"]):
        fields.pop("pool_mlp_dim", None)
    if tableless and "position_embedding" not in fields:
        fields["position_embedding"] = WITHOUT_TABLE.get(family, "none")
        if family == "timm" and "position_embedding" not in overrides:
            taken.append(("position_embedding", "none"))
    pooling = overrides.get("classifier", fields["classifier"])
    if after_pooling and pooling == "gap":
        fields["pooled_norm"] = True
    registers = prefix.count(family, shapes) - (pooling == "token")
    if registers > 0:
        fields["num_registers"] = registers
    return taken
