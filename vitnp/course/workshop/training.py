"""The training on digits with a student's steps in the library's place, and the same with the library's alone.

Imports `swap`, `training`.
"""

from typing import Any, NamedTuple

from vitnp.course.workshop.swap import swapped
from vitnp.training.loop import How, Watch, train
from vitnp.training.setup import prepare
from vitnp.training.wanted import Wanted

APART = 1e-3  # relative
# Below this step a loss that is apart is not rounding's. Measured on seeds 0 and 1: the templates and the library part
# at steps 215 and 201, the library and six mistakes of steps 5 and 6 between 11 and 60.
ROUNDING = 100


class Run(NamedTuple):
    """What came of a training."""

    history: list  # of `Epoch`
    losses: list  # of every step
    p: dict
    config: Any
    data: Any


def trained(steps, *, epochs, seed, on_epoch=None, stop=None):
    """Train on digits with these steps, {step: {name: function}}; {} is the library alone. Returns a `Run`.

    on_epoch(Epoch) after each; stop() is asked after every step, and where it is true `Stopped` is raised. On one
    thread, so that what a student prints stands in order.
    """
    setup = prepare(Wanted(epochs=epochs, seed=seed, dropout=0.0, workers=1))
    losses = []
    watch = Watch(
        stop,
        on_step=lambda progress, step: losses.append(float(step.loss)),
        on_epoch=lambda progress: on_epoch(progress.history[-1]) if on_epoch else None,
    )
    with swapped(steps):
        history = train(
            setup.p,
            setup.config,
            setup.data,
            setup.recipe,
            rng=setup.rng,
            how=How(setup.task, 1),
            watch=watch,
        )
    return Run(history, losses, setup.p, setup.config, setup.data)


def first_apart(losses, others):
    """The first step, from 1, whose loss differs by more than `APART`; None where none does."""
    pairs = enumerate(zip(losses, others, strict=False), start=1)
    return next((step for step, (a, b) in pairs if not abs(a - b) <= APART * abs(b)), None)


def compared(steps):
    """The steps at which the two losses are shown: 1, 10, 100, …, and the last."""
    return sorted({1, *(10**k for k in range(1, 7) if 10**k < steps), steps}) if steps else []
