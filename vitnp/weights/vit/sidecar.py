"""The JSON files beside a Hugging Face or timm file, read. Imports `errors`, `inputs`, `system`, `processors`.

Hugging Face keeps in config.json what the arrays cannot say (heads, eps, GELU, the image's height and width, the
names of the classes), and in preprocessor_config.json how a picture becomes the input. timm's config.json has both.
What neither has a word for is under "vitnp" in config.json, which the other libraries do not look at.
"""

import contextlib
import dataclasses
import os
from typing import NamedTuple

from vitnp.errors import known, shown
from vitnp.inputs.fields import check_fields
from vitnp.inputs.images import Preprocessing, size
from vitnp.models.vit.config import ViTConfig
from vitnp.system import reading
from vitnp.weights.vit import processors

# transformers/activations.py; timm's gelu_tanh
GELU = {"gelu": "erf", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh", "gelu_tanh": "tanh"}
ADVICE = "repair it, or move it away"
JSON_FILES = ("config.json", "preprocessor_config.json")
OURS = "vitnp"  # in config.json: {field of the configuration: value}
# What Hugging Face calls the fields whose values the arrays also show.
SIZES = {
    "hidden_size": "hidden_size",
    "num_hidden_layers": "num_layers",
    "intermediate_size": "mlp_dim",
    "patch_size": "patch_size",
    "num_channels": "in_channels",
}


class Beside(NamedTuple):
    """What the JSON files beside a file of weights say."""

    fields: dict  # of the configuration, without preprocessing
    preprocessing: dict  # fields of it
    unlike: list  # of (what they ask for and vitnp cannot do, the --set of what it does in its place)
    image_size: (
        tuple | None
    )  # (height, width) that the model is used at, which may be another than its table's
    no_class_row: bool | None  # whether the position table has no row for the class token, where they say it
    notes: list  # of sentences


NOTHING = Beside({}, {}, [], None, None, [])


def read(path, family, base, *, Config=ViTConfig, any_size=False):
    """The `Beside` of a file. Raises InputError, naming the JSON file, for one that cannot be used.

    base: the Preprocessing of such models, Config the class of their configuration; any_size: see
    `processors.of_huggingface`.
    """
    if family not in ("timm", "huggingface"):
        return NOTHING
    with _named(path, "config.json") as given:
        found = of(family, given, base=base, Config=Config)
    if family == "timm":
        return found
    with _named(path, "preprocessor_config.json") as processor:
        return of(family, given, processor, base=base, any_size=any_size)


def of(family, given, processor=None, *, base, Config=ViTConfig, any_size=False):
    """The `Beside` of config.json and preprocessor_config.json. Raises what is wrong with them, without their names."""
    found = _timm(given) if family == "timm" else _huggingface(given)
    if processor is not None:
        image_size = found.fields.get("image_size")
        how, unlike, made = processors.of_huggingface(processor, image_size, base, any_size=any_size)
        found = found._replace(preprocessing=how, unlike=unlike, image_size=made)
    return _with_ours(found, given.get(OURS, {}), Config)


def is_there(path, family):
    """Whether there is a JSON file that `read` reads."""
    return family in ("timm", "huggingface") and any(
        os.path.exists(beside(path, name)) for name in JSON_FILES
    )


def _with_ours(found, ours, Config):
    """The `Beside` with what is under "vitnp" before it."""
    check_fields(ours, Config)
    how = {**ours.get("preprocessing", {})}
    Preprocessing(**how)
    check = {field.name: field.metadata["check"] for field in dataclasses.fields(Config)}
    others = {name: check[name](name, value) for name, value in ours.items() if name != "preprocessing"}
    return found._replace(
        fields=found.fields | others,
        preprocessing=found.preprocessing | how,
        unlike=[(what, answer) for what, answer in found.unlike if answer.partition("=")[0] not in how],
    )


def _huggingface(given):
    """The `Beside` of Hugging Face's config.json."""
    names = SIZES | {"num_attention_heads": "num_heads", "layer_norm_eps": "layer_norm_eps"}
    fields = {ours: given[theirs] for theirs, ours in names.items() if theirs in given}
    if "hidden_act" in given:
        fields["gelu"] = _known("hidden_act", given["hidden_act"], GELU)
    if "image_size" in given:
        fields["image_size"] = size(given["image_size"])
    if "id2label" in given:
        fields["num_classes"] = len(_labels(given, "id2label"))
    if "mlp_ratio" in given and "hidden_size" in given:  # DINOv2
        fields["mlp_dim"] = int(given["hidden_size"] * given["mlp_ratio"])
    notes = []
    if "Dinov2Backbone" in (given.get("architectures") or []):
        if given.get("apply_layernorm") is False:
            raise ValueError("apply_layernorm is False, a backbone without the last LayerNorm")
        notes.append("a backbone: vitnp computes the tokens after the last LayerNorm, not its feature maps")
    return NOTHING._replace(fields=fields, notes=notes)


def _timm(config):
    """The `Beside` of timm's config.json."""
    arguments, given = (config.get(name) or {} for name in ("model_args", "pretrained_cfg"))
    given = given or config  # older files have its entries at the top
    fields = {}
    if "num_heads" in arguments:
        fields["num_heads"] = arguments["num_heads"]
    if "act_layer" in arguments:
        fields["gelu"] = _known("act_layer", arguments["act_layer"], GELU)
    if "num_classes" in config:
        fields["num_classes"] = config["num_classes"]
    how, unlike = processors.of_timm(given)
    image_size = None
    if arguments.get("img_size") is not None:
        image_size = size(arguments["img_size"])
    elif given.get("input_size") is not None:
        image_size = size(given["input_size"][1:])
    no_row = arguments.get("no_embed_class")
    if str(config.get("architecture", "")).startswith("deit3_"):
        no_row = True
    return Beside(fields, how, unlike, image_size, no_row, [])


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


@contextlib.contextmanager
def _named(path, name):
    """The object in the JSON file called `name` beside `path`; what fails on it raises InputError that names it."""
    given = json_of(path, name)
    with reading.named(beside(path, name), " cannot be used", ADVICE):
        yield given


def beside(path, name):
    return os.path.join(os.path.dirname(reading.name_of(path)), name)


def json_of(path, name):
    """The object in the JSON file called `name` beside `path`; {} where there is no such file."""
    file = beside(path, name)
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
