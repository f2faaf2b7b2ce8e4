"""The plans as Markdown: the tables of docs/lecturer.md, and the speaker notes of docs/speaker-notes.md."""

import pathlib
import re

from vitnp.course import plans
from vitnp.course.plans import tables
from vitnp.system.language import Text

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGES = {"en": ROOT / "docs/lecturer.md", "ko": ROOT / "docs/ko/lecturer.md"}
NOTES = {"en": ROOT / "docs/speaker-notes.md", "ko": ROOT / "docs/ko/speaker-notes.md"}
HEAD = Text(
    ("분", "슬라이드", "보여 줄 곳", "학생에게 할 질문"),
    ("minute", "slide", "show", "question for the students"),
)
LAB = Text(("시각", "내용", "보여 줄 곳", "학생이 할 일"), ("time", "what", "show", "the pairs do"))
PART = Text(("첫째 시간", "둘째 시간"), ("First lecture", "Second lecture"))
TITLE_KO = """# 강의 노트

수업 계획마다 말할 것, 물을 것, 예상되는 오답과 그 까닭입니다. 시간표는 [강의자를 위한 안내](lecturer.md)에 있습니다.
[English](../speaker-notes.md)

슬라이드(`make slides PLAN=90min`)에서는 S를 누르면 같은 내용이 나옵니다. 터미널에서는
`python -m vitnp.course.plans 90min`이 출력합니다."""
TITLE_EN = """# Speaker notes

For each lesson plan: what to say, what to ask, the wrong answer to expect, and why it is tempting. The timetables are
in [For the lecturer](lecturer.md). [한국어](ko/speaker-notes.md)

The slides (`make slides PLAN=90min`) show the same notes when you press S. `python -m vitnp.course.plans 90min` prints
them."""


def table(lines):
    """A Markdown table of rows of cells, the header first."""
    head, *rows = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *rows)).replace(
        "  |", " |"
    )


def section(plan, lang):
    """A plan's part of the lecturer's page: its heading, introduction, timetable and tables of numbers."""
    said = [f"## {plan.title.in_(lang)}", plan.intro.in_(lang)]
    parts = sorted({row.part for row in plan.rows})
    head = (LAB if plan.name == "lab" else HEAD).in_(lang)
    for part in parts:
        if len(parts) > 1:
            said.append(f"### {PART.in_(lang)[part - 1]}")
        said.append(table([head, *(_line(plan, row, lang) for row in plan.rows if row.part == part)]))
    if plan.name == "experiments":
        for name in (row.table for row in plan.rows if row.table):
            said += [f"**{tables.CAPTIONS[name].in_(lang)}**", table(tables.numbers(name, lang))]
    return "\n\n".join(said)


def _line(plan, row, lang):
    """The cells of a row of the timetable."""
    if plan.name == "lab":
        return (
            f"{row.minute // 60}:{row.minute % 60:02}",
            row.slide.in_(lang),
            _shown(row, lang),
            row.say.in_(lang),
        )
    answer = row.question and f"{row.question.in_(lang)} ({row.answer.in_(lang)})"
    return str(row.minute), row.slide.in_(lang), _shown(row, lang), answer or ""


def _shown(row, lang):
    """The notebooks with the headings in quotes; else the table, else the picture; and the command."""
    found = {}
    for place in row.show:
        found.setdefault(place.notebook, []).append(place.heading.in_(lang))
    said = [
        " ".join([_notebook(number, lang), ", ".join(f'"{h}"' for h in headings if h)]).strip()
        for number, headings in found.items()
    ]
    if row.command:
        said.append(f"`{row.command}`")
    if row.table and not row.show:
        said.append(Text("아래의 표", "the table below").in_(lang))
    if not said and row.picture:
        said.append(_picture(row.picture, lang))
    return ", ".join(said)


def _up(lang):
    """From the folder of a page in this language to docs/."""
    return "../" if lang == "ko" else ""


def _notebook(number, lang):
    (source,) = (ROOT / "notebooks/src").glob(f"{number}_*.py")
    folder = "notebooks/ko" if lang == "ko" else "notebooks"
    return f"[{number}]({_up(lang)}../{folder}/{source.stem}.ipynb)"


def _picture(stem, lang):
    """A link to a picture, in Korean if there is one."""
    korean = f"ko/{stem}.png"
    file = korean if lang == "ko" and (ROOT / "docs/pictures" / korean).exists() else f"{stem}.png"
    return f"[{stem}.png]({_up(lang)}pictures/{file})"


WORDS = {
    "say": Text("말할 것", "Say"),
    "ask": Text("물을 것", "Ask"),
    "wrong": Text("예상되는 오답", "Expect the wrong answer"),
    "picture": Text("실행할 수 없으면", "If nothing runs"),
}


def notes(plan, lang, *, heading="##"):
    """The speaker notes of a plan."""
    said = [f"{heading} {plan.title.in_(lang)}"]
    for row in plan.rows:
        if row.question is None:
            continue
        part = f"{PART.in_(lang)[row.part - 1]}, " if plan.rows[-1].part > 1 else ""
        minute = Text(f"{part}{row.minute}분", f"{part}minute {row.minute}").in_(lang)
        lines = [f"**{minute} · {row.slide.in_(lang)}**", ""]
        lines.append(f"- {WORDS['say'].in_(lang)}: {row.say.in_(lang)}")
        lines.append(f"- {WORDS['ask'].in_(lang)}: {row.question.in_(lang)} → {row.answer.in_(lang)}")
        lines.append(f"- {WORDS['wrong'].in_(lang)}: {row.wrong.in_(lang)}. {row.wrong_why.in_(lang)}")
        if row.picture:
            lines.append(f"- {WORDS['picture'].in_(lang)}: {_picture(row.picture, lang)}")
        said.append("\n".join(lines))
    return "\n\n".join(said)


def all_notes(lang):
    """The page of speaker notes: every plan that has any."""
    told = [
        notes(plan, lang) for plan in map(plans.load, plans.names()) if any(row.question for row in plan.rows)
    ]
    return "\n\n".join([Text(TITLE_KO, TITLE_EN).in_(lang), *told]) + "\n"


def filled(page, lang):
    """The lecturer's page with every plan between `<!-- plan NAME -->` and `<!-- end -->` made anew."""

    def made(found):
        return f"<!-- plan {found[1]} -->\n\n{section(plans.load(found[1]), lang)}\n\n<!-- end -->"

    return re.sub(r"<!-- plan (\w+) -->\n.*?<!-- end -->", made, page, flags=re.DOTALL)
