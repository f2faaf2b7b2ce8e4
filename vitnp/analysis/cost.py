"""What a model costs, by counting: parameters, multiply–adds, bytes.

A multiply–add is one product and one sum inside a matrix product; a FLOP count is twice as large.
"""

import inspect

from vitnp import models
from vitnp.inputs.fields import check_names


def parameters(config):
    """{part of the model: how many parameters}."""
    return {part: models.count(sub) for part, sub in models.of(config).init(None, config).items()}


def multiply_adds(config, **how):
    """{part: multiply–adds of one forward pass of one input}, every matrix product counted; a backward takes twice.

    For a ViT whole=False leaves out what nobody reads, see `models.vit.cost.multiply_adds`; for a network with
    convolutions padding=False leaves out the products with zeros around an image, see `blocks.resnet.multiply_adds`.
    """
    return _counted(models.of(config).multiply_adds, config, how)


def saved_bytes(config, **how):
    """{part: bytes that forward keeps for backward}, see `models.vit.cost.saved_bytes`."""
    return _counted(models.ask(config, "saved_bytes", "count of what is kept for backward"), config, how)


def step_bytes(config, **how):
    """{kind: bytes} of a training step when it holds most, see `models.vit.cost.step_bytes`."""
    return _counted(models.ask(config, "step_bytes", "count of a step's memory"), config, how)


def _counted(count, config, how):
    """count(config, **how). Raises InputError for an option that this model's count has not."""
    options = [name for name in inspect.signature(count).parameters if name != "config"]
    check_names(how, options, f"option of {count.__name__}")
    return count(config, **how)


def mebibytes(n):
    """A number of bytes in MiB, below 1 MiB in KiB, below 1 KiB as it is."""
    if n < 2**10:
        return f"{n} bytes"
    return f"{n / 2**20:,.1f} MiB" if n >= 2**20 else f"{n / 2**10:,.1f} KiB"
