"""The results of `vitnp vtab` as a table beside the paper's; a mean is of a whole group, or there is none."""

import math
import statistics

from vitnp.course import paper
from vitnp.data import vtab
from vitnp.data.vtab import draw
from vitnp.errors import known, one_line
from vitnp.system.language import Text

COLUMNS = ("task", "group", "seed", "lr", "steps", "training_images", "test_images", "accuracy", "seconds")
PAPERS = {  # {model: {group: {task: accuracy in %}}}
    model: {
        group: {task: values[i] for task, values in tasks.items()} for group, tasks in paper.TABLE_9.items()
    }
    for i, model in enumerate(paper.TABLE_9_MODELS)
}
TASK, ACCURACY = Text("과제", "task"), Text("정확도, %", "accuracy, %")
PAPER = Text("논문의 {}, %", "the paper's {}, %")
DIVERGED = Text("발산", "diverged")
ALL = Text("과제 19개의 평균", "mean of the 19 tasks")
NO_MEAN = Text("과제 {1}개 중 {0}개만 있어 평균 없음", "{} of {} tasks, no mean")
ABSENT = Text("측정하지 않은 과제: {}", "not measured: {}")
OTHER = Text(
    "†: 학습 이미지나 테스트 이미지의 수가 VTAB와 다릅니다",
    "†: another number of training or test images than VTAB's",
)
ERROR = Text(
    "±는 테스트 이미지 수에서 오는 표준 오차 √(p(1 − p)/n)이며, 시드 하나의 결과입니다",
    "± is the standard error that the number of test images gives, √(p(1 − p)/n); of one seed",
)


def is_row(row):
    """Whether what a file holds is a row of results, with the numbers that the table needs."""
    if not isinstance(row, dict) or {*row} != {*COLUMNS}:
        return False
    counts = (row["training_images"], row["test_images"])
    right = row["accuracy"] is None or (isinstance(row["accuracy"], float) and 0 <= row["accuracy"] <= 1)
    return (
        known(row["task"], vtab.TASKS) and right and all(type(count) is int and count > 0 for count in counts)
    )


def mean_of(rows, names):
    """The mean accuracy of these tasks, None unless every one was measured."""
    found = [rows[name]["accuracy"] for name in names if name in rows]
    return statistics.mean(found) if len(found) == len(names) and None not in found else None


def measured(rows, names):
    """Those of the tasks that have an accuracy."""
    return [name for name in names if name in rows and rows[name]["accuracy"] is not None]


def groups():
    """{group: names of its tasks}."""
    return {group: vtab.chosen([group]) for group in vtab.GROUPS}


def summary(rows):
    """What vtab.json says of {task: row}: the mean of each group and of all, null where a task is absent, and those."""
    means = {group: mean_of(rows, names) for group, names in groups().items()}
    there = measured(rows, vtab.TASKS)
    absent = [name for name in vtab.TASKS if name not in there]
    return {"means": means, "mean": mean_of(rows, list(vtab.TASKS)), "absent": absent}


def accuracy_of(row):
    """ "83.10 ± 0.48", in percent."""
    if row["accuracy"] is None:
        return DIVERGED.in_()
    error = math.sqrt(row["accuracy"] * (1 - row["accuracy"]) / row["test_images"])
    return f"{100 * row['accuracy']:.2f} ± {100 * error:.2f}"


def is_other(row):
    """Whether a task had another number of images than VTAB's."""
    of_vtab = draw.TRAIN + draw.CHOOSE, vtab.find(row["task"]).test
    return (row["training_images"], row["test_images"]) != of_vtab


def lines(rows):
    """Yield the lines of a Markdown table of {task: row}, group by group, and what is not in it."""
    yield joined(TASK.in_(), ACCURACY.in_(), *(PAPER.in_().format(model) for model in PAPERS))
    yield joined(*["---"] * (2 + len(PAPERS)))
    for group, names in groups().items():
        for name in names:
            if name in rows:
                theirs = (table[group][name] for table in PAPERS.values())
                yield joined(name + "†" * is_other(rows[name]), accuracy_of(rows[name]), *theirs)
        theirs = (statistics.mean(table[group].values()) for table in PAPERS.values())
        yield joined(f"**{group}**", mean(rows, names), *(f"{value:.1f}" for value in theirs))
    each = [[value for tasks in table.values() for value in tasks.values()] for table in PAPERS.values()]
    theirs = (f"{statistics.mean(values):.1f}" for values in each)
    yield joined(f"**{ALL.in_()}**", mean(rows, list(vtab.TASKS)), *theirs)
    if absent := summary(rows)["absent"]:
        yield ABSENT.in_().format(", ".join(absent))
    if any(map(is_other, rows.values())):
        yield OTHER.in_()
    yield ERROR.in_()


def mean(rows, names):
    """The mean of these tasks in percent, or how many of them there are."""
    if (found := mean_of(rows, names)) is None:
        return NO_MEAN.in_().format(len(measured(rows, names)), len(names))
    return f"{100 * found:.2f}"


def joined(*cells):
    """A row of a Markdown table."""
    return one_line("| " + " | ".join(map(str, cells)) + " |")
