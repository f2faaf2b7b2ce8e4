"""The options of `vitnp train`, in groups; other commands that train have some of them."""

from vitnp.commands.options import NAMES, add_fields
from vitnp.commands.weights import add_source


def add_model(parser, init=True):
    """The model: untrained, or, with init, from a file."""
    what = "untrained, or from a file with --init" if init else "with random weights"
    model = parser.add_argument_group("model", what)
    model.add_argument("--model", metavar="NAME", help=f"{NAMES} (default: the recipe's)")
    if init:
        model.add_argument(
            "--init", metavar="FILE", help="start from weights: a file, or a name of weights list"
        )
        add_source(model)
    else:
        add_fields(model)
    model.add_argument(
        "--dropout",
        type=float,
        metavar="RATE",
        help="after the positions, W_O, W1 and W2 (default: the recipe's)",
    )


def add_recipe(parser, of="images", default="the data set's own; with --init there is none"):
    """The recipe and what takes the place of its numbers; of: what a step learns from; default: in the help."""
    recipe = parser.add_argument_group(
        "hyper-parameters", "how to train: a recipe, and what is to differ from it"
    )
    recipe.add_argument(
        "--recipe",
        metavar="NAME",
        help=f"one of vitnp recipes (default: {default})",
    )
    recipe.add_argument("--epochs", type=int, metavar="N")
    recipe.add_argument("--steps", type=int, metavar="N", help="in place of epochs")
    recipe.add_argument("--batch-size", type=int, metavar="B", help=f"{of} per step")
    recipe.add_argument(
        "--micro-batch", type=int, metavar="B", help=f"{of} at a time, if a step's need too much memory"
    )
    recipe.add_argument("--lr", type=float, help="learning rate after the warm-up")
    recipe.add_argument("--weight-decay", type=float, metavar="X", help="of weight matrices")
    recipe.add_argument(
        "--set-recipe",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="any other field; may be repeated",
    )
    return recipe


def add_keeping(parser):
    """What is kept, and when."""
    keeping = parser.add_argument_group("keeping")
    keeping.add_argument(
        "--save-every", type=int, metavar="N", help="steps between checkpoints (default: 300 s)"
    )
    keeping.add_argument(
        "--keep", type=int, default=2, metavar="K", help="the last K checkpoints (default 2)"
    )
    keeping.add_argument(
        "--log-every", type=int, default=10, metavar="N", help="steps between rows of steps.csv (default 10)"
    )
    keeping.add_argument("--overwrite", action="store_true", help="remove the run that is in --out")
