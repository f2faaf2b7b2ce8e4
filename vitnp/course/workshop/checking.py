"""One step's check: the stages in order, up to the first that is not passed, and the name of the mistake.

    from vitnp.course.workshop import check

    check(5, forward=forward, backward=backward)

Imports `findings`, `helpers`, `intact`.
"""

import contextlib
import os
from pathlib import Path

from vitnp.course.workshop import helpers, intact, points, student, template
from vitnp.course.workshop.findings import Findings
from vitnp.course.workshop.outcome import stage_lines
from vitnp.course.workshop.tried import quiet
from vitnp.errors import InputError, printable
from vitnp.system import language
from vitnp.system.language import Text

NOTHING = contextlib.nullcontext()


def check(step, *, lang=None, **functions):
    """Check functions of a notebook, print what was found, and return the `Outcome`.

    Helpers may be checked alone, before forward and backward are written: check(5, softmax=softmax).
    """
    template.need_step(step)
    known_names = [what.partition(":")[0] for what in template.parts(step).values()]
    if not functions or not set(functions) <= set(known_names):
        raise InputError(
            f"step {step} has the functions {', '.join(known_names)}; such as check({step}, forward=forward, "
            "backward=backward)"
        )
    alone = not {"forward", "backward"} & set(functions)
    outcome = check_helpers(step, functions, lang) if alone else check_step(step, functions, lang=lang)
    print("\n".join(outcome.lines))
    return outcome


def check_step(step, what, *, lang=None, seed=0, sizes=points.SMALL):
    """The `Outcome` of a student's step. what: the path of their file, or {name: function} of a notebook's.

    sizes: of everything but the slide's shapes. Raises nothing for whatever their code does; a file that never ends
    has to be stopped from outside.
    """
    lang = language.chosen(lang)
    name = printable(Path(what).name) if isinstance(what, str | os.PathLike) else template.STEPS[step]
    title = Text(f"{step}단계 · {name}", f"step {step} · {name}").in_(lang)
    found = Findings(step, lang, [title], student.text(what) if isinstance(what, str | os.PathLike) else None)
    changed = []
    try:
        # a function may import a file beside it only when it runs
        with intact.outside(step, changed), student.beside(Path(what).parent) if found.of_file else NOTHING:
            outcome = found.all_stages(what, seed, sizes)
    except Exception:  # of the check itself, whose functions it has changed
        if not changed:
            raise
    return found.changed(changed, title) if changed else outcome


def check_helpers(step, functions, lang=None):
    """The `Outcome` of helpers alone, a line for each."""
    lang = language.chosen(lang)
    found = Findings(step, lang, [], None)
    with quiet():
        for name, function in functions.items():
            part = template.part_of(step, name)
            try:
                problem = helpers.differs(step, name, function) if name in helpers.DRAWN else None
            except NotImplementedError as blank:
                found.lines.append(f"  … {printable(blank)}")
                return found.outcome("blank", "numbers", part=part)
            except (Exception, SystemExit) as error:
                crash = student.crash(error)
                problem = Text(f"멈춥니다: {crash}", f"stops: {crash}")
            mark, said = ("✗", problem.in_(lang)) if problem else ("✓", "")
            found.lines += stage_lines(mark, name, said)
            if problem:
                return found.outcome("wrong", "numbers", part=part)
    return found.outcome("passed", "numbers")
