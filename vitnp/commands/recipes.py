"""`vitnp recipes [NAME]`: the named recipes, a line each, or one of them in full."""

import dataclasses
import math
import re

from vitnp import models
from vitnp.analysis import cost
from vitnp.errors import counted
from vitnp.training.recipes import LISTED, find
from vitnp.training.recipes.photos import TYPICAL


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
    if listed.by_count:
        of = " of 96x96 pixels or more" if listed.by_size else ""
        row(
            "numbers below", f"for {TYPICAL:,} training images{of}; for others it chooses others, and says so"
        )
    if (words := memory(listed)) is not None:
        row("memory", words)
    row("model", listed.model or "any, from a file of weights")
    row("data", listed.data)
    for field, value in listed.settings.items():
        row(f"  {field}", value)
    if listed.rates:
        row("lr to choose from", ", ".join(f"{rate:g}" for rate in listed.rates))
        row("held out to choose it", f"{listed.hold_out:.0%}, by vitnp fine-tune")
    print("recipe")
    for field in dataclasses.fields(listed.recipe):
        value = getattr(listed.recipe, field.name)
        if value is not None:
            row(field.name, value)
    return 0


def memory(listed):
    """What a step holds, as the command says and with all images at once; None where it is not counted."""
    name = listed.model or "B/16"
    micro_batch = re.search(r"--micro-batch (\d+)", listed.command)
    if micro_batch is None:
        return None
    config = models.preset(name, image_size=listed.settings["image_size"])
    if not hasattr(models.of(config), "step_bytes"):
        return None
    size, B = sum(cost.parameters(config).values()), listed.recipe.batch_size
    # The loader is two batches of float32 ahead of the one in work, and augmentation copies one.
    images = 4 * B * math.prod(config.image_size) * config.in_channels * 4
    all_at_once, in_parts = (
        (
            images
            + 12 * size
            + sum(cost.step_bytes(config, batch_size=B, workers=1, micro_batch=part).values())
        )
        / 1e9
        for part in (None, int(micro_batch[1]))
    )
    return f"{in_parts:,.0f} GB, and {all_at_once:,.0f} GB with all {B:,} images at once ({name}, one thread)"


def summary(recipe):
    """A recipe in a few words."""
    long = counted(recipe.epochs, "epoch") if recipe.epochs else counted(recipe.steps, "step")
    return f"{long:>12}  batch {recipe.batch_size:>4}  {recipe.optimizer:5}  lr {recipe.lr:<6g}"


def row(title, value):
    """Print a name and its value."""
    print(f"  {title:24}{value}")
