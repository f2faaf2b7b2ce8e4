"""`vitnp recipes [NAME]`: the named recipes, a line each, or one of them in full."""

import dataclasses

from vitnp.training.recipes import LISTED, find


def add_options(parser):
    """The options of `vitnp recipes`."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="show this one in full (default: list all)")
    parser.set_defaults(run=run, only_prints=True)


def run(args):
    """Print the list, or one recipe."""
    if args.name is None:
        width = max(map(len, LISTED))
        for listed in LISTED.values():
            print(f"{listed.name:{width}}  {summary(listed.recipe)}  {listed.accuracy}")
        print("\nvitnp recipes NAME shows one in full, with the command that runs it")
        return 0
    listed = find(args.name)
    print(listed.name)
    for title in ("command", "accuracy", "time", "source"):
        row(title, getattr(listed, title))
    row("model", listed.model or "any, from a file of weights")
    row("data", listed.data)
    for field, value in listed.settings.items():
        row(f"  {field}", value)
    if listed.rates:
        row("lr to choose from", ", ".join(f"{rate:g}" for rate in listed.rates))
    print("recipe")
    for field in dataclasses.fields(listed.recipe):
        value = getattr(listed.recipe, field.name)
        if value is not None:
            row(field.name, value)
    return 0


def summary(recipe):
    """A recipe in a few words."""
    long = f"{recipe.epochs} epochs" if recipe.epochs else f"{recipe.steps:,} steps"
    return f"{long:>12}  batch {recipe.batch_size:>4}  {recipe.optimizer:5}  lr {recipe.lr:<6g}"


def row(title, value):
    """Print a name and its value."""
    print(f"  {title:24}{value}")
