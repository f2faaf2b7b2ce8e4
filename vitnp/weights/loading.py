"""Reads a file as (p, config), and inspects it. Imports `models`, `tree`, `errors` and its neighbors."""

import dataclasses
import warnings

import numpy as np

from vitnp import models, tree
from vitnp.errors import LONGEST, Assumed, InputError, shown, some_of
from vitnp.inputs.images import ImageConfig, size
from vitnp.weights import adapt, families, kinds, recognized
from vitnp.weights.described import describe
from vitnp.weights.stored import BFLOAT16, called, widened
from vitnp.weights.vit import assumed, layer_scale
from vitnp.weights.vit.layouts import split

OURS = ("vitnp", "onnx")  # files of our names and layouts: a graph's arrays come so


@dataclasses.dataclass(frozen=True)
class Inspection:
    """What a file contains, without the numbers."""

    format: str  # "vitnp", "google", "timm", "huggingface", "torchvision" or "onnx"
    config: ImageConfig
    arrays: list  # of (name in the file, our name or names, shape, dtype)
    missing: list  # of names, as in the file's format
    unexpected: list  # of names in the file
    misshapen: list  # of sentences: "x is (2, 3), need (2, 4)"
    not_finite: list  # of sentences: "x holds 3 values that are NaN or infinite"
    notes: list  # of sentences
    questions: (
        list  # of sentences: settings that the file does not say, so that `load` needs them as arguments
    )
    image_size: tuple | None = None  # what `load` makes of it, where the JSON beside it asks for another size
    taken: list = dataclasses.field(
        default_factory=list
    )  # of (field, value): what nobody says, and how it is taken

    @property
    def wrong(self):
        """All reasons why the file cannot be loaded, one phrase each."""
        missing = [f"{name} is missing" for name in self.missing]
        unexpected = [f"{called(name)} is unexpected" for name in self.unexpected]
        return missing + unexpected + self.misshapen + self.not_finite


def load(path, *, image_size=None, num_classes=None, format=None, **overrides):
    """(p, config) of a file of weights: any file that `save` writes, a .pth, .pt, .bin of torch.save, or a ViT in ONNX.

    The format is detected; the configuration comes from the arrays, a config.json next to the file and the format's
    row of PROFILES.
    image_size: (height, width) or one number; the position table is interpolated to it, as in the format's library.
    If the positions are not those of a square image, it tells the grid. None: what the JSON beside the file makes of a
    picture where the library interpolates by itself, as DINOv2's does; else the size of the file's positions.
    num_classes: a head of zeros for that many classes and no pre-logits, as at the start of fine-tuning, even if the
    file's head has that many classes; None keeps the file's head and pre-logits.
    format: the model to take from a file that holds several: a library, or a key of the file such as "student".
    overrides: fields of the configuration that take precedence: gelu="erf", num_heads=16, **PROFILES["timm-imagenet"];
    one field of the file's preprocessing is **{"preprocessing.antialias": True}.

    float16 and bfloat16 become float32. The matrices of torch's libraries are transposed views: as fast in products,
    but slow in AdamW's element-wise work; to train, make them contiguous with tree.map(np.ascontiguousarray, p).
    What the file does not say, and what changes the numbers, is said in one warning, `errors.Assumed`.
    Raises InputError that names the first arrays that do not fit; `inspect` lists them all.
    """
    return load_with_notes(path, image_size=image_size, num_classes=num_classes, format=format, **overrides)[
        :2
    ]


def load_with_notes(path, *, image_size=None, num_classes=None, format=None, **overrides):
    """(p, config, notes): what `load` gives, and the notes of the `Inspection`."""
    asked = _size(image_size)
    with kinds.opened(path) as stored:
        found, fitting = examine(path, stored, format=format, image_size=asked, **overrides)
        _refuse(path, found)  # before anything is read
        arrays = dict(numbers(found, fitting))
    _refuse(path, found)
    p, config = to_ours(found.format, arrays, found.config), found.config
    asked = asked or found.image_size
    if asked is not None:
        try:
            p, config = adapt.new_image_size(p, config, asked)
        except MemoryError:
            raise InputError(
                f"image_size {asked[0]}x{asked[1]} needs more memory than there is; give a smaller one"
            ) from None
    if num_classes is not None:
        p, config = adapt.new_head(p, config, num_classes)
    if found.taken:
        warnings.warn(assumed.line(path, found.taken, LONGEST), Assumed, stacklevel=4)
    return p, config, found.notes


def inspect(path, *, image_size=None, format=None, **overrides):
    """The `Inspection` of a file: lists what is wrong; guesses, and lists, the settings that `load` would ask for.

    Raises InputError for a file that cannot be read at all, or that shows no model's sizes.
    """
    with kinds.opened(path) as stored:
        found, fitting = examine(
            path, stored, format=format, image_size=_size(image_size), guess=True, **overrides
        )
        for _ in numbers(found, fitting):
            pass
    return found


def _size(image_size):
    """(height, width) of what may be one number."""
    return None if image_size is None else size(image_size)


def _refuse(path, found):
    if found.wrong:
        more = "; vitnp weights inspect lists them" if len(found.wrong) > 3 else ""
        if what := recognized.beside(found.unexpected):
            raise InputError(
                f"{path} holds {what}, which is not read here, beside the {found.format} model: "
                f"{some_of(found.wrong, 1)}; vitnp weights inspect lists all"
            )
        raise InputError(
            f"{path} does not hold the {found.format} model it names: {some_of(found.wrong)}{more}"
        )


def examine(path, stored, *, format=None, image_size=None, guess=False, **overrides):
    """(Inspection, {name in `names.TABLES`: (name in the file, our names, Stored)} of the arrays that fit).

    stored is {name: Stored} of the file. Nothing is read but a configuration: what the numbers tell is not there yet.
    """
    found = describe(path, stored, format=format, image_size=image_size, guess=guess, **overrides)
    family, config = found.family, found.config
    want = expected(family, config) | found.scales
    rows, misshapen, fitting = [], [], {}
    for name, in_file in found.spelled.items():
        array = found.stored[in_file]
        ours, shape = want.get(name, ({}, None))
        dtype = "bfloat16" if array.dtype == BFLOAT16 else array.dtype.name
        rows.append((in_file, " ".join(ours), array.shape, dtype))
        wrong = [] if shape is None else _misfit(array, shape, dtype)
        misshapen += [f"{called(in_file)} is {what}" for what in wrong]
        if shape is not None and not wrong:
            fitting[name] = in_file, ours, array
    if found.scales:
        fitting = layer_scale.taken_in(family, config, fitting)
    return Inspection(
        format=family,
        config=config,
        arrays=rows,
        missing=[name for name in want if name not in found.spelled],
        unexpected=[in_file for name, in_file in found.spelled.items() if name not in want],
        misshapen=misshapen,
        not_finite=[],
        notes=found.notes,
        questions=found.questions,
        image_size=found.image_size,
        taken=list(found.taken),
    ), fitting


def _misfit(stored, shape, dtype):
    """What is wrong with an array of which the model has this shape, a phrase each."""
    wrong = []
    if stored.shape != shape:
        wrong.append(f"{shown(stored.shape)}, need {shape}")
    if stored.dtype != BFLOAT16 and (stored.dtype.kind != "f" or stored.dtype.itemsize > 8):
        wrong.append(f"{dtype}, need floats of 16, 32 or 64 bits")
    return wrong


def numbers(found, fitting):
    """Yield (name, array), those of 16 bits widened to float32, and add what the numbers tell to `found`."""
    narrow = []
    for name, (in_file, ours, stored) in fitting.items():
        array = widened(stored.read())
        narrow += [in_file] if stored.dtype.itemsize == 2 else []
        found.not_finite.extend(_not_finite(in_file, array) + _negative(in_file, ours, array))
        if array.size and "classify.head.W" in ours and not array.any():
            found.notes.append(
                f"{in_file} is all zeros: a head to be trained; vitnp train --init makes one of the data's classes"
            )
        yield name, array
    if narrow:
        found.notes.append(f"{len(narrow)} arrays of 16 bits are widened to float32, {narrow[0]} the first")


def expected(family, config):
    """{name in the file: ({our name: our shape}, shape in the file)} of the configuration's model, in p's order."""
    leaves = tree.leaves(models.of(config).init(None, config))
    if family in OURS:
        return {ours: ({ours: leaf.shape}, leaf.shape) for ours, leaf in leaves}
    files, want = families.of(config), {}
    theirs = files.names(family, config)
    for ours, leaf in leaves:
        in_file, shape = theirs[ours], files.to_file(family, ours, leaf, config).shape
        if in_file is None:
            raise InputError(f"{family} has no place for {ours}: another format can hold this model")
        if in_file in want:  # the second and third of those that are joined
            parts, (rows, *rest) = want[in_file]
            want[in_file] = parts | {ours: leaf.shape}, (rows + shape[0], *rest)
        else:
            want[in_file] = {ours: leaf.shape}, shape
    return want


def to_ours(family, arrays, config):
    """The tree p made of a file's arrays."""
    leaves, files = {}, None if family in OURS else families.of(config)
    for in_file, (ours, _) in expected(family, config).items():
        parts = split(arrays.pop(in_file), len(ours))
        for (name, shape), part in zip(ours.items(), parts, strict=True):
            leaves[name] = files.to_ours(family, name, part, shape) if files else part
    dtype = np.result_type(*leaves.values())
    wanted = models.of(config).init(None, config)
    return tree.map(lambda name: leaves[name].astype(dtype, copy=False), tree.names(wanted))


def _not_finite(name, array):
    """["name holds n values that are NaN or infinite"], or [] if there are none."""
    count = array.size - np.count_nonzero(np.isfinite(array))
    return [f"{name} holds {count} values that are NaN or infinite"] if count else []


def _negative(name, ours, array):
    """["name holds n negative variances"], or [] where it is no variance, or has none."""
    count = np.count_nonzero(array < 0) if any(leaf.rpartition(".")[2] == "var" for leaf in ours) else 0
    return [f"{name} holds {count} negative variances"] if count else []
