"""The config.json beside a Hugging Face or timm file, read and written. Imports `config`, `errors`.

Hugging Face keeps there what the arrays cannot say (heads, eps, GELU, the image's height and width, the names of
the classes), and preprocessor_config.json has the pixels' mean and standard deviation. timm's has these too.
"""

import dataclasses
import json
import os

from vitnp.errors import InputError

GELU = {"gelu": "erf", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}  # transformers/activations.py
FILTERS = {
    "bilinear": "bilinear",
    "bicubic": "bicubic",
    2: "bilinear",
    3: "bicubic",
}  # by name; Pillow's number
# What Hugging Face calls the fields whose values the arrays also show.
SIZES = {
    "hidden_size": "hidden_size",
    "num_hidden_layers": "num_layers",
    "intermediate_size": "mlp_dim",
    "patch_size": "patch_size",
    "num_channels": "in_channels",
}


def read(path, family, preprocessing):
    """The ViTConfig fields that the JSON files beside `path` decide; {} without such files.

    preprocessing is the family's, for what they leave open. Raises InputError for a file that cannot be used.
    """
    if family == "timm":
        return _timm(_json(path, "config.json").get("pretrained_cfg", {}), preprocessing)
    if family != "huggingface":
        return {}
    given = _json(path, "config.json")
    fields = {ours: given[theirs] for theirs, ours in SIZES.items() if theirs in given}
    if "hidden_act" in given:
        if given["hidden_act"] not in GELU:
            raise InputError(
                f'{_beside(path, "config.json")} has hidden_act "{given["hidden_act"]}"; vitnp has {", ".join(GELU)}'
            )
        fields["gelu"] = GELU[given["hidden_act"]]
    for theirs, ours in (("num_attention_heads", "num_heads"), ("layer_norm_eps", "layer_norm_eps")):
        if theirs in given:
            fields[ours] = given[theirs]
    if "image_size" in given:
        size = given["image_size"]
        fields["image_size"] = tuple(size) if isinstance(size, list) else (size, size)
    if "id2label" in given:
        fields["num_classes"] = len(given["id2label"])
    return fields | _processor(_json(path, "preprocessor_config.json"), preprocessing)


def _processor(given, preprocessing):
    """preprocessor_config.json as fields of ViTConfig."""
    if not given:
        return {}
    names = {"image_mean": "mean", "image_std": "std"}
    changes = {ours: tuple(given[theirs]) for theirs, ours in names.items() if given.get(theirs)}
    if given.get("resample") in FILTERS:
        changes["resize_filter"] = FILTERS[given["resample"]]
    return {"preprocessing": dataclasses.replace(preprocessing, **changes)}


def _timm(given, preprocessing):
    """The pretrained_cfg of timm's config.json as fields of ViTConfig."""
    changes = {name: tuple(given[name]) for name in ("mean", "std") if name in given}
    if given.get("interpolation") in FILTERS:
        changes["resize_filter"] = FILTERS[given["interpolation"]]
    if "crop_pct" in given:
        changes["crop_fraction"] = given["crop_pct"]
    return {"preprocessing": dataclasses.replace(preprocessing, **changes)} if changes else {}


def _beside(path, name):
    return os.path.join(os.path.dirname(os.fspath(path)), name)


def _json(path, name):
    """The object in the JSON file called `name` beside `path`; {} where there is no such file."""
    file = _beside(path, name)
    try:
        with open(file, encoding="utf-8") as stream:
            given = json.load(stream)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as problem:
        raise InputError(f"cannot read {file} ({problem}); repair it, or move it away") from None
    if not isinstance(given, dict):
        raise InputError(f"{file} is not a JSON object; repair it, or move it away")
    return given


def class_names(path):
    """[name of class 0, …] of the config.json beside the file, or None where it has none."""
    given = _json(path, "config.json")
    names = given.get("id2label") or given.get("label_names") or {}
    if isinstance(names, dict):
        names = [names.get(str(i), str(i)) for i in range(len(names))]
    if all(name == f"LABEL_{i}" for i, name in enumerate(names)):  # none, or transformers' fillers
        return None
    described = given.get("label_descriptions", {})  # timm: its names are WordNet's numbers
    return [str(described.get(name, name)) for name in names]


def texts(path, config):
    """The (name, text) of the two files from which `read` gives the same fields, as transformers has them.

    Raises InputError where config.json is something else's.
    """
    old = _json(path, "config.json")
    if old and old.get("model_type") != "vit":
        raise InputError(
            f"{_beside(path, 'config.json')} belongs to something else; save into another folder"
        )
    base = not config.num_classes
    given = {
        "architectures": ["ViTModel" if base else "ViTForImageClassification"],
        "model_type": "vit",
        **{theirs: getattr(config, ours) for theirs, ours in SIZES.items()},
        "num_attention_heads": config.num_heads,
        "layer_norm_eps": config.layer_norm_eps,
        "hidden_act": "gelu" if config.gelu == "erf" else "gelu_new",
        "image_size": list(config.image_size),
        "qkv_bias": True,
    }
    if base:
        given |= {"pooler_output_size": config.representation_size, "pooler_act": "tanh"}
    else:
        given["id2label"] = {str(i): f"LABEL_{i}" for i in range(config.num_classes)}
        given["label2id"] = {name: int(i) for i, name in given["id2label"].items()}
    how = config.preprocessing
    processor = {
        "image_processor_type": "ViTImageProcessor",
        "image_mean": list(how.mean) * (config.in_channels // len(how.mean)),
        "image_std": list(how.std) * (config.in_channels // len(how.std)),
        "resample": {"bilinear": 2, "bicubic": 3}[how.resize_filter],
        "size": dict(zip(("height", "width"), config.image_size, strict=True)),
    }
    return [
        (_beside(path, name), json.dumps(value, indent=2) + "\n")
        for name, value in (("config.json", given), ("preprocessor_config.json", processor))
    ]
