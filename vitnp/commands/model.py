"""The model that a command is about: a preset with untrained weights, or a file of weights."""

import os
import shlex
from typing import Any, NamedTuple

from vitnp import models, weights
from vitnp.commands.options import NAMES, fields
from vitnp.commands.weights import add_source, source
from vitnp.errors import InputError
from vitnp.models import preset, with_preset
from vitnp.weights import fetch
from vitnp.weights.published import URLS


class Model(NamedTuple):
    """A model as it was named; p is None for a preset, which has no weights, and so is the path."""

    name: str
    config: Any
    p: dict | None = None
    path: Any = None


def add_model_or_file(parser, *, default, positional=False):
    """Add the model's name, --weights, --from, --image-size and --set, which `chosen` reads."""
    parser.add_argument(
        *(["model"] if positional else ["--model"]),
        **({"nargs": "?"} if positional else {}),
        metavar="MODEL" if positional else "NAME",
        help=f"{NAMES} (default {default})",
    )
    parser.add_argument(
        "--weights", metavar="FILE", help="in place of it: a checkpoint, or a name that fetch has fetched"
    )
    add_source(parser)
    parser.set_defaults(default=default, command=parser.prog)


def chosen(args):
    """The `Model` that the options name. Raises InputError where they name two, or a file where a name belongs."""
    if args.weights is not None:
        if args.model is not None:
            raise InputError(f"--weights says what the model is; leave out the name {args.model}")
        path, told = source(args, args.weights)
        p, config = weights.load(path, **told)
        return Model(fetch.called(path), config, p, path)
    if args.source_format is not None:
        raise InputError("--from is about a file that holds several models; name the file with --weights")
    name = args.default if args.model is None else args.model
    if name not in models.PRESETS and (name in URLS or os.path.isfile(name)):
        raise InputError(
            f"{name} is a file of weights, and this is for a model's name; "
            f"type {args.command} --weights {shlex.quote(name)}"
        )
    return Model(name, preset(name, **fields(args, with_preset(name).Config)))
