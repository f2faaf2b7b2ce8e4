"""What a known mistake is, and all of them, read from `s1.toml` … `s8.toml`."""

import functools
import tomllib
from pathlib import Path
from typing import NamedTuple

from vitnp.course.workshop import template
from vitnp.system.language import Text

FOLDER = Path(__file__).parent


class Mistake(NamedTuple):
    """One mistake in a student's file of a step."""

    key: str
    step: int
    family: str  # a key of FAMILIES
    name: Text
    hint: Text  # a question or a pointer, never the code
    changes: tuple  # of (old, new): edits of `template.whole(step)` that make it
    same_as: str = ""  # the key of another mistake of the family that gives the same numbers


@functools.cache
def mistakes():
    """{key: Mistake}, in the order of the files."""
    found = {}
    for step in template.STEPS:
        data = tomllib.loads((FOLDER / f"s{step}.toml").read_text("utf-8"))
        for row in data["mistake"]:
            name, hint = Text(row["ko"], row["en"]), Text(row["hint_ko"], row["hint_en"])
            changes = tuple((old, new) for old, new in row["changes"])
            key = f"{step}_{row['key']}"
            twin = f"{step}_{row['same_as']}" if "same_as" in row else ""
            found[key] = Mistake(key, step, row["family"], name, hint, changes, twin)
    return found


@functools.cache
def solution(step):
    """The functions of the solved template."""
    return executed(step, whole(step))


@functools.cache
def whole(step):
    """The solved template."""
    return template.whole(step)


def with_mistakes(*made):
    """The functions of the solved template with these mistakes of one step, or None where their edits overlap."""
    code = whole(made[0].step)
    for old, new in (change for mistake in made for change in mistake.changes):
        if code.count(old) != 1:
            return None
        code = code.replace(old, new)
    return executed(made[0].step, code)


def executed(step, code):
    """The names that the code of one of our own templates defines."""
    names = {}
    exec(compile(code, template.STEPS[step], "exec"), names)
    return names
