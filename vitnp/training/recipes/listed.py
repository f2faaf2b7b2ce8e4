"""`Listed`: a recipe and all that a reader needs to run it; the command that runs it."""

from collections.abc import Callable
from typing import NamedTuple

from vitnp.training.recipes.recipe import Recipe

NOT_HERE = "not measured here"
SWEEP = (0.001, 0.003, 0.01, 0.03)  # base learning rates, as the paper tries for small sets
AT_A_TIME = 8  # images of the papers' batches, which as a whole take hundreds of gigabytes
UNTRIED = "a start, from common practice with small images; no number of it was tuned"


class Listed(NamedTuple):
    """A recipe with its name, and all that a reader needs to run it."""

    name: str
    recipe: Recipe
    model: str  # a preset, what the tables call a model that is none, or "" where any model will do
    data: str
    settings: dict  # what else the model's configuration gets, image_size first
    command: str
    source: str  # of the recipe's numbers
    accuracy: str  # what to expect, and who measured it
    time: str  # how long it takes, and where
    reads: str = "images"  # what its model reads, or "sequences"
    rates: tuple = ()  # base learning rates to choose from by a held-out part; the recipe has one of them
    hold_out: float = 0.1  # that part, a fraction of the training images
    by_count: Callable | None = (
        None  # (training images, steps or None) → the recipe; None: it is always the same
    )
    by_size: Callable | None = (
        None  # (the pictures' size, the image size asked for or None) → image size, augment
    )

    @property
    def needs_weights(self):
        """Whether it is for a file's weights, and says of no model what it is."""
        return not self.model


def train(name, data, model, settings, micro_batch=None):
    """The command that trains by a recipe; without a model it starts from a file's weights."""
    words = ["vitnp train --recipe", f'"{name}"' if " " in name else name]
    words.append(f"--model {model}" if model else "--init FILE")
    for field, value in settings.items():
        words.append(f"--image-size {value[0]}" if field == "image_size" else f"--set {field}={value}")
    words.append(f"--data {'PICTURES' if data == 'folder' else data}")
    words += [] if micro_batch is None else [f"--micro-batch {micro_batch}"]
    return " ".join([*words, "--out RUN"])
