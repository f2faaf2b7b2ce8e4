"""The JSON files beside a Hugging Face or timm file, read. Imports `inputs`, `models`, `system`, its neighbors.

Hugging Face keeps in config.json what the arrays cannot say (heads, eps, GELU, the image's height and width, the
names of the classes), and in preprocessor_config.json how a picture becomes the input. timm's config.json has both.
What neither has a word for is under "vitnp" in config.json, which the other libraries do not look at.
"""

import contextlib
import dataclasses
import os

from vitnp.errors import InputError, shown
from vitnp.inputs.fields import check_fields
from vitnp.inputs.images import Preprocessing
from vitnp.models.vit.config import ViTConfig
from vitnp.system import reading
from vitnp.weights.vit import huggingface_json, processors, timm_json
from vitnp.weights.vit.assumed import PICTURE
from vitnp.weights.vit.huggingface_json import labels
from vitnp.weights.vit.said import NOTHING, NotBuilt

ADVICE = "repair it, or move it away"
JSON_FILES = ("config.json", "preprocessor_config.json")
OURS = "vitnp"  # in config.json: {field of the configuration: value}


def read(path, family, base, *, Config=ViTConfig, any_size=False):
    """The `Beside` of a file. Raises InputError, naming the JSON file, for one that cannot be used.

    base: the Preprocessing of such models, Config the class of their configuration; any_size: see
    `processors.of_huggingface`.
    """
    if family not in ("timm", "huggingface"):
        return NOTHING
    _check_library(path, family, json_of(path, JSON_FILES[0]))
    with _named(path, "config.json") as given:
        found = of(family, given, base=base, Config=Config)
    if family == "timm":
        return found
    with _named(path, "preprocessor_config.json") as processor:
        return of(family, given, processor, base=base, any_size=any_size)


def _check_library(path, family, given):
    """Raise InputError where config.json is that of the other library."""
    of_timm = any(name in given for name in ("architecture", "model_args", "pretrained_cfg"))
    of_transformers = not of_timm and any(name in given for name in ("model_type", "num_attention_heads"))
    if of_transformers if family == "timm" else of_timm:
        other = "huggingface" if family == "timm" else "timm"
        raise InputError(
            f"{beside(path, JSON_FILES[0])} is of {other}, the arrays of {path} have the names of {family}; "
            "move one of them into another folder"
        )


def of_processor(path, base):
    """The `Beside` of the preprocessor_config.json alone, whatever model the config.json beside it is of."""
    with _named(path, JSON_FILES[1]) as given:
        how, unlike, _ = processors.of_huggingface(given, None, base, any_size=True)
        return NOTHING._replace(preprocessing=how, unlike=unlike, unknown=_unknown_of(given))


def _unknown_of(processor):
    return processors.FIELDS.unknown_in(processor, "preprocessor_config.json's ")


def of(family, given, processor=None, *, base, Config=ViTConfig, any_size=False):
    """The `Beside` of config.json and preprocessor_config.json. Raises what is wrong with them, without their names."""
    found = timm_json.read(given, Config.family) if family == "timm" else huggingface_json.read(given)
    if processor is not None:
        image_size = found.fields.get("image_size")
        how, unlike, made = processors.of_huggingface(processor, image_size, base, any_size=any_size)
        unknown = [*found.unknown, *_unknown_of(processor)]
        if not processors.is_known(processor) and not how.keys() >= set(PICTURE):
            unknown.append(f"image_processor_type {shown(processors.named(processor))}")
        found = found._replace(preprocessing=how, unlike=unlike, image_size=made, unknown=unknown)
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


@contextlib.contextmanager
def _named(path, name):
    """The object in the JSON file called `name` beside `path`; what fails on it raises InputError that names it."""
    given, file = json_of(path, name), beside(path, name)
    try:
        with reading.named(file, " cannot be used", ADVICE):
            yield given
    except InputError as problem:
        if not isinstance(problem.__cause__, NotBuilt):
            raise
        raise refused(path, problem.__cause__, name) from problem


def refused(path, why, name="config.json"):
    """The InputError for a model that is not built here, as the JSON file of this name beside `path` says."""
    return InputError(f"{beside(path, name)} cannot be used ({why}); name another file")


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


def unclassed(path):
    """Why the head's numbers are no classes, as a clause without its subject; "" where config.json does not say it."""
    with _named(path, "config.json") as given:
        return huggingface_json.unclassed(given) or timm_json.unclassed(given)


def problem_type(path):
    """Hugging Face's problem_type of the config.json beside the file, or None where it has none."""
    return json_of(path, JSON_FILES[0]).get("problem_type")


def class_names(path):
    """[name of class 0, …] of the config.json beside the file, or None where it has none.

    Raises InputError, naming the file, for names that are no text.
    """
    with _named(path, "config.json") as given:
        names = labels(given, "id2label") or labels(given, "label_names")
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
