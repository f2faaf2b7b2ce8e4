"""What training cannot go on with, in one line each."""

import math

import numpy as np

from vitnp import tree
from vitnp.data import ImageSource, augment
from vitnp.data.sources import need_source
from vitnp.engine import batch
from vitnp.engine.precision import DTYPES
from vitnp.errors import InputError, counted, need_choice
from vitnp.inputs.checks import misfits, need_fit
from vitnp.tasks.classification import Classification, Head
from vitnp.tasks.masked import MaskedPatches
from vitnp.training.progress import Diverged

IN_FLOAT32 = {Head: "a frozen backbone", MaskedPatches: "a model without labels"}  # what is not float16 yet


def check_fit(data, config, task):
    """Raise InputError unless the model reads what the data has and, if the task learns them, knows its classes."""
    if config.reads != data.reads:
        raise InputError(f"the data is {data.reads} and the model reads {config.reads}; give it other data")
    need_source(data.train)
    need_source(data.test)
    if not len(data.train) or not len(data.test):
        count = counted(len(data.train), data.train.called)
        raise InputError(
            f"the data has {count} to learn from and {len(data.test)} to test; need some of both"
        )
    data.check_fits(config, classes=task.uses_labels)


def check_batches(config, task, recipe, count, *, ranks=1):
    """Raise InputError for batches that no model with BatchNorm is trained with; count: of all training inputs."""
    if not config.batch_statistics or getattr(task, "frozen", False):
        return
    if ranks > 1:
        raise InputError(
            f"a model with BatchNorm is trained by one process, not {ranks}; start it without mpiexec"
        )
    size = recipe.batch_size
    batch.check_together(size, size, recipe.micro_batch or size)
    last = count % size or size
    if 1 in (last, size) and config.map_size == (1, 1) and not hasattr(task, "ratio"):
        raise InputError(
            f"the last batch of {counted(count, 'image')} by {size} is one image, and its last feature "
            "map is one place: BatchNorm needs two values; use another batch_size, or larger images"
        )


def check_augmentation(recipe, source):
    """Raise InputError for an augmentation that is not there, or for any where the source's inputs are no images."""
    augment.check_names(recipe.augment)
    if (recipe.augment or recipe.mixup) and not isinstance(source, ImageSource):
        what = f"augment={','.join(recipe.augment)}" if recipe.augment else f"mixup={recipe.mixup:g}"
        raise InputError(
            f"the recipe has {what}, which is of images; {source.called}s take none, leave it out"
        )


def check_dtype(dtype, task):
    """Raise InputError for a dtype that is not there, or that this is not trained in."""
    need_choice("dtype", dtype, DTYPES)
    if dtype == "float16" and not isinstance(task, Classification):
        what = next((words for kind, words in IN_FLOAT32.items() if isinstance(task, kind)), "this task")
        raise InputError(f"{what} is trained in float32; leave out float16")


def check_same_trees(want, have):
    """Raise InputError unless a state to go on from has the leaves, shapes and dtypes of the one that begins here."""
    wrong = misfits(have, tree.shapes(want)) or [
        f"{name} is {dtype_of(tree.get(have, name))}, need {dtype_of(leaf)}"
        for name, leaf in tree.leaves(want)
        if dtype_of(leaf) != dtype_of(tree.get(have, name))
    ]
    need_fit("the state to go on from is of another model or optimizer", wrong)


def check_place(now, recipe, count):
    """Raise InputError unless the counts of a `Progress` to go on from are those of one place in this training."""
    each, total = recipe.steps_per_epoch(count), recipe.total_steps(count)
    if now.finished:
        right = now.step == total
    else:
        right = now.step == (now.epoch - 1) * each + now.steps <= total and now.steps <= each
        right &= now.images == min(now.steps * recipe.batch_size, count) and now.generator is not None
    if not right or not 0 <= now.optimizer["step"] <= now.step:  # fewer in float16
        raise InputError(
            f"the state to go on from is in no place of a training of {counted(total, 'step')}: epoch {now.epoch:,}, "
            f"step {now.steps:,} of it, {now.step:,} in all, {counted(now.images, 'input')}; begin from another "
            "checkpoint"
        )


def dtype_of(leaf):
    """The dtype of an array, of a number its type's name."""
    return getattr(leaf, "dtype", type(leaf).__name__)


def check_finite(step, lr, loss, norm, p, dp):
    """Raise `Diverged`, with the first leaf that is not finite, unless the loss and the gradient's norm are."""
    if math.isfinite(loss) and math.isfinite(norm):
        return
    raise Diverged(
        f"training stopped at step {step}, lr {lr:.3g}: the loss is {float(loss):.4g} and the gradient's norm "
        f"{float(norm):.4g}; the first leaf that is not finite: {first_not_finite(p, dp)}; "
        "begin anew with a smaller --lr"
    )


def first_not_finite(p, dp=None):
    """The name of the first leaf of p, or of the gradients, with a number that is not finite; "none" if all are."""
    leaves = [*tree.leaves(p), *((f"the gradient of {name}", g) for name, g in tree.leaves(dp or {}))]
    arrays = ((name, leaf) for name, leaf in leaves if getattr(leaf, "size", 0))
    return next((name for name, leaf in arrays if not math.isfinite(float(abs(leaf).max()))), "none")


def check_parameters(step, arrays):
    """Raise `Diverged` if an array of {dotted name: array} is not finite."""
    for name, leaf in arrays.items():
        if leaf.dtype.kind == "f" and not np.isfinite(leaf).all():
            raise Diverged(
                f"training stopped after step {step}: {name} is not finite any more; begin anew with a smaller --lr"
            )
