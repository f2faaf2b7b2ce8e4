"""From the options of `vitnp train` to data, model and recipe. Imports what a training is made of."""

import dataclasses
import sys
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vitnp import data, models, tree, weights
from vitnp.commands.options import fields, model_config
from vitnp.commands.recipes import find
from vitnp.commands.weights import source
from vitnp.data.folder import split
from vitnp.errors import InputError, need_choice
from vitnp.inputs.checks import misfits
from vitnp.inputs.fields import assigned
from vitnp.inputs.images import ImageConfig
from vitnp.models import vit
from vitnp.models.vit import masked
from vitnp.tasks import masked as masked_task
from vitnp.training.guards import check_dtype, check_fit
from vitnp.training.loop import check_augment, initial_parameters, with_dropout
from vitnp.training.recipes import LISTED, Recipe
from vitnp.training.snapshots import is_training_checkpoint, model
from vitnp.weights import adapt, fetch, native

SMALLEST = "Ti/16"  # for a recipe that is for a file's weights, or for a model that is not here


class Setup(NamedTuple):
    """What a training is made of."""

    data: data.DataSet
    p: dict
    config: Any
    recipe: Recipe
    rng: np.random.Generator
    name: str  # of the model
    task: Any  # None: the classes


def prepare(args):
    """The `Setup` that the options describe. Raises InputError where they do not fit together."""
    name, folder = place(args.data)
    if folder:
        split(Path(folder), args.seed)  # what is wrong with it is said before a recipe is asked for
    task = task_for(args)
    listed = recipe_for(args, name)
    asked = fields(args, config_class(args, listed))
    recipe = changed(listed.recipe, args, asked)
    check_augment(recipe)
    check_dtype(args.dtype, args.freeze, task)
    rng = np.random.default_rng(args.seed)
    if args.init:
        p, config = initial(args)
        dataset = load(name, folder, args, recipe, config)
        if task or config.num_classes != len(dataset.class_names):
            p, config = adapt.new_head(p, config, 0 if task else len(dataset.class_names))
        config = with_dropout(config, recipe)
    else:
        args.model = model_name(args, listed)
        settings = listed.settings if args.model == listed.model else {}
        asked = models.PRESETS[args.model] | settings | asked
        seen = {field: asked[field] for field in ("image_size", "in_channels") if field in asked}
        dataset = load(name, folder, args, recipe, ImageConfig(**seen))
        config = with_dropout(untrained(args, settings, dataset), recipe)
        check_fit(dataset, config)
        config = masked_task.without_head(config) if task else config
        p = initial_parameters(rng, config, recipe)
    if task:
        masked.check(config, **task._asdict())
        p = masked_task.with_task(p, rng, config, task)
        recipe = dataclasses.replace(recipe, mixup=0.0, label_smoothing=0.0)  # which are of labels
    return Setup(dataset, p, config, recipe, rng, args.init or args.model, task)


def model_name(args, listed):
    """The preset to train: --model, or the listed recipe's, or the smallest where that is not here."""
    return args.model or (listed.model if listed.model in models.PRESETS else SMALLEST)


def config_class(args, listed):
    """The class whose fields --set may name: that of the model to train, or of the weights to start from."""
    if args.known:
        return type(models.config_from_dict(args.known))
    if args.init:
        return native.config_class(fetch.resolve(args.init))
    return models.with_preset(model_name(args, listed)).Config


def task_for(args):
    """What is learned without labels, or None."""
    if args.task is None:
        return None
    need_choice("--task", args.task, ("masked-patches",))
    if args.dtype != "float32":
        raise InputError("a model without labels is trained in float32; leave out --dtype")
    return masked_task.MaskedPatches(args.target, args.mask_ratio)


def place(given):
    """(name of the data set, its folder) that --data says: a name, or a folder of pictures."""
    if given not in data.NAMES and Path(given).is_dir():  # a set's name goes before a folder called so
        return "folder", given
    if given not in data.NAMES and Path(given).name != given:
        sets = ", ".join(name for name in data.NAMES if name != "folder")
        raise InputError(f"there is no folder {given}; give a folder of pictures, or one of {sets}")
    return given, None


def load(name, folder, args, recipe, config):
    """The data set; pictures of a folder are prepared as the model of this configuration sees them."""
    if folder is None:
        found = data.load(name, seed=args.seed)
    else:
        found = data.load(
            name,
            seed=args.seed,
            folder=folder,
            image_size=config.image_size,
            in_channels=config.in_channels,
            crops="inception_crop" in recipe.augment,
            on_corrupt=args.on_corrupt,
            # −1 … 1, as every source gives; the mean and the standard deviation are the training's (`prepared`)
            preprocessing=dataclasses.replace(config.preprocessing, mean=0.5, std=0.5),
            say=lambda line: print(f"vitnp: {line}", file=sys.stderr),
        )
    return (
        found if args.labels is None else found._replace(train=data.few(found.train, args.labels, args.seed))
    )


def recipe_for(args, name):
    """The listed recipe that --recipe names, by default the data set's own."""
    if args.recipe:
        return find(args.recipe)
    own = [listed for listed in LISTED.values() if listed.data == name and not args.init]
    if name not in data.NAMES:
        data.load(name)  # which says what names there are
    if not own:
        raise InputError(
            f"which recipe? name one with --recipe, for example --recipe cifar10-small, or to fine-tune "
            f'--recipe "fine-tuning on CIFAR-10"; vitnp recipes lists all {len(LISTED)}'
        )
    return own[0]


def changed(recipe, args, asked):
    """The recipe with the fields that options gave in place of its own; asked: those of the configuration."""
    names = ("epochs", "steps", "batch_size", "micro_batch", "lr", "weight_decay", "dropout")
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    given |= {"augment": ()} if args.no_augment else {}
    given |= assigned(args.set_recipe, Recipe, option="--set-recipe", example="lr=0.001")
    rate = asked.get("dropout_rate")
    if rate is not None:  # the model's own, which a recipe's would overrule
        if given.get("dropout") is not None:
            raise InputError(f"dropout is {given['dropout']} and dropout_rate is {rate}; give one of them")
        given["dropout"] = None
    if ("epochs" in given) != ("steps" in given):  # one takes the other's place
        given = {"epochs": None, "steps": None} | given
    return dataclasses.replace(recipe, **given)


def untrained(args, settings, dataset):
    """The configuration of a model to be trained from nothing: the options', else the data's and the recipe's."""
    height, width, channels = dataset.train.shape
    fitting = {"image_size": (height, width), "in_channels": channels}
    return model_config(args, **(settings | fitting | {"num_classes": len(dataset.class_names)}))


def initial(args):
    """(p, config) of --init: any file of weights, or a checkpoint of an earlier training."""
    if args.known:  # a run that goes on: its checkpoint has the numbers
        config = models.config_from_dict(args.known)
        return tree.map(np.copy, vit.init(None, config)), config
    if args.model:
        raise InputError(f"--init says what the model is; leave out --model {args.model}")
    path, told = source(args, args.init)
    if is_training_checkpoint(path):
        p, config = of_training(path, **told)
    else:
        p, config = weights.load(path, **told)
    # Matrices of torch's libraries are transposed views, on which the optimizer is six times slower.
    return tree.map(lambda leaf: np.ascontiguousarray(leaf, np.float32), p), config


def of_training(path, *, format=None, image_size=None, **overrides):
    """(p, config) of a training checkpoint, told what `load` is. Raises InputError for what does not fit."""
    if format not in (None, "vitnp"):
        raise InputError(f"{path} is a training checkpoint of vitnp; leave out --from {format}")
    p, held = model(path)
    config = native.with_overrides(path, held, overrides)
    if wrong := misfits(p, vit.shapes(config)):
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
