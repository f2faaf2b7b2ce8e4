"""The options of `vitnp vtab`, and what it asks each training for."""

import itertools

from vitnp import models, weights
from vitnp.commands import train
from vitnp.commands.options import add_backend, comma_separated, need_counts, numbers_of
from vitnp.commands.weights import add_source
from vitnp.data import vtab
from vitnp.engine.precision import DTYPES
from vitnp.errors import InputError, need_int, need_real
from vitnp.training.folder import MAY_CHANGE
from vitnp.training.recipes.listed import AT_A_TIME
from vitnp.training.wanted import Wanted
from vitnp.weights import fetch

RECIPE = "fine-tuning on VTAB (19 tasks)"
SIZE, SMALLEST = 384, 224  # the paper's image size; a model of smaller images keeps its own
PAPER, SWEEP = ((0.01,), (2_500,)), ((0.1, 0.01), (2_500, 10_000))  # learning rates, steps
WARM_UP = 500, 5  # steps at most, and the part of a shorter training
OWN = {  # fields that are asked for in another way
    "lr": "--lr",
    "steps": "--steps",
    "epochs": "--steps",
    "batch_size": "--batch-size",
    "warmup_steps": "--steps: the warm-up is 500 steps, of a shorter training a fifth",
}
# As VTAB's own code prepares a picture: all of it, stretched.
WHOLE = ("preprocessing.crop_fraction=1", "preprocessing.keep_aspect_ratio=false")


def add_options(parser):
    """The options of `vitnp vtab`."""
    parser.add_argument("--data", required=True, metavar="DIR", help="a folder that holds a folder per task")
    parser.add_argument(
        "--weights",
        required=True,
        metavar="FILE",
        help="a checkpoint, or a name that weights fetch has fetched",
    )
    parser.add_argument(
        "--tasks", metavar="A,B,…", help="tasks or groups, such as dtd,svhn or natural (default: all in DIR)"
    )
    parser.add_argument(
        "--out",
        default="vtab",
        metavar="DIR",
        help="folder; the same command goes on with what is in it, --overwrite begins anew (default vtab)",
    )
    parser.add_argument("--seed", type=int, help="of the 800 + 200 images, the order (default 0)")
    parser.add_argument(
        "--sweep",
        action="store_true",
        help="choose the learning rate and the steps by 200 of the images, task by task",
    )
    recipe = parser.add_argument_group("hyper-parameters", "in place of the ViT paper's")
    recipe.add_argument("--lr", metavar="A,B,…", help="learning rate (default 0.01; of --sweep 0.1,0.01)")
    recipe.add_argument("--steps", metavar="A,B,…", help="steps (default 2500; of --sweep 2500,10000)")
    recipe.add_argument("--batch-size", type=int, metavar="B", help="images per step (default 512)")
    recipe.add_argument(
        "--micro-batch", type=int, metavar="B", help="images at a time, if a step's need too much memory"
    )
    recipe.add_argument(
        "--set-recipe",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="any other field; may be repeated",
    )
    add_source(parser)
    parser.add_argument(
        "--on-corrupt",
        choices=("stop", "skip"),
        help="a picture of a folder that cannot be read (default stop)",
    )
    parser.add_argument("--workers", type=int, metavar="N", help="threads (default: as many as pay)")
    parser.add_argument(
        "--dtype", choices=DTYPES, help="float16: forward and backward, for GPUs (default float32)"
    )
    train.add_keeping(parser)
    add_backend(parser)
    parser.set_defaults(**{name: None for name in train.names_of(Wanted) if name != "data"})


def asked(args):
    """(what every training is asked for, the pairs (learning rate, steps) to choose from, one without --sweep)."""
    rates, steps = SWEEP if args.sweep else PAPER
    rates = rates if args.lr is None else numbers_of(args.lr, "--lr", float)
    steps = steps if args.steps is None else numbers_of(args.steps, "--steps")
    for field in (word.partition("=")[0].strip() for word in args.set_recipe or ()):
        if field in OWN:
            raise InputError(f"--set-recipe {field} is not for vtab; give {OWN[field]}")
    for rate in rates:
        need_real("--lr", rate, low=0, open_at_low=True)
    for count in steps:
        need_int("--steps", count, at_least=1)
    ways = list(itertools.product(rates, steps))
    if args.sweep and len(ways) < 2:
        raise InputError(
            "--sweep has one learning rate and one number of steps; leave out --sweep, --lr or --steps"
        )
    if not args.sweep and len(ways) > 1:
        raise InputError(f"--lr and --steps name {len(ways)} ways to train; choose among them with --sweep")
    own = ("lr", "steps", "set", "set_recipe")  # which are put together here
    typed = {name: value for name, value in train.asked(args).items() if name not in own}
    wanted = Wanted(
        **{"recipe": RECIPE, "init": args.weights, "new_head": True, "no_augment": True} | size(args) | typed,
        set=[*WHOLE, *(args.set or ())],
        set_recipe=args.set_recipe or (),
    )
    need_counts(wanted, "workers", *MAY_CHANGE)
    need_int("--seed", wanted.seed, at_least=0, at_most=2**32 - 1)
    return wanted, ways


def size(args):
    """{option: value} of the paper's image size, a few images at a time; none where the model's own is small."""
    own = weights.inspect(fetch.resolve(args.weights), format=args.source_format).config
    models.need_images(own, "vtab is for pictures")
    if min(own.image_size) < SMALLEST or args.image_size is not None:
        return {}
    patch = getattr(own, "patch_size", 1)
    if SIZE % patch:
        down = SIZE // patch * patch
        raise InputError(
            f"{SIZE}x{SIZE}, the paper's image size, is not divisible by patch_size {patch}; give --image-size "
            f"{down + patch} or {down}"
        )
    if own.batch_statistics:  # of a whole batch, which is not divided
        return {"image_size": str(SIZE)}
    return {"image_size": str(SIZE), "micro_batch": min(AT_A_TIME, args.batch_size or AT_A_TIME)}


def in_a_way(wanted, lr, steps):
    """{option: value} of a training at this rate for so many steps; the warm-up is the paper's, or a fifth."""
    most, part = WARM_UP
    warm_up = f"warmup_steps={min(most, steps // part)}"
    return {"lr": lr, "steps": steps, "set_recipe": [warm_up, *wanted.set_recipe]}


def tasks(args, places):
    """The tasks to train on: those that --tasks names, else all that are there."""
    if args.tasks is None:
        return list(places)
    words = comma_separated(args.tasks, "--tasks")
    alone = [word for word in words if word.lower() not in map(str.lower, vtab.GROUPS)]
    names = [name for name in vtab.chosen(words) if name in places]
    if missing := [name for name in vtab.chosen(alone) if name not in places] or ([] if names else words):
        raise InputError(f"{args.data} has no folder of {missing[0]}; it has {', '.join(places)}")
    return names
