"""A training in a folder: started, resumed, stopped. It prints and draws nothing; the command does."""

import contextlib
import dataclasses
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vitnp import __version__, models
from vitnp.backend.arrays import get, to_device, to_host
from vitnp.data.files import Unreadable
from vitnp.engine.split import choose_workers
from vitnp.errors import InputError, counted, shown
from vitnp.inputs.fields import check_fields
from vitnp.system.arithmetic import kernels
from vitnp.tasks.masked import model
from vitnp.training import sentences as of_sentences
from vitnp.training import setup as of_images
from vitnp.training.display import Display
from vitnp.training.guards import check_fit
from vitnp.training.loop import How, Watch, train
from vitnp.training.moved import has_moved, need_same
from vitnp.training.place import ABOUT, clear, recall, reserved
from vitnp.training.progress import Diverged, Stopped
from vitnp.training.run import Run
from vitnp.training.snapshots import RANKS
from vitnp.training.wanted import TRAININGS, Wanted

MAY_CHANGE = ("save_every", "keep", "log_every")  # when a run goes on
MAY_MOVE = ("pseudo",)  # files: the checkpoint knows what was in them
ANEW_WITHOUT_IT = ", or begin anew without such pictures: --on-corrupt skip --overwrite"
PREPARE = {"images": of_images.prepare, "sequences": of_sentences.prepare}  # by what is read


class Where(NamedTuple):
    """The folder of a run, and whether to go on with the one in it, or to remove that first."""

    folder: str
    resume: bool = False
    overwrite: bool = False
    ranks_may_differ: bool = False  # when it goes on


class Result(NamedTuple):
    """What a training came to. stopped: the checkpoint's path and the exception, where it was asked to stop."""

    setup: Any
    history: list | None = None
    stopped: tuple | None = None


def settled(given, where, comm, kind=Wanted):
    """(kind, known): what to train with from {field: value}, or what the run to go on with began with.

    kind: a class of `wanted`. known is that run's configuration, where it has a checkpoint. Raises InputError for a
    field that says something else than the run did, and for a run of another kind.
    """
    if kind.of in given and kind.place(given[kind.of]):
        given = given | {kind.of: str(Path(given[kind.of]).resolve())}
    asked = kind(**given)
    if not where.resume:
        return asked, None
    about = comm.broadcast({"about": recall(where.folder) if comm.rank == 0 else None})["about"]
    try:
        reads = models.config_from_dict(about["run"]["model"]).reads
        Began = next(one for one in TRAININGS if one.reads == reads)
        check_fields(about["options"], Began)
        began = Began(**about["options"])
    except InputError as problem:
        raise InputError(
            f"{where.folder}/{ABOUT} is not as a run of this vitnp writes it: {problem}"
        ) from None
    if not isinstance(began, kind):
        raise InputError(
            f"the run in {where.folder} is of vitnp {began.command}; type vitnp {began.command} --resume {where.folder}"
        )
    data = getattr(began, kind.of)
    moved = kind.of in given and has_moved(about["options"], asked)
    if not moved and data is not None and os.path.isabs(data) and not os.path.exists(data):
        raise InputError(
            f"the run in {where.folder} began with --{kind.of} {data}, which is not there any more; put it back to go "
            f"on, or {'name its new place with --data DIR' if kind is Wanted else 'start another run with --out'}"
        )
    may = (*MAY_CHANGE, *MAY_MOVE, *((kind.of,) if moved else ()))
    for name in sorted(set(given) - set(may)):
        told, before = getattr(asked, name), getattr(began, name)
        if told != before:
            before = "not given" if before is None else shown(before)
            raise InputError(
                f"--{name.replace('_', '-')} is {shown(told)} and was {before} when the run in {where.folder} "
                "began; leave it out, or start another run with --out"
            )
    changed = {name: getattr(asked, name) for name in {*may} & {*given}}
    return dataclasses.replace(began, **changed), about["run"]["model"] if about["checkpoints"] else None


def run(wanted, where, comm, *, known=None, stop=None, started=None):
    """Train in the folder: a `Result`. started(setup, kept) is called on rank 0 before the first step; kept: the `Run`.

    Raises InputError where it cannot be trained, `Diverged` with the last good checkpoint. Whatever else ends it
    early, what was reached is saved, where that is possible, and the exception says where.
    """
    if comm.size > 1 and not wanted.divides:
        raise InputError(
            f"a batch of {wanted.reads} is not divided over ranks; start vitnp {wanted.command} without mpiexec"
        )
    if comm.rank:  # rank 0 has the folder
        return trained(wanted, where, comm, known, stop)
    if not where.resume:
        outside(where.folder, wanted.place(getattr(wanted, wanted.of)))
    new, overwrite = not where.resume, where.overwrite
    with reserved(where.folder, new=new, overwrite=overwrite, needed=wanted.init) as locked:
        return trained(wanted, where, comm, known, stop, locked, started)


def trained(wanted, where, comm, known, stop, locked=None, started=None):
    """`run` in a folder that is reserved."""
    first = comm.rank == 0
    xp = get(wanted.backend)
    comm.use(xp)
    setup = PREPARE[wanted.reads](wanted, known)
    check_fit(setup.data, setup.config, setup.task)
    workers = setup.wanted.workers or workers_for(setup, comm)
    setup = setup._replace(wanted=dataclasses.replace(setup.wanted, workers=workers))
    if first and not where.resume:
        clear(where.folder, needed=wanted.init)
    kept = keep(setup, where, comm, locked) if first else None
    if first and started:
        started(setup, kept)
    display = Display(
        setup.recipe, len(setup.data.train), kept and kept.resume, unit=setup.unit, quiet=not first
    )
    p = to_device(setup.p, xp)
    try:
        with contextlib.closing(display), contextlib.closing(kept) if first else contextlib.nullcontext():
            history = watched(p, setup, comm, stop, display, kept)
    except Stopped as stopped:
        return Result(setup, stopped=(kept.save(stopped.progress) if first else None, stopped))
    except Exception:
        if first and not where.resume and not kept.reached:  # not one step: there is no run
            clear(where.folder, needed=wanted.init)
        raise
    if first:
        p = to_host(p)
        p = p if setup.task.uses_labels else model(p)
        kept.finish(p, setup.config, setup.data.class_names, wanted.init)
    return Result(setup, history)


def watched(p, setup, comm, stop, display, kept):
    """`train`, shown by `display` and kept by `kept` on rank 0; what goes wrong says how to go on."""

    def on_step(progress, step):
        display.on_step(step)
        kept.on_step(progress, step)

    def on_epoch(progress):
        display.on_epoch(progress.history[-1])
        kept.on_epoch(progress)

    how = How(setup.task, setup.wanted.workers, setup.wanted.dtype, comm)
    watch = Watch(stop, on_step, on_epoch, kept.on_failure, display.on_frozen) if kept else Watch(stop)
    with np.errstate(
        all="ignore"
    ):  # a number out of range is reported by `train`, with the leaf it was found in
        try:
            return train(
                p,
                setup.config,
                setup.data,
                setup.recipe,
                rng=setup.rng,
                how=how,
                resume=kept and kept.resume,
                watch=watch,
            )
        except Diverged as problem:
            raise Diverged(f"{problem}{where_it_is_good(kept)}") from None
        except MemoryError:
            count = counted(setup.recipe.batch_size, setup.data.train.called)
            what = f"a step of {count} needs more memory than there is; give --micro-batch"
            raise InputError(what + how_to_go_on(kept)) from None
        except Unreadable as problem:
            raise InputError(f"{problem}{how_to_go_on(kept, 'replace it and ')}{ANEW_WITHOUT_IT}") from None
        except InputError as problem:
            raise InputError(f"{problem}{how_to_go_on(kept)}") from None
        except Exception as problem:
            if note := how_to_go_on(kept):
                problem.add_note(note.removeprefix("; "))
            raise


def where_it_is_good(kept):
    """A clause for a training that diverged: to begin from its last checkpoint, or anew."""
    if kept is None:
        return ""
    return f" and --overwrite, or another --out; {kept.checkpoints.last_good()}"


def how_to_go_on(kept, first=""):
    """A clause that says what was saved of a training that failed; "" where there was nothing. first: before that."""
    if kept is None:
        return ""
    if kept.rescued is None:
        return f"; {kept.checkpoints.last_good()}" if kept.checkpoints.files() else ""
    return f"; {kept.rescued.name} is saved: {first}go on with --resume {kept.folder}"


def keep(setup, where, comm, locked):
    """The `Run` that keeps what the training leaves."""
    options = dataclasses.asdict(setup.wanted)
    run = {
        "model": models.config_to_dict(setup.config),
        "recipe": dataclasses.asdict(setup.recipe),
        "data": {"name": options[setup.wanted.of]} | setup.data.about,
        "start": {name: options[name] for name in setup.wanted.start},
        "machines": {"ranks": comm.size, "workers": setup.wanted.workers},
        "arithmetic": kernels(),
    }
    about = {"vitnp": __version__, "options": options, "run": run}
    every, log_every = setup.wanted.save_every, setup.wanted.log_every
    may_differ = (RANKS,) if where.ranks_may_differ else ()
    began = recall(where.folder) if where.resume else about
    if has_moved(began["options"], setup.wanted):
        need_same(began["run"].get("data"), run["data"])
    how = {"unit": setup.unit, "every": every, "keep": setup.wanted.keep, "log_every": log_every}
    kept = Run(where.folder, about, **how, may_differ=may_differ, locked=locked)
    if has_moved(began["options"], setup.wanted):  # and now that the checkpoint fits, the run knows it
        kept.tell(about)
    return kept


def outside(out, place):
    """Raise InputError where a run's folder is in the folder of pictures: the next run would take it for a class.

    place: of the data where it is files, else None.
    """
    if place and os.path.isdir(place) and Path(out).resolve().is_relative_to(Path(place).resolve()):
        raise InputError(f"--out {out} is in the data folder {place}; choose --out outside the data folder")


def workers_for(setup, comm):
    """How many threads a rank has, unless it is asked for."""
    recipe = setup.recipe
    images = min(recipe.micro_batch or recipe.batch_size, -(-recipe.batch_size // comm.size))
    return min(choose_workers(images, setup.config), comm.cores)
