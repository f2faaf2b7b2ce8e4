"""What `vitnp self-train` is asked for: its teacher, its students, and their noise."""

import dataclasses
from typing import Any, NamedTuple

from vitnp.commands import train
from vitnp.commands.options import need_counts
from vitnp.errors import InputError, need_int, need_real
from vitnp.inputs.fields import assigned
from vitnp.tasks.self_training import SelfTraining
from vitnp.training.folder import MAY_CHANGE
from vitnp.training.guards import check_dtype
from vitnp.training.recipes import Recipe
from vitnp.training.self_training import need_no_mixup
from vitnp.training.setup import prepare
from vitnp.training.wanted import Wanted

TEACHER, LABELS, ALL_LABELS = "teacher", "labels-only", "all-labels"
BASELINES = (LABELS, "without-noise", "hard-labels", ALL_LABELS)  # the last one is the upper bound
DEPTH = "stochastic_depth_rate"
SIZES = ("epochs", "steps", "batch_size", "micro_batch")  # fields of a recipe that are set for each training
DEPTH_RATE = 0.2  # a survival of 0.8 of the last layer, as in the paper (§3.1)


class Plan(NamedTuple):
    """A series of trainings; the teacher and the student are a `Wanted` without a seed and a file."""

    teacher: Any
    student: Any
    labeled: int
    rounds: int
    threshold: float
    per_class: int | None
    baselines: bool

    @property
    def names(self):
        """The trainings of a seed, in their order."""
        rounds = [round_called(number) for number in range(1, self.rounds + 1)]
        return (TEACHER, *rounds, *(BASELINES if self.baselines else ()))

    @property
    def about(self):
        """{name: value} that is one for all that is in a folder; rounds, seeds and baselines may be added."""
        same = {"labeled": self.labeled, "threshold": self.threshold, "per_class": self.per_class}
        student = {f"student_{name}": value for name, value in dataclasses.asdict(self.student).items()}
        about = dataclasses.asdict(self.teacher) | student | same
        apart = {*MAY_CHANGE, "student_data"}  # which is `data`, and its folder may have moved
        return {name: about[name] for name in about if not {name, name.removeprefix("student_")} & apart}


def round_called(number):
    """The name of the training of a round's student."""
    return f"round-{number}"


def asked(args):
    """(the `Plan`, the teacher's `Setup`, the student's). Raises InputError for what does not fit, before training."""
    wanted = sized(Wanted(**train.asked(args)))
    need_counts(args, "rounds", "per_class", "seeds")
    need_int("--ratio", args.unlabeled, at_least=1)
    need_counts(wanted, "workers", *MAY_CHANGE)
    need_real("--threshold", args.threshold, low=0.0, at_most=1.0)
    if args.student_set and not args.student_model:
        raise InputError("--student-set is of a model that --student-model names; name one, or give --set")
    teacher = noised(wanted)
    setup = prepare(teacher)
    check_dtype(wanted.dtype, SelfTraining(args.unlabeled))
    need_no_mixup(setup.recipe)
    count, each = len(setup.data.train), 1 + args.unlabeled
    need_int("--labeled", args.labeled, at_least=len(setup.data.class_names), at_most=count - 1)
    if setup.recipe.batch_size % each:
        raise InputError(
            f"a step of {setup.recipe.batch_size} images is not divided into 1 labeled image and {args.unlabeled} "
            f"unlabeled ones; give --batch-size {setup.recipe.batch_size // each * each or each}, or another --ratio"
        )
    steps = setup.recipe.total_steps(count)
    teacher = dataclasses.replace(teacher, labels=args.labeled / count, epochs=None, steps=steps)
    if args.student_model:
        wanted = dataclasses.replace(wanted, model=args.student_model, set=args.student_set or ())
    student = dataclasses.replace(noised(wanted), labels=teacher.labels, epochs=None, steps=steps)
    of_student = prepare(student)
    need_whole_batches(wanted.micro_batch, setup.config, of_student.config)
    rows = setup.recipe.batch_size // each
    micro_batch = student.micro_batch and min(student.micro_batch, rows)  # of images, not of rows
    student = dataclasses.replace(student, batch_size=rows, micro_batch=micro_batch, ratio=args.unlabeled)
    numbers = args.labeled, args.rounds, args.threshold, args.per_class, args.baselines
    return Plan(teacher, student, *numbers), setup, of_student


def sized(wanted):
    """The same, with the `SIZES` of --set-recipe given as options: a student has another batch size."""
    found = assigned(wanted.set_recipe, Recipe, option="--set-recipe", example="lr=0.001")
    given = {name: found[name] for name in SIZES if name in found}
    return dataclasses.replace(wanted, set_recipe=without(wanted.set_recipe, SIZES), **given)


def need_whole_batches(micro_batch, *configs):
    """Raise InputError for a micro-batch where a model normalizes over the whole batch."""
    if micro_batch is not None and any(config.batch_statistics for config in configs):
        raise InputError(
            f"--micro-batch is {micro_batch}, and BatchNorm normalizes over the whole batch; leave it out, or give a "
            "smaller --batch-size"
        )


def noised(wanted):
    """What is asked for, with the noise of the paper where nothing else is: RandAugment, stochastic depth."""
    setup = prepare(wanted)
    recipe, fields = list(wanted.set_recipe), list(wanted.set)
    if not wanted.no_augment and not asks(recipe, "augment"):
        recipe.append(f"augment={','.join((*setup.recipe.augment, 'randaugment'))}")
    if hasattr(setup.config, DEPTH) and not asks(fields, DEPTH):
        fields.append(f"{DEPTH}={DEPTH_RATE}")
    return dataclasses.replace(wanted, set_recipe=recipe, set=fields)


def quiet(wanted):
    """The same training without noise: the images as they are, every rate of the model's noise 0."""
    rates = noise_of(prepare(wanted).config)
    fields = [*without(wanted.set, rates), *(f"{name}=0" for name in rates)]
    recipe = without(wanted.set_recipe, ("augment", "dropout"))
    return dataclasses.replace(wanted, set=fields, set_recipe=recipe, no_augment=True, dropout=None)


def noise_of(config):
    """{field: rate} of all that is random in a model in training."""
    names = [field.name for field in dataclasses.fields(config)]
    return {name: getattr(config, name) for name in names if name == DEPTH or name.endswith("dropout_rate")}


def without(assignments, fields):
    """The texts FIELD=VALUE that are of none of these fields."""
    return [text for text in assignments if not any(asks([text], field) for field in fields)]


def asks(assignments, field):
    """Whether one of the texts FIELD=VALUE is of this field."""
    return any(text.partition("=")[0].strip() == field for text in assignments)
