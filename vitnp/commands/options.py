"""Options that several commands share."""

import ast
import dataclasses

from vitnp.backend.arrays import get
from vitnp.errors import InputError, need_int
from vitnp.models import PRESETS, preset
from vitnp.models.vit.config import ViTConfig, check_fields

NAMES = ", ".join(PRESETS)


def add_model(parser, *, default):
    """Add --model, --image-size and --set, which `model_config` reads."""
    parser.add_argument("--model", default=default, metavar="NAME", help=f"{NAMES} (default {default})")
    add_fields(parser)


def add_fields(parser):
    """Add --image-size and --set, which `fields` reads."""
    parser.add_argument(
        "--image-size", metavar="HxW", help="pixels, 224 or 192x256; a multiple of the patch size"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="any other field of the configuration, such as gelu=erf or num_heads=3; may be repeated",
    )


def need_counts(args, *names):
    """Raise InputError for an option with one of these names that was given and is less than 1."""
    for name in names:
        if getattr(args, name) is not None:
            need_int(f"--{name.replace('_', '-')}", getattr(args, name), at_least=1)


def add_backend(parser):
    """Add --backend, which `backend` reads.

    The default is NumPy, so that a command prints the same on every machine, with or without a GPU.
    """
    parser.add_argument(
        "--backend",
        default="numpy",
        metavar="NAME",
        help="numpy, cupy, or auto: cupy where a GPU answers (default numpy)",
    )


def backend(args):
    """The array module, numpy or cupy, that --backend names. Raises InputError, see `arrays.get`."""
    return get(args.backend)


def model_config(args, **overrides):
    """The ViTConfig that the options describe; what the user said goes before `overrides`."""
    return preset(args.model, **(overrides | fields(args)))


def fields(args):
    """{field of ViTConfig: value} that --image-size and --set gave."""
    given = {} if args.image_size is None else {"image_size": _size(args.image_size)}
    for assignment in args.set:
        field, _, text = assignment.partition("=")
        check_fields([field], ViTConfig)
        if not text:
            raise InputError(f'--set "{assignment}" has no value; write FIELD=VALUE, such as gelu=erf')
        given[field] = _value(field, text)
    return given


def _size(text):
    try:
        sides = [int(side) for side in text.lower().split("x")]
    except ValueError:
        sides = []
    if len(sides) not in (1, 2):
        raise InputError(f'--image-size "{text}" is not a size; write pixels, such as 224 or 192x256')
    return (sides[0], sides[-1])


def _value(field, text):
    """The text as the field's kind of value: a word stays a word, the others are Python literals."""
    kinds = {f.name: f.type for f in dataclasses.fields(ViTConfig)}
    if kinds.get(field) is str:
        return text
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise InputError(f'--set {field}={text}: "{text}" is not a number') from None
    return float(value) if kinds.get(field) is float and isinstance(value, int) else value
