"""What is timed: the models, the batches, forward or a whole training step. Imports nothing but the configuration."""

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the vitnp beside this folder, installed or not

from vitnp.config import ViTConfig, preset
from vitnp.errors import InputError

CIFAR = ViTConfig(
    image_size=(32, 32), patch_size=4, hidden_size=64, num_layers=4, num_heads=8, mlp_dim=128, num_classes=10
)
WORK = {"forward": "forward", "backward": "forward and backward", "step": "training step with AdamW"}
WORK["epoch"] = "an epoch on the digits with all that belongs to it"


class Case(NamedTuple):
    """One row of the table."""

    config: ViTConfig
    batch_size: int
    work: str  # a key of WORK


def case(name):
    """The case called `name`: MODEL:BATCH:WORK, for example B/16:8:backward or cifar:50:step."""
    if name.count(":") != 2:
        raise ValueError("it has not three parts")
    model, batch_size, work = name.split(":")
    if not batch_size.isdecimal() or int(batch_size) < 1:
        raise ValueError(f"batch {batch_size} is no number of images")
    if work not in WORK:
        raise ValueError(f"work {work} is none of {', '.join(WORK)}")
    model, _, form = model.partition("+")  # B/16+erf: the other GELU
    changes = {"gelu": form} if form else {}
    if model == "cifar":
        return Case(dataclasses.replace(CIFAR, dropout_rate=0.1, **changes), int(batch_size), work)
    if "@" in model:
        model, _, side = model.partition("@")
        changes["image_size"] = (int(side), int(side))
    return Case(preset(model, **changes), int(batch_size), work)


def check(parser, names):
    """Leave in one line, with status 2, where a name given to a command is no case: before anything is measured."""
    for name in names:
        try:
            case(name)
        except ValueError as problem:
            parser.error(f'case "{name}": {problem}; need MODEL:BATCH:WORK such as B/16:8:backward')


def check_folder(parser, folder):
    """Leave in the same way where the results could not be written: before half an hour is spent on them."""
    from vitnp.training.run import writable  # here, as contenders import this file and are to hold little

    try:
        writable(folder)
    except InputError as problem:
        parser.error(str(problem))


def at_least(least):
    """A type for argparse: whole numbers from `least` on."""

    def number(text):
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} is no whole number of at least {least}")
        return int(text)

    return number


FULL_SIZE = ("B/16:8:backward", "B/16:8:forward", "B/16:1:backward", "B/16:1:forward")
SMALL = ("cifar:50:step", "cifar:50:forward", "digits:32:step", "digits:32:forward")


def with_erf(name):
    """The same case with the other GELU."""
    return name.replace(":", "+erf:", 1)


# Every row of docs/benchmarks.md, and the few of --quick.
TABLE = [*FULL_SIZE, *SMALL, *(with_erf(name) for name in FULL_SIZE + SMALL)]
QUICK = ["B/16:8:backward", "B/16:1:forward", "cifar:50:step", "digits:32:step"]


def title(name):
    """The case in the words of the page."""
    model, batch_size, work = name.split(":")
    model = model.replace("cifar", "CIFAR-sized").replace("+erf", ", GELU erf")
    return f"{model}, batch {batch_size}, {WORK[work]}"


def data(case):
    """Random images and labels, float32: the same for everyone."""
    rng = np.random.default_rng(0)
    c = case.config
    images = rng.standard_normal((case.batch_size, *c.image_size, c.in_channels), dtype=np.float32)
    return images, rng.integers(0, c.num_classes, case.batch_size)
