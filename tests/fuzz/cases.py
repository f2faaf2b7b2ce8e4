"""One input of a target, and the folder of `found/` that keeps it."""

import json
import shutil
from typing import NamedTuple


class Case(NamedTuple):
    """An input: words say what is done with the files. Both are plain, so that a folder can keep them."""

    words: tuple  # of what JSON has
    files: dict  # {name: bytes}

    def __repr__(self):
        """Short: Hypothesis asks for it, and files are long."""
        return f"Case({self.words}, {list(self.files)})"

    @property
    def size(self):
        """How large it is: of one kind of failure the smallest is kept."""
        return sum(map(len, self.files.values())) + len(json.dumps(self.words))


def write(case, folder):
    """Write the files into the folder."""
    for name, data in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def keep(case, folder, **about):
    """Keep an input, and what is said about it, in a folder of its own in place of the one before."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write(case, folder / "files")
    text = json.dumps(about | {"words": case.words, "files": list(case.files)}, indent=1)
    (folder / "case.json").write_text(f"{text}\n", "utf-8")


def kept(folder):
    """(input, what is said about it) of a folder that `keep` made."""
    about = json.loads((folder / "case.json").read_text("utf-8"))
    files = {name: (folder / "files" / name).read_bytes() for name in about.pop("files")}
    return Case(tuple(about.pop("words")), files), about
