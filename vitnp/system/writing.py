"""Files are written under another name and renamed when they are complete: a full disk or a stop loses nothing.

Imports `errors`, `reading`.
"""

import contextlib
import csv
import errno
import os
from pathlib import Path

from vitnp.errors import InputError
from vitnp.system.reading import name_of, need_regular

FOLDER = "name a folder that can be written"


@contextlib.contextmanager
def beside(path, *, resume=False, advice=FOLDER):
    """Yields the name to write to, `path` with .part added; it is renamed to `path` when the block ends.

    If the block fails, the part is removed; with resume it stays, so that a download can continue it. Raises
    InputError, with `advice`, if the operating system refuses, and for a folder or a device: root could rename a file
    over /dev/null.
    """
    name = name_of(path, "write")
    part = Path(f"{name}.part")
    need_regular(name, advice)
    if os.path.dirname(os.path.abspath(name)) == "/dev":  # /dev/stdout may be a link to a regular file
        raise InputError(f"{name} is no regular file; {advice}")
    with as_input_error(path, advice):
        if os.path.isdir(name):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        try:
            yield part
            os.replace(part, path)
        finally:
            if not resume:
                with contextlib.suppress(OSError):  # what went wrong before says more
                    os.remove(part)


@contextlib.contextmanager
def as_input_error(path, advice=FOLDER):
    """Turns an OSError in the block into an InputError: `path` cannot be written, the reason, `advice`.

    Raises it at once for what is no path of a file.
    """
    name_of(path, "write")
    try:
        yield
    except OSError as problem:
        raise InputError(f"cannot write {path} ({problem.strerror or problem}); {advice}") from None


def save_csv(path, rows):
    """The rows, dicts with the same keys, as a CSV file."""
    with beside(path) as part, open(part, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
