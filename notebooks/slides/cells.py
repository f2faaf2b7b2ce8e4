"""A notebook as sections: a title and groups of blocks, each a text and the code, output and pictures below it."""

import base64
import io
import json
import re
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from slides import code, markdown
from slides.blocks import WIDTH, Block, columns, fitting
from vitnp.errors import InputError

HIDDEN = {"setup", "check", "try"}
SHORT = 3  # lines of output that are wrapped; longer output is a table and is cut


class Section(NamedTuple):
    """What stands below a heading."""

    title: str
    level: int
    groups: tuple  # of tuples of Block
    where: str  # the cells, for the notes


def read(path):
    """The cells of a notebook. Raises InputError for what is none."""
    try:
        cells = json.loads(Path(path).read_text("utf-8"))["cells"]
        return [cell | {"source": "".join(cell["source"])} for cell in cells]
    except FileNotFoundError:
        raise InputError(f"there is no notebook {path}; such as notebooks/ko/05_attention.ipynb") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{path} is not a notebook; such as notebooks/ko/05_attention.ipynb") from None


def sections(cells, lang):
    """The sections of a notebook, in order."""
    found, title, level, groups, counts = [], "", 0, [], []

    def close():
        if title or groups:
            found.append(Section(title, level, tuple(map(tuple, filter(None, groups))), _where(counts)))

    for i, cell in enumerate(cells):
        if HIDDEN & set(cell["metadata"].get("tags", ())):
            continue
        if cell["cell_type"] == "markdown":
            heading, text = _heading(cell["source"])
            if heading:
                close()
                (level, title), groups, counts = heading, [], []
            groups += [markdown.blocks(part) for part in _parts(_opening(text, lang) if i == 0 else text)]
        elif cell["cell_type"] == "code":
            if not groups:
                groups.append([])
            groups[-1] = _with(groups[-1], of_code(cell, title))
            counts.append(cell.get("execution_count"))
    close()
    return found


def _heading(source):
    """(level, title) of a text that begins with a heading, or None, and the rest of the text."""
    found = re.match(r"(#{1,3}) (.+)\n?", source)
    return ((len(found[1]), found[2].strip()), source[found.end() :]) if found else (None, source)


def _parts(text):
    """A hint that the notebook folds away is a part of its own."""
    first, *hints = re.split(r"<details><summary>(.*?)</summary>", text)
    pairs = zip(hints[::2], hints[1::2], strict=True)
    return [first, *(f"**{name}.** {hint.replace('</details>', '').strip()}" for name, hint in pairs)]


def _opening(text, lang):
    """The opening without the link to the solutions; in Korean without the English in italics that repeats it."""
    text = re.sub(r"\s*·\s*\[[^\]]*\]\([^)]*solutions/[^)]*\)", "", text)
    return re.sub(r"\s*·\s*\*(?!\*)[A-Za-z(][^*가-힣]*\*(?!\*)", "", text) if lang == "ko" else text


def _with(blocks, more):
    """The blocks with those of a cell added; code joins the code before it."""
    if blocks and more and blocks[-1].kind == more[0].kind == "code":
        joined = Block("code", (*blocks[-1].lines, "", *more[0].lines))
        return [*blocks[:-1], joined, *more[1:]]
    return [*blocks, *more]


def of_code(cell, title):
    """The blocks of a code cell: what is shown of its code, what it printed, its pictures."""
    pictured = any("image/png" in output.get("data", {}) for output in cell["outputs"])
    lines = () if code.is_blank(cell["source"]) else code.shown(cell["source"], pictured)
    outputs = [_output(output, title) for output in cell["outputs"]]
    return [Block("code", lines)] * bool(lines) + [block for block in outputs if block]


def _output(output, title):
    data = output.get("data", {})
    if "image/png" in data:
        png = "".join(data["image/png"])
        alt = output.get("metadata", {}).get("image/png", {}).get("alt") or title
        return picture(base64.b64decode(png), alt)
    text = "".join(output.get("text", data.get("text/plain", ""))).rstrip("\n")
    lines = tuple(text.split("\n"))
    if not text or (len(lines) == 1 and lines[0] == "✓"):
        return None
    most = columns(WIDTH)
    if len(lines) > SHORT:
        lines = tuple(
            line if fitting(line, most) == len(line) else line[: fitting(line, most - 1)] + "…"
            for line in lines
        )
    return Block("printed", lines, full=text)


def picture(png, alt):
    """A picture, from the bytes of a PNG file."""
    with Image.open(io.BytesIO(png)) as image:
        return Block("picture", (alt,), base64.b64encode(png).decode(), size=image.size)


def _where(counts):
    counts = [count for count in counts if count]
    if not counts:
        return ""
    return f"In [{counts[0]}]" + (f" – In [{counts[-1]}]" if len(counts) > 1 else "")
