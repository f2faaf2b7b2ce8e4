"""Options that several commands share."""

from vitnp.backend.arrays import get
from vitnp.errors import InputError, need_int
from vitnp.inputs.images import overrides
from vitnp.models import PRESETS

NAMES = ", ".join(PRESETS)


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
        help="any other field of the configuration, such as gelu=erf, num_heads=3 or preprocessing.antialias=true; "
        "may be repeated",
    )


def comma_separated(text, option):
    """The texts between the commas. Raises InputError for an empty one, or one twice."""
    found = [part.strip() for part in text.split(",")]
    if not all(found) or len(set(found)) < len(found):
        raise InputError(f'{option} "{text}" has an empty value or one twice; write A,B,…')
    return found


def numbers_of(text, option, kind=int):
    """The numbers between the commas, the smallest first. Raises InputError for a text that is none, or one twice."""
    try:
        found = sorted(kind(part) for part in comma_separated(text, option))
    except ValueError as problem:
        if isinstance(problem, InputError):
            raise
        what = "whole numbers" if kind is int else "numbers"
        raise InputError(f'{option} "{text}" are no {what}; write A,B,…') from None
    if len(set(found)) < len(found):
        raise InputError(f'{option} "{text}" has a number twice; write A,B,…')
    return found


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


def fields(args, Config):
    """{field of the class Config: value} that --image-size and --set gave."""
    return overrides(args.image_size, args.set, Config)
