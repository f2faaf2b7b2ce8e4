"""Training: epochs of shuffled, augmented batches through AdamW.

Imports `data`, `optim`, `parallel`, `recipes` and `vit`; only commands import it.
All chance (order, augmentation, dropout) comes from one generator, drawn from in order, so that the same seed
with the same number of workers gives the same parameters to the bit.
"""

import math
import time
from typing import NamedTuple

from vitnp import optim, tree, vit
from vitnp.data import augment
from vitnp.errors import InputError
from vitnp.parallel import choose_workers, loss_and_grads, predict

AUGMENTATIONS = {"affine": augment.affine}
MONITORED = 256  # training images that an epoch's training accuracy is measured on


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
    """What `vit.init` draws, with the position embeddings (E_pos, E_rel, …) `recipe.position_scale` times as large."""
    p = vit.init(rng, config)
    for name, leaf in tree.leaves(p):
        if name.rpartition(".")[2].startswith("E_"):
            leaf *= recipe.position_scale
    return p


def train(p, config, data, recipe, *, rng, workers=None, on_step=None, on_epoch=None):
    """Train p in place as the recipe says, and return the history, a list of `Epoch`.

    data is a `DataSet`; rng a generator; workers threads, by default what `choose_workers` says. on_step(step,
    loss) is called after every step, on_epoch(epoch) after every epoch. Raises InputError where the data does
    not fit the configuration, and where the loss or a gradient stops being finite.
    """
    check_fit(data, config)
    workers = choose_workers(recipe.batch_size, config) if workers is None else workers
    images, labels = data.train_images, data.train_labels
    total_steps = recipe.total_steps(len(labels))
    state, history = optim.init(p, recipe.optimizer), []
    for number in range(1, recipe.epochs + 1):
        started, total_loss = time.perf_counter(), 0.0
        order = rng.permutation(len(labels))
        for first in range(0, len(labels), recipe.batch_size):
            rows = order[first : first + recipe.batch_size]
            batch = images[rows]
            for name in recipe.augment:
                batch = AUGMENTATIONS[name](batch, rng)
            lr = recipe.rate(state["step"] + 1, total_steps)
            loss = train_step(p, state, batch, labels[rows], config, recipe, lr=lr, rng=rng, workers=workers)
            total_loss += loss * len(rows)
            if on_step:
                on_step(state["step"], loss)
        speed = len(labels) / (time.perf_counter() - started)
        mean_loss = total_loss / len(labels)
        on_train = accuracy(images[:MONITORED], labels[:MONITORED], p, config, workers=workers)
        on_test = accuracy(data.test_images, data.test_labels, p, config, workers=workers)
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
    optim.update(p, dp, state, lr=lr, **recipe.update_options())
    return float(loss)


def accuracy(images, labels, p, config, *, workers=None):
    """The share of the images whose largest logit is the label's, 0…1."""
    return float((predict(images, p, config, workers=workers).argmax(-1) == labels).mean())


def check_fit(data, config):
    """Raise InputError unless the model takes the data's images and has its classes."""
    height, width, channels = data.train_images.shape[1:]
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
