"""How many minutes a notebook takes, by a stated model: no class was timed.

    python notebooks/times.py             prints `05: demo 30, with exercises 45` for every notebook
    python notebooks/times.py --write     puts the same into docs/lecturer.md and docs/ko/lecturer.md

A text is read at 350 Korean characters (without spaces) or 200 English words per minute, whichever takes longer. A
code cell takes 20 seconds, and running them all takes what notebooks/README.md allows. An exercise takes 2, 4 or 7
minutes by its stars, and the question at the end 3. The sum is rounded up to 5 minutes. "Demo" is what stands above
the exercises.
"""

import math
import pathlib
import re
import sys
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
PAGES = {"en": HERE.parent / "docs/lecturer.md", "ko": HERE.parent / "docs/ko/lecturer.md"}
CHARACTERS, WORDS = 350, 200  # per minute: Korean, English
CELL = 20 / 60
LEVELS = {1: 2, 2: 4, 3: 7}  # stars → minutes
QUESTION = 3  # to explain something in words
RUN, LONG_RUN, LONG = 1, 1.5, ("00", "11", "20", "21")  # of the cells: the limits of notebooks/README.md
EXERCISES = re.compile(r"^## (Exercises|연습 문제|Questions|생각해 볼 질문)$", re.MULTILINE)
LINES = {
    "en": re.compile(r"\*\*(\d+) minutes to show, (\d+) with the exercises\*\*"),
    "ko": re.compile(r"\*\*시연 (\d+)분, 실습 포함 (\d+)분\*\*"),
}


class Times(NamedTuple):
    """Minutes to show a notebook, and to work through it with its exercises."""

    demo: int
    with_exercises: int


class Cell(NamedTuple):
    """A cell of a source: its language (None: both), its tags, its text."""

    markdown: bool
    lang: str | None
    tags: str
    text: str


def cells(source):
    """The cells of a notebook's source, `src/NN_name.py`."""
    for block in re.split(r"^# %%", source.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        head, _, body = block.partition("\n")
        lang, tags = re.search(r'lang="(\w+)"', head), re.search(r"tags=\[(.*?)\]", head)
        text = re.sub(r"^# ?", "", body, flags=re.MULTILINE) if "[markdown]" in head else body
        yield Cell("[markdown]" in head, lang and lang[1], tags[1] if tags else "", text)


def reading(text, lang):
    """Minutes to read a text: without addresses of links and the marks of Markdown."""
    text = re.sub(r"\]\([^)]*\)|[*`#|<>]|^:?-+:?", " ", text, flags=re.MULTILINE)
    return len(re.sub(r"\s", "", text)) / CHARACTERS if lang == "ko" else len(text.split()) / WORDS


def minutes(found, lang):
    """Minutes for some cells in a language: to read the texts, and to go through the code."""
    told = [cell for cell in found if cell.lang in (None, lang) and "solution" not in cell.tags]
    return sum(
        reading(cell.text, lang) if cell.markdown else "setup" not in cell.tags and CELL for cell in told
    )


def of(source):
    """The `Times` of a notebook's source."""
    everything = list(cells(source))
    first = next((i for i, cell in enumerate(everything) if EXERCISES.search(cell.text)), len(everything))
    run = LONG_RUN if source.name[:2] in LONG else RUN
    demo, whole = (
        max(minutes(part, lang) for lang in LINES) + run for part in (everything[:first], everything)
    )
    english = "\n".join(cell.text for cell in everything if cell.markdown and cell.lang == "en")
    stars = re.findall(r"^\*\*\d+\.\*\* (★+)", english, re.MULTILINE)
    whole += sum(LEVELS[len(star)] for star in stars) + QUESTION * bool(
        re.search(r"^## (Questions|Exercises)", english, re.M)
    )
    return Times(*(5 * math.ceil(minutes / 5) for minutes in (demo, whole)))


def stated(source, lang):
    """The `Times` that a notebook's opening states in a language, or None where it states none."""
    opening = "\n".join(cell.text for cell in list(cells(source))[:2])
    found = LINES[lang].search(opening)
    return Times(*map(int, found.groups())) if found else None


def sources():
    """{"05": its source} of all notebooks."""
    return {source.name[:2]: source for source in sorted((HERE / "src").glob("[0-9][0-9]_*.py"))}


def places(source, lang):
    """{heading: its cells} of a notebook in a language, for headings of the second level."""
    found, mine = {}, []
    for cell in cells(source):
        if cell.lang in (None, lang):
            heading = re.search(r"^## (.*)$", cell.text, re.MULTILINE) if cell.markdown else None
            if heading:
                mine = found.setdefault(heading[1], [])
            mine.append(cell)
    return found


def row(shown):
    """Minutes for what a row of a plan shows: pairs of a notebook's number and the heading as a `Text`."""
    told = []
    for lang in LINES:
        found = [(places(sources()[number], lang), heading.in_(lang)) for number, heading in shown]
        told.append(
            sum(minutes(next(c for h, c in there.items() if text in h), lang) for there, text in found)
        )
    return max(told)


def table(lang):
    """The table of the lecturer's page."""
    head = {
        "en": ("notebook", "to show, minutes", "with the exercises"),
        "ko": ("노트북", "시연(분)", "실습 포함(분)"),
    }[lang]
    lines = [head, ("---",) * 3, *((number, *map(str, of(source))) for number, source in sources().items())]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write():
    """Put the table between the marks of both pages."""
    for lang, page in PAGES.items():
        made = f"<!-- times -->\n\n{table(lang)}\n\n<!-- end -->"
        text = re.sub(r"<!-- times -->.*?<!-- end -->", made, page.read_text("utf-8"), flags=re.DOTALL)
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if "--write" in sys.argv:
        write()
    for number, source in sources().items():
        print("{}: demo {}, with exercises {}".format(number, *of(source)))
