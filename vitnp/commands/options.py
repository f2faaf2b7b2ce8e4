"""Options that several commands share."""

from vitnp.backend.arrays import get
from vitnp.errors import InputError
from vitnp.inputs.fields import assigned
from vitnp.models import PRESETS, preset, with_preset

NAMES = ", ".join(PRESETS)


def add_model(parser, *, default):
    """--model, --image-size and --set, which `model_config` reads."""
    parser.add_argument("--model", default=default, metavar="NAME", help=f"{NAMES} (default {default})")
    add_fields(parser)


def add_fields(parser):
    """--image-size and --set, which `fields` reads."""
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


def add_backend(parser):
    """--backend, which `backend` reads.

    NumPy unless asked, so that a command prints what the pages say on any machine, with a GPU in it or without.
    """
    parser.add_argument(
        "--backend",
        default="numpy",
        metavar="NAME",
        help="numpy, cupy, or auto: cupy where a GPU answers (default numpy)",
    )


def backend(args):
    """The array module, numpy or cupy, that --backend names; `backend.get` says what is refused."""
    return get(args.backend)


def model_config(args, **overrides):
    """The configuration that the options describe; what the user said goes before `overrides`."""
    return preset(args.model, **(overrides | fields(args, with_preset(args.model).Config)))


def fields(args, Config):
    """{field of the class Config: value} that --image-size and --set gave."""
    given = {} if args.image_size is None else {"image_size": _size(args.image_size)}
    return given | assigned(args.set, Config, option="--set", example="gelu=erf")


def _size(text):
    try:
        sides = [int(side) for side in text.lower().split("x")]
    except ValueError:
        sides = []
    if len(sides) not in (1, 2):
        raise InputError(f'--image-size "{text}" is not a size; write pixels, such as 224 or 192x256')
    return (sides[0], sides[-1])
