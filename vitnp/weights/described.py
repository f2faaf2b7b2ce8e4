"""What a file says of itself, of whatever family it is, before any of its numbers are read."""

import shlex
from pathlib import Path
from typing import Any, NamedTuple

from vitnp.errors import InputError
from vitnp.weights import native
from vitnp.weights.onnx.file import GRAPH
from vitnp.weights.onnx.graph import opened as graph
from vitnp.weights.vit import class_row, foreign, google, layer_scale
from vitnp.weights.vit.infer import infer
from vitnp.weights.vit.names import check_format, detect, names, positions_of_ours, spell


class Described(NamedTuple):
    """A file's model, and where its arrays are."""

    family: str  # "vitnp", "google", "timm", "huggingface", "torchvision" or "onnx"
    config: Any
    stored: dict  # {name in the file: Stored}
    spelled: dict  # {name in `names.TABLES`: name in the file}
    notes: list  # of sentences
    questions: list  # of sentences: settings that the file does not say
    image_size: tuple | None  # see `loading.Inspection`
    scales: dict  # LayerScale's arrays, as `loading.expected` says it of the others


def describe(path, stored, *, format=None, image_size=None, guess=False, **overrides):
    """The `Described` of a file's {name: Stored}; overrides: fields of its configuration.

    Raises InputError for what holds no model, or one of another format.
    """
    if format is not None:
        check_format(format)
    if native.TRAINING in stored:
        raise InputError(
            f"{path} is a training checkpoint, which only train --init reads; use its run's model.npz, which is there "
            f"at the end: vitnp train --resume {run_of(path)}"
        )
    if GRAPH in stored:
        if format is not None:
            raise InputError(f"{path} is an ONNX file, and no file of {format}; leave format= and --from out")
        found = graph(path, stored, image_size=image_size, **overrides)
        found = Described("onnx", *found, [], None, {})
    elif (family := format or ("vitnp" if native.CONFIG in stored else detect(path, stored))) == "vitnp":
        config = native.pop_config(path, stored, overrides)
        found = Described("vitnp", config, stored, {name: name for name in stored}, [], [], None, {})
    else:
        found = of_library(path, family, stored, image_size=image_size, guess=guess, **overrides)
    if found.family not in ("vitnp", "onnx") and positions_of_ours(found.config):
        raise InputError(
            f'{path} is of {found.family}, with positions "1d" at the stem, which do not fit '
            f"{positions_of_ours(found.config)}; leave it out"
        )
    if getattr(found.config, "num_layers", 0) > len(found.stored):
        raise InputError(
            f"{path} has {len(found.stored)} arrays in all, too few for the {found.config.num_layers:,} blocks of its "
            "configuration"
        )
    return found


def of_library(path, family, stored, **told):
    """The `Described` of a file of Google's, timm's, Hugging Face's or torchvision's; told: as for `infer`."""
    notes, scales = [], {}
    if family == "google":
        stored, notes = google.plain(path, stored)
    spelled, more = foreign.spelled(path, family, stored)
    shapes = {name: stored[in_file].shape for name, in_file in spelled.items()}
    arrays = {spell(family, in_file): in_file for in_file in stored}  # with those that are left out
    inferred = infer(path, family, arrays, shapes, **told)
    notes += more + inferred.notes
    if not inferred.class_row:
        table = spelled[names(family, 0)["position.E_pos"]]
        stored = stored | {table: class_row.with_zeros(stored[table])}
        notes.append(class_row.note(table))
    if layer_scale.is_in(family, spelled):
        scales = layer_scale.expected(family, inferred.config)
        notes.append(layer_scale.NOTE)
    return Described(
        family, inferred.config, stored, spelled, notes, inferred.questions, inferred.image_size, scales
    )


def run_of(checkpoint):
    """The folder of the run that a training checkpoint belongs to, as it is typed; RUN where it lies elsewhere."""
    folder = Path(checkpoint).parent
    return shlex.quote(str(folder.parent)) if folder.name == "checkpoints" else "RUN"
