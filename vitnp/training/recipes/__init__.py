"""How to train, as data. `RECIPES[name]` is a `Recipe`; `LISTED[name]` says more: for what, and what to expect.

recipe.py   the fields, which check themselves
table.py    the named ones: the two tables of the ViT paper, and those that run on a laptop
"""

from vitnp.training.recipes.recipe import Recipe as Recipe
from vitnp.training.recipes.table import LISTED

RECIPES = {name: listed.recipe for name, listed in LISTED.items()}
