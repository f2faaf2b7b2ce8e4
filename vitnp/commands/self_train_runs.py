"""The trainings of `vitnp self-train`, one after the other, and the files of pseudo-labels that they learn from."""

import dataclasses

import numpy as np

from vitnp import weights
from vitnp.backend.arrays import get, to_device
from vitnp.commands.self_train_plan import BASELINES, LABELS, TEACHER, quiet, round_called
from vitnp.engine import loss
from vitnp.errors import InputError, some_of
from vitnp.system.language import translated
from vitnp.system.output import say
from vitnp.system.writing import save_csv
from vitnp.tasks import self_training as task
from vitnp.training import self_training as files
from vitnp.training.setup import prepare

PSEUDO = "pseudo-labels"  # the files' names begin so


def of_seed(plan, seed, folder, between):
    """Yield (name, what it is asked for) of every training of a seed.

    Each has to be finished before the next is asked for, since its pseudo-labels may come from it. between(n) is called
    after every n images of a teacher's predictions.
    """
    folder = folder.resolve()  # so that a run finds its pseudo-labels from everywhere
    teacher, student = (dataclasses.replace(one, seed=seed) for one in (plan.teacher, plan.student))
    yield TEACHER, teacher
    before = folder / TEACHER
    for number in range(1, plan.rounds + 1):
        path = folder / f"{PSEUDO}-{number}.npz"
        if not path.exists():
            predict(plan, teacher, before, path, between)
        before = folder / round_called(number)
        yield before.name, dataclasses.replace(student, round=number, pseudo=str(path))
    first = folder / f"{PSEUDO}-1.npz"
    for name in BASELINES if plan.baselines else ():
        path, one = folder / f"{PSEUDO}-{name}.npz", student
        if name == "without-noise":
            path, one = first, quiet(student)
        elif not path.exists():
            without_a_teacher(name, plan, teacher, first, path)
        yield name, dataclasses.replace(one, round=1, pseudo=str(path))


def predict(plan, wanted, before, path, between):
    """Write the pseudo-labels that the model in the folder `before` gives, and beside them the counts per class."""
    p, config = weights.load(before / "model.npz")
    p = to_device(p, get(wanted.backend))
    dataset, (_, unlabeled) = images_of(plan, wanted)
    q = task.teacher_probabilities(unlabeled, p, config, workers=wanted.workers, between=between)
    try:
        rows = task.chosen(q, threshold=plan.threshold, per_class=plan.per_class, seed=wanted.seed)
    except InputError as problem:
        raise InputError(f"{problem}; in the same folder both need --overwrite") from None
    table = list(counts(q, rows, plan.threshold, dataset.class_names))
    save_csv(path.with_suffix(".csv"), table)
    if absent := [row["class"] for row in table if not row["chosen"]]:
        what = f"note: {before.name} predicts none of {some_of(absent)}: no unlabeled image is used for them"
        say(translated(what))
    files.save(path, unlabeled.rows[rows], q[rows])


def counts(q, rows, threshold, class_names):
    """Yield a row per class: how many images have it as their most probable one, and what was chosen of them."""
    classes, top = q.argmax(axis=1), q.max(axis=1)
    for number, name in enumerate(class_names):
        found, taken = classes == number, rows[classes[rows] == number]
        yield {
            "class": name,
            "images": int(found.sum()),
            "above_threshold": int((found & (top >= threshold)).sum()),
            "chosen": len(taken),
            "distinct": len(np.unique(taken)),
            "least_probability": float(top[taken].min()) if len(taken) else None,
        }


def without_a_teacher(name, plan, wanted, first, path):
    """Write what a baseline has in place of the first teacher's probabilities.

    Only "all-labels" reads more labels: of every unlabeled image, each once, whatever the teacher predicts.
    """
    dataset, (labeled, unlabeled) = images_of(plan, wanted)
    classes = len(dataset.class_names)
    rows, q = files.load(first, len(dataset.train), classes)
    if name == "hard-labels":
        q = task.hard(q)
    else:
        rows = np.resize(labeled.rows, len(rows)) if name == LABELS else unlabeled.rows
        smoothing = prepare(wanted).recipe.label_smoothing
        q = loss.targets(dataset.train.labels[rows], classes, np.float32, label_smoothing=smoothing)
    files.save(path, rows, q)


def images_of(plan, wanted):
    """(the data set as the teacher has it, its `task.split`)."""
    dataset = prepare(dataclasses.replace(wanted, labels=None)).data
    return dataset, task.split(dataset.train, plan.labeled, wanted.seed)
