"""The JSON files beside a Hugging Face or timm file, read and written. Imports `errors`, `system`.

Hugging Face keeps in config.json what the arrays cannot say (heads, eps, GELU, the image's height and width, the
names of the classes), and in preprocessor_config.json how a picture becomes the input. timm's config.json has both.
"""

import contextlib
import dataclasses
import json
import math
import os

from vitnp.errors import InputError, known, shown
from vitnp.system import reading

# transformers/activations.py; timm's gelu_tanh
GELU = {"gelu": "erf", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh", "gelu_tanh": "tanh"}
# By name, and by Pillow's number.
FILTERS = {"bilinear": "bilinear", "bicubic": "bicubic", 2: "bilinear", 3: "bicubic"}
ADVICE = "repair it, or move it away"
JSON_FILES = ("config.json", "preprocessor_config.json")
# What Hugging Face calls the fields whose values the arrays also show.
SIZES = {
    "hidden_size": "hidden_size",
    "num_hidden_layers": "num_layers",
    "intermediate_size": "mlp_dim",
    "patch_size": "patch_size",
    "num_channels": "in_channels",
}


def read(path, family, preprocessing):
    """(the ViTConfig fields that the JSON files beside `path` decide, what they ask for and vitnp cannot do).

    preprocessing is the family's, for what they leave open; the second is a list of phrases. Without such files:
    ({}, []). Raises InputError, naming the file, for one that cannot be used.
    """
    if family == "timm":
        with _named(path, "config.json") as given:
            return _timm(given, preprocessing)
    if family != "huggingface":
        return {}, []
    with _named(path, "config.json") as given:
        fields = _huggingface(given)
    with _named(path, "preprocessor_config.json") as given:
        how, unlike = _processor(given, preprocessing, fields.get("image_size"))
    return fields | how, unlike


def _huggingface(given):
    """Hugging Face's config.json as fields of ViTConfig."""
    names = SIZES | {"num_attention_heads": "num_heads", "layer_norm_eps": "layer_norm_eps"}
    fields = {ours: given[theirs] for theirs, ours in names.items() if theirs in given}
    if "hidden_act" in given:
        fields["gelu"] = _known("hidden_act", given["hidden_act"], GELU)
    if "image_size" in given:
        fields["image_size"] = _pair(given["image_size"])
    if "id2label" in given:
        fields["num_classes"] = len(_labels(given, "id2label"))
    return fields


def _processor(given, preprocessing, image_size):
    """preprocessor_config.json as (fields of ViTConfig, phrases); image_size is the model's, or None."""
    given = {name: value for name, value in given.items() if value is not None}
    if not given:
        return {}, []
    changes, unlike = {}, []
    changes["mean"] = tuple(given.get("image_mean", preprocessing.mean))
    changes["std"] = tuple(given.get("image_std", preprocessing.std))
    if given.get("do_normalize") is False:
        changes |= {"mean": (0.0,), "std": (1.0,)}
    # x·factor before the mean is taken off: in x/255, where vitnp takes it off, mean and std are so much smaller.
    factor = 255.0 * given.get("rescale_factor", 1 / 255) if given.get("do_rescale", True) else 255.0
    if not math.isclose(factor, 1.0):
        changes |= {name: tuple(value / factor for value in changes[name]) for name in ("mean", "std")}
    if "resample" in given:
        if given["resample"] in FILTERS:
            changes["resize_filter"] = FILTERS[given["resample"]]
        else:
            unlike.append(f"preprocessor_config.json has resample {shown(given['resample'])}")
    if given.get("do_resize") is False:
        unlike.append("preprocessor_config.json has do_resize false")
    elif "size" in given:
        sizes, problem = _resize(given, image_size)
        changes |= sizes
        unlike += problem
    return {"preprocessing": dataclasses.replace(preprocessing, **changes)}, unlike


def _resize(given, image_size):
    """How preprocessor_config.json resizes and crops as (fields of Preprocessing, phrases)."""
    size, keep = given["size"], False
    if isinstance(size, dict) and size.keys() == {"shortest_edge"}:
        size, keep = size["shortest_edge"], True
    before = _pair((size["height"], size["width"]) if isinstance(size, dict) else size)
    after = before
    if given.get("do_center_crop"):
        crop = given.get("crop_size", image_size or before)
        after = _pair((crop["height"], crop["width"]) if isinstance(crop, dict) else crop)
    wanted = image_size or after
    fraction = after[0] / before[0]
    if int(after[0] / fraction) < before[0]:  # the last bit: preprocess divides, and must come to `before`
        fraction = math.nextafter(fraction, 0.0)
    like = after == wanted and tuple(int(side / fraction) for side in after) == before
    if keep:  # one number is meant, the shorter side's
        like = after == wanted and after[0] == after[1] and bool(given.get("do_center_crop"))
    if not like:
        return {}, [
            f"preprocessor_config.json resizes to {shown(given['size'])} for {wanted[0]}x{wanted[1]} pixels"
        ]
    return {"crop_fraction": fraction, "keep_aspect_ratio": keep}, []


def _timm(config, preprocessing):
    """timm's config.json as (fields of ViTConfig, phrases)."""
    fields, unlike = {}, []
    arguments, given = (config.get(name) or {} for name in ("model_args", "pretrained_cfg"))
    if "num_heads" in arguments:
        fields["num_heads"] = arguments["num_heads"]
    if "act_layer" in arguments:
        fields["gelu"] = _known("act_layer", arguments["act_layer"], GELU)
    if "num_classes" in config:
        fields["num_classes"] = config["num_classes"]
    changes = {name: tuple(given[name]) for name in ("mean", "std") if name in given}
    if "crop_pct" in given:
        changes["crop_fraction"] = given["crop_pct"]
    ways = {"center": True, "squash": False}
    for theirs, ours, values in (
        ("interpolation", "resize_filter", FILTERS),
        ("crop_mode", "keep_aspect_ratio", ways),
    ):
        if theirs in given and given[theirs] in values:
            changes[ours] = values[given[theirs]]
        elif theirs in given:
            unlike.append(f"config.json has {theirs} {shown(given[theirs])}")
    if changes:
        fields["preprocessing"] = dataclasses.replace(preprocessing, **changes)
    return fields, unlike


def _known(what, value, choices):
    if not known(value, choices):
        raise ValueError(f"{what} is {shown(value)}; vitnp has {', '.join(choices)}")
    return choices[value]


def _labels(given, name):
    """The names of the classes under a name, a list or {number of the class: name}."""
    labels = given.get(name) or []
    if not isinstance(labels, list | dict):
        raise TypeError(f"{name} is {shown(labels)}")
    return labels


def _pair(size):
    """(height, width) of what may be one number."""
    height, width = size if isinstance(size, list | tuple) else (size, size)
    return height, width


@contextlib.contextmanager
def _named(path, name):
    """The object in the JSON file called `name` beside `path`; what fails on it raises InputError that names it."""
    given = _json(path, name)
    with reading.named(_beside(path, name), " cannot be used", ADVICE):
        yield given


def _beside(path, name):
    return os.path.join(os.path.dirname(reading.name_of(path)), name)


def _json(path, name):
    """The object in the JSON file called `name` beside `path`; {} where there is no such file."""
    file = _beside(path, name)
    if not os.path.exists(file):
        return {}
    text = reading.text(file, ADVICE)
    with reading.named(file, " is no JSON object", ADVICE):
        return {**reading.from_json(text)}


def class_names(path):
    """[name of class 0, …] of the config.json beside the file, or None where it has none.

    Raises InputError, naming the file, for names that are no text.
    """
    with _named(path, "config.json") as given:
        names = _labels(given, "id2label") or _labels(given, "label_names")
        if isinstance(names, dict):
            names = [names.get(str(i), str(i)) for i in range(len(names))]
        if all(name == f"LABEL_{i}" for i, name in enumerate(names)):  # none, or transformers' fillers
            return None
        described = given.get("label_descriptions") or {}  # timm: its names are WordNet's numbers
        names = [described.get(name, name) for name in names]
        for i, name in enumerate(names):
            if not isinstance(name, str):
                raise ValueError(f"the name of class {i} is no text")
        return names


def texts(path, config, class_names):
    """The (name, text) of the two files from which `read` gives the same fields, as transformers has them.

    class_names may be None. Raises InputError where config.json is something else's, or another model's.
    """
    old = _json(path, "config.json")
    if (old and old.get("model_type") != "vit") or _of_another(path):
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
        given["id2label"] = {
            str(i): class_names[i] if class_names else f"LABEL_{i}" for i in range(config.num_classes)
        }
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
        for name, value in zip(JSON_FILES, (given, processor), strict=True)
    ]


def _of_another(path):
    """Whether there are JSON files beside `path`, and weights that they belong to, but no file at `path` yet."""
    if os.path.exists(path) or not any(os.path.exists(_beside(path, name)) for name in JSON_FILES):
        return False
    return any(name.endswith((".safetensors", ".bin")) for name in os.listdir(_beside(path, "") or "."))
