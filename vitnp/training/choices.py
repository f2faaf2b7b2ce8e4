"""What the options of a training choose among: its recipe, its model's name, the fields that --set may name."""

import dataclasses

from vitnp import data, models
from vitnp.errors import InputError
from vitnp.inputs.fields import assigned
from vitnp.training.recipes import LISTED, Recipe, find
from vitnp.weights import described, fetch

COMMANDS = {"images": "train", "sequences": "translate"}  # that train, by what the model reads
SMALLEST = "Ti/16"  # for a recipe that is for a file's weights, or for a model that is not here


def recipe_of(wanted, name):
    """The listed recipe that is asked for, by default the data set's own."""
    if wanted.recipe:
        listed = find(wanted.recipe, wanted.reads)
        if listed.needs_weights and not (wanted.init or wanted.model):
            raise InputError(
                f'the recipe "{listed.name}" is for trained weights; name their file with --init FILE, or an untrained '
                f"model with --model {SMALLEST}"
            )
        return listed
    if name not in data.NAMES:
        data.load(name)  # which says what names there are
    own = [listed for listed in LISTED.values() if listed.data == name and not wanted.init]
    if not own:
        if wanted.init:
            config_class(wanted, None)  # for a model that reads something else no recipe is right
        raise InputError(
            f"which recipe? name one with --recipe: {advised(wanted, name)}; vitnp recipes lists all {len(LISTED)}"
        )
    return own[0]


def advised(wanted, name):
    """The recipes that run with this data set, in words."""
    if wanted.init:
        papers = [
            f'"{one.name}"' for one in LISTED.values() if one.rates and f"--data {name} " in one.command
        ]
        return ", or the paper's ".join(["photos, which goes by the number of pictures", *papers])
    return "cifar10-small, or photos with --init FILE for trained weights"


def model_name(wanted, listed):
    """The preset to train: the one asked for, or the recipe's, or the smallest where that is not here."""
    return wanted.model or (listed.model if listed.model in models.PRESETS else SMALLEST)


def config_class(wanted, listed, known=None):
    """The class whose fields `set` may name: that of the model to train, or of the weights to start from.

    Raises InputError for a model that does not read what is trained on.
    """
    if known:
        return type(models.config_from_dict(known))
    if wanted.init:
        name, Config = wanted.init, described.config_class(fetch.resolve(wanted.init))
    else:
        name = model_name(wanted, listed)
        Config = models.with_preset(name).Config
    if Config.reads != wanted.reads:
        raise InputError(
            f"the model {name} reads {Config.reads}, and vitnp {wanted.command} trains models that read "
            f"{wanted.reads}; name another model, or type vitnp {COMMANDS[Config.reads]}"
        )
    return Config


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
