"""A training in a folder of its own: what it is, its checkpoints, metrics, and at the end the model."""

import contextlib
import json
import os
import re
import tempfile
from pathlib import Path

from vitnp import weights
from vitnp.errors import InputError, need_int
from vitnp.system.writing import beside
from vitnp.training.metrics import Events, Table, rows_until
from vitnp.training.progress import Epoch, Step
from vitnp.training.snapshots import Checkpoints, read

ABOUT = "run.json"
CHECKPOINTS = "checkpoints"
OWN = re.compile(
    r"(checkpoints/step-\d{9,}\.npz|(run\.json|(history|steps)\.(csv|jsonl)|classes\.txt|curves\.png|model\.npz))"
    r"(\.part)?|events\.out\.tfevents\..*"
)
LARGEST = 2**24  # bytes of a run.json


def own(folder):
    """The names in the folder that are a run's, sorted."""
    places = (Path(folder), Path(folder) / CHECKPOINTS)
    files = [file for place in places if place.is_dir() for file in place.iterdir() if not file.is_dir()]
    names = (file.relative_to(folder).as_posix() for file in files)
    return sorted(name for name in names if OWN.fullmatch(name))


def claim(folder, *, overwrite=False, needed=None):
    """Raise InputError where no new run can be in the folder: one is there, or files that a run would replace.

    overwrite: a run that is there may be removed, but not with a file in it that is needed.
    """
    there = own(folder)
    if not there:
        return
    if not is_run(folder):
        some = ", ".join(there[:3]) + (" and more" if len(there) > 3 else "")
        raise InputError(
            f"{folder} holds {some}, and no {ABOUT} that says they are a run's; name another folder, or move them away"
        )
    if not overwrite:
        raise InputError(
            f"{folder} already holds a run; go on with --resume {folder}, name another folder, or --overwrite it"
        )
    mine = [Path(folder, name) for name in there]
    if needed and os.path.exists(needed) and any(os.path.samefile(needed, file) for file in mine):
        raise InputError(
            f"--overwrite would remove {needed}, which --init names; name another folder with --out"
        )


def clear(folder):
    """Remove what a run has left in the folder, and nothing else."""
    for name in own(folder):
        Path(folder, name).unlink()
    with contextlib.suppress(OSError):  # something else is in it
        Path(folder, CHECKPOINTS).rmdir()


def writable(path):
    """The folder, made if need be. Raises InputError where it cannot be written to."""
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except (OSError, ValueError) as problem:  # ValueError: a path with a NUL
        why = getattr(problem, "strerror", None) or problem
        raise InputError(f"cannot write into {path} ({why}); name another folder with --out") from None
    return folder


def is_run(folder):
    """Whether there is a run in the folder to go on with, or to overwrite."""
    try:
        recall(folder)
    except InputError:
        return False
    return True


def recall(folder):
    """What `Run` wrote about the run in `folder`, and its checkpoints' names. Raises InputError where there is none.

    Every checkpoint keeps it too: where the file is lost, the newest one says it.
    """
    file, checkpoints = Path(folder) / ABOUT, Checkpoints(Path(folder) / CHECKPOINTS, {}).files()
    try:
        lost = not file.exists() and checkpoints
        about = read(checkpoints[-1])[1] if lost else json.loads(text_of(file))
        if not all(isinstance(part, dict) and part for part in (about["options"], about["run"]["model"])):
            raise ValueError("it is not whole")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as problem:
        why = getattr(problem, "strerror", None) or problem
        raise InputError(
            f"{folder} holds no run to go on with ({ABOUT}: {why}); start one with --out"
        ) from None
    return about | {"checkpoints": [checkpoint.name for checkpoint in checkpoints]}


def text_of(file):
    """The text of a small file."""
    with open(file, "rb") as opened:
        found = opened.read(LARGEST + 1)
    if len(found) > LARGEST:
        raise ValueError("it is too large")
    return found.decode("utf-8")


class Run:
    """What a training leaves in its folder; give its methods to `train` as on_step, on_epoch and on_failure.

    about: JSON-able, what `recall` gives back; about["run"] is what checkpoints are compared with, except for what
    may_differ, see `Checkpoints`. every and log_every: steps between two checkpoints (None: 300 s), and between two
    rows of steps.csv. locked: the folder's `system.lock.Locked`, where it is locked.
    """

    def __init__(self, folder, about, *, every=None, keep=2, log_every=10, may_differ=(), locked=None):
        self.folder, self.log_every = writable(folder), need_int("log_every", log_every, at_least=1)
        self.locked, self.reached = locked, 0  # the last step done here
        self.rescued = None  # the checkpoint of a training that failed
        also = {name: part for name, part in about.items() if name != "run"}
        how = {"every": every, "keep": keep, "may_differ": may_differ}
        self.checkpoints = Checkpoints(self.folder / CHECKPOINTS, about["run"], also=also, **how)
        self.resume = self.checkpoints.load()
        if not (self.folder / ABOUT).exists():
            self.text(ABOUT, json.dumps(about, indent=1) + "\n")
        step, epochs = (self.resume.step, self.resume.history) if self.resume else (0, [])
        self.epochs = Table(self.folder / "history", Epoch._fields, [epoch._asdict() for epoch in epochs])
        stem = self.folder / "steps"
        self.steps = Table(stem, Step._fields, rows_until(stem, Step._fields, step))
        self.events = Events(self.folder, step)

    def text(self, name, text):
        """Write a text file of the folder."""
        with beside(self.folder / name) as part:
            Path(part).write_text(text, encoding="utf-8")

    def on_step(self, progress, step):
        """Keep every `log_every`th step's numbers, and a checkpoint when it is due."""
        self.need_folder()
        self.reached = step.step
        if step.step % self.log_every == 0:
            step = step._replace(loss=float(step.loss), norm=float(step.norm))
            self.steps.write(step._asdict())
            self.events.write(step.step, loss=step.loss, lr=step.lr, norm=step.norm)
        if self.checkpoints.due(step.step):
            self.save(progress)

    def on_epoch(self, progress):
        """Keep the epoch's numbers, and the checkpoint of a training that is finished."""
        self.need_folder()
        epoch = progress.history[-1]
        self.epochs.write(epoch._asdict())
        self.events.write(
            progress.step, train_accuracy=epoch.train_accuracy, test_accuracy=epoch.test_accuracy
        )
        if progress.finished:
            self.save(progress)

    def on_failure(self, progress):
        """Keep what was reached, where that is still possible."""
        if progress.step:
            with contextlib.suppress(InputError):
                self.rescued = self.save(progress)

    def save(self, progress):
        """Write a checkpoint; its path. Where the folder was moved to, if it was."""
        if self.locked and not self.locked.is_there():
            if (moved := self.locked.moved_to()) is None:
                self.need_folder()
            self.folder, self.checkpoints.folder = moved, moved / CHECKPOINTS
        return self.checkpoints.save(progress)

    def need_folder(self):
        """Raise InputError where the folder is not the one in which the run began."""
        if self.locked and not self.locked.is_there():
            raise InputError(f"{self.locked.folder} was removed or moved while its training ran")

    def finish(self, p, config, class_names):
        """Write the model, and the names of its classes where it has some."""
        if config.num_classes:
            self.text("classes.txt", "".join(f"{name}\n" for name in class_names))
        weights.save(self.folder / "model.npz", p, config)

    def close(self):
        """Write what is waiting."""
        for file in (self.epochs, self.steps, self.events):
            file.close()
