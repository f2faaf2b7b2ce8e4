"""The lesson plans as data, in both languages: what a lecturer shows, says and asks, minute by minute.

A plan is `NAME.toml` beside this file: `title_ko`, `title_en`, `minutes`, `intro_ko`, `intro_en`, and a `[[row]]` per
entry. A row's texts are `slide`, `say`, `question`, `answer`, `wrong` and `wrong_why`, each with `_ko` and `_en`;
`show = [["05", "Korean heading", "English heading"], …]`, `picture = "look-query"`, `command = "vitnp walk"`,
`table = "sota"`, `ask_after = 0`.
`same = "90min/scores"` takes over the row of another plan whose `key` that is; what stands beside it replaces its own.
"""

import functools
import pathlib
import tomllib
from typing import NamedTuple

from vitnp.errors import need_choice
from vitnp.system.language import Text

NAMES = ("20min", "90min", "2x75min", "experiments", "hybrid", "bias", "transformer", "lab")
HERE = pathlib.Path(__file__).parent
OPTIONAL = ("question", "answer", "wrong", "wrong_why")


class Show(NamedTuple):
    """A place in a notebook: its first cell whose heading contains the text, up to the next heading of that level."""

    notebook: str  # its number, "05"
    heading: Text  # empty: the whole notebook


class Row(NamedTuple):
    """One entry of a plan."""

    minute: int  # when it begins, counted from the start of its part
    part: int  # 1, or 2 for the second lecture of 2x75min
    slide: Text
    show: tuple  # of Show
    say: Text
    question: Text | None
    answer: Text | None
    wrong: Text | None  # the wrong answer to expect
    wrong_why: Text | None  # why it is tempting
    picture: str | None  # the stem of a file in docs/pictures: shown where a notebook cannot run
    command: str | None = None  # to run in the terminal
    table: str | None = None  # the name of a table of numbers, see `tables`
    ask_after: int | None = None  # so many places are shown before the question, as the others answer it


class Plan(NamedTuple):
    """A lecture."""

    name: str
    title: Text
    minutes: int  # of all parts together
    intro: Text
    rows: tuple  # of Row


def names():
    """The names of the plans, in the order of the lecturer's page."""
    return NAMES


def load(name):
    """The plan of that name. Raises InputError for a name that is none."""
    need_choice("plan", name, NAMES)
    file = _read(name)
    rows = tuple(_row(_whole(row)) for row in file["row"])
    return Plan(name, _text(file, "title"), file["minutes"], _text(file, "intro"), rows)


@functools.cache
def _read(name):
    return tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))


def _whole(row):
    """The fields of a row, with those of the row that it is the same as."""
    if "same" not in row:
        return row
    plan, key = row["same"].split("/")
    (other,) = (other for other in _read(plan)["row"] if other.get("key") == key)
    return {**_whole(other), **row}


def _row(fields):
    show = tuple(Show(number, Text(ko, en)) for number, ko, en in fields.get("show", ()))
    told = {name: _text(fields, name) for name in ("slide", "say")}
    told |= {name: _text(fields, name) if f"{name}_ko" in fields else None for name in OPTIONAL}
    rest = {name: fields.get(name) for name in ("picture", "command", "table", "ask_after")}
    return Row(minute=fields["minute"], part=fields.get("part", 1), show=show, **told, **rest)


def _text(fields, name):
    return Text(fields[f"{name}_ko"], fields[f"{name}_en"])
