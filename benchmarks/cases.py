"""What is timed: the models, the batches, forward or a whole training step. Imports nothing but the configuration."""

import dataclasses
from typing import NamedTuple

import numpy as np

from vitnp.config import ViTConfig, preset

CIFAR = ViTConfig(
    image_size=(32, 32), patch_size=4, hidden_size=64, num_layers=4, num_heads=8, mlp_dim=128, num_classes=10
)


class Case(NamedTuple):
    """One row of the table."""

    config: ViTConfig
    batch_size: int
    work: str  # "forward", "backward" (forward and backward) or "step" (with AdamW)


def case(name):
    """The case called `name`: MODEL:BATCH:WORK, for example B/16:8:backward or cifar:50:step."""
    model, batch_size, work = name.split(":")
    model, _, form = model.partition("+")  # B/16+erf: the other GELU
    changes = {"gelu": form} if form else {}
    if model == "cifar":
        return Case(dataclasses.replace(CIFAR, dropout_rate=0.1, **changes), int(batch_size), work)
    if "@" in model:
        model, _, side = model.partition("@")
        changes["image_size"] = (int(side), int(side))
    return Case(preset(model, **changes), int(batch_size), work)


def data(case):
    """Random images and labels, float32: the same for everyone."""
    rng = np.random.default_rng(0)
    c = case.config
    images = rng.standard_normal((case.batch_size, *c.image_size, c.in_channels), dtype=np.float32)
    return images, rng.integers(0, c.num_classes, case.batch_size)
