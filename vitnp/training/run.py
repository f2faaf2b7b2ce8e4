"""What a training leaves in its folder: checkpoints, metrics, and at the end the model."""

import contextlib
import json
import os
from pathlib import Path

from vitnp import weights
from vitnp.errors import InputError, need_int
from vitnp.system.writing import as_input_error, beside
from vitnp.training.metrics import Events, Table, rows_until
from vitnp.training.place import ABOUT, CHECKPOINTS, same_file, writable
from vitnp.training.progress import Epoch, Step
from vitnp.training.snapshots import Checkpoints


class Run:
    """What a training leaves in its folder; give its methods to `train` as on_step, on_epoch and on_failure.

    about: JSON-able, what `recall` gives back; about["run"] is what checkpoints are compared with. unit: what is
    counted, in the names of columns. log_every: steps between two rows of steps.csv. locked: the folder's
    `system.lock.Locked`, where it is locked. saving: options of `Checkpoints`.
    """

    def __init__(self, folder, about, *, unit="images", log_every=10, locked=None, **saving):
        self.folder, self.log_every = writable(folder), need_int("log_every", log_every, at_least=1)
        self.locked, self.reached = locked, 0  # the last step done here
        self.rescued = None  # the checkpoint of a training that failed
        also = {name: part for name, part in about.items() if name != "run"}
        self.checkpoints = Checkpoints(self.folder / CHECKPOINTS, about["run"], also=also, **saving)
        self.resume = self.checkpoints.load()
        if not (self.folder / ABOUT).exists():
            self.tell(about)
        step, epochs = (self.resume.step, self.resume.history) if self.resume else (0, [])
        self.columns = {of: [name.replace("images", unit) for name in of._fields] for of in (Epoch, Step)}
        rows = rows_until(self.folder / "steps", self.columns[Step], step)
        self.epochs = Table(
            self.folder / "history", self.columns[Epoch], [self.row(epoch) for epoch in epochs]
        )
        self.steps = Table(self.folder / "steps", self.columns[Step], rows)
        self.events = Events(self.folder, step)

    def row(self, record):
        """{column: value} of an `Epoch` or a `Step`."""
        return dict(zip(self.columns[type(record)], record, strict=True))

    def tell(self, about):
        """Write what `recall` gives back."""
        self.text(ABOUT, json.dumps(about, indent=1) + "\n")

    def text(self, name, text):
        """Write a text file of the folder."""
        with beside(self.folder / name) as part:
            Path(part).write_text(text, encoding="utf-8")

    def on_step(self, progress, step):
        """Keep every `log_every`th step's numbers, and a checkpoint when it is due."""
        self.reached = step.step
        self.need_folder()
        if step.step % self.log_every == 0:
            step = step._replace(loss=float(step.loss), norm=float(step.norm))
            self.steps.write(self.row(step))
            self.events.write(step.step, loss=step.loss, lr=step.lr, norm=step.norm)
        if self.checkpoints.due(step.step):
            self.save(progress)

    def on_epoch(self, progress):
        """Keep the epoch's numbers, and the checkpoint of a training that is finished."""
        epoch = progress.history[-1]
        self.need_folder()
        self.epochs.write(self.row(epoch))
        accuracies = {"train_accuracy": epoch.train_accuracy, "test_accuracy": epoch.test_accuracy}
        self.events.write(progress.step, **accuracies)
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
        try:
            return self.checkpoints.save(progress)
        except InputError:
            self.need_folder()  # which says more than what could not be written
            raise

    def need_folder(self):
        """Raise InputError where the folder, or the run in it, is not the one that began."""
        if self.locked and not (self.locked.is_there() and (self.folder / ABOUT).exists()):
            raise InputError(f"{self.locked.folder} was removed or moved while its training ran")

    def finish(self, p, config, class_names, init=None):
        """Write the model, and the names of its classes where it knows some.

        init: the weights it began with. Where they are this folder's model.npz, they stay as init.npz.
        """
        self.need_folder()
        if config.num_classes and class_names:
            self.text("classes.txt", "".join(f"{name}\n" for name in class_names))
        path, begun = self.folder / "model.npz", self.folder / "init.npz"
        if path.exists() and not begun.exists() and same_file(init, path):
            with as_input_error(begun):
                os.replace(path, begun)
        weights.save(path, p, config)

    def close(self):
        """Write what is waiting."""
        for file in (self.epochs, self.steps, self.events):
            file.close()
