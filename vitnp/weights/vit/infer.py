"""The configuration that the arrays of a file show."""

import math

from vitnp.errors import InputError, shown
from vitnp.inputs.fields import check_fields
from vitnp.inputs.images import Preprocessing
from vitnp.models.vit.config import SIZES, ViTConfig
from vitnp.weights.vit import sidecar
from vitnp.weights.vit.names import block_of, names
from vitnp.weights.vit.profiles import profile

HEADS = {size["hidden_size"]: size["num_heads"] for size in SIZES.values()}  # of the published models


def infer(path, family, shapes, *, image_size=None, guess=False, **overrides):
    """The (ViTConfig, notes, open questions) of a file with arrays in these shapes, {name in the tables: shape}.

    image_size is looked at where the positions are not a square's. Fields of ViTConfig in `overrides` go before
    the config.json beside the file, and that before the profile. guess: an open question, which neither the file
    nor the caller answers, is answered all the same; otherwise it raises InputError, as it does for arrays that
    tell no size.
    """
    check_fields(overrides, ViTConfig)
    seen, rows = _sizes(path, family, shapes)
    beside, unlike = _beside(path, family, seen)
    fields, notes, questions = seen | beside | overrides, [], []
    if "image_size" not in fields:
        grid, question = _grid(rows, seen["patch_size"], image_size)
        fields["image_size"] = tuple(side * seen["patch_size"] for side in grid)
        questions += question
    if "num_heads" not in fields:
        D = seen["hidden_size"]
        fields["num_heads"] = HEADS.get(D) or (1 if D % 64 else D // 64)
        if D not in HEADS:  # a guess would load and be wrong
            questions.append(
                f"it does not say how many heads share hidden_size {D}; "
                "say it with num_heads= or --set num_heads=N"
            )
        else:
            notes.append(
                f"the file does not say how many heads: taken to be {fields['num_heads']} for hidden_size {D}; "
                "another number is num_heads= or --set num_heads=N"
            )
    if "preprocessing" not in overrides:
        questions += [
            f"{what}, which vitnp has not; say preprocessing= or "
            "--set \"preprocessing={'antialias': True}\""
            for what in unlike
        ]
    defaults = dict(profile(family, fields["image_size"]))
    channels = seen["in_channels"]
    if "preprocessing" not in fields and len(defaults["preprocessing"].mean) not in (1, channels):
        questions.append(
            f"the family's preprocessing is for 3 channels, the file has {channels}; say preprocessing= or "
            "--set \"preprocessing={'mean': [0.5], 'std': [0.5]}\""
        )
        defaults["preprocessing"] = Preprocessing()
    if questions and not guess:
        raise InputError(f"{path}: {'; '.join(questions)}")
    try:
        return ViTConfig(**(defaults | fields)), notes, questions
    except (TypeError, ValueError) as problem:
        where = f"{path} with {' and '.join(sidecar.JSON_FILES)} beside it" if beside else path
        raise InputError(f"{where}: {problem}") from problem


def _sizes(path, family, shapes):
    """({field: value} that the shapes show, rows of the position table without the class token's)."""
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
    return seen, shape("position.E_pos", 3)[1] - token


def _beside(path, family, seen):
    """What `sidecar.read` gives; InputError where the config.json beside the file is another model's."""
    beside, unlike = sidecar.read(path, family, profile(family, (224, 224))["preprocessing"])
    if not seen["num_classes"]:
        beside.pop("num_classes", None)  # transformers names classes for models without a head too
    for field in seen.keys() & beside.keys():
        if seen[field] != beside[field]:
            raise InputError(
                f"the arrays of {path} have {field} {seen[field]}, the config.json beside it says "
                f"{shown(beside[field])}; repair it, or move it away"
            )
    return beside, unlike


def _grid(rows, P, image_size):
    """((rows, columns) of the patches, open questions): a square, else the grid of image_size."""
    side = math.isqrt(rows)
    if side * side == rows:
        return (side, side), []
    if image_size is not None:
        asked = image_size[0] // P, image_size[1] // P
        if math.prod(asked) == rows:
            return asked, []
    down = next(n for n in range(side, 0, -1) if rows % n == 0)
    return (down, rows // down), [
        f"it has positions for {rows} patches of {P}x{P}, which is no square; "
        "say the file's image_size=(height, width) or --image-size HxW"
    ]
