"""`Recipe`: how to train, in a form that checks itself. Imports `errors`, `inputs`, `optim`, `schedules`."""

import dataclasses
import math
from typing import ClassVar

from vitnp.errors import InputError
from vitnp.inputs.fields import Checked, choice, declared, names, real, whole
from vitnp.training import optim, schedules


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe(Checked):
    """How to train, apart from the model and the data. Raises InputError for numbers that cannot be.

    Exactly one of epochs and steps is given; the other is None.
    """

    called: ClassVar[str] = "recipe"
    epochs: int | None = whole(None)
    steps: int | None = whole(None)  # updates in all
    batch_size: int = whole()  # images or sentences per update
    micro_batch: int | None = whole(None)  # as many per forward and backward, gradients added; None: all
    lr: float = real(open_at_low=True)  # after the warm-up, before the decay
    schedule: str = choice(*schedules.SCHEDULES)
    decay_at: tuple | None = declared(
        schedules.shares, None, kind="a list of shares such as 0.3,0.6,0.9"
    )  # staircase's
    warmup_steps: int = whole(0, at_least=0)
    optimizer: str = choice(*optim.MOMENTS, default="adamw")
    momentum: float = real(0.9, below=1)  # SGD's μ
    beta1: float = real(0.9, below=1)  # Adam's β₁ and β₂
    beta2: float = real(0.999, below=1)
    eps: float = real(1e-8, low=1e-30)  # Adam's ε
    weight_decay: float = real(0.0)  # λ, of weight matrices
    clip: float = real(math.inf, open_at_low=True, at_most=math.inf)  # the largest global norm of a gradient
    dropout: float | None = real(None, below=1)  # None: the model's own rate
    label_smoothing: float = real(0.0, below=1)
    augment: tuple = names(example="flip")  # names of augmentations, in this order
    mixup: float = real(0.0)  # α of Beta(α, α); 0: none
    average: float = real(0.0, below=1)  # the decay of Polyak averaging; 0: none
    position_scale: float = real(1.0)  # how many times larger than in the released code E_pos, E_rel … start

    def fits(self):
        """Raise InputError where two fields do not fit together."""
        if (self.epochs is None) == (self.steps is None):
            raise InputError(f"epochs is {self.epochs} and steps is {self.steps}; give one of them")
        if self.decay_at is not None and self.schedule != "staircase":
            raise InputError(
                f"decay_at is {self.decay_at} and schedule is {self.schedule}; it is of the schedule staircase alone"
            )
        if self.micro_batch is not None and self.micro_batch > self.batch_size:
            raise InputError(
                f"micro_batch is {self.micro_batch}; need at most batch_size, which is {self.batch_size}"
            )

    def steps_per_epoch(self, count):
        """How many batches so many training inputs make, the last one perhaps smaller."""
        return math.ceil(count / self.batch_size)

    def total_steps(self, count):
        """How many updates the recipe makes of so many training inputs."""
        return self.steps or self.epochs * self.steps_per_epoch(count)

    def rate(self, step, total_steps):
        """The learning rate of a step, counted from 1."""
        schedule, how = schedules.SCHEDULES[self.schedule], {"lr": self.lr, "warmup_steps": self.warmup_steps}
        how |= {} if self.decay_at is None else {"decay_at": self.decay_at}
        return schedule(step, **how, total_steps=total_steps)

    def update_options(self):
        """The options of `optim.update`, apart from lr."""
        names = ("optimizer", "weight_decay", "momentum", "beta1", "beta2", "eps")
        return {name: getattr(self, name) for name in names}


def with_dropout(config, recipe):
    """The configuration with the recipe's dropout, where it has one; a ResNet has none, and 0.0 is none."""
    if recipe.dropout is None or (recipe.dropout == 0 and not hasattr(config, "dropout_rate")):
        return config
    return dataclasses.replace(config, dropout_rate=recipe.dropout)
