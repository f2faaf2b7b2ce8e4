"""The notebooks for the browser, made of the built ones."""

import functools
import json
import posixpath
from pathlib import Path

from lite.changes import BEFORE, NUMBERS, REPLACED, SAID, SETUP
from vitnp.course.lab.links import relinked
from vitnp.errors import InputError

NOTEBOOKS = Path(__file__).resolve().parents[1]


def editions():
    """Where the built notebooks are, and where in the site: en/, en/solutions/, ko/, ko/solutions/."""
    return {"": "en", "solutions": "en/solutions", "ko": "ko", "solutions/ko": "ko/solutions"}


@functools.cache
def built(edition):
    """The built notebooks of an edition that the site has, in order."""
    return [path for number in NUMBERS for path in sorted((NOTEBOOKS / edition).glob(f"{number}_*.ipynb"))]


def write(folder):
    """Write them all below a folder."""
    for edition, place in editions().items():
        (folder / place).mkdir(parents=True, exist_ok=True)
        for path in built(edition):
            made = adapted(json.loads(path.read_text("utf-8")), edition, path.name)
            (folder / place / path.name).write_text(json.dumps(made, ensure_ascii=False, indent=1), "utf-8")


def adapted(notebook, edition, name):
    """The notebook for the browser: a cell that installs vitnp, what REPLACED says, and no link out of the site."""
    lang = "ko" if edition.endswith("ko") else "en"
    cells = [cell | {"source": "".join(cell["source"])} for cell in notebook["cells"] if not is_colab(cell)]
    if edition.startswith("solutions"):  # their outputs are those of the notebook, and megabytes
        cells = [cell | {"outputs": []} if cell["cell_type"] == "code" else cell for cell in cells]
    for old, new in REPLACED.get(name[:2], ()):
        replace(cells, old, new, name)
    itself, where = links(edition, name)
    for cell in cells:
        if cell["cell_type"] == "markdown":
            cell["source"] = relinked(cell["source"], itself, where)
    said = "\n\n".join(text.in_(lang) for text in (BEFORE, SAID.get(name[:2])) if text)
    begin = [
        {"cell_type": "markdown", "id": "browser-0", "metadata": {}, "source": said},
        {
            "cell_type": "code",
            "id": "browser-1",
            "metadata": {"tags": ["setup"]},
            "source": SETUP,
            "outputs": [],
            "execution_count": None,
        },
    ]
    return {**notebook, "cells": [cells[0], *begin, *cells[1:]]}


def is_colab(cell):
    """Whether a cell is the text on Colab, which the build puts at the end."""
    return cell["cell_type"] == "markdown" and "setup" in cell["metadata"].get("tags", ())


def replace(cells, old, new, name):
    """Put `new` in the place of `old`, which is in one cell, once; its outputs were those of other numbers."""
    found = [cell for cell in cells if cell["cell_type"] == "code" and old in cell["source"]]
    if sum(cell["source"].count(old) for cell in found) != 1:
        raise InputError(
            f"{name} has {old!r} in {len(found)} cells, need it once; adapt notebooks/lite/changes.py"
        )
    found[0].update(source=found[0]["source"].replace(old, new), outputs=[], execution_count=None)


def links(edition, name):
    """For `relinked`: the notebook as a file of the project, and the link to another file of it, or None."""
    place = editions()[edition]
    there = {
        str(path.relative_to(NOTEBOOKS.parent).as_posix()): posixpath.relpath(f"{folder}/{path.name}", place)
        for other, folder in editions().items()
        for path in built(other)
    }
    return posixpath.join("notebooks", edition, name), there.get
