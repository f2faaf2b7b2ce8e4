"""Training: epochs of shuffled, augmented batches through AdamW.

Imports `data`, `optim`, `schedules`, `parallel` and `vit`; only commands import it.
All chance (order, augmentation, dropout) comes from one generator, drawn from in order, so that the same seed
with the same number of workers gives the same parameters to the bit.
"""

import dataclasses
import math
import os
import time
from collections.abc import Callable
from typing import NamedTuple

from vitnp import optim, schedules, tree, vit
from vitnp.data import augment
from vitnp.errors import InputError
from vitnp.parallel import loss_and_grads, predict

# Starting a thread must pay: below this many activations (images · tokens · hidden size · layers) for each,
# one thread was as fast as two. Of the digits model that is 16 images, of ViT-B/16 not even one.
ACTIVATIONS_PER_WORKER = 65_536
MONITORED = 256  # training images that an epoch's training accuracy is measured on


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to train, apart from the model and the data. Raises InputError for numbers that cannot be."""

    epochs: int
    batch_size: int
    lr: float  # after the warm-up, before the decay
    warmup_steps: int
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    clip: float = math.inf  # the largest global norm of a gradient
    augment: Callable | None = None  # (images, rng) → images of the same shape
    position_scale: float = 1.0  # how many times larger than the released code's E_pos starts

    def __post_init__(self):
        for name, low in (
            ("epochs", 1),
            ("batch_size", 1),
            ("warmup_steps", 0),
            ("weight_decay", 0),
            ("position_scale", 0),
        ):
            if not low <= getattr(self, name) < math.inf:
                raise InputError(f"{name} is {getattr(self, name)}; need a number of at least {low}")
        if not 0 < self.lr < math.inf:
            raise InputError(f"lr is {self.lr}; need a number above 0, such as 0.001")
        if not 0 <= self.label_smoothing < 1:
            raise InputError(f"label_smoothing is {self.label_smoothing}; need a number from 0 to below 1")
        if not self.clip > 0:
            raise InputError(f"clip is {self.clip}; need a number above 0")

    def steps_per_epoch(self, num_images):
        """How many batches the images make, the last one perhaps smaller."""
        return math.ceil(num_images / self.batch_size)


# By data set. What the digits' recipe reaches, and how long it takes, is in docs/results.md.
RECIPES = {
    "digits": Recipe(
        epochs=32,
        batch_size=32,
        lr=2e-3,
        warmup_steps=72,
        weight_decay=0.1,
        label_smoothing=0.1,
        clip=1.0,
        augment=augment.affine,
        # A patch token's values are near 1. Beside them E_pos of Normal(0, 0.02²) is not seen for hundreds of
        # steps, which 1,437 images do not give; at 0.5 the model knows from the first step where a patch lies.
        position_scale=25.0,
    ),
}


class Epoch(NamedTuple):
    """What one epoch came to; a history is a list of them."""

    epoch: int  # from 1
    loss: float  # mean over the epoch's images as they were trained on: augmented, with dropout
    train_accuracy: float  # 0…1, on the first training images, not augmented
    test_accuracy: float  # 0…1
    lr: float  # of the last step
    seconds: float  # training and measuring
    images_per_second: float  # of training alone


def initial_parameters(rng, config, recipe):
    """What `vit.init` draws, with E_pos `recipe.position_scale` times as large."""
    p = vit.init(rng, config)
    p["position"]["E_pos"] *= recipe.position_scale
    return p


def train(p, config, data, recipe, *, rng, workers=None, on_step=None, on_epoch=None):
    """Train p in place as the recipe says, and return the history, a list of `Epoch`.

    data is a `DataSet`; rng a generator; workers threads, by default what `choose_workers` says. on_step(step,
    loss) is called after every step, on_epoch(epoch) after every epoch. Raises InputError where the data does
    not fit the configuration, and where the loss or a gradient stops being finite.
    """
    check_fit(data, config)
    workers = choose_workers(recipe.batch_size, config) if workers is None else workers
    images, labels = data.train.images, data.train.labels
    monitored = min(MONITORED, len(labels))
    total_steps = recipe.epochs * recipe.steps_per_epoch(len(labels))
    state, history = optim.init(p), []
    for number in range(1, recipe.epochs + 1):
        started, total_loss = time.perf_counter(), 0.0
        order = rng.permutation(len(labels))
        for first in range(0, len(labels), recipe.batch_size):
            rows = order[first : first + recipe.batch_size]
            batch = images(rows) if recipe.augment is None else recipe.augment(images(rows), rng)
            lr = schedules.cosine(
                state["step"] + 1, lr=recipe.lr, warmup_steps=recipe.warmup_steps, total_steps=total_steps
            )
            loss = train_step(p, state, batch, labels[rows], config, recipe, lr=lr, rng=rng, workers=workers)
            total_loss += loss * len(rows)
            if on_step:
                on_step(state["step"], loss)
        speed = len(labels) / (time.perf_counter() - started)
        mean_loss = total_loss / len(labels)
        on_train = accuracy(images(range(monitored)), labels[:monitored], p, config, workers=workers)
        on_test = accuracy(
            data.test.images(range(len(data.test))), data.test.labels, p, config, workers=workers
        )
        seconds = time.perf_counter() - started
        history.append(Epoch(number, mean_loss, on_train, on_test, lr, seconds, speed))
        if on_epoch:
            on_epoch(history[-1])
    return history


def train_step(p, state, images, labels, config, recipe, *, lr, rng, workers):
    """One update of p and of the optimizer's state, in place; returns the loss before it."""
    loss, dp = loss_and_grads(
        images, labels, p, config, workers=workers, rng=rng, label_smoothing=recipe.label_smoothing
    )
    norm = optim.clip(dp, recipe.clip)
    if not (math.isfinite(loss) and math.isfinite(norm)):
        raise InputError(not_finite(state["step"] + 1, lr, loss, norm, p, dp))
    optim.adamw(p, dp, state, lr=lr, weight_decay=recipe.weight_decay)
    return float(loss)


def accuracy(images, labels, p, config, *, workers=None):
    """The share of the images whose largest logit is the label's, 0…1."""
    return float((predict(images, p, config, workers=workers).argmax(-1) == labels).mean())


def choose_workers(batch_size, config):
    """How many threads a batch is split over: one a core, as far as each has `ACTIVATIONS_PER_WORKER` to do."""
    activations = batch_size * config.num_tokens * config.hidden_size * config.num_layers
    return max(1, min(os.cpu_count() or 1, batch_size, activations // ACTIVATIONS_PER_WORKER))


def check_fit(data, config):
    """Raise InputError unless the model takes the data's images and has its classes."""
    height, width, channels = data.train.shape
    if config.image_size != (height, width) or config.in_channels != channels:
        have, want = (height, width, channels), (*config.image_size, config.in_channels)
        raise InputError(
            f"the images are {have[0]}x{have[1]}x{have[2]}, the model takes {want[0]}x{want[1]}x{want[2]}; "
            f"give it image_size {height}x{width}, in_channels={channels} and a patch_size that divides"
        )
    if config.num_classes != len(data.class_names):
        raise InputError(
            f"the data has {len(data.class_names)} classes, the model {config.num_classes}; "
            f"give it num_classes={len(data.class_names)}"
        )


def not_finite(step, lr, loss, norm, p, dp):
    """One line on a step that cannot be taken: where, and which numbers were the first to go."""
    leaves = [*tree.leaves(p), *((f"the gradient of {name}", g) for name, g in tree.leaves(dp))]
    first = next((name for name, leaf in leaves if not math.isfinite(float(abs(leaf).max()))), "none")
    return (
        f"training stopped at step {step}, lr {lr:.3g}: the loss is {float(loss):.4g} and the gradient's norm "
        f"{norm:.4g}; the first leaf that is not finite: {first}; train with a smaller lr"
    )
