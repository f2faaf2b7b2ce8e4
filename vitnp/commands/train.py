"""`vitnp train`: learn a data set, and leave the model, its history and the curves in a folder."""

import argparse
import dataclasses
import sys
import warnings

from vitnp import __version__, backend, data, distributed, tree
from vitnp.errors import InputError

MAY_CHANGE = ("save_every", "keep", "log_every")  # when a run goes on
NOT_KEPT = ("run", "defaults", "out", "resume", "overwrite")  # not of the run, but of this start


def add_parser(commands):
    """The options of `vitnp train`."""
    parser = commands.add_parser("train", help="train a model and save it, its history and its curves")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", metavar="DIR", help="folder of a new run")
    where.add_argument("--resume", metavar="DIR", help="go on with the run in this folder, bit for bit")
    names = ", ".join(data.NAMES)
    parser.add_argument(
        "--data", default="digits", metavar="NAME|DIR", help=f"{names}, or a folder of pictures (default digits)"
    )
    parser.add_argument("--seed", type=int, default=0, help="split, weights, order, augmentation (default 0)")
    add_model(parser)
    add_recipe(parser)
    add_keeping(parser)
    parser.add_argument("--workers", type=int, metavar="N", help="threads (default: as many as pay)")
    parser.set_defaults(run=run, defaults={key: parser.get_default(key) for key in destinations(parser)})


def destinations(parser):
    """The names under which the parser keeps its options."""
    return [action.dest for action in parser._actions if action.dest != "help"]


def add_model(parser):
    """The model: untrained, or from a file."""
    from vitnp.commands.options import NAMES
    from vitnp.commands.weights import add_source

    model = parser.add_argument_group("model", "untrained, or from a file with --init")
    model.add_argument("--model", metavar="NAME", help=f"{NAMES} (default: the recipe's)")
    model.add_argument("--init", metavar="FILE", help="start from weights: a file, or a name of weights list")
    model.add_argument("--freeze", choices=("backbone",), help="train the head alone")
    add_source(model)
    model.add_argument("--dropout", type=float, metavar="RATE", help="after dense layers (default: the recipe's)")


def add_recipe(parser):
    """The recipe and what takes the place of its numbers."""
    recipe = parser.add_argument_group("recipe", "how to train: a recipe, and what is to differ from it")
    recipe.add_argument("--recipe", metavar="NAME", help="one of vitnp recipes (default: the data set's own)")
    recipe.add_argument("--epochs", type=int, metavar="N")
    recipe.add_argument("--steps", type=int, metavar="N", help="in place of epochs")
    recipe.add_argument("--batch-size", type=int, metavar="B", help="images a step")
    recipe.add_argument("--micro-batch", type=int, metavar="B", help="images at a time, if a step's need too much memory")
    recipe.add_argument("--lr", type=float, help="learning rate after the warm-up")
    recipe.add_argument("--weight-decay", type=float, metavar="X", help="of weight matrices")
    recipe.add_argument("--no-augment", action="store_true", help="the images as they are")
    recipe.add_argument(
        "--set-recipe", action="append", default=[], metavar="FIELD=VALUE", help="any other field; may be repeated"
    )


def add_keeping(parser):
    """What is kept, and when."""
    keeping = parser.add_argument_group("keeping")
    keeping.add_argument("--save-every", type=int, metavar="N", help="steps between checkpoints (default: 300 s)")
    keeping.add_argument("--keep", type=int, default=2, metavar="K", help="the last K checkpoints (default 2)")
    keeping.add_argument("--log-every", type=int, default=10, metavar="N", help="steps between rows of steps.csv (default 10)")
    keeping.add_argument("--overwrite", action="store_true", help="remove the run that is in --out")


def run(args):
    """Train, print a line an epoch, save; 130 or 143 if Ctrl-C or SIGTERM stopped it."""
    from vitnp.training import signals

    with distributed.connect() as comm, signals.heard() as wish:
        return train_in_folder(args, comm, wish)
