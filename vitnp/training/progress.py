"""What a training is between two steps, and what it tells. Imports `tree`, `errors`, `precision`."""

import dataclasses
from typing import NamedTuple

from vitnp import tree
from vitnp.engine.precision import LossScale
from vitnp.errors import InputError

READ_EVERY = 16  # steps on a device between two readings of the loss; each reading waits for the device


class Step(NamedTuple):
    """What one step came to."""

    step: int  # from 1, over the whole training
    epoch: int  # from 1
    loss: float  # before the update; a number on the device where p lies there
    norm: float  # the gradient's, before it was clipped
    lr: float
    images: int  # of the step's batch


class Epoch(NamedTuple):
    """What one epoch came to; a history is a list of them."""

    epoch: int  # from 1
    loss: float  # mean over the epoch's images as they were trained on: augmented, with dropout
    train_accuracy: float  # 0…1, on some of the training images, not augmented
    test_accuracy: float  # 0…1
    lr: float  # of the last step
    seconds: float  # training and measuring
    images_per_second: float  # of training alone


TREES = ("p", "optimizer", "average")


@dataclasses.dataclass
class Progress:
    """All that a training is between two steps: who has it can go on, bit for bit.

    The order of an epoch's images and all chance in it follow from `generator`; `steps` says how far it is.
    """

    p: dict
    optimizer: dict  # the optimizer's state
    average: dict | None = None  # Polyak's, where the recipe has one
    generator: dict | None = None  # the generator's state at the start of the epoch
    epoch: int = 1  # the one under way
    steps: int = 0  # done of it
    step: int = 0  # done in all
    images: int = 0  # trained on in the epoch so far
    loss_sum: float = 0.0  # over them
    seconds: float = 0.0  # that the epoch took so far
    history: list = dataclasses.field(default_factory=list)  # of the `Epoch`s done
    scale: list = dataclasses.field(default_factory=lambda: list(LossScale()))  # of the loss, in float16
    finished: bool = False  # every step is done

    def trees(self):
        """{field: tree} of the fields that hold arrays."""
        return {name: getattr(self, name) for name in TREES if getattr(self, name) is not None}

    def best(self):
        """The parameters to measure and to keep: the average, as far as there is one."""
        return tree.from_leaves((dict(tree.leaves(self.p)) | dict(tree.leaves(self.average or {}))).items())

    def rest(self):
        """{field: value} of the others."""
        return {name: value for name, value in vars(self).items() if name not in TREES}


class Stopped(Exception):
    """A training that was asked to stop, and did so between two steps: `progress` is where it stands."""

    def __init__(self, progress):
        super().__init__(f"stopped after step {progress.step}")
        self.progress = progress


class Diverged(InputError):
    """A loss or a gradient that is not finite any more."""
