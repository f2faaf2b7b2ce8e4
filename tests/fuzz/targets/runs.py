"""The files of a run that was stopped, altered: it is resumed to the bits of the untouched run, or refused.

A run that is refused keeps its files as they are.
"""

import functools
import io
import json
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
from hypothesis import strategies as st

from fuzz import alter, commands, readers
from fuzz.cases import Case
from fuzz.judge import Wrong
from vitnp.data import digits
from vitnp.errors import InputError
from vitnp.weights.native import TRAINING

WORDS = (
    "--labels 5% --epochs 2 --batch-size 500 --no-augment --workers 1 --save-every 1 --keep 9 --log-every 1 "
    "--set num_layers=1 --set hidden_size=8 --set num_heads=2 --set mlp_dim=6"
).split()
# What was not there after the fourth of six steps, and two checkpoints that need not be.
LATER = (
    "model.npz",
    "classes.txt",
    "curves.png",
    "00005.npz",
    "00006.npz",
    "00001.npz",
    "00002.npz",
    "tfevents",
)
TIMES = ("seconds", "images_per_second")  # of an epoch


def train(*words):
    """`vitnp train` without what takes most of its time: to draw, to read the digits, to wait for the disk."""
    from matplotlib.figure import Figure

    curves = mock.patch("vitnp.show.curves", lambda history: Figure(figsize=(1, 1)))
    with curves, mock.patch("vitnp.data.digits.load", read_once), mock.patch("os.fsync", id):
        return commands.vitnp("train", *words)


read_once = functools.cache(digits.load)


@functools.cache
def whole():
    """{name: bytes} of the run that nobody stopped, in its own folder."""
    with tempfile.TemporaryDirectory() as folder:
        train("--out", str(Path(folder) / "run"), *WORDS)
        files = [path for path in Path(folder).rglob("*") if path.is_file()]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


prepare = whole


def stopped():
    """Its files after the fourth step, with rows of later ones, as where a run is killed."""
    return {name: data for name, data in whole().items() if not any(later in name for later in LATER)}


@st.composite
def cases(draw):
    """One file of the run altered, left out, or there under another name as well."""
    files = stopped()
    name = alter.one_of(draw, sorted(files, key=lambda name: (".npz" not in name, name)))
    how = alter.one_of(draw, ("alter", "alter", "leave out", "copy"))
    if how == "leave out":
        del files[name]
    elif how == "copy":
        names = ("step-000000009.npz", "step-best.npz", "step-000000009.npz.part", "step-1e9.npz")
        files[f"run/checkpoints/{alter.one_of(draw, names)}"] = files[name]
    else:
        files[name] = changed(draw, name, files[name])
    return Case(("resume",), files)


def changed(draw, name, data):
    """A file altered as what it is: a zip, JSON, a table."""
    if name.endswith(".npz"):
        return alter.some_zip(draw, data, some_member, f"{TRAINING}.npy")
    if name.endswith(".json") and draw(st.booleans()):
        return alter.some_json(draw, json.loads(data)).encode()
    if name.endswith(".jsonl") and draw(st.booleans()):
        lines = data.decode().splitlines()
        i = draw(st.integers(0, len(lines) - 1))
        lines[i] = alter.some_json(draw, json.loads(lines[i]))
        return "\n".join(lines).encode() + b"\n"
    return alter.some_bytes(draw, data)


def some_member(draw, name, data):
    """A member of a checkpoint, altered: what it says as JSON, or an array."""
    if name == f"{TRAINING}.npy" and draw(st.booleans()):
        return alter.npy(np.array(alter.some_json(draw, json.loads(str(np.load(io.BytesIO(data)))))))
    return alter.some_npy(draw, data)


def run(case, folder):
    """Resume the run."""
    try:
        train("--resume", str(folder / "run"))
    except InputError:
        kept = [name for name in case.files if name.endswith((".npz", "run.json"))]
        if lost := [name for name in kept if not unchanged(folder / name, case.files[name])]:
            raise Wrong(f"a run is refused, and its {Path(lost[0]).name} is changed") from None
        raise
    if not (folder / "run/model.npz").exists():
        raise Wrong("a run is resumed, and there is no model")
    model, wanted = (
        readers.arrays(data) for data in ((folder / "run/model.npz").read_bytes(), whole()["run/model.npz"])
    )
    if model.keys() != wanted.keys() or not all(
        model[name].tobytes() == wanted[name].tobytes() for name in wanted
    ):
        raise Wrong("a run is resumed, and its model is another")
    if history((folder / "run/history.jsonl").read_bytes()) != history(whole()["run/history.jsonl"]):
        raise Wrong("a run is resumed, and its history is another")


def unchanged(path, data):
    """Whether the file is there as it was."""
    return path.is_file() and path.read_bytes() == data


def history(lines):
    """The rows of history.jsonl without their times."""
    rows = map(json.loads, lines.splitlines())
    return [{name: value for name, value in row.items() if name not in TIMES} for row in rows]
