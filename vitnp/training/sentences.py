"""From what a training on sentences is asked for to what it is made of: as `setup` for images."""

import dataclasses

import numpy as np

from vitnp import models
from vitnp.data import sentences
from vitnp.data.sentences.sources import LENGTHS
from vitnp.errors import InputError
from vitnp.inputs.fields import assigned
from vitnp.tasks.translation import Translation
from vitnp.training.choices import changed, config_class
from vitnp.training.guards import check_augmentation
from vitnp.training.recipes import find
from vitnp.training.recipes.recipe import with_dropout
from vitnp.training.setup import Setup

RECIPE = "translate"  # unless another is asked for


def prepare(wanted, known=None):
    """The `Setup` of what is asked for. Raises InputError where it does not fit together.

    known: the configuration of a run that goes on, which the options and the data give again.
    """
    if wanted.task is None:
        raise InputError(
            f"which sentences? name a task with --task: {', '.join(sentences.TASKS)}, or a file of pairs"
        )
    listed = find(wanted.recipe or RECIPE, "sequences")
    wanted = dataclasses.replace(wanted, model=wanted.model or listed.model)
    given = assigned(wanted.set, config_class(wanted, listed), option="--set", example="num_layers=3")
    recipe = changed(listed.recipe, wanted, given)
    found = sentences.opened(wanted.task, seed=wanted.seed, split=wanted.split)
    if decided := sorted(given.keys() & found.fields.keys() - set(LENGTHS)):
        raise InputError(f"the sentences decide {', '.join(decided)}; leave it out of --set")
    check_augmentation(recipe, found.train)
    config = with_dropout(models.preset(wanted.model, **(found.fields | given)), recipe)
    found.check_fits(config)
    rng = np.random.default_rng(wanted.seed)
    p = models.of(config).init(rng, config)
    return Setup(wanted, found, p, config, recipe, rng, Translation(recipe.label_smoothing))
