"""All submissions checked, and what a teacher gets of it: a row each, grades.csv, Gradescope's results.json.

Imports the other files of this folder, and `worth`.
"""

import concurrent.futures
import csv
import json
import secrets
import threading
from typing import NamedTuple

from vitnp.course.workshop import known, points, progress, template, told, worth
from vitnp.course.workshop.grading import compared, sandbox, submissions
from vitnp.errors import printable
from vitnp.system.writing import beside

# Other sizes than a student's own check has: three images that are not square, and H ≠ N.
SIZES = points.Sizes(B=3, N=8, D=20, H=5, M=11, P=2, C=6, rows=4, cols=7, classes=9)
MOST_SAID = 200  # letters of what a check says, in a row
FULL = worth.FORWARD + worth.BACKWARD
FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "＝",
    "＋",
    "－",
    "＠",
)  # with which a spreadsheet begins to compute


class Row(NamedTuple):
    """What one submission got."""

    submission: submissions.Submission
    results: dict  # {step: sandbox.Result}
    same: dict  # {step: [whose code is the same]}
    odd: list  # imports that a step does not need

    def points(self, step):
        """Of a step; one that was not handed in has 0."""
        return worth.points(self.results[step]) if step in self.results else 0

    def own(self, step):
        """What the student's progress.json says of a step."""
        steps = (self.submission.progress or {}).get("steps", {})
        return steps.get(str(step), progress.STEP)


class Grades(NamedTuple):
    """All rows, the steps that count, and what else is needed to get the same again."""

    rows: list
    steps: list
    seed: int
    lang: str

    def total(self, row):
        """The points of a row."""
        return sum(row.points(step) for step in self.steps)

    @property
    def full(self):
        """The points of a row that has everything right."""
        return FULL * len(self.steps)

    @property
    def defects(self):
        """What failed in vitnp itself, and is no student's fault."""
        found = [(row, result) for row in self.rows for result in row.results.values()]
        return [(row.submission.file, result.step, result.defect) for row, result in found if result.defect]


def grade(found, *, steps=None, seed=None, lang="en", limits=sandbox.DEFAULT, workers=1, said=lambda n: None):
    """The `Grades` of submissions, several at a time. steps: None for those that anybody has handed in.

    said(n): called when n of them are done.
    """
    steps = steps or sorted({step for one in found for step in one.steps})
    seed = secrets.randbelow(10**6) if seed is None else seed
    job = sandbox.Job(seed, SIZES._asdict(), lang, limits)
    same, stop = compared.same_as(found), threading.Event()

    def row(one):
        wanted = [step for step in steps if step in one.steps]
        results = sandbox.checked(one.files, wanted, job, stop)
        return Row(one, results, same.get(one.file, {}), compared.odd_imports(one.files))

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        rows = [pool.submit(row, one) for one in found]
        try:
            for n, _ in enumerate(concurrent.futures.as_completed(rows), 1):
                said(n)
                if any(one.done() and one.exception() for one in rows):
                    break
            return Grades([one.result() for one in rows], steps, seed, lang)
        finally:  # also of an interruption: what runs is ended, the rest is not begun
            stop.set()
            pool.shutdown(cancel_futures=True)


def table(grades):
    """The rows of grades.csv, dicts."""
    return [csv_row(grades, row) for row in grades.rows]


def csv_row(grades, row):
    """One of them."""
    results = row.results.values()
    found = {"file": row.submission.file, "student": row.submission.student}
    found |= {"points": grades.total(row), "of": grades.full}
    found |= {f"step {step}": row.points(step) if step in row.results else "" for step in grades.steps}
    found |= {
        "hints": sum(row.own(step)["hints_used"] for step in grades.steps),
        "gave up": " ".join(str(step) for step in grades.steps if row.own(step)["gave_up"]),
        "mistakes": "; ".join(f"{r.step}: {name}" for r in results for name in names(r, grades.lang)),
        "same as": "; ".join(
            f"{step}: {', '.join(files)}" for step, files in row.same.items() if step in grades.steps
        ),
        "imports": " ".join(row.odd),
        "note": note(row, grades.lang),
    }
    return found


def names(result, lang):
    """The name of the mistake in a result, else of its family; none if neither is known."""
    if result.mistake in known.BY_KEY:
        return [known.BY_KEY[result.mistake].name.in_(lang)]
    family = known.FAMILIES.get(result.family)
    return [family.in_(lang)] if family else []


def note(row, lang):
    """What is wrong with a submission, and with its steps, but for mistakes that have a name."""
    said = [row.submission.problem.in_(lang)] if row.submission.problem else []
    for result in row.results.values():
        unnamed = result.status == "wrong" and not names(result, lang)
        if (result.status == "broken" or unnamed) and result.lines:
            said.append(f"{result.step}: {last_said(result.lines)}")
    return printable("; ".join(said))[:500]


def last_said(lines):
    """The last sentence of a check, from its mark on, in one line, without the way to a hint."""
    marked = [n for n, line in enumerate(lines) if line.lstrip().startswith("✗")]
    said = " ".join(" ".join(lines[marked[-1] if marked else 0 :]).split())
    for hint in told.HINT:
        said = said.partition(f" {hint}")[0]
    return said[:MOST_SAID]


def safe(value):
    """A value that a spreadsheet takes for a text, not for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else value


def save_csv(path, grades):
    """grades.csv, with the mark by which a spreadsheet sees that it is UTF-8."""
    rows = table(grades)
    with beside(path) as part, open(part, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows({name: safe(value) for name, value in row.items()} for row in rows)


def gradescope(grades, row):
    """What Gradescope reads from results.json: a test per step, with the lines of its check."""
    tests = []
    for step in grades.steps:
        result = row.results.get(step)
        tests.append(
            {
                "name": f"step {step}: {template.STEPS[step][3:]}",
                "score": row.points(step),
                "max_score": FULL,
                "status": "passed" if row.points(step) == FULL else "failed",
                "output": "\n".join(result.lines) if result else f"{template.STEPS[step]}.py: –",
                "visibility": "visible",
            }
        )
    return {"score": grades.total(row), "output": note(row, grades.lang), "tests": tests}


def save_gradescope(path, grades):
    """results.json of the one submission that there is."""
    text = json.dumps(gradescope(grades, grades.rows[0]), ensure_ascii=False, indent=1)
    with beside(path) as part:
        part.write_text(text + "\n", encoding="utf-8")
