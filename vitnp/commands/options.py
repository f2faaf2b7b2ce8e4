"""Options that several commands share."""

from vitnp.backend.arrays import get
from vitnp.inputs.images import overrides
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


def model_config(args, **others):
    """The configuration that the options describe; what the user said goes before the others."""
    return preset(args.model, **(others | fields(args, with_preset(args.model).Config)))


def fields(args, Config):
    """{field of the class Config: value} that --image-size and --set gave."""
    return overrides(args.image_size, args.set, Config)
