"""The folder of a run: which files in it are the run's, whether a run may begin there, and what the one there is."""

import contextlib
import json
import os
import re
import tempfile
from pathlib import Path

from vitnp.errors import InputError, some_of
from vitnp.system import reading
from vitnp.system.lock import Locked
from vitnp.training.snapshots import Checkpoints, read

ABOUT = "run.json"
CHECKPOINTS = "checkpoints"
OWN = re.compile(
    r"(checkpoints/step-\d{9,}\.npz|(run\.json|(history|steps)\.(csv|jsonl)|classes\.txt|curves\.png|model\.npz))"
    r"(\.part)?|events\.out\.tfevents\..*"
)


@contextlib.contextmanager
def reserved(folder, *, new, overwrite=False, needed=None):
    """Yields the folder, locked; new: for a new run, see `claim`.

    A folder that is not there yet is not left behind empty: what is wrong with the run may still come out.
    """
    folder = Path(folder)
    made = [place for place in (folder, *folder.parents) if not os.path.exists(place)]
    writable(folder)
    locked = Locked(folder, what="a training")
    try:
        if new:
            claim(folder, overwrite=overwrite, needed=needed)
        yield locked
    finally:
        with contextlib.suppress(OSError):  # there is something in it
            for place in made if locked.is_there() else []:
                place.rmdir()
        locked.close()


def own(folder):
    """The names in the folder that are a run's, sorted."""
    places = (Path(folder), Path(folder) / CHECKPOINTS)
    files = [file for place in places if place.is_dir() for file in place.iterdir() if not file.is_dir()]
    names = (file.relative_to(folder).as_posix() for file in files)
    return sorted(name for name in names if OWN.fullmatch(name))


def claim(folder, *, overwrite=False, needed=None):
    """Raise InputError where no new run can be in the folder: one is there, or files that a run would replace.

    overwrite: a run that is there may be removed. needed: a file that has to stay, wherever it is.
    """
    there = own(folder)
    needs = [name for name in there if same_file(needed, Path(folder, name))]
    if there == needs:
        return
    if not is_run(folder):
        raise InputError(
            f"{folder} holds {some_of(there)}, and no run that they belong to; name another folder, or move them away"
        )
    if not overwrite:
        raise InputError(
            f"{folder} already holds a run; go on with --resume {folder}, name another folder, or --overwrite it"
        )
    if needs:
        raise InputError(
            f"--overwrite would remove {needed}, which --init names; name another folder with --out"
        )


def same_file(path, other):
    """Whether both are there, and are one file."""
    return path is not None and os.path.exists(path) and os.path.samefile(path, other)


def clear(folder, *, needed=None):
    """Remove what a run has left in the folder, and nothing else; the file that is needed stays.

    Links are removed and not followed: behind one may be the checkpoints of another run.
    """
    if (checkpoints := Path(folder, CHECKPOINTS)).is_symlink():
        checkpoints.unlink()
    for name in own(folder):
        if not same_file(needed, Path(folder, name)):
            Path(folder, name).unlink()
    with contextlib.suppress(OSError):  # something else is in it
        checkpoints.rmdir()


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
    advice = "move it away: the checkpoints say the same" if checkpoints else "start one with --out"
    try:
        lost = not file.exists() and checkpoints
        about = read(checkpoints[-1])[1] if lost else json.loads(reading.text(file, advice))
        if not all(isinstance(part, dict) and part for part in (about["options"], about["run"]["model"])):
            raise ValueError("it is not whole")
    except InputError as problem:
        raise InputError(f"{folder} holds no run to go on with: {problem}") from None
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        why = problem if isinstance(problem, ValueError) else "it is not whole"
        raise InputError(
            f"{folder} holds no run to go on with: {ABOUT} is damaged ({why}); {advice}"
        ) from None
    return about | {"checkpoints": [checkpoint.name for checkpoint in checkpoints]}
