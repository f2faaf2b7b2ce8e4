"""Writes (p, config) to a file. Imports `tree`, `models` (the shapes), `inputs`, `backend`, `system`, its neighbors."""

import contextlib

import numpy as np

from vitnp import models, tree
from vitnp.backend.arrays import is_array, need_array, to_host
from vitnp.errors import InputError, known, quoted, shown, some_of
from vitnp.inputs.checks import FLOATS, misfits, parameter_of, shapes
from vitnp.system import reading
from vitnp.system.writing import beside
from vitnp.weights import families, kinds, native
from vitnp.weights.efficientnet.names import COUNTER, MEAN
from vitnp.weights.families import FORMATS, check_format
from vitnp.weights.vit.huggingface_json import PROBLEMS
from vitnp.weights.vit.layouts import join

TORCH = ("timm", "huggingface", "torchvision")


def save(path, p, config, *, format="vitnp", class_names=None, problem_type=None):
    """Write p, or a tree of the same shapes such as its gradients, with the names and the layout of `format`.

    format: "vitnp" (.npz that includes the configuration), "google" (.npz), "timm", "torchvision" or "huggingface"
    (.safetensors; "huggingface" also writes config.json and preprocessor_config.json, "timm" config.json). A setting
    that "google" and "torchvision" do not store, such as the form of GELU, is the library's own when the file is
    loaded again: see PROFILES.
    class_names: [name of class 0, …] for the config.json of "huggingface" and "timm". problem_type: what the head's
    numbers are, "regression", for that of "huggingface". Arrays of a device are
    copied to the host. The file is renamed when it is complete. Raises InputError for a p of another configuration, a
    model that the format cannot store, a folder with another model's config.json, and files that cannot be written.
    """
    check_format(format)
    path = reading.name_of(path, "write")
    need_ending(path, format)
    _check(p, config)
    p = to_host(p)
    if class_names is not None and not _are_names(class_names):
        raise InputError(f"class_names is {shown(class_names)}; need a list of names")
    if class_names is not None and len(class_names) != config.num_classes:
        raise InputError(f"class_names has {len(class_names)} names; need {config.num_classes}, one a class")
    if problem_type is not None and (format != "huggingface" or not known(problem_type, PROBLEMS)):
        raise InputError(
            f"format {quoted(format)} has no place for problem_type {shown(problem_type)}; "
            f"huggingface has one for {', '.join(PROBLEMS)}"
        )
    arrays = to_file(format, p, config)
    with contextlib.ExitStack() as stack:  # the JSON files are renamed after the weights
        for name, text in _texts(path, format, config, class_names, problem_type):
            with open(stack.enter_context(beside(name)), "w", encoding="utf-8") as file:
                file.write(text)
        if format in TORCH:
            kinds.write_safetensors(path, arrays)
        else:
            kinds.write_npz(path, arrays)


def need_ending(path, format):
    """Raise InputError for an .npz that is called .safetensors, or the other way round."""
    if (format in TORCH) != str(path).endswith(".safetensors"):
        ending = ".safetensors" if format in TORCH else ".npz"
        raise InputError(f"{path} is to be a file of {format}; give it a name that ends in {ending}")


def need_place(family, config):
    """Raise InputError where the family's files cannot hold the configuration's model."""
    if problem := obstacle(family, config):
        able = [name for name in FORMATS if not obstacle(name, config)]
        raise InputError(f"{problem}; save the model as {' or '.join(able)}")


def _are_names(names):
    return isinstance(names, list | tuple) and all(isinstance(name, str) for name in names)


def _check(p, config):
    """Raise InputError, naming the leaves, unless p has the configuration's leaves, all of them floats."""
    parameter_of(p)
    wrong = misfits(p, shapes(models.of(config).init, config))
    for name, leaf in tree.leaves(p):
        if not is_array(leaf):
            continue  # its name and kind are in the list already
        need_array(name, leaf)
        if leaf.dtype not in FLOATS:
            wrong.append(f"{name} is {leaf.dtype}, need floats of 16, 32 or 64 bits")
    if wrong:
        raise InputError(f"p is not the tree of this configuration: {some_of(wrong)}")


def to_file(family, p, config):
    """{name in the file: array} of a tree like p; InputError where the family cannot hold the model."""
    if family == "vitnp":
        return dict(tree.leaves(p)) | {native.CONFIG: native.config_array(config)}
    need_place(family, config)
    files, parts = families.of(config), {}
    theirs = files.names(family, config)
    for ours, leaf in tree.leaves(p):
        parts.setdefault(theirs[ours], []).append(files.to_file(family, ours, leaf, config))
    found = {files.written_name(family, name, config): join(arrays) for name, arrays in parts.items()}
    return found | _counters(found)


def _counters(names):
    """{name: 0} of the counters beside BatchNorm's statistics in PyTorch: where it has a momentum, they are idle."""
    means = [name for name in names if name.endswith(MEAN)]
    return {name.removesuffix(MEAN) + COUNTER: np.zeros((), np.int64) for name in means}


def _texts(path, family, config, class_names, problem_type):
    """[(name, text)] of the JSON files beside the weights."""
    if family == "vitnp":
        return []
    more = {} if problem_type is None else {"problem_type": problem_type}  # of a ViT alone
    return families.of(config).texts(path, family, config, class_names, **more)


def obstacle(family, config):
    """Why the family's files cannot hold the configuration's model, as a clause; "" where they can."""
    if family == "vitnp":
        return ""
    if config.family not in families.FAMILIES:
        return f"{family} has no place for a model of the family {config.family}"
    return families.of(config).obstacle(family, config)
