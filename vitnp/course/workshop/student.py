"""A student's file: executed in a module of its own, its mistakes told with the line. Imports `template`, `system`."""

import contextlib
import importlib.util
import inspect
import os
import sys
import traceback
from pathlib import Path

import numpy as np

from vitnp.course.workshop import template
from vitnp.system.language import Text

# Whose lines are not the student's: ours, Python's own and those of the installed packages.
OTHERS = tuple(
    f"{folder}{os.sep}"
    for folder in (Path(template.__file__).parents[2], Path(os.__file__).parent, Path(np.__file__).parents[1])
)


class Broken(Exception):
    """A file, or a function, that cannot be checked; `text` says why, in both languages."""

    def __init__(self, text):
        super().__init__(text.en)
        self.text = text


def load(path):
    """The file as a module, executed anew. Raises `Broken` with the line for what is no Python, or fails."""
    path = Path(path)
    try:
        code = compile(path.read_bytes(), str(path), "exec")
    except OSError as error:
        raise Broken(
            Text(
                f"{path.name}을 읽을 수 없습니다 ({error.strerror})",
                f"{path.name} cannot be read ({error.strerror})",
            )
        ) from None
    except (SyntaxError, ValueError) as error:
        where = f", line {error.lineno}" if getattr(error, "lineno", None) else ""
        what = getattr(error, "msg", str(error))
        if "codec can't decode" in what:
            raise Broken(
                Text(
                    f"{path.name}: UTF-8이 아닙니다. UTF-8로 저장하세요.",
                    f"{path.name} is not UTF-8; save it as UTF-8.",
                )
            ) from None
        ko = where.replace(", line ", ", ") + "행" * bool(where)
        raise Broken(
            Text(f"문법 오류 ({path.name}{ko}): {what}", f"syntax error ({path.name}{where}): {what}")
        ) from None
    spec = importlib.util.spec_from_file_location(f"workshop_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    with beside(path.parent), known_as(module):
        try:
            exec(code, module.__dict__)
        except (Exception, SystemExit) as error:
            raise Broken(
                Text(f"실행하면 멈춥니다: {crash(error)}", f"stops when it is run: {crash(error)}")
            ) from None
    return module


@contextlib.contextmanager
def known_as(module):
    """In the block Python knows the module by its name, which a dataclass asks for."""
    name = module.__name__
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        yield
    finally:
        if before is None:
            sys.modules.pop(name, None)
        else:
            sys.modules[name] = before


def text(path):
    """What is in the file, as far as it can be read."""
    try:
        return Path(path).read_text("utf-8", errors="replace")
    except OSError:
        return ""


@contextlib.contextmanager
def beside(folder):
    """In the block a file may import those beside it, which are read anew every time."""
    folder = os.path.abspath(folder)
    known, path, before = set(sys.modules), sys.path, list(sys.path)
    path.insert(0, folder)
    try:
        yield
    finally:
        sys.path, path[:] = path, before  # whatever the file has made of it
        for name in set(sys.modules) - known:
            if os.path.dirname(getattr(sys.modules[name], "__file__", None) or "") == folder:
                del sys.modules[name]


def functions(module):
    """{name: function} of a file, those that it imports too; a method, a partial or an object may be a forward."""
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        or (name.endswith(("forward", "backward")) and callable(value) and not inspect.isclass(value))
    }


def globals_of(function):
    """Where a function looks for its helpers: the names of its own module; {} where that cannot be known."""
    function = inspect.unwrap(function)
    function = getattr(function, "func", function)  # of a functools.partial
    for one in (function, type(function).__call__):
        if hasattr(one, "__globals__"):
            return one.__globals__
    return {}


def crash(error):
    """What was raised, and the student's line where."""
    what = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if theirs(frame.filename)]
    if not frames:
        return what
    at = frames[-1]
    return f"{what} ({os.path.basename(at.filename)}:{at.lineno}: {at.line})"


def of_student(error):
    """Whether the student's code has raised it, or called what has."""
    return any(theirs(frame.filename) for frame in traceback.extract_tb(error.__traceback__))


def theirs(filename):
    """Whether a line of this file is the student's: neither ours nor that of a library."""
    return not filename.startswith((*OTHERS, "<"))
