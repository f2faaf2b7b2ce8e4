"""A training in a folder of its own: what it is, its checkpoints, metrics, and at the end the model."""

import contextlib
import json
from pathlib import Path

from vitnp import weights
from vitnp.errors import InputError, need_int
from vitnp.system.writing import beside
from vitnp.training.metrics import Events, Table, rows_until
from vitnp.training.progress import Epoch, Step
from vitnp.training.snapshots import Checkpoints

ABOUT = "run.json"
OWN = (
    ABOUT,
    "checkpoints/step-*.npz*",
    "history.csv",
    "history.jsonl",
    "steps.csv",
    "steps.jsonl",
    "events.out.tfevents.*",
    "classes.txt",
    "curves.png",
    "model.npz",
)


def claim(folder, *, overwrite=False):
    """Raise InputError where no new run can be in the folder, or, unless `overwrite`, where one is there already.

    A folder that is not there yet is not left behind: what is wrong with the run may still come out.
    """
    folder = Path(folder)
    new = [place for place in (folder, *folder.parents) if not place.exists()]
    writable(folder)
    with contextlib.suppress(OSError):  # something else is in it by now
        for place in new:
            place.rmdir()
    if (folder / ABOUT).exists() and not overwrite:
        raise InputError(
            f"{folder} already holds a run; go on with --resume {folder}, name another folder, or --overwrite it"
        )


def clear(folder):
    """Remove what a run has left in the folder, and nothing else."""
    for pattern in OWN:
        for file in Path(folder).glob(pattern):
            file.unlink()


def writable(path):
    """The folder, made if need be. Raises InputError where it cannot be written to."""
    folder = Path(path)
    probe = folder / ".writable"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as problem:
        raise InputError(
            f"cannot write into {path} ({problem.strerror}); name another folder with --out"
        ) from None
    return folder


def recall(folder):
    """What `Run` wrote about the run in `folder`, and its checkpoints' names. Raises InputError where there is none."""
    try:
        about = json.loads((Path(folder) / ABOUT).read_text("utf-8"))
        if not about["options"] or not about["run"]["model"]:
            raise ValueError("it is not whole")
        return about | {
            "checkpoints": sorted(file.name for file in Path(folder).glob("checkpoints/step-*.npz"))
        }
    except (OSError, ValueError, KeyError, TypeError) as problem:
        why = getattr(problem, "strerror", None) or problem
        raise InputError(
            f"{folder} holds no run to go on with ({ABOUT}: {why}); start one with --out"
        ) from None


class Run:
    """What a training leaves in its folder; give its methods to `train` as on_step and on_epoch.

    about: JSON-able, what `recall` gives back; about["run"] is what checkpoints are compared with. every and
    log_every: steps between two checkpoints (None: 300 s), and between two rows of steps.csv.
    """

    def __init__(self, folder, about, *, every=None, keep=2, log_every=10):
        self.folder, self.log_every = writable(folder), need_int("log_every", log_every, at_least=1)
        self.checkpoints = Checkpoints(self.folder / "checkpoints", about["run"], every=every, keep=keep)
        self.resume = self.checkpoints.load()
        if not (self.folder / ABOUT).exists():
            self.text(ABOUT, json.dumps(about, indent=1) + "\n")
        step, epochs = (self.resume.step, self.resume.history) if self.resume else (0, [])
        self.epochs = Table(self.folder / "history", Epoch._fields, [epoch._asdict() for epoch in epochs])
        stem = self.folder / "steps"
        self.steps = Table(stem, Step._fields, rows_until(stem, "step", step))
        self.events = Events(self.folder, step)

    def text(self, name, text):
        """Write a text file of the folder."""
        with beside(self.folder / name) as part:
            Path(part).write_text(text, encoding="utf-8")

    def on_step(self, progress, step):
        """Keep every `log_every`th step's numbers, and a checkpoint when it is due."""
        if step.step % self.log_every == 0:
            step = step._replace(loss=float(step.loss), norm=float(step.norm))
            self.steps.write(step._asdict())
            self.events.write(step.step, loss=step.loss, lr=step.lr, norm=step.norm)
        if self.checkpoints.due(step.step):
            self.checkpoints.save(progress)

    def on_epoch(self, progress):
        """Keep the epoch's numbers, and the checkpoint of a training that is finished."""
        epoch = progress.history[-1]
        self.epochs.write(epoch._asdict())
        self.events.write(
            progress.step, train_accuracy=epoch.train_accuracy, test_accuracy=epoch.test_accuracy
        )
        if progress.finished:
            self.checkpoints.save(progress)

    def finish(self, p, config, class_names):
        """Write the model, and the names of its classes where it has some."""
        if config.num_classes:
            self.text("classes.txt", "".join(f"{name}\n" for name in class_names))
        weights.save(self.folder / "model.npz", p, config)

    def close(self):
        """Write what is waiting."""
        for file in (self.epochs, self.steps, self.events):
            file.close()
