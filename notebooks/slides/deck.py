"""The list of slides of a deck: of notebooks, or of the rows of a lesson plan."""

import re
from pathlib import Path
from typing import NamedTuple

from slides import cells, markdown, tables
from slides.blocks import HEIGHT, WIDTH, Block, text_lines, title_height
from slides.layout import Piece, Slide, lay_out
from vitnp.course.plans import tables as numbers
from vitnp.errors import InputError
from vitnp.system.language import Text

NOTEBOOKS = Path(__file__).resolve().parents[1]
PICTURES = NOTEBOOKS.parent / "docs" / "pictures"

QUESTION = Text("질문", "Question")
PLAN, SAY, ASK = Text("이 계획", "This plan"), Text("설명", "Say"), Text("질문", "Question")
ANSWER, WRONG = Text("답", "Answer"), Text("예상되는 오답", "Expected wrong answer")
WHY, TERMINAL, OUTPUT = Text("이유", "Why"), Text("터미널", "Terminal"), Text("전체 출력", "Whole output")
PART = Text("{}부", "Part {}")
DECK = Text("슬라이드 {}", "Deck {}")
STEP = Text("{}단계", "step {}")
MINUTE = Text("{}분", "Minute {}")


class Page(NamedTuple):
    """A slide with what stands around it."""

    title: str
    slide: Slide
    corner: str = ""
    sub: str = ""  # below the title: in an English deck the Korean title of the slide
    notes: tuple = ()  # of (label, text)
    kind: str = ""  # title, question


def of_notebooks(paths, lang):
    """The pages of whole notebooks, one after the other."""
    pages = []
    for path in paths:
        found = cells.sections(cells.read(path), lang)
        deck = number(found)
        for i, section in enumerate(found):
            corner = " · ".join(
                filter(None, (deck and DECK.in_(lang).format(deck), step(section, found, lang)))
            )
            notes = ((Path(path).stem, section.where),) if section.where else ()
            pages += of_section(section, lang, corner, notes, "title" if i == 0 else "")
    return pages


def of_section(section, lang, corner, notes=(), kind=""):
    """The pages of what stands below one heading."""
    title, sub = titles(section.title, lang)
    groups = section.groups or ((),)
    slides = lay_out(groups, room_below(title, sub, kind)) or [Slide()]
    pages = []
    for i, slide in enumerate(slides):
        cut = tuple((OUTPUT.in_(lang), block.full) for block in _printed(slide) if was_cut(block))
        pages.append(Page(title, slide, corner, sub, (*notes, *cut), kind if i == 0 else ""))
    return pages


def room_below(title, sub="", kind=""):
    """The height of what may stand below a title; that of an opening slide is larger and lower."""
    return HEIGHT - (
        40 + 18 + 64 * text_lines(title, WIDTH, 52) if kind == "title" else title_height(title, sub)
    )


def _printed(slide):
    return [piece.block for piece in slide.pieces if piece.block.kind == "printed"]


def was_cut(block):
    """Whether a slide shows less than was printed."""
    return any(line.endswith("…") for line in block.lines) and "\n".join(block.lines) != block.full


def titles(title, lang):
    """(title, line below it) of a heading. An English heading may have the slide's Korean title before a dot."""
    korean, dot, english = title.partition(" · ")
    english_title = english[:1].upper() + english[1:]
    return (english_title, korean) if lang == "en" and dot and re.search("[가-힣]", korean) else (title, "")


def number(sections):
    """The numbers of the decks that a notebook's opening names, "001, 003", or None."""
    opening = " ".join(block.html for group in sections[0].groups for block in group) if sections else ""
    found = re.search(r"(?:강의자료|슬라이드|[Dd]ecks?|[Ss]lides?) ((?:\d{3}\D{0,5})+)", opening)
    return found and ", ".join(re.findall(r"\d{3}", found[1]))


def step(section, sections, lang):
    """ "5단계" by the heading, else by the notebook's opening, or None."""
    opening = " ".join(block.html for group in sections[0].groups for block in group)
    found = re.search(r"([1-8])단계", section.title) or re.search(r"<strong>([1-8])단계", opening)
    return found and STEP.in_(lang).format(found[1])


def of_plan(plan, lang):
    """The pages of a plan: its title, and for each row the cells it shows and its question.

    The introduction is for the lecturer, so it is in the notes. Raises InputError for a plan that has students work
    through whole notebooks.
    """
    whole = [show.notebook for row in plan.rows for show in row.show if not show.heading.in_(lang)]
    if whole:
        raise InputError(
            f"in the plan {plan.name} the students work in whole notebooks, so it has no slides; those of one "
            f"notebook: make slides NOTEBOOK={whole[0]}"
        )
    intro = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", plan.intro.in_(lang))
    pages = [Page(plan.title.in_(lang), Slide(), notes=((PLAN.in_(lang), intro),), kind="title")]
    part = 1
    for row in plan.rows:
        if row.part != part:
            part = row.part
            pages.append(Page(PART.in_(lang).format(part), Slide(), kind="title"))
        pages += _of_row(row, lang)
    return pages


def _texts(*texts):
    """A slide of short texts; each but the first is a step."""
    return Slide(tuple(Piece(markdown.paragraph(text), i > 0) for i, text in enumerate(texts)))


def _of_row(row, lang):
    corner = f"{MINUTE.in_(lang).format(row.minute)} · {row.slide.in_(lang)}"
    notes = notes_of(row, lang)
    pages = []
    for i, show in enumerate((*row.show, None)):
        if i == row.ask_after:
            pages.append(_question(row, lang, corner, notes, answered=False))
        for section in shown(show, lang) if show else ():
            pages += of_section(section, lang, corner, notes)
    if row.table:
        pages += _tables(row.table, lang, corner, notes)
    if not (row.show or row.table):
        pages += of_section(_instead(row, lang), lang, corner, notes)
    if row.question:
        pages.append(_question(row, lang, corner, notes, answered=True))
    return pages


def _question(row, lang, corner, notes, *, answered):
    """The page with a row's question; the answer is a step."""
    answer = [row.answer.in_(lang)] if answered and row.answer else []
    slide = _texts(row.question.in_(lang), *answer)
    return Page(QUESTION.in_(lang), slide, corner, notes=notes, kind="question")


def _tables(name, lang, corner, notes):
    """The pages with one of the plans' tables."""
    group = tuple(tables.of_texts(numbers.numbers(name, lang)))
    return of_section(cells.Section(numbers.CAPTIONS[name].in_(lang), 2, (group,), ""), lang, corner, notes)


def notes_of(row, lang):
    """What the lecturer reads: what to say and to type, the question, the answers to expect."""
    told = (SAY, row.say), (TERMINAL, row.command), (ASK, row.question), (ANSWER, row.answer)
    told += (WRONG, row.wrong), (WHY, row.wrong_why)
    return tuple(
        (label.in_(lang), text.in_(lang) if isinstance(text, Text) else text) for label, text in told if text
    )


def _instead(row, lang):
    """A row without a notebook: what to type, its text, its picture."""
    group = [markdown.paragraph(row.say.in_(lang))]
    if row.command:
        group.append(Block("code", (row.command,)))
    if row.picture:
        group.append(cells.picture(picture_file(row.picture, lang).read_bytes(), row.slide.in_(lang)))
    return cells.Section(row.slide.in_(lang), 2, (tuple(group),), "")


def picture_file(stem, lang):
    """The file of a picture of docs/pictures, in Korean if there is one."""
    files = [PICTURES / "ko" / f"{stem}.png"] * (lang == "ko") + [PICTURES / f"{stem}.png"]
    for file in files:
        if file.exists():
            return file
    raise InputError(
        f"the plan needs docs/pictures/{stem}.png, which is not there; git restore docs/pictures"
    )


def shown(show, lang):
    """The sections that a row shows: from its heading up to the next one of the same level."""
    path = notebook(show.notebook, lang)
    found = cells.sections(cells.read(path), lang)
    heading = show.heading.in_(lang)
    having = [i for i, section in enumerate(found) if heading in section.title]
    if not having:
        raise InputError(
            f'{path.name} has no heading "{heading}", which the plan shows; build it: make notebooks'
        )
    start = min(having, key=lambda i: found[i].level == 1)  # the notebook's own title last
    end = start + 1
    while end < len(found) and found[end].level > found[start].level:
        end += 1
    return found[start:end]


def notebook(number, lang):
    """The built notebook of a number, in a language. Raises InputError if there is none."""
    folder = NOTEBOOKS / "ko" if lang == "ko" else NOTEBOOKS
    found = sorted(folder.glob(f"{number}_*.ipynb"))
    if not found:
        raise InputError(f"there is no notebook {number}; the numbers are 00 to 21, such as NOTEBOOK=05")
    return found[0]
