"""The next hint of a step or a part, counted in progress.json. Imports `folder`, `hints`, `known`, `progress`.

What a hint is about: the part that was named; else the known mistake of which the numbers are, whose own hint comes
first; else the part where the check fails, or the first blank.
"""

from typing import NamedTuple

from vitnp.course.workshop import known, progress, template
from vitnp.course.workshop.hints import HINTS
from vitnp.system.language import Text

PASSES = Text(
    "{step}단계는 통과했습니다. 정답과 비교하려면: vitnp workshop diff {step}",
    "Step {step} passes. To compare with the reference: vitnp workshop diff {step}",
)
BROKEN = Text(
    "{file}: 아직 실행되지 않습니다. 어디가 문제인지 보려면: vitnp workshop check {step}",
    "{file} does not run yet. To see where: vitnp workshop check {step}",
)
NO_MORE = Text(
    "힌트는 여기까지입니다. 질문하거나, 정답을 보세요(기록됩니다): vitnp workshop diff {part} --give-up",
    "There are no more hints. Ask somebody, or read the reference, which is recorded: "
    "vitnp workshop diff {part} --give-up",
)
MISTAKE = Text("알려진 실수: {name}", "Known mistake: {name}")
HINT = Text("힌트", "hint")
AGAIN = Text("다음 힌트를 보려면 같은 명령을 다시 입력하세요.", "For the next hint, type the same again.")


class Hint(NamedTuple):
    """A heading, the hint itself, and what there is to do next."""

    heading: str
    text: str
    after: str


def hint(folder, asked):
    """The next `Hint` of a step or part ("5", "5.4"); recorded, unless there is none to give."""
    step = folder.need(asked)
    about = str(asked)
    if "." not in about:
        outcome = folder.outcome(step)
        if outcome.status == "passed":
            return Hint("", "", PASSES.in_(folder.lang).format(step=step))
        if outcome.status == "broken":
            return Hint("", "", BROKEN.in_(folder.lang).format(file=folder.file(step).name, step=step))
        mistake = known.BY_KEY.get(outcome.mistake)
        key = f"mistake {outcome.mistake}"
        if mistake and not shown(folder, step, key):
            progress.record_hint(folder.path, step, key)
            heading = MISTAKE.in_(folder.lang).format(name=mistake.name.in_(folder.lang))
            return Hint(heading, mistake.hint.in_(folder.lang), AGAIN.in_(folder.lang))
        about = part_of(outcome)
    return of_part(folder, step, about)


def of_part(folder, step, part):
    """The next of a part's three hints."""
    texts, before, lang = HINTS[part], shown(folder, step, part), folder.lang
    no_more = NO_MORE.in_(lang).format(part=part)
    if before >= len(texts):
        return Hint("", "", no_more)
    progress.record_hint(folder.path, step, part)
    what = template.parts(step)[part].partition(":")[0]
    heading = f"{part} {what} · {HINT.in_(lang)} {before + 1}/{len(texts)}"
    return Hint(heading, texts[before].in_(lang), AGAIN.in_(lang) if before + 1 < len(texts) else no_more)


def shown(folder, step, key):
    """How many hints about this were shown before."""
    return folder.progress["steps"].get(str(step), {}).get("hints", {}).get(key, 0)


def part_of(outcome):
    """The part where the check fails; the first of the step where none is known."""
    return outcome.part if outcome.part in HINTS else next(iter(template.parts(outcome.step)))
