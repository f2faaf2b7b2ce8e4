"""From what is asked for to what a training is made of: data, model, recipe, task."""

import dataclasses
import sys
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vitnp import data, models, tree, weights
from vitnp.data import augment
from vitnp.data.folder import split
from vitnp.errors import InputError, need_choice
from vitnp.inputs.checks import misfits, shapes
from vitnp.inputs.fields import assigned
from vitnp.inputs.images import overrides
from vitnp.system.output import say
from vitnp.tasks import Classification, targets
from vitnp.tasks.classification import Head
from vitnp.tasks.masked import MaskedPatches, with_task, without_head
from vitnp.training.guards import check_dtype, check_fit
from vitnp.training.loop import with_dropout
from vitnp.training.recipes import LISTED, Recipe, find
from vitnp.training.snapshots import is_training_checkpoint, model
from vitnp.training.wanted import Wanted
from vitnp.weights import adapt, fetch, native

SMALLEST = "Ti/16"  # for a recipe that is for a file's weights, or for a model that is not here


class Setup(NamedTuple):
    """What a training is made of."""

    wanted: Wanted  # with the model that was chosen
    data: data.DataSet
    p: dict
    config: Any
    recipe: Recipe
    rng: np.random.Generator
    task: Any

    name = property(lambda self: self.wanted.init or self.wanted.model)


def prepare(wanted, known=None):
    """The `Setup` of what is asked for. Raises InputError where it does not fit together.

    known: the configuration, as JSON has it, of a run that goes on; its checkpoint has the parameters.
    """
    name, folder = data.place(wanted.data)
    if folder:
        split(Path(folder), wanted.seed)  # what is wrong with it is said before a recipe is asked for
    task = task_of(wanted)
    listed = recipe_of(wanted, name)
    given = overrides(wanted.image_size, wanted.set, config_class(wanted, listed, known))
    recipe = changed(listed.recipe, wanted, given)
    augment.check_names(recipe.augment)
    check_dtype(wanted.dtype, task)
    rng = np.random.default_rng(wanted.seed)
    if wanted.init:
        p, config = initial(wanted, given, known)
        dataset = fitted(data.opened(wanted.data, seed=wanted.seed), wanted, recipe, config)
        if not task.uses_labels:
            targets.check(config, **task._asdict())
        classes = len(dataset.class_names) if task.uses_labels else 0
        if not task.uses_labels or config.num_classes != classes:
            p, config = adapt.new_head(p, config, classes)
        config = with_dropout(config, recipe)
    else:
        wanted = dataclasses.replace(wanted, model=model_name(wanted, listed))
        settings = listed.settings if wanted.model == listed.model else {}
        own = data.opened(wanted.data, seed=wanted.seed)
        config = with_dropout(untrained(wanted.model, settings, given, own), recipe)
        dataset = fitted(own, wanted, recipe, config)
        check_fit(dataset, config, Classification())
        if not task.uses_labels:
            targets.check(config, **task._asdict())
            config = without_head(config)
        p = initial_parameters(rng, config, recipe)
    if task.uses_labels:
        task = type(task)(recipe.label_smoothing)
    else:
        p = with_task(p, rng, config, task)
        recipe = dataclasses.replace(recipe, mixup=0.0, label_smoothing=0.0)  # which are of labels
    return Setup(wanted, dataset, p, config, recipe, rng, task)


def task_of(wanted):
    """What is learned: classes, by all of the model or its head alone, or masked patches."""
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
        say=lambda line: say(f"vitnp: {line}", sys.stderr),
    )
    if wanted.hold_out is not None:  # the test images stay unseen
        rest, held = data.held_out(found.train, wanted.hold_out, wanted.seed)
        found = found._replace(train=rest, test=held)
    if wanted.labels is None:
        return found
    return found._replace(train=data.few(found.train, wanted.labels, wanted.seed))


def recipe_of(wanted, name):
    """The listed recipe that is asked for, by default the data set's own."""
    if wanted.recipe:
        return find(wanted.recipe)
    own = [listed for listed in LISTED.values() if listed.data == name and not wanted.init]
    if name not in data.NAMES:
        data.load(name)  # which says what names there are
    if not own:
        raise InputError(
            f"which recipe? name one with --recipe, for example --recipe cifar10-small, or to fine-tune "
            f'--recipe "fine-tuning on CIFAR-10"; vitnp recipes lists all {len(LISTED)}'
        )
    return own[0]


def model_name(wanted, listed):
    """The preset to train: the one asked for, or the recipe's, or the smallest where that is not here."""
    return wanted.model or (listed.model if listed.model in models.PRESETS else SMALLEST)


def config_class(wanted, listed, known=None):
    """The class whose fields `set` may name: that of the model to train, or of the weights to start from."""
    if known:
        return type(models.config_from_dict(known))
    if wanted.init:
        return native.config_class(fetch.resolve(wanted.init))
    return models.with_preset(model_name(wanted, listed)).Config


def changed(recipe, wanted, given):
    """The recipe with the fields that were asked for in place of its own; given: those of the configuration."""
    names = ("epochs", "steps", "batch_size", "micro_batch", "lr", "weight_decay", "dropout")
    new = {name: getattr(wanted, name) for name in names if getattr(wanted, name) is not None}
    new |= {"augment": ()} if wanted.no_augment else {}
    new |= assigned(wanted.set_recipe, Recipe, option="--set-recipe", example="lr=0.001")
    rate = given.get("dropout_rate")
    if rate is not None:  # the model's own, which a recipe's would overrule
        if new.get("dropout") is not None:
            raise InputError(f"dropout is {new['dropout']} and dropout_rate is {rate}; give one of them")
        new["dropout"] = None
    if ("epochs" in new) != ("steps" in new):  # one takes the other's place
        new = {"epochs": None, "steps": None} | new
    return dataclasses.replace(recipe, **new)


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
    native.need_no_classes(given)
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


def about_data(name, dataset):
    """What tells one data set from another, for a checkpoint to remember."""
    train, test = dataset.train, dataset.test
    return {
        "name": name,
        "images": [len(train), len(test)],
        "shape": list(train.shape),
        "classes": list(dataset.class_names),
        "labels": zlib.crc32(np.concatenate([train.labels, test.labels]).astype("<i8").tobytes()),
    }
