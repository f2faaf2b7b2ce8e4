"""`vitnp train`: learn a data set, and leave the model, its history and the curves in a folder."""

import dataclasses
import signal
import sys
from pathlib import Path

from vitnp import data
from vitnp.commands import train_words
from vitnp.commands.options import add_backend, need_counts
from vitnp.commands.train_options import add_keeping, add_model, add_recipe
from vitnp.commands.train_words import chosen, too_short
from vitnp.engine import ranks
from vitnp.engine.precision import DTYPES
from vitnp.errors import InputError, need_int
from vitnp.system.language import translated
from vitnp.system.output import say
from vitnp.training import folder
from vitnp.training.snapshots import RANKS
from vitnp.training.wanted import Wanted


def add_options(parser):
    """The options of `vitnp train`."""
    add_place(parser)
    add_training(parser)
    add_part(parser)
    parser.set_defaults(run=run, own={})


def add_part(parser):
    """What part of the model learns, and from what part of the images."""
    parser.add_argument("--freeze", choices=("backbone",), help="train the head alone")
    parser.add_argument(
        "--new-head",
        action="store_true",
        help="with --init: begin with a head of zeros also where the file's has as many classes",
    )
    parser.add_argument(
        "--labels",
        type=fraction,
        metavar="SHARE",
        help="learn from this share of the training images alone, such as 5%%, all classes alike",
    )
    parser.add_argument(
        "--hold-out",
        type=fraction,
        metavar="SHARE",
        help="measure on this share of the training images, which then is not learned, and leave the test images alone",
    )


def add_place(parser):
    """Where the run is, and its seed."""
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", metavar="DIR", help="folder of a new run")
    where.add_argument("--resume", metavar="DIR", help="go on with the run in this folder, bit for bit")
    parser.add_argument(
        "--ranks-may-differ",
        action="store_true",
        help="with --resume: go on with another number of MPI ranks; the augmentation will differ",
    )
    parser.add_argument("--seed", type=int, help="split, weights, order, augmentation (default 0)")


def add_training(parser, init=True):
    """The options of every training: a default of None for each, so that `asked` sees what was typed.

    init: whether it may begin with a file's weights.
    """
    names = ", ".join(data.SETS)
    parser.add_argument(
        "--data", metavar="NAME|DIR", help=f"{names}, or a folder of pictures (default digits)"
    )
    parser.add_argument(
        "--on-corrupt",
        choices=("stop", "skip"),
        help="a picture of a folder that cannot be read (default stop)",
    )
    add_model(parser, init)
    default = "the data set's own; with --init there is none" if init else "the data set's own"
    add_recipe(parser, default=default).add_argument(
        "--no-augment", action="store_true", help="the images as they are"
    )
    add_keeping(parser)
    parser.add_argument("--workers", type=int, metavar="N", help="threads (default: as many as pay)")
    parser.add_argument(
        "--dtype", choices=DTYPES, help="float16: forward and backward, for GPUs (default float32)"
    )
    add_backend(parser)
    parser.set_defaults(**dict.fromkeys(names_of(Wanted)))


def fraction(text):
    """ "5%" or "0.05" as a number."""
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def names_of(kind):
    """The fields of a class of `training.wanted`, which are options."""
    return [field.name for field in dataclasses.fields(kind)]


def asked(args, kind=Wanted):
    """{field of `Wanted`, or of another kind: value} that was typed."""
    return {name: getattr(args, name) for name in names_of(kind) if getattr(args, name) is not None}


def run(args, kind=Wanted, words=train_words):
    """Train, print one line per epoch, save; 130, 143 or 129 if Ctrl-C, SIGTERM or a closed terminal stopped it.

    kind: a class of `training.wanted`; words: the module with its `title` and its `summary`.
    """
    from vitnp.training import signals

    with ranks.connect() as comm, signals.heard() as wish:
        place = args.out if args.resume is None else args.resume
        where = folder.Where(place, args.resume is not None, bool(args.overwrite), args.ranks_may_differ)
        if where.resume and where.overwrite:
            raise InputError("--overwrite begins anew and --resume goes on; leave one out")
        if where.ranks_may_differ and not where.resume:
            raise InputError("--ranks-may-differ is of a run that goes on; give it with --resume")
        given = asked(args, kind) if where.resume else args.own | asked(args, kind)
        wanted, known = folder.settled(given, where, comm, kind)
        need_int("--seed", wanted.seed, at_least=0, at_most=2**32 - 1)
        need_counts(wanted, "workers", *folder.MAY_CHANGE)
        return train_in_folder(wanted, where, comm, wish, known, words)


def train_in_folder(wanted, where, comm, wish, known=None, words=train_words):
    """Train in the folder that --out or --resume names, draw the curves, and say what came of it."""

    def started(setup, kept):
        say(words.title(setup, comm, kept.resume))
        for line in chosen(setup):
            say(translated(line))
        for difference in kept.checkpoints.notes:
            what = (
                "the augmentation will not be that"
                if difference.startswith(RANKS)
                else "the last bits will not be those"
            )
            say(translated(f"note: {difference}: {what} of an undisturbed run"))
        for problem in () if where.resume else too_short(setup):
            say(translated(problem))

    result = folder.run(wanted, where, comm, known=known, stop=wish, started=started)
    first = comm.rank == 0
    if result.stopped:
        if first:
            path, stopped = result.stopped
            go_on = f"go on with vitnp {wanted.command} --resume {where.folder}"
            say(translated(f"{stopped}; {path} is saved: {go_on}"), sys.stderr)
        return 128 + (wish.signal or signal.SIGTERM)
    if first:
        from vitnp import show

        try:
            show.save(show.curves(result.history), Path(where.folder) / "curves.png")
        except InputError as problem:
            raise InputError(f"{problem}; the training is done, and model.npz is saved") from None
        say(words.summary(result, where.folder))
    return 0
