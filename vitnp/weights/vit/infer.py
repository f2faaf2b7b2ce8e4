"""The configuration that the arrays of a file show, with what the JSON files beside it say."""

import dataclasses
import math
from typing import NamedTuple

from vitnp.errors import InputError, shown
from vitnp.inputs.fields import check_changes, merged
from vitnp.models.vit.config import SIZES, ViTConfig
from vitnp.weights.vit import class_row, foreign, sidecar
from vitnp.weights.vit.names import block_of, names
from vitnp.weights.vit.profiles import CALLED, kind_of, profile

HEADS = {size["hidden_size"]: size["num_heads"] for size in SIZES.values()}  # of the published models


class Inferred(NamedTuple):
    """What is known of a file before its numbers are read."""

    config: ViTConfig
    notes: list  # of sentences
    questions: list  # of sentences
    image_size: (
        tuple | None
    )  # what `load` makes the model for, where that is not the size of the file's positions
    class_row: bool  # whether the position table has a row for the class token, or needs none


def infer(path, family, arrays, shapes, *, image_size=None, guess=False, **overrides):
    """The `Inferred` of a file with these arrays.

    arrays, shapes: {name in `names.TABLES`: name in the file, shape}; arrays has also those that are left out.
    image_size is looked at where the positions are not a square's. Fields of ViTConfig in `overrides` go before
    the config.json beside the file, and that before the profile. guess: an open question, which neither the file
    nor the caller answers, is answered all the same; otherwise it raises InputError, as it does for arrays that
    tell no size.
    """
    check_changes(overrides, ViTConfig)
    seen, rows = _sizes(path, family, shapes)
    foreign.check_shapes(path, family, arrays, shapes, seen["hidden_size"])
    beside = _beside(path, family, seen, arrays)
    fields, P = seen | beside.fields, seen["patch_size"]
    token = seen["classifier"] == "token"
    missing = class_row.is_missing(family, arrays) if beside.no_class_row is None else beside.no_class_row
    grid, has_row, questions = _grid(rows, token, token and missing, P, (image_size, beside.image_size))
    if "image_size" in fields:  # Hugging Face's config.json
        questions = []
    else:
        fields["image_size"] = tuple(side * P for side in grid)
    kind = kind_of(family, arrays, class_row=has_row)
    notes, more = _heads(fields, overrides)
    questions += more
    fields["preprocessing"], more = _preprocessing(kind, fields, beside, overrides)
    questions += more
    used_at = None
    if image_size is None and beside.image_size not in (None, fields["image_size"]):
        used_at = beside.image_size
        note, more = _used_at(used_at, fields["image_size"], P)
        notes, questions = notes + note, questions + more
    if questions and not guess:
        raise InputError(f"{path}: {'; '.join(questions)}")
    try:
        config = ViTConfig(**merged(ViTConfig, profile(kind, fields["image_size"]) | fields, overrides))
    except (TypeError, ValueError) as problem:
        files = (
            f" with {' and '.join(sidecar.JSON_FILES)} beside it" if sidecar.is_there(path, family) else ""
        )
        raise InputError(f"{path}{files}: {problem}") from problem
    if kind in CALLED:
        notes.append(
            f"taken to be {CALLED[kind]}: positions at another size are resized {config.position_interpolation}; "
            "another way is position_interpolation= or --set position_interpolation=NAME"
        )
    return Inferred(config, [*beside.notes, *notes], questions, used_at, has_row)


def _sizes(path, family, shapes):
    """({field: value} that the shapes show, rows of the position table)."""
    file_names = names(family, 1)
    blocks = {block_of(family, name) for name in shapes} - {None}

    def shape(ours, rank, needed=True):
        name = file_names[ours]
        if ours.startswith(
            "blocks.0."
        ):  # the lowest block that has it; the first 0 in its name is the block's
            alike = [name.replace("0", str(i), 1) for i in sorted(blocks)]
            name = next((other for other in alike if other in shapes), name)
        found = shapes.get(name)
        if found is None and not needed:
            return None
        if found is None or len(found) != rank or 0 in found:
            what = (
                "is missing" if found is None else f"is {shown(found)}, need {rank} axes, none of them empty"
            )
            raise InputError(f"{path}: {name} {what}; it tells the sizes of a ViT ({family})")
        return found

    def width(ours):
        """The outputs of a dense layer, by its bias or else by its matrix; None where the file has neither."""
        if file_names[f"{ours}.W"] is None:
            return None
        if bias := shape(f"{ours}.b", 1, needed=False):
            return bias[0]
        matrix = shape(f"{ours}.W", 2, needed=False)
        return matrix and matrix[-1 if family == "google" else 0]

    kernel = shape("project.W", 4)
    P, _, C, D = kernel if family == "google" else (*kernel[2:], *kernel[1::-1])
    token = file_names["class_token.cls"] in shapes
    seen = {
        "patch_size": P,
        "in_channels": C,
        "hidden_size": D,
        "num_layers": len(blocks),
        "mlp_dim": shape("blocks.0.feed_forward.b1", 1)[0],
        "num_classes": width("classify.head") or 0,
        "representation_size": width("classify.pre_logits"),
        "classifier": "token" if token else "gap",
    }
    if family == "google":
        seen["num_heads"] = shape("blocks.0.attention.b_Q", 2)[0]
    return seen, shape("position.E_pos", 3)[1]


def _beside(path, family, seen, arrays):
    """What `sidecar.read` gives; InputError where the config.json beside the file is another model's."""
    kind = kind_of(family, arrays)
    base = profile(kind, (224, 224))["preprocessing"]
    beside = sidecar.read(path, family, base, any_size=kind == "huggingface-dinov2")
    if not seen["num_classes"]:
        beside.fields.pop("num_classes", None)  # transformers names classes for models without a head too
    for field in seen.keys() & beside.fields.keys():
        if seen[field] != beside.fields[field]:
            raise InputError(
                f"the arrays of {path} have {field} {seen[field]}, the config.json beside it says "
                f"{shown(beside.fields[field])}; repair it, or move it away"
            )
    return beside


def _grid(rows, token, missing, P, sizes):
    """((rows, columns) of the patches, whether the table has all its rows, open questions).

    missing: whether the class token's row is, None where only the numbers can tell. A square is taken, else the grid of
    one of the sizes, with the class token's row before without it.
    """
    with_row = [] if missing else [(rows - token, True)]
    without = [(rows, False)] if missing or missing is None else []
    asked = [(size[0] // P, size[1] // P) for size in sizes if size is not None]
    for count, has_row in with_row + without:
        squares = [(math.isqrt(count),) * 2]
        for grid in squares + asked if has_row else asked + squares:
            if count and math.prod(grid) == count:
                return grid, has_row, []
    count, has_row = (with_row + without)[0]
    down = next((n for n in range(math.isqrt(count), 0, -1) if count % n == 0), 1)
    return (
        (down, count // down),
        has_row,
        [
            f"it has positions for {count} patches of {P}x{P}, which is no square; "
            "say the file's image_size=(height, width) or --image-size HxW"
        ],
    )


def _heads(fields, overrides):
    """(notes, questions); fields is given the usual number of heads where nobody says how many."""
    if "num_heads" in fields or "num_heads" in overrides:
        return [], []
    D = fields["hidden_size"]
    fields["num_heads"] = HEADS.get(D) or (1 if D % 64 else D // 64)
    if D not in HEADS:  # a guess would load and be wrong
        return [], [
            f"it does not say how many heads share hidden_size {D}; say it with num_heads= or --set num_heads=N"
        ]
    return [
        f"the file does not say how many heads: taken to be {fields['num_heads']} for hidden_size {D}; "
        "another number is num_heads= or --set num_heads=N"
    ], []


def _preprocessing(kind, fields, beside, overrides):
    """(the kind's Preprocessing with what the JSON files say before it, questions)."""
    default = profile(kind, fields["image_size"])["preprocessing"]
    if "preprocessing" in overrides:
        return default, []
    how = dataclasses.replace(default, **beside.preprocessing)
    questions = [
        f"{what}, which vitnp has not; say preprocessing= or --set preprocessing.{answer}"
        for what, answer in beside.unlike
        if f"preprocessing.{answer.partition('=')[0]}" not in overrides
    ]
    channels = fields["in_channels"]
    told = beside.preprocessing.keys() | {name.partition(".")[2] for name in overrides}
    if len(default.mean) not in (1, channels) and not {"mean", "std"} <= told:
        questions.append(
            f"the family's preprocessing is for {len(default.mean)} channels, the file has {channels}; say "
            "preprocessing= or --set preprocessing.mean=0.5 --set preprocessing.std=0.5"
        )
        how = dataclasses.replace(how, mean=0.5, std=0.5)
    return how, questions


def _used_at(image_size, table, P):
    """(notes, questions) about images of another size than that of the position table."""
    (height, width), (rows, cols) = image_size, (table[0] // P, table[1] // P)
    if height % P or width % P:
        return [], [
            f"the JSON beside it makes images of {height}x{width}, which are no whole patches of {P}x{P}; say "
            f"image_size= or --image-size {max(height // P, 1) * P}x{max(width // P, 1) * P}"
        ]
    return [
        f"used at {height}x{width}, as the JSON beside it says: positions are resized from {rows}x{cols} patches to "
        f"{height // P}x{width // P}; --image-size {table[0]}x{table[1]} keeps them"
    ], []
