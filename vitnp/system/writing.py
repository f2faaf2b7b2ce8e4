"""Files are written beside their name and renamed, so that a full disk or a stop loses nothing. Imports `errors`."""

import contextlib
import csv
import os

from vitnp.errors import InputError


@contextlib.contextmanager
def beside(path):
    """The name to write to: it becomes `path` when all is written, and is removed when something fails."""
    part = f"{os.fspath(path)}.part"
    try:
        yield part
        os.replace(part, path)
    except OSError as problem:
        raise InputError(
            f"cannot write {path} ({problem.strerror}); name a folder that can be written"
        ) from None
    finally:
        if os.path.exists(part):
            os.remove(part)


def save_csv(path, rows):
    """The rows, dicts with the same keys, as a CSV file."""
    with beside(path) as part, open(part, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
