"""Training checkpoints: a `Progress` as a file, the last few of them in a folder.

An .npz: the arrays of p, of the optimizer's state and of the average by their dotted names, the rest as JSON. It is
written beside its name, brought to the disk and renamed: killed or out of room at any moment, the one before is whole.
"""

import json
import os
import time
import zipfile
from pathlib import Path

import numpy as np

from vitnp import models, tree
from vitnp.backend.arrays import array_module, on_host
from vitnp.errors import InputError, need_int
from vitnp.system.writing import beside
from vitnp.training.guards import check_parameters
from vitnp.training.progress import Epoch, Progress
from vitnp.weights import kinds
from vitnp.weights.native import TRAINING as REST  # the array that holds, as JSON, what is no array

SECONDS = 300.0  # between two checkpoints, unless told otherwise: what a power cut costs at most


class Checkpoints:
    """The training checkpoints of one run in `folder`, the last `keep` of them.

    run is what the checkpoints belong to, a JSON-able dict of dicts: configuration, recipe, data … A file of another
    run is refused, with the first values that differ. every: steps between two, None for every 300 seconds.
    """

    def __init__(self, folder, run, *, every=None, keep=2):
        self.folder, self.run = Path(folder), json.loads(json.dumps(run))
        self.every = None if every is None else need_int("save_every", every, at_least=1)
        self.keep = need_int("keep", keep, at_least=1)
        self.saved_at = time.monotonic()

    def files(self):
        """The files there are, the oldest first."""
        return sorted(self.folder.glob("step-*.npz"))

    def last_good(self):
        """A phrase that names the newest file."""
        there = self.files()
        return f"the last good checkpoint is {there[-1]}" if there else "there is no checkpoint yet"

    def due(self, step):
        """Whether a checkpoint is to be written after this step."""
        return step % self.every == 0 if self.every else time.monotonic() - self.saved_at > SECONDS

    def save(self, progress):
        """Write the progress, and remove what is older than the last `keep`.

        Raises InputError, with the last good checkpoint, where it cannot be written, and `Diverged` instead of
        writing parameters that are not finite.
        """
        path = self.folder / f"step-{progress.step:09d}.npz"
        found = arrays(progress, self.run)
        check_parameters(progress.step, found)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with beside(path) as part, open(part, "wb") as file:
                np.savez(file, **found)
                file.flush()
                os.fsync(file.fileno())
        except (OSError, InputError) as problem:
            raise InputError(f"{problem}; {self.last_good()}: make room and go on with --resume") from None
        for file in self.files()[: -self.keep]:
            file.unlink()
        self.saved_at = time.monotonic()
        return path

    def load(self):
        """The newest checkpoint's `Progress`, its arrays on the host, or None where there is none.

        Raises InputError for a file that cannot be read, or belongs to another run.
        """
        for half_written in self.folder.glob("step-*.npz.part"):
            half_written.unlink()
        if not self.files():
            return None
        path = self.files()[-1]
        try:
            found = kinds.read(path)
            rest = json.loads(str(found.pop(REST)))
            there = rest.pop("run")
            if "model" in there:  # as it would be written now: older ones name no family
                there["model"] = models.config_to_dict(models.config_from_dict(there["model"]))
        except (InputError, KeyError, ValueError) as problem:
            raise InputError(
                f"{path} is no training checkpoint or is damaged ({problem}); delete it to go on from the one before"
            ) from None
        differ = list(differences(there, self.run))
        if differ:
            raise InputError(f"{path} is of another run: {'; '.join(differ[:3])}; train into a new folder")
        return progress(found, rest)


def arrays(progress, run):
    """{name in the file: array} of a `Progress` and the run it belongs to."""
    found = {}
    for name, leaf in tree.leaves(progress.trees()):
        on_device = hasattr(leaf, "dtype") and not on_host(leaf)
        found[name] = array_module(leaf).asnumpy(leaf) if on_device else np.asarray(leaf)
    return found | {REST: np.array(json.dumps(progress.rest() | {"run": run}, default=float))}


def progress(found, rest):
    """The `Progress` of a file's arrays and its JSON: the inverse of `arrays`."""
    trees = tree.from_leaves((name, leaf if leaf.ndim else leaf.item()) for name, leaf in found.items())
    rest["history"] = [Epoch(*epoch) for epoch in rest["history"]]
    return Progress(**trees, **rest)


def differences(there, here, name=""):
    """Yield "NAME is X there and Y here" for every value of two nested dicts that differs."""
    for key in sorted({*there, *here}):
        old, new, full = there.get(key), here.get(key), f"{name}{key}"
        if isinstance(old, dict) and isinstance(new, dict):
            yield from differences(old, new, f"{full}.")
        elif old != new:
            yield f"{full} is {short(old)} there and {short(new)} here"


def short(value):
    """A value as text of at most 60 characters."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def is_training_checkpoint(path):
    """Whether the file is one of these."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as file:
        return f"{REST}.npy" in file.namelist()


def model(path):
    """(p, config) of a training checkpoint, p the average where there is one."""
    found = kinds.read(path)
    rest = json.loads(str(found.pop(REST)))
    run = rest.pop("run")
    now = progress(found, rest)
    p = now.best()
    p.pop("masked", None)  # of a pre-training
    return p, models.config_from_dict(run["model"])
