"""What a file says of itself, of whatever family it is, before any of its numbers are read."""

import shlex
from pathlib import Path

from vitnp import models
from vitnp.errors import SHOWN, InputError, one_line
from vitnp.weights import families, kinds, native, shards, wrapped
from vitnp.weights.families import Described
from vitnp.weights.onnx.file import GRAPH
from vitnp.weights.onnx.graph import opened as graph
from vitnp.weights.vit.assumed import HEAD, LEFT_OUT


def describe(path, stored, *, format=None, image_size=None, guess=False, **overrides):
    """The `Described` of a file's {name: Stored}; overrides: fields of its configuration.

    Raises InputError for what holds no model, or one of another format.
    """
    if native.TRAINING in stored:
        of_images = config_class(path).reads == "images"
        who, command = (", which only train --init reads", "train") if of_images else ("", "translate")
        raise InputError(
            f"{path} is a training checkpoint{who}; use its run's model.npz, which is there at the end: "
            f"vitnp {command} --resume {run_of(path)}"
        )
    if GRAPH in stored:
        if format is not None:
            families.check_format(format)
            raise InputError(f"{path} is an ONNX file, and no file of {format}; leave format= and --from out")
        found = graph(path, stored, image_size=image_size, **overrides)
        found = Described("onnx", *found[:4], [], None, {}, found[4])
    elif format == "vitnp" or (format is None and native.CONFIG in stored):
        config = native.pop_config(path, stored, overrides)
        found = Described("vitnp", config, stored, {name: name for name in stored}, [], [], None, {})
    else:
        if native.CONFIG in stored:
            families.check_format(format)
        told = {"image_size": image_size, "guess": guess} | overrides
        found = _of_a_library(path, wrapped.chosen(path, stored, format), **told)
    layers = getattr(found.config, "num_layers", 0)
    layers += sum(sum(getattr(found.config, name, ())) for name in ("units", "stem_units"))
    if layers > len(found.stored):
        raise InputError(
            f"{path} has {len(found.stored)} arrays in all, too few for the {layers:,} blocks of its configuration"
        )
    return found


def _of_a_library(path, model, **told):
    """The `Described` of a `wrapped.Chosen`."""
    if model.format is None:
        format, family = families.detect(path, model.stored)
    else:
        format, family = model.format, families.need_family(path, model.format, model.stored)
    for one in model.stored.values():
        if one.dtype.hasobject:
            one.read()  # which says why it is not read
    found = families.files(family).describe(path, format, model.stored, **told)
    taken = [(HEAD, model.head)] if model.head else []
    if model.left:
        more = f" and {len(model.left) - 1:,} more" if len(model.left) > 1 else ""
        taken.append((LEFT_OUT, one_line(model.left[0], SHOWN) + more))
    return found._replace(
        notes=[*shards.note(path), *model.notes, *found.notes], taken=(*found.taken, *taken)
    )


def config_class(path, format=None):
    """The class of the configuration of a file's model; the ViT's where nothing shows which it is.

    Raises InputError for a configuration of vitnp's that is none; what else is wrong with a file, `load` says.
    """
    if found := native.config_class(path):
        return found
    try:
        with kinds.opened(path) as stored:
            model = wrapped.chosen(path, stored, format)
            formats = (format,) if format in families.LIBRARIES else families.LIBRARIES
            found = [families.family_in(format, model.stored)[0] for format in formats]
    except InputError:
        found = []
    return models.module(next(filter(None, found), "vit")).Config


def run_of(checkpoint):
    """The folder of the run that a training checkpoint belongs to, as it is typed; RUN where it lies elsewhere."""
    folder = Path(checkpoint).parent
    return shlex.quote(str(folder.parent)) if folder.name == "checkpoints" else "RUN"
