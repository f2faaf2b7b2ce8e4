"""Copies of the notebooks to work in, as `vitnp lab DIR` makes them.

    DIR/en/05_attention.ipynb   DIR/en/student/…   DIR/en/solutions/…       with "ko" the Korean ones
    DIR/docs/…   DIR/code/vitnp/…     the pages and files that they name, where DIR is outside of a checkout

placing.py writes what a student has not changed; links.py makes the links of a copy lead somewhere. In a checkout the
links lead to the checkout's own pages and files, so that there is one of each.
"""

import functools
import json
import os
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from vitnp.course.lab.links import relinked
from vitnp.course.lab.placing import Placing
from vitnp.system import language, shipped

FIRST = "00_tour.ipynb"


class Copied(NamedTuple):
    """What `copy` has done."""

    first: Path  # the notebook to begin with
    root: Path  # the folder that JupyterLab has to serve for all links to work
    notebooks: int  # how many there are
    beside: list  # the new editions, each beside what a student has changed


def copy(folder, lang=None):
    """Copy the notebooks of one language to a folder; what a student has changed there stays as it is.

    Raises InputError for a folder that cannot be written.
    """
    folder, lang = Path(folder), language.chosen(lang)
    checkout = shipped.checkout()
    root = checkout if checkout and folder.resolve().is_relative_to(checkout.resolve()) else None
    where = functools.partial(target, folder=folder, lang=lang, root=root)
    notebooks = [name for name in files("notebooks", ".ipynb") if language_of(name) == lang]
    others = [] if root else files("docs") + files("vitnp", ".py")
    placing = Placing(folder)
    for name in notebooks + others:
        path = where(name)
        placing.place(path.relative_to(folder).as_posix(), contents(name, path, where))
    placing.record()
    return Copied(folder / lang / FIRST, root or folder, len(notebooks), placing.beside)


def files(folder, suffix=""):
    """The files of a shipped folder, by their names in the project; hidden ones left out."""
    there = shipped.folder(folder)
    names = (path.relative_to(there) for path in there.rglob(f"*{suffix}") if path.is_file())
    shown = (name for name in names if not any(part.startswith(".") for part in name.parts))
    return sorted(f"{folder}/{name.as_posix()}" for name in shown)


def language_of(name):
    """The language of a notebook: `notebooks/solutions/ko/…` is Korean."""
    return "ko" if "ko" in PurePosixPath(name).parts else "en"


def source(name):
    """Where the project's file of this name is."""
    first, *rest = PurePosixPath(name).parts
    return shipped.folder(first).joinpath(*rest)


def target(name, *, folder, lang, root):
    """Where the project's file of this name is for who works in the folder; None if it is nowhere."""
    first, *rest = PurePosixPath(name).parts
    if name.endswith(".ipynb") and first == "notebooks" and language_of(name) == lang:
        return (
            folder.joinpath(lang, *(part for part in rest if part != "ko")) if source(name).exists() else None
        )
    if root:
        return root / name if (root / name).exists() else None
    if first not in ("docs", "vitnp") or not source(name).exists():
        return None
    return folder / "code" / name if first == "vitnp" else folder / name


def contents(name, path, where):
    """The bytes of a copy: Markdown, and the Markdown of notebooks, with links that work from `path`."""

    def link(other):
        found = where(other)
        return found and Path(os.path.relpath(found, path.parent)).as_posix()

    data = source(name).read_bytes()
    if path.suffix == ".md":
        return relinked(data.decode("utf-8"), name, link).encode()
    if path.suffix != ".ipynb":
        return data
    notebook = json.loads(data)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = relinked("".join(cell["source"]), name, link).splitlines(keepends=True)
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()
