"""Tries one input of a target: its result has to be right, or an InputError of one line, within the budgets."""

import contextlib
import shutil
import traceback
import warnings
from pathlib import Path
from typing import NamedTuple

import vitnp
from fuzz import cases, watch
from vitnp.errors import LONGEST, InputError

PACKAGE = Path(vitnp.__file__).parent
MEMORY = 64 << 20  # bytes beyond what the process has, unless the target says another number
SECONDS = 10.0  # of CPU time, likewise


class Wrong(Exception):
    """A target raises it for what was accepted and is not right: what happened, in words that name the kind."""


class Defect(BaseException):
    """The target itself fails. Not an Exception, so that Hypothesis does not take it for a failure of vitnp."""


class Finding(NamedTuple):
    """A failure. Two of the same kind are taken for one."""

    kind: str
    what: str


class Tried(NamedTuple):
    """What came of one input."""

    finding: Finding | None
    accepted: bool
    memory: int  # bytes
    longest: int  # characters of the message


def judge(target, case, folder):
    """Try the input in the folder, which is empty before and after."""
    getattr(target, "prepare", bool)()
    folder.mkdir(parents=True, exist_ok=True)
    cases.write(case, folder)
    memory, longest, accepted, asked = watch.Memory(), 0, False, getattr(target, "ASKED", False)
    try:
        with (
            watch.touching(folder.parent) as touched,
            contextlib.chdir(folder),
            silent(),
            watch.within(getattr(target, "SECONDS", SECONDS)),
        ):
            target.run(case, folder)
        accepted, finding = True, None
    except InputError as problem:
        longest, finding = len(str(problem)), refused(problem)
    except Wrong as problem:
        finding = Finding(f"wrong {problem}", str(problem))
    except watch.TooSlow as problem:
        finding = None if asked else Finding(f"slow {where(problem)}", "more CPU time than the budget")
    except Exception as problem:
        if not in_vitnp(problem):
            raise Defect(cause(problem)) from problem
        finding = Finding(f"traceback {type(problem).__name__} {where(problem)}", cause(problem))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    taken = memory.taken()
    if touched := [what for what in touched if not (asked and what.startswith(watch.OUTSIDE))]:
        finding = Finding(f"escape {touched[0]}", touched[0])
    elif finding is None and taken > getattr(target, "MEMORY", MEMORY):
        finding = Finding(f"memory {(*case.words, 'no words')[0]}", f"takes {taken >> 20} MB")
    return Tried(finding, accepted, taken, longest)


@contextlib.contextmanager
def silent():
    """Warnings are heard and not shown: what a command prints is looked at in `commands`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def refused(problem):
    """What is wrong with an InputError, or None: its message, or memory that it took before it refused."""
    message = str(problem)
    if len(message) > LONGEST:
        return Finding(f"message too long {where(problem)}", f"{len(message):,} characters")
    if not message.isprintable():
        return Finding(f"message with control characters {where(problem)}", ascii(message)[:LONGEST])
    reason = problem
    while reason is not None:
        if isinstance(reason, MemoryError):
            return Finding(f"memory {where(reason)}", "asked for more memory than there is, then refused")
        reason = reason.__cause__ or reason.__context__
    return None


def where(problem):
    """The innermost line of vitnp in a traceback, "weights/kinds.py:120"; "elsewhere" if there is none."""
    ours = in_vitnp(problem)
    return (
        f"{Path(ours[-1].filename).relative_to(PACKAGE).as_posix()}:{ours[-1].lineno}"
        if ours
        else "elsewhere"
    )


def in_vitnp(problem):
    """The lines of a traceback that are vitnp's."""
    frames = traceback.extract_tb(problem.__traceback__)
    return [frame for frame in frames if Path(frame.filename).is_relative_to(PACKAGE)]


def cause(problem):
    """An exception in one line of printable characters."""
    return f"{type(problem).__name__}: {ascii(str(problem))[:LONGEST]}"
