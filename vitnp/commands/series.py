"""Many trainings, each in a folder of its own: finished ones are read, one that was stopped goes on."""

import contextlib
import dataclasses
import io
import json
import math
from pathlib import Path

from vitnp.commands import train
from vitnp.engine.ranks import Alone
from vitnp.errors import InputError, shown
from vitnp.system import reading
from vitnp.system.writing import beside
from vitnp.training.folder import Where, settled
from vitnp.training.metrics import rows_until
from vitnp.training.moved import has_moved, need_same
from vitnp.training.place import clear, is_run, recall, reserved
from vitnp.training.progress import Epoch
from vitnp.training.setup import prepare
from vitnp.training.wanted import Wanted


def result(folder):
    """The last epoch of a finished run, its seconds those of all; None where that is not to be had."""
    folder = Path(folder)
    if not (folder / "model.npz").exists():
        return None
    try:
        epochs = rows_until(folder / "history", Epoch._fields, math.inf)
    except InputError:
        return None
    if not epochs or None in epochs[-1].values():
        return None
    return epochs[-1] | {"seconds": sum(epoch["seconds"] for epoch in epochs)}


def trained(wanted, folder, wish):
    """The `result` of the run in the folder, trained if it is not finished; None where `wish` stopped it."""
    folder = Path(folder)
    if result(folder) is None:
        where = Where(str(folder), resume=is_run(folder))
        given = {name: value for name, value in dataclasses.asdict(wanted).items() if value is not None}
        with contextlib.redirect_stdout(io.StringIO()):  # its lines; its bar is on stderr
            wanted, known = settled(given, where, Alone())
            if train.train_in_folder(wanted, where, Alone(), wish, known):
                return None
    else:
        need_same_pictures(wanted, folder)
    return result(folder)


def need_same_pictures(wanted, folder):
    """Raise InputError where the finished run in the folder had other pictures, whose folder may have moved since."""
    if not (Wanted.is_folder(wanted.data) and is_run(folder)):
        return
    about, wanted = recall(folder), dataclasses.replace(wanted, data=str(Path(wanted.data).resolve()))
    if has_moved(about["options"], wanted):
        need_same(about["run"].get("data"), {"name": wanted.data} | prepare(wanted).data.about)


def remember(path, what, endings=("*",)):
    """Write what a series is, or raise InputError where another one is in the folder already; its values may grow.

    Compared are the names that both have: an earlier version had other options. The folder of the data may have moved,
    which each run looks at, see `trained`. The series' other files have the name of this one and one of the endings,
    such as compare.csv beside compare.json; without it they are somebody else's.
    """
    path, what = Path(path), json.loads(json.dumps(what))
    if not path.exists():
        if others := sorted(files_of(path, endings)):
            raise InputError(
                f"{others[0]} is there, and no {path.name} that says whose it is; name another folder with --out"
            )
        with beside(path) as part:
            Path(part).write_text(json.dumps(what, indent=1) + "\n", encoding="utf-8")
        return
    there = _there(path)
    for name in sorted(what.keys() & there.keys()):
        moved = name == Wanted.of and Wanted.is_folder(what[name]) and Wanted.is_folder(there[name])
        if what[name] != there[name] and not moved:
            raise InputError(
                f"{path.parent} holds other results: {name} is {shown(there[name])} there and "
                f"{shown(what[name])} here; name another folder with --out, or begin anew with --overwrite"
            )


def forget(path, runs, endings=("*",)):
    """Remove a series and its runs, if there is one: the files of its name, and what the runs left; nothing else.

    runs: a function, what the series is → the patterns of its runs' folders. Raises InputError where one of them is
    trained at this moment, or where `path` says nothing of a series; then nothing is removed.
    """
    path = Path(path)
    if not path.exists():
        return
    found = sorted(folder for pattern in runs(_there(path)) for folder in path.parent.glob(pattern))
    folders = [folder for folder in found if is_run(folder)]
    for folder in folders:
        with reserved(folder, new=False):
            pass  # none of them is in use
    for folder in folders:
        with reserved(folder, new=False):
            clear(folder)
        for emptied in (folder, folder.parent):
            with contextlib.suppress(OSError):  # something else is in it
                emptied.rmdir()
    for file in files_of(path, endings):
        file.unlink()


def files_of(path, endings):
    """The files beside `path` that have its name and one of the endings."""
    return [file for ending in endings for file in path.parent.glob(f"{path.stem}.{ending}")]


def _there(path):
    """What the series at `path` is. Raises InputError where the file is damaged."""
    try:
        there = json.loads(reading.text(path, "name another folder with --out"))
        if not isinstance(there, dict):
            raise ValueError("it is no object")
    except InputError:
        raise
    except (ValueError, RecursionError) as problem:
        raise InputError(f"{path} is damaged ({problem}); name another folder with --out") from None
    return there
