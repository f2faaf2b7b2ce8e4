"""The state of a training between two steps, and the records of its steps and epochs."""

import dataclasses
from typing import NamedTuple

from vitnp import tree
from vitnp.engine.precision import LossScale
from vitnp.errors import InputError

READ_EVERY = 16  # steps on a device between two readings of the loss; each reading waits for the device


class Step(NamedTuple):
    """The result of one step."""

    step: int  # from 1, over the whole training
    epoch: int  # from 1
    loss: float  # before the update; a number on the device if p is there
    norm: float  # of the gradient, before clipping
    lr: float
    images: int  # or sentences, of the step's batch


class Epoch(NamedTuple):
    """The result of one epoch; a history is a list of them."""

    epoch: int  # from 1
    loss: float  # the training loss: mean over the epoch's inputs, augmented and with dropout
    train_accuracy: float  # 0…1, on some of the training inputs, not augmented
    test_accuracy: float  # 0…1
    lr: float  # of the last step
    seconds: float  # of training and evaluation
    images_per_second: float  # or sentences, of training alone


TREES = ("p", "optimizer", "average")


@dataclasses.dataclass
class Progress:
    """The complete state of a training between two steps; enough to resume it bit for bit.

    The order of an epoch's inputs and all its random numbers follow from `generator`; `steps` of the epoch are done.
    """

    p: dict
    optimizer: dict  # the optimizer's state
    average: dict | None = None  # Polyak's, if the recipe has one
    generator: dict | None = None  # the generator's state at the start of the epoch
    epoch: int = 1  # the current one
    steps: int = 0  # done in this epoch
    step: int = 0  # done in total
    images: int = 0  # or sentences, trained on in the epoch so far
    loss_sum: float = 0.0  # over those
    seconds: float = 0.0  # of the epoch so far
    history: list = dataclasses.field(default_factory=list)  # of the `Epoch`s done
    scale: list = dataclasses.field(default_factory=lambda: list(LossScale()))  # of the loss, in float16
    finished: bool = False  # every step is done
    torn: bool = False  # in the middle of an update: not to be saved

    def trees(self):
        """{field: tree} of the fields that hold arrays."""
        return {name: getattr(self, name) for name in TREES if getattr(self, name) is not None}

    def best(self):
        """The parameters to evaluate and save: the average for the leaves that have one."""
        return tree.from_leaves((dict(tree.leaves(self.p)) | dict(tree.leaves(self.average or {}))).items())

    def rest(self):
        """{field: value} of the other fields."""
        return {name: value for name, value in vars(self).items() if name not in (*TREES, "torn")}


class Stopped(Exception):
    """Raised by a training that was asked to stop, between two steps; `progress` is its state."""

    def __init__(self, progress):
        super().__init__(f"stopped after step {progress.step}")
        self.progress = progress


class Diverged(InputError):
    """The loss or a gradient is no longer finite."""
