"""How many made which mistake: "12 of 31: √d_k forgotten". Imports `grades`, `known`."""

import collections
from typing import NamedTuple

from vitnp.course.workshop import known
from vitnp.course.workshop.grading.grades import names


class Counted(NamedTuple):
    """A mistake, or a family of them: who has met it on the way, and who still has it in what was handed in."""

    step: int
    name: str
    met: int
    still: int


def counted(grades):
    """[Counted], the most common first. What was met on the way is the student's own progress.json's word."""
    met, still = collections.Counter(), collections.Counter()
    for row in grades.rows:
        now = {(step, name) for step, result in row.results.items() for name in names(result, grades.lang)}
        before = {(step, first(row.own(step), step, grades.lang)) for step in grades.steps}
        still.update(now)
        met.update(now | {key for key in before if key[1]})
    found = [Counted(step, name, n, still[step, name]) for (step, name), n in met.items()]
    return sorted(found, key=lambda one: (-one.met, -one.still, one.step, one.name))


def first(own, step, lang):
    """The name of the first mistake that a student's progress has of a step, or None."""
    mistake = known.BY_KEY.get(own["first_mistake"])
    return mistake.name.in_(lang) if mistake and mistake.step == step else None
