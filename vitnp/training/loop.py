"""Training: epochs of shuffled, augmented batches through the optimizer. What makes it reliable is in `training/`.

Chance: at the start of an epoch the one generator draws the order of the images and a seed. Augmentation and dropout
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
from vitnp.data import DataSet, augment, batches
from vitnp.engine import precision
from vitnp.engine.batch import loss_and_grads
from vitnp.engine.ranks import Alone
from vitnp.engine.split import choose_workers
from vitnp.errors import need_choice
from vitnp.inputs.checks import parameter_of
from vitnp.models import vit
from vitnp.models.vit.config import ViTConfig
from vitnp.tasks import head
from vitnp.tasks.evaluate import Classes, accuracy, prepared
from vitnp.training import optim
from vitnp.training.guards import check_dtype, check_finite, check_fit
from vitnp.training.progress import READ_EVERY, Epoch, Progress, Step, Stopped
from vitnp.training.recipes import Recipe

MONITORED = 256  # training images that an epoch's training accuracy is measured on
# by the names of a recipe
AUGMENTATIONS = {name: getattr(augment, name) for name in ("affine", "crop", "flip", "inception_crop")}


class Setting(NamedTuple):
    """What is the same in every step of a training."""

    task: Any
    config: ViTConfig
    data: DataSet
    recipe: Recipe
    workers: int
    comm: Any
    frozen: bool  # only the head learns
    half: bool  # forward and backward in float16, see `precision`
    stop: Callable
    on_step: Callable


def initial_parameters(rng, config, recipe):
    """What `vit.init` draws, with the position embeddings (E_pos, E_rel, …) `recipe.position_scale` times as large."""
    p = vit.init(rng, config)
    for name, leaf in tree.leaves(p):
        if name.rpartition(".")[2].startswith("E_"):
            leaf *= recipe.position_scale
    return p


def with_dropout(config, recipe):
    """The configuration with the recipe's dropout, where it has one."""
    return config if recipe.dropout is None else dataclasses.replace(config, dropout_rate=recipe.dropout)


def train(
    p,
    config,
    data,
    recipe,
    *,
    rng,
    workers=None,
    freeze=None,
    dtype="float32",
    task=None,
    comm=None,
    resume=None,
    stop=None,
    on_step=None,
    on_epoch=None,
):
    """Train p in place as the recipe says, and return the history, a list of `Epoch`.

    data: a `DataSet`. rng: a generator. workers: threads, by default what `choose_workers` says. freeze: "backbone"
    to train the head alone. dtype: "float16" for the forward and backward pass, see `precision`. task: what to learn,
    by default the classes that the labels say. comm: what `distributed.connect` gave. Where the recipe averages, p
    ends as the average. resume: the `Progress` to go on from, whose numbers p and rng are given. stop() is asked after
    every step, and a yes raises `Stopped`. on_step(progress, step) is called after every step, on_epoch(progress)
    after every epoch. p lies in the memory of NumPy or of CuPy, and there everything is done. Raises InputError where
    the data does not fit the configuration, and `Diverged` where the loss or a gradient stops being finite.
    """
    check_fit(data, config, classes=task is None)
    check_augment(recipe)
    if freeze is not None:
        need_choice("freeze", freeze, ("backbone",))
    check_dtype(dtype, freeze, task)
    half = dtype == "float16"
    config = with_dropout(config, recipe)
    workers = choose_workers(recipe.micro_batch or recipe.batch_size, config) if workers is None else workers
    task = task or Classes(loss_and_grads, accuracy)
    s = Setting(
        task, config, data, recipe, workers, comm or Alone(), freeze == "backbone", half, stop, on_step
    )
    now = begin(p, s, rng, resume)
    steps = recipe.total_steps(len(data.train))
    while not now.finished:
        train_epoch(now, s, rng, steps)
        measure(now, s, recipe.rate(now.step, steps))
        now.generator, now.finished = rng.bit_generator.state, now.step == steps
        if on_epoch:
            on_epoch(now)
    for name, leaf in tree.leaves(now.average or {}):
        tree.get(p, name)[...] = leaf
    return now.history


def begin(p, s, rng, resume):
    """The `Progress` before the first step, or where rank 0's `resume` stands; p gets its numbers."""
    learned = head.learned(p) if s.frozen else p
    average = tree.map(lambda leaf: leaf.copy(), learned) if s.recipe.average else None
    now = Progress(p, optim.init(learned, s.recipe.optimizer), average, rng.bit_generator.state)
    xp = array_module(parameter_of(p))
    if resume is not None:
        for name, leaf in tree.leaves(now.trees()):
            if not isinstance(leaf, int):
                leaf[...] = xp.asarray(tree.get(resume.trees(), name))
        now.optimizer["step"] = resume.optimizer["step"]  # in float16 fewer than all: some are left out
        now = dataclasses.replace(resume, **now.trees())
    if s.comm.size > 1:
        numbers = s.comm.broadcast({"rest": now.rest(), "trees": now.trees()})
        now = Progress(**now.trees(), **numbers["rest"])
        now.optimizer["step"] = numbers["trees"]["optimizer"]["step"]
    return now


def train_epoch(now, s, rng, total_steps):
    """The steps that are left of an epoch, perhaps none; the generator ends where the next epoch begins."""
    source, recipe = s.data.train, s.recipe
    rng.bit_generator.state = now.generator
    order, seed = rng.permutation(len(source)), int(rng.integers(2**62))
    began = time.perf_counter() - now.seconds
    read = batches(
        source,
        order,
        batch_size=recipe.batch_size,
        seed=seed + s.comm.rank,  # every rank reads images of its own, with chances of their own
        augment=augmented(recipe.augment, source),
        mixup=recipe.mixup,
        num_classes=s.config.num_classes,
        first=now.steps,
        share=s.comm.share,
    )
    with contextlib.closing(read):
        for images, labels in itertools.islice(read, total_steps - now.step):
            batch_size = min(recipe.batch_size, len(source) - now.steps * recipe.batch_size)
            lr = recipe.rate(now.step + 1, total_steps)
            drop = np.random.default_rng([seed, now.steps, 1])
            loss, norm, stop = train_step(now, s, images, labels, batch_size, lr=lr, rng=drop)
            now.step, now.steps, now.images = now.step + 1, now.steps + 1, now.images + batch_size
            if not s.half or math.isfinite(loss):  # a step that float16 could not hold tells nothing
                now.loss_sum = now.loss_sum + loss * batch_size
            now.seconds = time.perf_counter() - began
            if s.on_step:
                s.on_step(now, Step(now.step, now.epoch, loss, norm, lr, batch_size))
            if stop:
                raise Stopped(now)


def train_step(now, s, images, labels, batch_size, *, lr, rng):
    """One update of now.p and of the optimizer's state: (loss before it, norm of its gradient, whether to stop)."""
    learned = head.learned(now.p) if s.frozen else now.p
    loss, dp = gradients(now, s, images, labels, batch_size, rng)
    stop = s.stop is not None and s.stop()
    if s.comm.size > 1:
        s.comm.sum_gradients(dp)
        loss, stop = s.comm.sum_numbers(float(loss), stop)  # one rank's wish is everybody's
    norm = optim.clip(dp, s.recipe.clip)
    if s.half:
        norm, loss = float(norm), float(loss)  # the one wait of a step: the scale follows from it
        now.scale = list(precision.LossScale(*now.scale).after(norm))
        if not math.isfinite(norm):  # too large a scale: the step is left out
            return loss, norm, stop
    host = isinstance(norm, float)
    if host or now.step % READ_EVERY == 0:
        check_finite(now.step + 1, lr, loss, norm, now.p, dp)
    optim.update(learned, dp, now.optimizer, lr=lr, **s.recipe.update_options())
    if now.average:
        optim.average(now.average, learned, s.recipe.average)
    return float(loss) if host else loss, norm, stop


def gradients(now, s, images, labels, batch_size, rng):
    """The loss over the batch and its gradient for what learns; of several ranks, this rank's part of both."""
    first, last = s.comm.share(batch_size)
    images = prepared(images, s.config.preprocessing)
    options = {"workers": s.workers, "label_smoothing": s.recipe.label_smoothing}
    options |= {"part": (first, batch_size)} if last - first < batch_size else {}
    if s.frozen:
        return head.loss_and_grads(images, labels, now.p, s.config, **options)
    options |= {"micro_batch": s.recipe.micro_batch} if s.recipe.micro_batch else {}
    if s.half:
        scale = precision.LossScale(*now.scale)
        return precision.loss_and_grads(images, labels, now.p, s.config, scale, rng=rng, **options)
    return s.task.loss_and_grads(images, labels, now.p, s.config, rng=rng, **options)


def measure(now, s, lr):
    """End the epoch: measure the accuracies, add its `Epoch` to the history, and clear the way for the next."""
    loss = float(now.loss_sum) / now.images
    check_finite(now.step, lr, loss, 0.0, now.p, {})
    p, began = now.best(), time.perf_counter()
    n = len(s.data.train)
    some = np.arange(min(MONITORED, n)) * n // min(MONITORED, n)  # of every class, also where they are sorted
    options = {"workers": s.workers, "comm": s.comm, "between": lambda: between(now, s)}
    on_train = s.task.accuracy(s.data.train, p, s.config, rows=some, **options)
    on_test = s.task.accuracy(s.data.test, p, s.config, **options)
    seconds = now.seconds + time.perf_counter() - began
    now.history.append(Epoch(now.epoch, loss, on_train, on_test, lr, seconds, now.images / now.seconds))
    now.epoch, now.steps, now.images, now.loss_sum, now.seconds = now.epoch + 1, 0, 0, 0.0, 0.0


def between(now, s):
    """Stop between two batches of a measurement. Several ranks cannot agree there, and go on to the next step."""
    if s.comm.size == 1 and s.stop and s.stop():
        raise Stopped(now)


def check_augment(recipe):
    """Raise InputError for an augmentation that is not there."""
    for name in recipe.augment:
        need_choice("augment", name, AUGMENTATIONS)


def augmented(names, source):
    """The augmentations with these names one after the other, or None; what the source does itself is left to it."""
    names = [name for name in names if not (name == "inception_crop" and getattr(source, "crops", False))]

    def all_of_them(images, rng):
        for name in names:
            images = AUGMENTATIONS[name](images, rng)
        return images

    return all_of_them if names else None
