"""The configuration that the arrays of a file show. Imports `config`, `errors` and its neighbors."""

import math

from vitnp.checkpoints import sidecar
from vitnp.checkpoints.names import block_of, names
from vitnp.checkpoints.profiles import profile
from vitnp.config import SIZES, ViTConfig, check_fields
from vitnp.errors import InputError

HEADS = {size["hidden_size"]: size["num_heads"] for size in SIZES.values()}  # of the published models


def infer(path, family, shapes, *, image_size=None, guess=False, **overrides):
    """The (ViTConfig, notes) of a file with arrays in these shapes, {name as the tables have it: shape}.

    image_size is looked at where the positions are not a square's. Fields of ViTConfig in `overrides` go before
    the config.json beside the file, and that before the profile. guess: what the file does not say is filled in,
    with a note; otherwise it raises InputError, as it does for arrays that tell no size.
    """
    check_fields(overrides)
    seen, rows = _sizes(path, family, shapes)
    beside = _beside(path, family, seen)
    fields, notes = seen | beside | overrides, []
    if "image_size" not in fields:
        grid, note = _grid(path, rows, seen["patch_size"], image_size, guess)
        fields["image_size"] = tuple(side * seen["patch_size"] for side in grid)
        notes += note
    if "num_heads" not in fields:
        D = seen["hidden_size"]
        if D not in HEADS and D % 64 and not guess:
            raise InputError(
                f"{path} does not say how many heads share hidden_size {D}; say it with num_heads="
            )
        fields["num_heads"] = HEADS.get(D) or (1 if D % 64 else D // 64)
        notes.append(
            f"the file does not say how many heads: taken to be {fields['num_heads']} for hidden_size {D}; "
            "another number is num_heads="
        )
    try:
        return ViTConfig(**(profile(family, fields["image_size"]) | fields)), notes
    except (TypeError, ValueError) as problem:
        raise InputError(f"{path}: {problem}") from None


def _sizes(path, family, shapes):
    """({field: value} that the shapes show, rows of the position table without the class token's)."""
    file_names = names(family, 1)

    def shape(ours, rank, needed=True):
        name = file_names[ours]
        found = shapes.get(name)
        if found is None and not needed:
            return None
        if found is None or len(found) != rank or 0 in found:
            what = "is missing" if found is None else f"is {found}, need {rank} axes"
            raise InputError(f"{path}: {name} {what}; it tells the sizes of a ViT ({family})")
        return found

    kernel = shape("project.W", 4)
    P, _, C, D = kernel if family == "google" else (*kernel[2:], *kernel[1::-1])
    token = file_names["class_token.cls"] in shapes
    head = shape("classify.head.b", 1, needed=False)
    pre_logits = file_names["classify.pre_logits.W"] and shape("classify.pre_logits.b", 1, needed=False)
    blocks = {block_of(family, name) for name in shapes} - {None}
    seen = {
        "patch_size": P,
        "in_channels": C,
        "hidden_size": D,
        "num_layers": len(blocks),
        "mlp_dim": shape("blocks.0.feed_forward.b1", 1)[0],
        "num_classes": head[0] if head else 0,
        "representation_size": pre_logits[0] if pre_logits else None,
        "classifier": "token" if token else "gap",
    }
    if family == "google":
        seen["num_heads"] = shape("blocks.0.attention.b_Q", 2)[0]
    return seen, shape("position.E_pos", 3)[1] - token


def _beside(path, family, seen):
    """The fields of the config.json beside the file; InputError where it is another model's."""
    try:
        beside = sidecar.read(path, family, profile(family, (224, 224))["preprocessing"])
    except (TypeError, AttributeError) as problem:
        raise InputError(f"the config.json beside {path} cannot be used ({problem}); repair it") from None
    if not seen["num_classes"]:
        beside.pop("num_classes", None)  # transformers names classes for models without a head too
    for field in seen.keys() & beside.keys():
        if seen[field] != beside[field]:
            raise InputError(
                f"the arrays of {path} have {field} {seen[field]}, the config.json beside it says {beside[field]}"
            )
    return beside


def _grid(path, rows, P, image_size, guess):
    """((rows, columns) of the patches, notes): a square, else the grid of image_size."""
    side = math.isqrt(rows)
    if side * side == rows:
        return (side, side), []
    if image_size is not None:
        asked = image_size[0] // P, image_size[1] // P
        if math.prod(asked) == rows:
            return asked, []
    if not guess:
        raise InputError(
            f"{path} has positions for {rows} patches of {P}x{P}, which is no square; "
            "say the file's image_size=(height, width)"
        )
    down = next(n for n in range(side, 0, -1) if rows % n == 0)
    return (down, rows // down), [f"{rows} positions are no square; taken to be {down}x{rows // down}"]
