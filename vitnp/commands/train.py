"""`vitnp train`: learn a data set, and leave the model, its history and the curves in a folder."""

import argparse
import contextlib
import dataclasses
import signal
import sys
import warnings
from pathlib import Path

from vitnp import __version__, data
from vitnp.backend.arrays import to_device, to_host
from vitnp.commands.options import add_backend, backend, need_counts
from vitnp.commands.train_options import add_keeping, add_model, add_recipe
from vitnp.commands.train_setup import about_data, place, prepare
from vitnp.commands.train_words import summary, title, warm_up_too_long
from vitnp.engine import ranks
from vitnp.engine.precision import DTYPES
from vitnp.engine.split import choose_workers
from vitnp.errors import InputError, need_int
from vitnp.tasks import masked
from vitnp.training.guards import check_fit
from vitnp.training.loop import train
from vitnp.training.progress import Diverged, Stopped
from vitnp.training.run import claim, clear, recall

MAY_CHANGE = ("save_every", "keep", "log_every")  # when a run goes on
START = ("seed", "init", "freeze", "labels", "task", "target", "mask_ratio", "backend", "dtype")
NOT_KEPT = ("run", "defaults", "out", "resume", "overwrite", "known")  # not of the run, but of this start


def add_options(parser):
    """The options of `vitnp train`."""
    add_place(parser)
    add_training(parser)
    parser.add_argument("--freeze", choices=("backbone",), help="train the head alone")
    parser.add_argument(
        "--labels",
        type=share,
        metavar="SHARE",
        help="learn from this share of the training images alone, such as 5%%, all classes alike",
    )
    complete(parser, task=None, target=None, mask_ratio=None)


def add_place(parser):
    """Where the run is, and its seed."""
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", metavar="DIR", help="folder of a new run")
    where.add_argument("--resume", metavar="DIR", help="go on with the run in this folder, bit for bit")
    parser.add_argument("--seed", type=int, default=0, help="split, weights, order, augmentation (default 0)")


def add_training(parser):
    """What every training is told."""
    names = ", ".join(data.NAMES)
    parser.add_argument(
        "--data",
        default="digits",
        metavar="NAME|DIR",
        help=f"{names}, or a folder of pictures (default digits)",
    )
    parser.add_argument(
        "--on-corrupt",
        choices=("stop", "skip"),
        default="stop",
        help="a picture of a folder that cannot be read",
    )
    add_model(parser)
    add_recipe(parser)
    add_keeping(parser)
    parser.add_argument("--workers", type=int, metavar="N", help="threads (default: as many as pay)")
    parser.add_argument(
        "--dtype",
        choices=DTYPES,
        default="float32",
        help="float16: forward and backward, for GPUs (default float32)",
    )
    add_backend(parser)


def complete(parser, **fixed):
    """The last of the options: what is not to be chosen, and what they are unless given, which `settled` fills in."""
    parser.set_defaults(**fixed, known=None)
    defaults = vars(parser.parse_args(["--out", ""]))
    # None where nothing is typed: a value typed is held against the run's own, be it the default.
    parser.set_defaults(**dict.fromkeys(defaults), run=run, defaults=defaults)


def share(text):
    """ "5%" or "0.05" as a number."""
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def run(args):
    """Train, print a line an epoch, save; 130 or 143 if Ctrl-C or SIGTERM stopped it."""
    from vitnp.training import signals

    with ranks.connect() as comm, signals.heard() as wish:
        args = settled(args, comm)
        need_int("--seed", args.seed, at_least=0, at_most=2**32 - 1)
        need_counts(args, "workers", *MAY_CHANGE)
        return train_in_folder(args, comm, wish)


def settled(args, comm):
    """The options to train with: those given, or those that the run to go on with began with.

    Raises InputError for an option that says something else than the run did.
    """
    given = {name: value for name, value in vars(args).items() if value is not None}
    args = argparse.Namespace(**(args.defaults | given))
    if place(args.data)[1]:
        args.data = str(Path(args.data).resolve())
    if not args.resume:
        return args
    about = recall(args.resume) if comm.rank == 0 else None
    about = comm.broadcast({"about": about})["about"]
    began = about["options"]
    known = about["run"]["model"] if about["checkpoints"] else None
    for name in sorted(given.keys() - NOT_KEPT):
        value = getattr(args, name)
        if name in MAY_CHANGE:
            began[name] = value
        elif value != began.get(name):
            before = "not given" if began.get(name) is None else repr(began[name])
            raise InputError(
                f"--{name.replace('_', '-')} is {value!r} and was {before} when the run in {args.resume} "
                "began; leave it out, or start another run with --out"
            )
    return argparse.Namespace(**(vars(args) | began | {"known": known}))


def outside(out, data):
    """Raise InputError where --out is the folder of pictures or in it: the next run would take it for a class."""
    if place(data)[1] and Path(out).resolve().is_relative_to(Path(data).resolve()):
        raise InputError(f"--out {out} is in the data folder {data}; choose --out outside the data folder")


def train_in_folder(args, comm, wish):
    """Train in the folder that --out or --resume names."""
    from vitnp.training.display import Display
    from vitnp.training.run import Run

    if not args.resume and comm.rank == 0:  # before anything that takes time
        outside(args.out, args.data)
        claim(args.out, overwrite=args.overwrite)
    xp = backend(args)
    comm.use(xp)
    setup = prepare(args)
    check_fit(setup.data, setup.config, classes=setup.task is None)
    args.workers = args.workers or workers_for(setup, comm)
    if not args.resume and comm.rank == 0:
        clear(args.out)
    where, keeping = args.resume or args.out, {"every": args.save_every, "keep": args.keep}
    run = (
        Run(where, about(args, setup, comm), log_every=args.log_every, **keeping) if comm.rank == 0 else None
    )
    first = comm.rank == 0
    if first:
        print(title(args, setup, comm, run.resume), flush=True)
        if not args.resume and (problem := warm_up_too_long(setup)):
            print(problem, flush=True)
    display = Display(setup.recipe, len(setup.data.train), run and run.resume, quiet=not first)
    p = to_device(setup.p, xp)

    def on_step(progress, step):
        display.on_step(step)
        run.on_step(progress, step)

    def on_epoch(progress):
        display.on_epoch(progress.history[-1])
        run.on_epoch(progress)

    with contextlib.closing(display), warnings.catch_warnings():
        # A number out of range is reported by `train`, with the leaf it was found in.
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            history = train(
                p,
                setup.config,
                setup.data,
                setup.recipe,
                rng=setup.rng,
                workers=args.workers,
                freeze=args.freeze,
                dtype=args.dtype,
                task=setup.task,
                comm=comm,
                resume=run and run.resume,
                stop=wish,
                on_step=on_step if first else None,
                on_epoch=on_epoch if first else None,
            )
        except Stopped as stopped:
            if first:
                path = run.checkpoints.save(stopped.progress)
                command = "pretrain" if args.task else "train"
                print(
                    f"{stopped}; {path} is saved: go on with vitnp {command} --resume {where}",
                    file=sys.stderr,
                )
            return 128 + (wish.signal or signal.SIGTERM)
        except Diverged as problem:
            raise Diverged(f"{problem}; {run.checkpoints.last_good()}" if first else problem) from None
        except MemoryError:
            raise InputError(
                f"a step of {setup.recipe.batch_size} images needs more memory than there is; give --micro-batch"
            ) from None
        finally:
            if first:
                run.close()
    if first:
        p = to_host(p)
        run.finish(history, masked.model(p) if setup.task else p, setup.config, setup.data.class_names)
        print(summary(args, history, where))
    return 0


def about(args, setup, comm):
    """What the run is: the options to go on with, and what its checkpoints are held against."""
    options = {name: value for name, value in vars(args).items() if name not in NOT_KEPT}
    run = {
        "model": dataclasses.asdict(setup.config),
        "recipe": dataclasses.asdict(setup.recipe),
        "data": about_data(args.data, setup.data),
        "start": {name: options[name] for name in START},
        "machines": {"ranks": comm.size, "workers": args.workers},
    }
    return {"vitnp": __version__, "options": options, "run": run}


def workers_for(setup, comm):
    """How many threads a rank has, unless --workers says."""
    recipe = setup.recipe
    images = min(recipe.micro_batch or recipe.batch_size, -(-recipe.batch_size // comm.size))
    return min(choose_workers(images, setup.config), comm.cores)
