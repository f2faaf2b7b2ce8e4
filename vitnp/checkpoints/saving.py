"""From (p, config) to a file. Imports `tree` and its neighbors."""

import contextlib
import os

from vitnp import tree
from vitnp.checkpoints import files, layouts, native, sidecar
from vitnp.checkpoints.names import FAMILIES, UNUSED, names
from vitnp.errors import InputError

TORCH = ("timm", "huggingface", "torchvision")
GAP = ("google", "timm")  # who has models without a class token


def save(path, p, config, *, format="vitnp"):
    """Write p, or any tree of its shape such as its gradients, under the names and in the layout of `format`.

    "vitnp" (.npz with the configuration inside), "google" (.npz), "timm", "huggingface" (with config.json and
    preprocessor_config.json beside) or "torchvision" (.safetensors). What a format has no place for, such as the
    GELU form, is that library's own when the file is loaded again: see PROFILES.
    Written beside and renamed. Raises InputError for a model that the format cannot hold, or what cannot be written.
    """
    if format not in ("vitnp", *FAMILIES):
        raise InputError(f'format "{format}" is unknown; choose vitnp, {", ".join(FAMILIES)}')
    path = os.fspath(path)
    if (format in TORCH) != path.endswith(".safetensors"):
        ending = ".safetensors" if format in TORCH else ".npz"
        raise InputError(f"{path} is to be a file of {format}; give it a name that ends in {ending}")
    arrays = to_file(format, p, config)
    with contextlib.ExitStack() as stack:  # the JSON files get their names after the weights have theirs
        if format == "huggingface":
            for name, text in sidecar.texts(path, config):
                with open(stack.enter_context(files.beside(name)), "w", encoding="utf-8") as file:
                    file.write(text)
        if format in TORCH:
            files.write_safetensors(path, arrays)
        else:
            files.write_npz(path, arrays)


def to_file(family, p, config):
    """{name in the file: array} of a tree like p; InputError where the family has no place for a leaf."""
    if family == "vitnp":
        return dict(tree.leaves(p)) | {native.CONFIG: native.config_array(config)}
    theirs, parts = names(family, config.num_layers), {}
    if config.classifier == "gap" and family not in GAP:
        raise InputError(f"{family} has no model without a class token; save it as vitnp, {' or '.join(GAP)}")
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
