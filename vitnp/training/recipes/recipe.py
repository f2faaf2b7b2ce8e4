"""`Recipe`: how to train, in a form that checks itself. Imports `errors`, `optim`, `schedules`."""

import dataclasses
import math

from vitnp.errors import InputError, need_choice, need_int, need_real
from vitnp.training import optim, schedules


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to train, apart from the model and the data. Raises InputError for numbers that cannot be.

    Exactly one of epochs and steps is given; the other is None.
    """

    epochs: int | None = None
    steps: int | None = None  # updates in all
    batch_size: int  # images an update
    micro_batch: int | None = None  # images a forward and backward, their gradients added; None: batch_size
    lr: float  # after the warm-up, before the decay
    schedule: str = "cosine"  # a name of schedules.SCHEDULES
    warmup_steps: int = 0
    optimizer: str = "adamw"  # a name of optim.MOMENTS
    momentum: float = 0.9  # SGD's μ
    beta1: float = 0.9  # Adam's β₁ and β₂
    beta2: float = 0.999
    weight_decay: float = 0.0  # λ, of weight matrices
    clip: float = math.inf  # the largest global norm of a gradient
    dropout: float | None = None  # None: the model's own rate
    label_smoothing: float = 0.0
    augment: tuple = ()  # names of augmentations, in this order
    mixup: float = 0.0  # α of Beta(α, α); 0: none
    average: float = 0.0  # the decay of Polyak averaging; 0: none
    position_scale: float = 1.0  # how many times larger than the released code's E_pos, or E_rel …, starts

    def __post_init__(self):
        if (self.epochs is None) == (self.steps is None):
            raise InputError(f"epochs is {self.epochs} and steps is {self.steps}; give one of them")
        for name, low in (
            ("epochs", 1),
            ("steps", 1),
            ("batch_size", 1),
            ("micro_batch", 1),
            ("warmup_steps", 0),
        ):
            if getattr(self, name) is not None or name in ("batch_size", "warmup_steps"):
                need_int(name, getattr(self, name), at_least=low)
        if self.micro_batch is not None and self.micro_batch > self.batch_size:
            raise InputError(
                f"micro_batch is {self.micro_batch}; need at most batch_size, which is {self.batch_size}"
            )
        if isinstance(self.augment, str) or not all(isinstance(name, str) for name in self.augment):
            raise InputError(f'augment is {self.augment!r}; need a tuple of names, such as ("flip",)')
        for name in ("weight_decay", "mixup", "position_scale"):
            need_real(name, getattr(self, name), low=0, below=math.inf)
        for name in ("momentum", "beta1", "beta2", "label_smoothing", "average"):
            need_real(name, getattr(self, name), low=0, below=1)
        if self.dropout is not None:
            need_real("dropout", self.dropout, low=0, below=1)
        need_real("lr", self.lr, low=0, below=math.inf, open_at_low=True)
        if self.clip != math.inf:
            need_real("clip", self.clip, low=0, below=math.inf, open_at_low=True)
        need_choice("optimizer", self.optimizer, optim.MOMENTS)
        need_choice("schedule", self.schedule, schedules.SCHEDULES)

    def steps_per_epoch(self, num_images):
        """How many batches the images make, the last one perhaps smaller."""
        return math.ceil(num_images / self.batch_size)

    def total_steps(self, num_images):
        """How many updates the recipe makes of this many training images."""
        return self.steps or self.epochs * self.steps_per_epoch(num_images)

    def rate(self, step, total_steps):
        """The learning rate of a step, counted from 1."""
        schedule = schedules.SCHEDULES[self.schedule]
        return schedule(step, lr=self.lr, warmup_steps=self.warmup_steps, total_steps=total_steps)

    def update_options(self):
        """What `optim.update` is told in every step, apart from lr."""
        names = ("optimizer", "weight_decay", "momentum", "beta1", "beta2")
        return {name: getattr(self, name) for name in names}
