"""From what is asked for to what a training is made of: data, model, recipe, task."""

import dataclasses
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vitnp import data, models, tree, weights
from vitnp.data import augment, vtab
from vitnp.data.folder import split
from vitnp.errors import InputError, need_choice
from vitnp.inputs.checks import misfits, shapes
from vitnp.inputs.images import overrides
from vitnp.system.output import say_new
from vitnp.tasks import Classification, targets
from vitnp.tasks.classification import Head
from vitnp.tasks.masked import MaskedPatches, with_task, without_head
from vitnp.tasks.self_training import SelfTraining
from vitnp.training import self_training
from vitnp.training.choices import changed, config_class, model_name, recipe_of
from vitnp.training.guards import check_batches, check_dtype, check_fit
from vitnp.training.recipes import Recipe
from vitnp.training.recipes.recipe import with_dropout
from vitnp.training.snapshots import is_training_checkpoint, model
from vitnp.weights import adapt, fetch, native


class Setup(NamedTuple):
    """What a training is made of."""

    wanted: Any  # with the model that was chosen
    data: Any  # a `DataSet`, or sentences
    p: dict
    config: Any
    recipe: Recipe
    rng: np.random.Generator
    task: Any

    name = property(lambda self: self.wanted.init or self.wanted.model)
    unit = property(lambda self: f"{self.data.train.called}s")


def prepare(wanted, known=None):
    """The `Setup` of what is asked for. Raises InputError where it does not fit together.

    known: the configuration, as JSON has it, of a run that goes on; its checkpoint has the parameters.
    """
    name, folder = data.place(wanted.data)
    if folder and not wanted.vtab:
        split(Path(folder), wanted.seed)  # what is wrong with it is said before a recipe is asked for
    task = task_of(wanted)
    listed = recipe_of(wanted, name)
    given = overrides(wanted.image_size, wanted.set, config_class(wanted, listed, known))
    listed, given = by_size(listed, given, wanted)
    recipe = changed(listed.recipe, wanted, given)
    augment.check_names(recipe.augment)
    check_dtype(wanted.dtype, task)
    rng = np.random.default_rng(wanted.seed if wanted.round is None else [wanted.seed, wanted.round])
    if wanted.init:
        p, config = initial(wanted, given, known)
        dataset = fitted(opened(wanted), wanted, recipe, config)
        if not task.uses_labels:
            targets.check(config, **task._asdict())
        classes = len(dataset.class_names) if task.uses_labels else 0
        if not task.uses_labels or config.num_classes != classes or wanted.new_head:
            p, config = adapt.new_head(p, config, classes)
        config = with_dropout(config, recipe)
    else:
        if wanted.new_head:
            raise InputError(
                "--new-head is of a file's weights; name it with --init FILE, or leave --new-head out"
            )
        wanted = dataclasses.replace(wanted, model=model_name(wanted, listed))
        settings = listed.settings if wanted.model == listed.model else {}
        own = opened(wanted)
        config = with_dropout(untrained(wanted.model, settings, given, own), recipe)
        dataset = fitted(own, wanted, recipe, config)
        check_fit(dataset, config, Classification())
        if not task.uses_labels:
            targets.check(config, **task._asdict())
            config = without_head(config)
        p = initial_parameters(rng, config, recipe)
    if listed.by_count:
        count = len(dataset.train)
        steps = changed(listed.by_count(count), wanted, given).total_steps(count)
        recipe = changed(listed.by_count(count, steps), wanted, given)
    if task.uses_labels:
        task = task if wanted.pseudo else type(task)(recipe.label_smoothing)
    else:
        p = with_task(p, rng, config, task)
        recipe = dataclasses.replace(recipe, mixup=0.0, label_smoothing=0.0)  # which are of labels
    check_batches(config, task, recipe, len(dataset.train))
    return Setup(wanted, dataset, p, config, recipe, rng, task)


def opened(wanted):
    """The data set that is asked for, before a model is chosen."""
    if wanted.vtab:
        return vtab.opened(wanted.vtab, wanted.data, seed=wanted.seed, choose=wanted.hold_out is not None)
    return data.opened(wanted.data, seed=wanted.seed)


def by_size(listed, given, wanted):
    """(the recipe, {field: value} of the configuration) for the size of the set's pictures, where it goes by that."""
    if listed.by_size is None:
        return listed, given
    pictures = data.picture_size(opened(wanted).train)
    image_size, augmented = listed.by_size(pictures, given.get("image_size"))

    def by_count(*how):
        return dataclasses.replace(listed.by_count(*how), augment=augmented)

    recipe = dataclasses.replace(listed.recipe, augment=augmented)
    return listed._replace(recipe=recipe, by_count=by_count), {"image_size": image_size} | given


def task_of(wanted):
    """What is learned: classes, by all of the model, its head alone or with a teacher's help, or masked patches."""
    if wanted.pseudo:
        return SelfTraining(wanted.ratio)
    if wanted.task is None:
        return Head() if wanted.freeze else Classification()
    need_choice("--task", wanted.task, ("masked-patches",))
    if wanted.dtype != "float32":
        raise InputError("a model without labels is trained in float32; leave out --dtype")
    return MaskedPatches(wanted.target, wanted.mask_ratio)


def fitted(dataset, wanted, recipe, config):
    """The opened data set as the model takes it, and as much of it as is asked for."""
    found = data.fitted(
        dataset,
        config,
        augment=recipe.augment,
        on_corrupt=wanted.on_corrupt,
        say=lambda line: say_new(f"vitnp: {line}", sys.stderr),
    )
    train, test, count = found.train, found.test, len(found.train)
    if wanted.vtab:  # one epoch is the whole training, so that the test images are looked at once, at its end
        if recipe.steps is None:
            raise InputError("a training on VTAB is counted in steps; give --steps in place of epochs")
        return found._replace(train=data.repeated(train, max(recipe.steps * recipe.batch_size, count)))
    if wanted.labels is not None:
        train = data.part(train, wanted.labels, wanted.seed)
    if wanted.hold_out is not None:  # of the labels that there are; the test images stay unseen
        train, test = data.held_out(train, wanted.hold_out, wanted.seed)
    if wanted.pseudo:
        train = self_training.data_of(train, found.train, len(found.class_names), wanted, recipe)
    elif wanted.labels is not None:  # so that an epoch has as many steps as with all
        train = data.repeated(train, count)
    return found._replace(train=train, test=test)


def untrained(name, settings, given, dataset):
    """The configuration of a model to be trained from nothing: what is given, else the data's and the recipe's."""
    own = {"num_classes": len(dataset.class_names)}
    if dataset.train.shape is not None:  # pictures in files have any size
        height, width, channels = dataset.train.shape
        own |= {"image_size": (height, width), "in_channels": channels}
    return models.preset(name, **(settings | own | given))


def initial_parameters(rng, config, recipe):
    """What the model's init draws, position embeddings (E_pos, E_rel, …) `recipe.position_scale` times as large."""
    p = models.of(config).init(rng, config)
    for name, leaf in tree.leaves(p):
        if name.rpartition(".")[2].startswith("E_"):
            leaf *= recipe.position_scale
    return p


def initial(wanted, given, known):
    """(p, config) to start from: any file of weights, or a checkpoint of an earlier training."""
    if known:  # a run that goes on: its checkpoint has the parameters
        config = models.config_from_dict(known)
        return tree.map(np.copy, models.of(config).init(None, config)), config
    if wanted.model:
        raise InputError(f"--init says what the model is; leave out --model {wanted.model}")
    native.need_no_classes(given, "leave it out: the head gets the data's classes")
    path, how = fetch.resolve(wanted.init), given | {"format": wanted.source_format}
    p, config = of_training(path, **how) if is_training_checkpoint(path) else weights.load(path, **how)
    # Matrices of torch's libraries are transposed views, on which the optimizer is six times slower.
    return tree.map(lambda leaf: np.ascontiguousarray(leaf, np.float32), p), config


def of_training(path, *, format=None, image_size=None, **overrides):
    """(p, config) of a training checkpoint, with the options of `weights.load`. Raises InputError for a misfit."""
    if format not in (None, "vitnp"):
        raise InputError(f"{path} is a training checkpoint of vitnp; leave out --from {format}")
    p, held = model(path)
    config = native.with_overrides(path, held, overrides)
    if wrong := misfits(p, shapes(models.of(config).init, config)):
        raise InputError(f"{path} does not hold the model that --set says: {wrong[0]}")
    return (p, config) if image_size is None else adapt.new_image_size(p, config, image_size)
