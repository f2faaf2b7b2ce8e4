"""What the options of `vitnp look` ask for, checked against the model."""

from pathlib import Path
from typing import NamedTuple

from vitnp.commands.look import pictures
from vitnp.commands.options import comma_separated
from vitnp.errors import InputError, did_you_mean, need_int
from vitnp.system.language import chosen as chosen_language


class Asked(NamedTuple):
    """Blocks, heads and classes are counted from 0 here, from 1 on the command line (classes from 0 in both)."""

    only: tuple | None  # names of pictures; None: every one
    block: int | None  # None: the last block, and the tokens after the last norm
    heads: list | None
    patch: tuple | None  # (row, column) of the grid, or of the picture in pixels
    in_pixels: bool
    layers: tuple | None  # (first, last), from 1; like all from block on, None where there is no attention
    label: int | None
    lang: str

    def wants(self, name):
        """Whether the picture is to be drawn."""
        return self.only is None or name in self.only


def asked(args, model):
    """The options as an `Asked`. Raises InputError for what the model has not."""
    config, missing = model.config, model.missing
    if args.label is not None and missing:
        raise InputError(f"--class is {args.label}, but the model {missing}, so no class; leave it out")
    if args.label is not None:
        need_int("--class", args.label, at_least=0, at_most=config.num_classes - 1)
    if not model.config.attends:
        _need_none(args, config)
        return Asked(only(args), None, None, None, False, None, args.label, chosen_language(args.lang))
    if config.num_patches < 2:
        raise InputError(
            f"an image of {'x'.join(map(str, config.image_size))} is one patch, too small for attention and rollout; "
            "name a larger one with --image-size"
        )
    block = (
        None
        if args.block is None
        else need_int("--block", args.block, at_least=1, at_most=config.num_layers) - 1
    )
    chosen, in_pixels = patch(args.patch, config)
    return Asked(
        only(args),
        block,
        heads(args.heads, config),
        chosen,
        in_pixels,
        layers(args.layers, config),
        args.label,
        chosen_language(args.lang),
    )


def _need_none(args, config):
    """Raise InputError for an option of patches, blocks or heads."""
    for name in ("block", "heads", "patch", "layers", "against"):
        if getattr(args, name) is not None:
            raise InputError(
                f"--{name} is of a model with patches and attention, and this is a model of the family "
                f"{config.family}; leave it out"
            )


def only(args):
    """The names of the pictures of --only."""
    if args.only is None:
        return None
    names = comma_separated(args.only, "--only")
    for name in names:
        if name not in pictures.PICTURES:
            hint = did_you_mean(name, pictures.PICTURES)
            raise InputError(
                f'--only "{name}" is no picture; {hint}choose from {", ".join(pictures.PICTURES)}'
            )
        if pictures.PICTURES[name].of == "two" and not args.against:
            raise InputError(f"--only {name} needs a second picture; name it with --against")
    return tuple(names)


def heads(text, config):
    """The heads of --heads, counted from 0; None for the first ones."""
    if text is None:
        return None
    from vitnp.show.attention import MOST_HEADS

    found = comma_separated(text, "--heads")
    if len(found) > MOST_HEADS:
        raise InputError(f"--heads {text} are {len(found)}; query.png has room for {MOST_HEADS}")
    if not set(found) <= {str(head) for head in range(1, config.num_heads + 1)}:
        raise InputError(
            f'--heads "{text}" is no list of heads; a block has {config.num_heads}: write numbers from 1, such as 1,2'
        )
    return [int(head) - 1 for head in found]


def layers(text, config):
    """(first, last) of --layers, counted from 1; by default all layers."""
    L = config.num_layers
    try:
        first, last = (1, L) if text is None else (int(part) for part in text.split("-"))
    except ValueError:
        raise InputError(
            f'--layers "{text}" is not a range; write the first and last, such as 1-{L}'
        ) from None
    if not 1 <= first <= last <= L:
        raise InputError(f"--layers {text} is not within the model's {L} layers; choose from 1-{L}")
    return first, last


def patch(text, config):
    """((row, column) from 0, False) of --patch, or ((y, x), True) in pixels of the picture; by default the middle."""
    rows, cols = config.grid
    if text is None:
        return (rows // 2, cols // 2), False
    parts = [part.strip() for part in text.split(",")]
    in_pixels = all(part.endswith("px") for part in parts)
    try:
        row, column = (int(part.removesuffix("px") if in_pixels else part) for part in parts)
    except ValueError:
        raise InputError(
            f'--patch "{text}" is no place; write row and column, such as 1,{cols}, or pixels from the top and '
            "the left, such as 60px,80px"
        ) from None
    if in_pixels:
        return (row, column), True  # whether the model sees them, the picture decides
    if not (1 <= row <= rows and 1 <= column <= cols):
        raise InputError(
            f"--patch {text} is outside the {rows}x{cols} patches; choose from 1,1 to {rows},{cols}"
        )
    return (row - 1, column - 1), False


def folders(out, images):
    """Where the pictures of each image go: `out` for one; for several a folder of the image's name in it."""
    if len(images) == 1:
        return [Path(out)]
    found, taken = [], {f"{name}.png" for name in pictures.PICTURES}  # they are in `out` itself
    for image in images:
        stem = name = Path(image).stem
        number = 1
        while name in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name)
        found.append(Path(out) / name)
    return found
