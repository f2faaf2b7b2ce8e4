"""Files are copied into a student's folder, and what the student has changed is never overwritten.

`.copied.json` in the folder lists what was copied. A new edition replaces a copy that was not changed. A changed copy
stays, and the new edition is written beside it: `05_attention-new.ipynb`, then `-new-2`. A notebook of which only the
outputs differ is no new edition.
"""

import hashlib
import itertools
import json
from pathlib import Path, PurePosixPath

from vitnp.errors import InputError
from vitnp.system.writing import as_input_error, beside

FILE = ".copied.json"


class Placing:
    """The copies in one folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.known = read(self.folder / FILE)
        self.beside = []

    def place(self, name, data):
        """Write a copy, if it is a new edition, where nothing of the student's is overwritten."""
        mark = {"bytes": digest(data), "edition": edition(name, data)}
        for candidate in itertools.chain([name], others(name)):
            path, known = self.folder / candidate, self.known.get(candidate, {})
            there = path.exists()
            if there and known.get("edition") == mark["edition"]:
                return  # perhaps changed since, by the student
            if not there or digest(path.read_bytes()) in (known.get("bytes"), mark["bytes"]):
                break
        with as_input_error(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        with beside(path) as part:
            part.write_bytes(data)
        self.known[candidate] = mark
        if candidate != name:
            self.beside.append(path)

    def record(self):
        """Write down what was copied."""
        with beside(self.folder / FILE) as part:
            part.write_text(json.dumps(self.known, indent=1), encoding="utf-8")


def read(path):
    """What was copied before. Raises InputError for a file of another kind."""
    if not path.exists():
        return {}
    try:
        known = json.loads(path.read_text("utf-8"))
        if not all(isinstance(mark["bytes"], str) and mark["edition"] for mark in known.values()):
            raise ValueError
    except (ValueError, AttributeError, KeyError, TypeError):
        raise InputError(
            f"{path} is not what vitnp lab writes; remove it, then copies that differ get new ones beside them"
        ) from None
    return known


def others(name):
    """The names of a new edition beside a changed one."""
    path = PurePosixPath(name)
    yield str(path.with_stem(f"{path.stem}-new"))
    for number in itertools.count(2):
        yield str(path.with_stem(f"{path.stem}-new-{number}"))


def digest(data):
    """The SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def edition(name, data):
    """What makes an edition: of a notebook its cells without outputs, of another file all of it."""
    if not name.endswith(".ipynb"):
        return digest(data)
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(data)["cells"]]
    return digest(json.dumps(cells).encode())
