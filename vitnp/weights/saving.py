"""Writes (p, config) to a file. Imports `tree`, `models` (the shapes), `inputs`, `backend`, `system`, its neighbors."""

import contextlib
import os

from vitnp import models, tree
from vitnp.backend.arrays import to_host
from vitnp.errors import InputError
from vitnp.inputs.checks import misfits, shapes
from vitnp.system.writing import beside
from vitnp.weights import kinds, native
from vitnp.weights.vit import layouts, sidecar
from vitnp.weights.vit.names import UNUSED, check_format, names, positions_of_ours

TORCH = ("timm", "huggingface", "torchvision")
GAP = ("google", "timm")  # libraries that have models without a class token


def save(path, p, config, *, format="vitnp", class_names=None):
    """Write p, or a tree of the same shapes such as its gradients, with the names and the layout of `format`.

    format: "vitnp" (.npz that includes the configuration), "google" (.npz), "timm", "torchvision" or "huggingface"
    (.safetensors; "huggingface" also writes config.json and preprocessor_config.json). A setting that a format does
    not store, such as the form of GELU, is the library's own when the file is loaded again: see PROFILES.
    class_names: [name of class 0, …] for the config.json; only "huggingface" stores them. Arrays of a device are
    copied to the host. The file is renamed when it is complete. Raises InputError for a p of another configuration, a
    model that the format cannot store, a folder with another model's config.json, and files that cannot be written.
    """
    check_format(format)
    path = os.fspath(path)
    if (format in TORCH) != path.endswith(".safetensors"):
        ending = ".safetensors" if format in TORCH else ".npz"
        raise InputError(f"{path} is to be a file of {format}; give it a name that ends in {ending}")
    _check(p, config)
    p = to_host(p)
    if class_names is not None and len(class_names) != config.num_classes:
        raise InputError(f"class_names has {len(class_names)} names; need {config.num_classes}, one a class")
    arrays = to_file(format, p, config)
    with contextlib.ExitStack() as stack:  # the JSON files are renamed after the weights
        if format == "huggingface":
            for name, text in sidecar.texts(path, config, class_names):
                with open(stack.enter_context(beside(name)), "w", encoding="utf-8") as file:
                    file.write(text)
        if format in TORCH:
            kinds.write_safetensors(path, arrays)
        else:
            kinds.write_npz(path, arrays)


def _check(p, config):
    """Raise InputError, naming the leaves, unless p has the configuration's leaves, all of them floats."""
    wrong = misfits(p, shapes(models.of(config).init, config))
    for name, leaf in tree.leaves(p):
        if leaf.dtype.kind != "f" or leaf.dtype.itemsize > 8:
            wrong.append(f"{name} is {leaf.dtype}, need floats of 16, 32 or 64 bits")
    if wrong:
        raise InputError(f"p is not the tree of this configuration: {'; '.join(wrong)}")


def to_file(family, p, config):
    """{name in the file: array} of a tree like p; InputError if the family has no place for a leaf."""
    if family == "vitnp":
        return dict(tree.leaves(p)) | {native.CONFIG: native.config_array(config)}
    if config.family != "vit":
        raise InputError(f"{family} has no place for a model of the family {config.family}; save it as vitnp")
    theirs, parts = names(family, config.num_layers), {}
    if config.classifier == "gap" and family not in GAP:
        raise InputError(f"{family} has no model without a class token; save it as vitnp, {' or '.join(GAP)}")
    if positions_of_ours(config):
        raise InputError(f"{family} has no place for {positions_of_ours(config)}; save the model as vitnp")
    for ours, leaf in tree.leaves(p):
        if theirs.get(ours) is None:
            raise InputError(f"{family} has no place for {ours}; save the model as vitnp")
        parts.setdefault(theirs[ours], []).append(layouts.to_file(family, ours, leaf, config))
    start, because = UNUSED.get(family, ("", ""))
    if because in parts and any(name.startswith(start) for name in parts):
        raise InputError(
            f"{family} does not use {start}* beside {because}; save the model as vitnp or google"
        )
    if family == "huggingface" and not config.num_classes:  # a ViTModel, whose names have no prefix
        parts = {name.removeprefix("vit."): arrays for name, arrays in parts.items()}
    return {name: layouts.join(arrays) for name, arrays in parts.items()}
