"""Training checkpoints: a `Progress` as a file, the last few of them in a folder.

An .npz: the arrays of p, of the optimizer's state and of the average by their dotted names, the rest as JSON, and the
SHA-256 of all that. It is written beside its name, brought to the disk and renamed: killed or out of room at any
moment, the one before is whole.
"""

import dataclasses
import hashlib
import json
import os
import re
import time
from pathlib import Path

import numpy as np

from vitnp import models, tree
from vitnp.backend.arrays import array_module, on_host
from vitnp.errors import InputError, need_int
from vitnp.system import reading
from vitnp.system.writing import as_input_error, beside
from vitnp.training.guards import check_parameters, first_not_finite
from vitnp.training.moved import same_form
from vitnp.training.recipes import Recipe
from vitnp.training.restored import restored
from vitnp.weights import kinds
from vitnp.weights.native import TRAINING as REST  # the array that holds, as JSON, what is no array

CHECKSUM = "vitnp.sha256"  # the array that holds the checksum of the others
NAME = re.compile(r"step-\d{9,}\.npz")
SECONDS = 300.0  # between two checkpoints, unless told otherwise: what a power cut costs at most
RANKS = "machines.ranks"  # each rank augments with chances of its own
MAY_DIFFER = ("arithmetic.",)  # it changes no more than the last bits


class Checkpoints:
    """The training checkpoints of one run in `folder`, the last `keep` of them.

    run is what the checkpoints belong to, a JSON-able dict of dicts: configuration, recipe, data … A file of another
    run is refused, with the first values that differ; those whose names begin as MAY_DIFFER or may_differ say are
    only noted, in `notes`. also: what every file keeps beside it. every: steps between two, None for every 300 s.
    """

    def __init__(self, folder, run, *, also=None, every=None, keep=2, may_differ=()):
        self.folder, self.run, self.also = Path(folder), json.loads(json.dumps(run)), also or {}
        self.every = None if every is None else need_int("save_every", every, at_least=1)
        self.keep = need_int("keep", keep, at_least=1)
        self.may_differ, self.notes = (*MAY_DIFFER, *may_differ), []
        self.saved_at = time.monotonic()

    def files(self):
        """The files there are, the oldest first."""
        return sorted(file for file in self.folder.glob("step-*.npz") if NAME.fullmatch(file.name))

    def last_good(self):
        """A phrase that names the newest file."""
        there = self.files()
        return f"the last good checkpoint is {there[-1].name}" if there else "there is no checkpoint yet"

    def due(self, step):
        """Whether a checkpoint is to be written after this step."""
        return step % self.every == 0 if self.every else time.monotonic() - self.saved_at > SECONDS

    def save(self, progress):
        """Write the progress, and remove what is older than the last `keep`.

        Raises InputError, with the last good checkpoint, where it cannot be written, and `Diverged` instead of
        writing parameters that are not finite.
        """
        path = self.folder / f"step-{progress.step:09d}.npz"
        found = arrays(progress, self.also | {"run": self.run})
        check_parameters(progress.step, found)
        try:
            with as_input_error(path):
                self.folder.mkdir(exist_ok=True)  # not the run's folder, which may have been removed
            with beside(path) as part, open(part, "wb") as file:
                np.savez(file, **found)
                file.flush()
                os.fsync(file.fileno())
        except InputError as problem:
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
            progress, about = read(path)
        except InputError as problem:
            before = "go on from the one before" if len(self.files()) > 1 else "begin again"
            raise InputError(f"{problem}; delete it to {before}") from None
        differ = list(differences(with_defaults(about["run"], self.run), self.run))
        self.notes = [text for text in differ if text.startswith(self.may_differ)]
        if other := [text for text in differ if text not in self.notes]:
            ranks_alone = all(text.startswith(RANKS) for text in other)
            advice = "go on with --ranks-may-differ" if ranks_alone else "train into a new folder with --out"
            raise InputError(f"{path} is of another run: {'; '.join(other[:3])}; {advice}")
        return progress


def arrays(progress, about):
    """{name in the file: array} of a `Progress` and what it belongs to."""
    found = {}
    for name, leaf in tree.leaves(progress.trees()):
        on_device = hasattr(leaf, "dtype") and not on_host(leaf)
        found[name] = array_module(leaf).asnumpy(leaf) if on_device else np.asarray(leaf)
    found[REST] = np.array(json.dumps(progress.rest() | about, default=float))
    return found | {CHECKSUM: np.array(checksum(found))}


def checksum(found):
    """The SHA-256 over the names, dtypes, shapes and values of {name: array}, hexadecimal."""
    sha = hashlib.sha256()
    for name, array in sorted(found.items()):
        sha.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        sha.update(np.ascontiguousarray(array).reshape(-1).view("u1"))
    return sha.hexdigest()


def read(path):
    """(Progress, what it belongs to) of a file, which has to be what `Checkpoints.save` wrote, to the bit.

    Raises InputError that names the file.
    """
    try:
        found = kinds.read(path)
    except InputError as problem:
        why = problem.__cause__ or problem  # its advice is for weights
        raise InputError(f"{path} is no training checkpoint or is damaged ({why})") from None
    if str(found.pop(CHECKSUM, None)) != checksum(found) or REST not in found:
        raise InputError(f"{path} is no training checkpoint or is damaged: its checksum is another")
    # Whole, and yet not as this version writes it.
    with reading.named(path, " is a checkpoint of another version of vitnp", "begin from another checkpoint"):
        rest = json.loads(str(found.pop(REST)))
        about = {name: rest.pop(name) for name in ("run", "options", "vitnp") if name in rest}
        if model := about["run"].get("model"):  # as it would be written now: older ones name no family
            about["run"]["model"] = models.config_to_dict(models.config_from_dict(model))
        trees = tree.from_leaves((name, leaf if leaf.ndim else leaf.item()) for name, leaf in found.items())
        progress = restored(trees, rest)
        leaves, name = list(tree.leaves(progress.p)), first_not_finite(progress.trees())
    if name != "none":
        raise InputError(
            f"{path} holds numbers that are not finite, in {name}; begin from another checkpoint"
        )
    for name, leaf in leaves:
        if getattr(leaf, "dtype", None) not in ("float32", "float64"):
            raise InputError(f"{path}: {name} holds no floats; begin from another checkpoint")
    return progress, about


def with_defaults(there, here):
    """The run of a file, its recipe with the default of every field that is younger than the file; see `same_form`."""
    if isinstance(there.get("data"), dict) and isinstance(here.get("data"), dict):
        there = there | {"data": same_form(there["data"], here["data"])}
    recipe, now = there.get("recipe"), here.get("recipe")
    if not isinstance(recipe, dict) or not isinstance(now, dict):
        return there
    defaults = {field.name: field.default for field in dataclasses.fields(Recipe) if field.name in now}
    known = {name: value for name, value in defaults.items() if value is not dataclasses.MISSING}
    return there | {"recipe": json.loads(json.dumps(known)) | recipe}


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
    return kinds.text(path, REST) is not None


def model(path):
    """(p, config) of a training checkpoint, p the average where there is one."""
    progress, about = read(path)
    p = progress.best()
    p.pop("masked", None)  # of a pre-training
    return p, models.config_from_dict(about["run"]["model"])
