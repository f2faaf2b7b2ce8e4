"""The JSON files beside a Hugging Face or timm file, written: what `sidecar` reads gives the same model again.

Imports `errors`, `models`, `sidecar`, `processors`, `profiles`.
"""

import dataclasses
import json
import math
import os

from vitnp.errors import InputError
from vitnp.models.vit.config import PRESETS
from vitnp.weights.vit import processors, sidecar
from vitnp.weights.vit.huggingface_json import SIZES
from vitnp.weights.vit.profiles import profile
from vitnp.weights.vit.sidecar import JSON_FILES, OURS, beside, json_of

# The fields that the arrays show, and the table of positions with the files.
SHOWN = (*SIZES.values(), "num_classes", "representation_size", "classifier", "image_size")
STEM = ("stem_width", "stem_units")  # and of a hybrid
# Names that timm has; with model_args any of them makes a ViT of any size.
TIMM = {
    "Ti/16": "vit_tiny_patch16_224",
    "S/32": "vit_small_patch32_224",
    "S/16": "vit_small_patch16_224",
    "S/8": "vit_small_patch8_224",
    "B/32": "vit_base_patch32_224",
    "B/16": "vit_base_patch16_224",
    "B/8": "vit_base_patch8_224",
    "L/32": "vit_large_patch32_224",
    "L/16": "vit_large_patch16_224",
    "L/14": "vit_large_patch14_224",
    "H/14": "vit_huge_patch14_224",
}
WEIGHTS = (".safetensors", ".bin", ".pth", ".pt")


def texts(path, family, config, class_names, *, architecture=None, problem_type=None):
    """[(name, text)] of the JSON files that belong beside the weights at `path`; class_names may be None.

    architecture: timm's name of the model, None for that of a ViT; problem_type: Hugging Face's, None for that of the
    configuration. Raises InputError where config.json is something
    else's, or another model's.
    """
    if family not in ("timm", "huggingface"):
        return []
    if family == "timm":
        given = {JSON_FILES[0]: _timm(config, class_names, architecture)}
    else:
        given = dict(
            zip(
                JSON_FILES,
                (_huggingface(config, class_names, problem_type), processors.to_huggingface(config)),
                strict=True,
            )
        )
    kind = f"{family}-hybrid" if config.family == "hybrid" else family
    shown = (*SHOWN, *(STEM if config.family == "hybrid" else ()))
    return with_unsaid(path, family, config, given, profile(kind, config.image_size), shown)


def with_unsaid(path, family, config, given, default, shown):
    """The texts of `given`, {name of a JSON file: its object}, with what they do not say under "vitnp".

    default: the row of the profiles; shown: the fields that the arrays show.
    """
    _check_place(path, family, given)
    if unsaid := _unsaid(family, config, given, default, shown):
        given[JSON_FILES[0]][OURS] = unsaid
    return [(beside(path, name), json.dumps(value, indent=2) + "\n") for name, value in given.items()]


def _check_place(path, family, names):
    """Raise InputError where the JSON files of these names beside `path` are another model's."""
    old = json_of(path, JSON_FILES[0])
    theirs = old.get("model_type") == "vit" if family == "huggingface" else "architecture" in old
    there = any(os.path.exists(beside(path, name)) for name in names)
    files = os.listdir(beside(path, "") or ".") if there and not os.path.exists(path) else []
    if (old and not theirs) or any(name.endswith(WEIGHTS) for name in files):
        raise InputError(f"{beside(path, JSON_FILES[0])} belongs to something else; save into another folder")


def _unsaid(family, config, given, default, shown):
    """{field: value} of all that the reader of these files would not give back, with a dict of its preprocessing's."""
    found = sidecar.of(family, *given.values(), base=default["preprocessing"], Config=type(config))
    fields = {field.name: field.default for field in dataclasses.fields(config)}
    fields |= default | {name: getattr(config, name) for name in shown} | found.fields
    if found.image_size is not None:
        fields["image_size"] = found.image_size
    how = dataclasses.asdict(dataclasses.replace(default["preprocessing"], **found.preprocessing))
    asked = {answer.partition("=")[0] for _, answer in found.unlike}
    mine = dataclasses.asdict(config.preprocessing)
    unsaid = {
        name: value
        for name, value in vars(config).items()
        if name != "preprocessing" and fields[name] != value
    }
    inner = {name: value for name, value in mine.items() if how[name] != value or name in asked}
    return unsaid | ({"preprocessing": inner} if inner else {})


def _huggingface(config, class_names, problem_type):
    """Hugging Face's config.json."""
    base = not config.num_classes
    given = {
        "architectures": ["ViTModel" if base else "ViTForImageClassification"],
        "model_type": "vit",
        **{theirs: getattr(config, ours) for theirs, ours in SIZES.items()},
        "num_attention_heads": config.num_heads,
        "layer_norm_eps": config.layer_norm_eps,
        "hidden_act": {"erf": "gelu", "tanh": "gelu_new", "quick": "quick_gelu"}[config.gelu],
        "image_size": list(config.image_size),
        "qkv_bias": True,
    }
    if base:
        return given | {"pooler_output_size": config.representation_size, "pooler_act": "tanh"}
    names = class_names or [f"LABEL_{i}" for i in range(config.num_classes)]
    labels = {str(i): name for i, name in enumerate(names)}
    problem = problem_type or ("multi_label_classification" if config.multi_label else None)
    given |= {"problem_type": problem} if problem else {}
    return given | {"id2label": labels, "label2id": {name: int(i) for i, name in labels.items()}}


def _timm(config, class_names, architecture):
    """timm's config.json."""
    sizes = {name: getattr(config, name) for name in PRESETS["B/16"]}
    known = next((name for name, preset in PRESETS.items() if preset == sizes), None)
    ratio = config.mlp_dim / config.hidden_size
    if int(config.hidden_size * ratio) < config.mlp_dim:  # the last bit: timm rounds down
        ratio = math.nextafter(ratio, math.inf)
    pool = "token" if config.classifier == "token" else "avg"
    arguments = {
        "img_size": list(config.image_size),
        "patch_size": config.patch_size,
        "in_chans": config.in_channels,
        "num_classes": config.num_classes,
        "embed_dim": config.hidden_size,
        "depth": config.num_layers,
        "num_heads": config.num_heads,
        "mlp_ratio": ratio,
        "global_pool": pool,
        "class_token": config.classifier == "token",
        "fc_norm": False,
    }
    if config.gelu != "erf":
        arguments["act_layer"] = {"tanh": "gelu_tanh", "quick": "quick_gelu"}[config.gelu]
    given = {
        "architecture": architecture or TIMM.get(known, TIMM["B/16"]),
        "num_classes": config.num_classes,
        "num_features": config.hidden_size,
        "global_pool": pool,
        "model_args": arguments,
        "pretrained_cfg": processors.to_timm(config),
    }
    return given | ({"label_names": list(class_names)} if class_names else {})
