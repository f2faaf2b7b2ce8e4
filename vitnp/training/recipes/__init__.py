"""How to train, as data. `RECIPES[name]` is a `Recipe`; `LISTED[name]` says more: for what, and what to expect.

recipe.py   the fields, which check themselves
listed.py   a recipe with its name, command, source and result
table.py    those of the two tables of the ViT paper, and BiT's pre-training
own.py      those that run on a laptop, and those that go by the number of pictures
photos.py, hyperrule.py   how these two do so
sentences.py   those for models of sequences
"""

from vitnp.errors import InputError, did_you_mean
from vitnp.training.recipes.own import by_pictures, small
from vitnp.training.recipes.recipe import Recipe as Recipe
from vitnp.training.recipes.sentences import sentences
from vitnp.training.recipes.table import bit_pretraining, fine_tuning, pretraining

LISTED = {
    listed.name: listed
    for rows in (small, by_pictures, fine_tuning, pretraining, bit_pretraining, sentences)
    for listed in rows()
}
RECIPES = {name: listed.recipe for name, listed in LISTED.items()}


def find(name, reads=None):
    """The listed recipe; upper and lower case are the same. Raises InputError, naming the near ones.

    reads: what the model to train reads, which the recipe has to be for.
    """
    by_case = {known.lower(): known for known in LISTED}
    if name.lower() not in by_case:
        hint = did_you_mean(name, LISTED)
        raise InputError(f'recipe "{name}" is unknown; {hint}vitnp recipes lists all {len(LISTED)}')
    listed = LISTED[by_case[name.lower()]]
    if reads not in (None, listed.reads):
        raise InputError(
            f'the recipe "{listed.name}" is for a model that reads {listed.reads}; type {listed.command}'
        )
    return listed
