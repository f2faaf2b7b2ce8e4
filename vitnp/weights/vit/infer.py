"""The configuration of a ViT that the arrays of a file show, with what the JSON files beside it say.

A hybrid's stem comes as a `Before`: what its arrays show, and which map it makes of an image.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from vitnp.errors import shown
from vitnp.inputs.fields import check_changes
from vitnp.models.vit.config import SIZES, ViTConfig
from vitnp.weights import settings, tables
from vitnp.weights.vit import assumed, foreign, google, grids, neighbors, prefix, sidecar
from vitnp.weights.vit.names import block_of, names
from vitnp.weights.vit.profiles import CALLED, is_published, kind_of, own_row, profile


class Before(NamedTuple):
    """What stands before the patches: nothing, or the stem of a hybrid."""

    Config: type = ViTConfig
    kind: str = ""  # of the profile, behind the library's
    fields: Mapping = MappingProxyType({})
    ask: Callable = lambda fields, overrides: []  # questions about more fields, as `_heads`
    pixels: int = 1  # of the image, along one place of the map
    map_size: Callable = tuple  # (height, width) of an image → of the map


NOTHING = Before()
HEADS = {size["hidden_size"]: size["num_heads"] for size in SIZES.values()}  # of the published models


class Inferred(NamedTuple):
    """What is known of a file before its numbers are read."""

    config: ViTConfig
    notes: list  # of sentences
    questions: list  # of sentences
    image_size: (
        tuple | None
    )  # what `load` makes the model for, where that is not the size of the file's positions
    rows_before: int  # how many rows of the position table stand before the patches'
    taken: list  # of (field, value), see `loading.Inspection`


def infer(path, family, arrays, shapes, *, before=NOTHING, image_size=None, guess=False, **overrides):
    """The `Inferred` of a file with these arrays.

    arrays, shapes: {name in `names.TABLES`: name in the file, shape}; arrays has also those that are left out.
    image_size is looked at where the positions are not a square's. Fields in `overrides` go before
    the config.json beside the file, and that before the profile. guess: an open question, which neither the file
    nor the caller answers, is answered all the same; otherwise it raises InputError, as it does for arrays that
    tell no size.
    """
    Config = before.Config
    check_changes(overrides, Config)
    told_positions = overrides.get("position_embedding") in neighbors.WITHOUT_TABLE.values()
    seen, rows = _sizes(path, family, shapes, tableless=told_positions or _may_lack_table(family, arrays))
    foreign.check_shapes(path, family, arrays, shapes, seen["hidden_size"])
    seen |= before.fields
    beside = _beside(path, family, seen, arrays, Config)
    _compare(path, family, seen, neighbors.arguments(arrays, shapes), beside.arguments)
    fields, P = seen | beside.fields, seen["patch_size"]
    sizes = [size for size in (image_size, beside.image_size) if size is not None]
    maps = [before.map_size(size) for size in sizes]
    known = is_published(family, path, arrays.values())
    if rows is None:
        grid, rows_before, questions = grids.without_table(P, maps)
    else:
        counts = prefix.rows_before(family, arrays, shapes, beside.no_class_row)
        grid, rows_before, questions = grids.of_table(rows, counts, P, maps[::-1], square=known)
    if "image_size" in fields:  # Hugging Face's config.json
        questions = []
    else:
        whole = tuple(side * P for side in grid)
        told = (size for size, made in zip(sizes, maps, strict=True) if tuple(made) == whole)
        fields["image_size"] = next(told, tuple(side * before.pixels for side in whole))
    kind = f"{family}-{before.kind}" if before.kind else kind_of(family, arrays, class_row=rows_before > 0)
    kind = own_row(kind, path, fields)
    notes, more = _heads(fields, overrides)
    questions += before.ask(fields, overrides) + more + neighbors.ask(kind, fields, overrides)
    taken = neighbors.fill(
        family, arrays, shapes, fields, overrides, tableless=rows is None, said=beside.fields
    )
    fields["preprocessing"], more = settings.preprocessing(
        profile(kind, fields["image_size"])["preprocessing"], fields["in_channels"], beside, overrides
    )
    questions += more
    taken += foreign.left_in_doubt(family, arrays, beside.architectures)
    if beside.image_size is None and grids.is_no_square(rows, rows_before, grid):
        taken.append(("image_size", f"{grid[0]}x{grid[1]} patches in the file, as asked"))
    used_at = None
    if image_size is None and beside.image_size not in (None, fields["image_size"]):
        used_at = beside.image_size
        note, more = _used_at(used_at, fields["image_size"], P * before.pixels, before)
        notes, questions = notes + note, questions + more
    fields = profile(kind, fields["image_size"]) | fields
    config = settings.configured(path, family, Config, fields, overrides, [] if guess else questions)
    if kind in CALLED:
        notes.append(
            f"taken to be {CALLED[kind]}: positions at another size are resized {config.position_interpolation}; "
            "another way is position_interpolation= or --set position_interpolation=NAME"
        )
    taken = [] if known else taken + assumed.of(family, config, overrides, beside)
    return Inferred(config, [*beside.notes, *notes], questions, used_at, rows_before, taken)


def _sizes(path, family, shapes, tableless):
    """({field: value} that the shapes show, rows of the position table, None for none where tableless allows it)."""
    file_names = names(family, 1)
    blocks = {block_of(family, name) for name in shapes} - {None}

    def shape(ours, rank, needed=True):
        name = file_names[ours]
        if ours.startswith(
            "blocks.0."
        ):  # the lowest block that has it; the first 0 in its name is the block's
            alike = [name.replace("0", str(i), 1) for i in sorted(blocks)]
            name = next((other for other in alike if other in shapes), name)
        if name not in shapes and not needed:
            return None
        return tables.shape(path, shapes, name, rank, f"ViT ({family})")

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
    seen = {
        "patch_size": P,
        "in_channels": C,
        "hidden_size": D,
        "num_layers": len(blocks),
        "mlp_dim": shape("blocks.0.feed_forward.b1", 1)[0],
        "num_classes": width("classify.head") or 0,
        "representation_size": width("classify.pre_logits"),
    }
    if family == "google":
        seen["num_heads"] = shape("blocks.0.attention.b_Q", 2)[0]
    table = shape("position.E_pos", 3, needed=not tableless)
    return seen | neighbors.seen(family, shapes), table and table[1]


def _may_lack_table(family, arrays):
    """Whether a file may have no table of positions: big_vision does not store fixed ones, timm has models without."""
    return family == "timm" or (family == "google" and google.is_big_vision(arrays.values()))


def _beside(path, family, seen, arrays, Config):
    """What `settings.beside` gives, for a ViT's kind."""
    kind = kind_of(family, arrays)
    base = profile(kind, (224, 224))["preprocessing"]
    any_size = kind.startswith("huggingface-dinov2")
    of_mean = family == "huggingface" and "classifier.weight" in arrays and seen["classifier"] == "gap"
    if of_mean:  # SiglipForImageClassification does not use the pooling that its config.json is of
        seen = {name: value for name, value in seen.items() if name != "classifier"}
    found = settings.beside(path, family, seen, base, Config=Config, any_size=any_size)
    if of_mean:
        found.fields.pop("classifier", None)
    return found


def _compare(path, family, seen, theirs, said):
    """Raise InputError where arguments in the config.json beside the file, `said`, do not fit the arrays.

    theirs: those that timm's arrays show.
    """
    if family == "timm":
        settings.need_same(path, theirs, said)
    act = said.get("pooler_act", "tanh")
    if act != "tanh" and seen["representation_size"] is not None:
        raise sidecar.refused(path, f"pooler_act is {shown(act)}; vitnp has tanh")


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


def _used_at(image_size, table, P, before):
    """(notes, questions) about images of another size than that of the position table; P: pixels of a patch."""
    (height, width), maps = image_size, [before.map_size(size) for size in (table, image_size)]
    side = P // before.pixels
    (rows, cols), (new_rows, new_cols) = ((h // side, w // side) for h, w in maps)
    if any(length % side for length in maps[1]):
        return [], [
            f"the JSON beside it makes images of {height}x{width}, which are no whole patches of {P}x{P}; say "
            f"image_size= or --image-size {max(height // P, 1) * P}x{max(width // P, 1) * P}"
        ]
    return [
        f"used at {height}x{width}, as the JSON beside it says: positions are resized from {rows}x{cols} patches to "
        f"{new_rows}x{new_cols}; --image-size {table[0]}x{table[1]} keeps them"
    ], []
