"""Training: epochs of shuffled, augmented batches through the optimizer. What makes it reliable is in `training/`.

Chance: at the start of an epoch the one generator draws the order of the inputs and a seed. Augmentation and dropout
of the epoch's step i follow from the seed and i, so that the generator's state and i are all that resuming needs, and
the same seed with the same number of workers gives the same parameters to the bit.
"""

import contextlib
import dataclasses
import itertools
import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from vitnp import tree
from vitnp.backend.arrays import array_module
from vitnp.data import augment, batches
from vitnp.engine import batch, precision
from vitnp.engine.ranks import Alone
from vitnp.engine.split import choose_workers
from vitnp.inputs.checks import parameter_of
from vitnp.tasks import Classification
from vitnp.tasks.classification import Head
from vitnp.tasks.evaluate import accuracy
from vitnp.tasks.frozen import represented
from vitnp.training import optim, statistics
from vitnp.training.guards import (
    check_augmentation,
    check_batches,
    check_dtype,
    check_finite,
    check_fit,
    check_place,
    check_same_trees,
)
from vitnp.training.progress import READ_EVERY, Diverged, Epoch, Progress, Step, Stopped
from vitnp.training.recipes.recipe import with_dropout

MONITORED = 256  # training inputs that an epoch's training accuracy is measured on


class How(NamedTuple):
    """What is learned, and with what. Beside the task it changes no more than rounding."""

    task: Any = None  # see `tasks`; None: classes, with the recipe's label smoothing
    workers: int | None = None  # threads; None: as `engine.split.choose_workers` says
    dtype: str = "float32"  # "float16": forward and backward, see `engine.precision`
    comm: Any = None  # what `engine.ranks.connect` gave; None: one process


class Watch(NamedTuple):
    """What a training calls while it runs."""

    stop: Callable | None = None  # asked after every step; where it is true, `Stopped` is raised
    on_step: Callable | None = None  # (progress, step), after every step
    on_epoch: Callable | None = None  # (progress), after every epoch
    on_failure: Callable | None = None  # (progress) between two steps, when an exception ends the training
    on_frozen: Callable | None = None  # (n), after the representations of n more images


class Setting(NamedTuple):
    """What is the same in every step of a training."""

    config: Any
    data: Any
    recipe: Any
    how: How
    watch: Watch

    half = property(lambda self: self.how.dtype == "float16")


def train(p, config, data, recipe, *, rng, how=How(), resume=None, watch=Watch()):
    """Train p in place as the recipe says, and return the history, a list of `Epoch`.

    data: a `DataSet`, or `Sentences`. rng: a generator. resume: the `Progress` to go on from, whose state p and rng
    take. p lies in the memory of NumPy or of CuPy, and there everything is done. Where the recipe averages, p ends as
    the average. Raises InputError where the data does not fit the configuration, `Diverged` where the loss or a
    gradient stops being finite, and `Stopped` where watch.stop asked for it.
    """
    task = how.task or Classification(recipe.label_smoothing)
    check_fit(data, config, task)
    check_augmentation(recipe, data.train)
    check_dtype(how.dtype, task)
    check_batches(config, task, recipe, len(data.train), ranks=(how.comm or Alone()).size)
    config = with_dropout(config, recipe)
    workers = how.workers
    if workers is None:
        workers = choose_workers(recipe.micro_batch or recipe.batch_size, config)
    how = How(task, workers, how.dtype, how.comm or Alone())
    s = Setting(config, data, recipe, how, watch)
    now = start(p, s, rng, resume)
    if representations_stay(task, recipe):
        s = with_representations(now, s)
    steps = recipe.total_steps(len(data.train))
    try:
        while not now.finished:
            train_epoch(now, s, rng, steps)
            measure(now, s, recipe.rate(now.step, steps))
            now.generator, now.finished = rng.bit_generator.state, now.step == steps
            if watch.on_epoch:
                watch.on_epoch(now)
    except (Stopped, Diverged):  # the one has its own state, the other's is worth nothing
        raise
    except Exception:
        if watch.on_failure and not now.torn:
            watch.on_failure(now)
        raise
    for name, leaf in tree.leaves(now.average or {}):
        tree.get(p, name)[...] = leaf
    return now.history


def representations_stay(task, recipe):
    """Whether every step sees the same representations: the head alone learns, and no image is changed."""
    return isinstance(task, Head) and not recipe.augment and not recipe.mixup


def with_representations(now, s):
    """The setting with representations in place of the images, computed once, by every rank for itself."""

    def between(n):
        if s.watch.on_frozen:
            s.watch.on_frozen(n)
        stop_if_asked(now, s)

    how = {"workers": s.how.workers, "between": between}
    train, test = (represented(source, now.p, s.config, **how) for source in s.data[:2])
    return s._replace(data=s.data._replace(train=train, test=test))


def start(p, s, rng, resume):
    """The `Progress` to start from: a fresh one, or rank 0's `resume`, whose parameters are copied into p."""
    learned, comm = s.how.task.learned(p), s.how.comm
    averaged = statistics.averaged(s.how.task, p, s.config)
    average = tree.map(lambda leaf: leaf.copy(), averaged) if s.recipe.average else None
    now = Progress(p, optim.init(learned, s.recipe.optimizer), average, rng.bit_generator.state)
    xp = array_module(parameter_of(p))
    if resume is not None:
        check_same_trees(now.trees(), resume.trees())
        check_place(resume, s.recipe, len(s.data.train))
        for name, leaf in tree.leaves(now.trees()):
            if not isinstance(leaf, int):
                leaf[...] = xp.asarray(tree.get(resume.trees(), name))
        now.optimizer["step"] = resume.optimizer["step"]  # in float16 fewer than all: some are left out
        now = dataclasses.replace(resume, **now.trees())
    if comm.size > 1:
        numbers = comm.broadcast({"rest": now.rest(), "trees": now.trees()})
        now = Progress(**now.trees(), **numbers["rest"])
        now.optimizer["step"] = numbers["trees"]["optimizer"]["step"]
    return now


def train_epoch(now, s, rng, total_steps):
    """The steps that are left of an epoch, perhaps none; the generator ends where the next epoch begins."""
    source, recipe, comm = s.data.train, s.recipe, s.how.comm
    rng.bit_generator.state = now.generator
    order, seed = rng.permutation(len(source)), int(rng.integers(2**62))
    began = time.perf_counter() - now.seconds
    read = batches(
        source,
        order,
        batch_size=recipe.batch_size,
        seed=seed + comm.rank,  # every rank reads inputs of its own, with chances of their own
        change=augment.composed(recipe.augment, source, alpha=recipe.mixup, num_classes=s.config.num_classes),
        first=now.steps,
        share=comm.share,
    )
    with contextlib.closing(read):
        for inputs, labels in itertools.islice(read, total_steps - now.step):
            batch_size = min(recipe.batch_size, len(source) - now.steps * recipe.batch_size)
            lr = recipe.rate(now.step + 1, total_steps)
            inputs = source.prepared(inputs, s.config)
            drop = np.random.default_rng([seed, now.steps, 1])
            loss, dp, of_batch = gradients(now, s, inputs, labels, batch_size, drop)
            stop = s.watch.stop is not None and s.watch.stop()
            if comm.size > 1:
                comm.sum_gradients(dp)
                loss, stop = comm.sum_numbers(float(loss), stop)  # one rank's wish is everybody's
            now.torn = True
            loss, norm = update(now, s, loss, dp, of_batch, lr)
            now.step, now.steps, now.images = now.step + 1, now.steps + 1, now.images + batch_size
            if not s.half or math.isfinite(loss):  # a step that float16 could not hold tells nothing
                now.loss_sum = now.loss_sum + loss * batch_size
            now.seconds = time.perf_counter() - began
            now.torn = False
            if s.watch.on_step:
                s.watch.on_step(now, Step(now.step, now.epoch, loss, norm, lr, batch_size))
            if stop:
                raise Stopped(now)


def gradients(now, s, inputs, labels, batch_size, rng):
    """The loss over the batch, its gradient for what learns, its statistics; of several ranks, this one's share."""
    first, last = s.how.comm.share(batch_size)
    scale = precision.LossScale(*now.scale)
    plan = batch.Plan(
        workers=s.how.workers,
        micro_batch=s.recipe.micro_batch,
        part=(first, batch_size) if last - first < batch_size else None,
        loss_scale=scale.value if s.half else 1.0,
    )
    p = precision.cast(now.p, "float16") if s.half else now.p
    loss, dp, of_batch = batch.run(s.how.task, inputs, labels, p, s.config, rng, plan)
    return loss, precision.unscaled(dp, scale) if s.half else dp, of_batch


def update(now, s, loss, dp, of_batch, lr):
    """Update now.p, the optimizer's state and the average: (loss, the gradients' norm)."""
    norm = optim.clip(dp, s.recipe.clip)
    if s.half:
        norm, loss = float(norm), float(loss)  # the one wait of a step: the scale follows from it
        now.scale = list(precision.LossScale(*now.scale).after(norm))
        if not math.isfinite(norm):  # too large a scale: the step is left out
            return loss, norm
    host = isinstance(norm, float)
    if host or now.step % READ_EVERY == 0:
        check_finite(now.step + 1, lr, loss, norm, now.p, dp)
    optim.update(s.how.task.learned(now.p), dp, now.optimizer, lr=lr, **s.recipe.update_options())
    if of_batch:
        statistics.follow(now.p, of_batch, s.config.batch_norm_momentum)
    if now.average:
        optim.average(now.average, statistics.averaged(s.how.task, now.p, s.config), s.recipe.average)
    return float(loss) if host else loss, norm


def measure(now, s, lr):
    """End the epoch: measure the accuracies, add its `Epoch` to the history, and clear the way for the next."""
    loss = float(now.loss_sum) / now.images
    check_finite(now.step, lr, loss, 0.0, now.p, {})
    p, began = now.best(), time.perf_counter()
    n = len(s.data.train)
    some = np.arange(min(MONITORED, n)) * n // min(MONITORED, n)  # of every class, also where they are sorted
    how = {"workers": s.how.workers, "comm": s.how.comm, "between": lambda: stop_if_asked(now, s)}
    on_train = accuracy(s.how.task, s.data.train, p, s.config, rows=some, **how)
    on_test = accuracy(s.how.task, s.data.test, p, s.config, **how)
    seconds = now.seconds + time.perf_counter() - began
    now.history.append(Epoch(now.epoch, loss, on_train, on_test, lr, seconds, now.images / now.seconds))
    now.epoch += 1
    now.steps, now.images, now.loss_sum, now.seconds = 0, 0, 0.0, 0.0


def stop_if_asked(now, s):
    """Stop during a measurement if asked to. Only with one rank: several would have to agree first."""
    if s.how.comm.size == 1 and s.watch.stop and s.watch.stop():
        raise Stopped(now)
