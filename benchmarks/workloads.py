"""What is timed: the models, the batches, forward or a whole training step. Imports nothing but the configuration."""

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the vitnp beside this folder, installed or not

from vitnp.errors import InputError
from vitnp.inputs.config import ModelConfig
from vitnp.inputs.sequences import END, PADDING, SPECIALS, START
from vitnp.models import preset
from vitnp.models.vit.config import ViTConfig

CIFAR = ViTConfig(
    image_size=(32, 32), patch_size=4, hidden_size=64, num_layers=4, num_heads=8, mlp_dim=128, num_classes=10
)
TRANSLATE = preset("translate-small", attention_bias=True)  # as torch.nn.Transformer has it
LARGE = {"hidden_size": 256, "num_layers": 4, "num_heads": 8, "mlp_dim": 1024, "vocabulary_size": 100}
OWN = {
    "cifar": dataclasses.replace(CIFAR, dropout_rate=0.1),
    "S/14": preset("S/16", patch_size=14),
    "translate": TRANSLATE,
    "translate-large": dataclasses.replace(TRANSLATE, **LARGE, source_length=32, target_length=32),
}
WORK = {"forward": "forward", "backward": "forward and backward", "step": "training step with AdamW"}
WORK["epoch"] = "an epoch on the digits with all that belongs to it"
EPOCH_BATCH = 32  # the recipe's

# The work that each contender does: "epoch" is a loop of its own, and bare products have neither loop nor optimizer.
PASSES = ("forward", "backward", "step")
DOES = {
    "vitnp": tuple(WORK),
    "vitnp_tanh": tuple(WORK),
    "torch": tuple(WORK),
    "torch_compile": tuple(WORK),
    "jax": PASSES,
    "onnxruntime": ("forward",),
    "limit": PASSES,  # of a step forward and backward: AdamW has no products
    "recompute": ("backward", "step"),
}


class Case(NamedTuple):
    """One row of the table."""

    config: ModelConfig
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
    if work == "epoch" and (model.partition("+")[0], int(batch_size)) != ("digits", EPOCH_BATCH):
        raise ValueError(f"an epoch is of the digits model on its data; need digits:{EPOCH_BATCH}:epoch")
    changes = {"gelu": "erf"} if model.endswith("+erf") else {}  # B/16+erf: the other GELU
    model = model.removesuffix("+erf")
    if "@" in model:
        model, _, side = model.partition("@")
        changes["image_size"] = (int(side), int(side))
    config = OWN[model] if model in OWN else preset(model)
    if config.reads == "sequences" and (work not in ("backward", "step") or changes):
        raise ValueError(f"translation is timed as it is learned; need {model}:{batch_size}:backward or step")
    return Case(dataclasses.replace(config, **changes), int(batch_size), work)


def misfit(contender, c):
    """Why the contender's numbers would not be those of this case, and what to do; None if they are."""
    if contender not in DOES:
        return f"no contender {contender}; choose from {', '.join(DOES)}"
    if c.work not in DOES[contender]:
        able = [name for name, works in DOES.items() if c.work in works]
        return (
            f'{contender} does not do "{c.work}" but {", ".join(DOES[contender])}; '
            f"leave it out, or choose from {', '.join(able)}"
        )
    if c.config.reads == "sequences" and contender not in ("vitnp", "torch", "recompute"):
        return f"{contender} has only models of images; leave it out"
    if contender in ("jax", "onnxruntime", "torch_compile") and c.config.family != "vit":
        return f"{contender} has only the ViT; leave it out"
    if contender == "vitnp_tanh" and getattr(c.config, "gelu", "tanh") == "tanh":
        return "vitnp_tanh is the twin of a case with erf, and this one has tanh; need MODEL+erf:BATCH:WORK"
    return None


def check(parser, names, contenders=()):
    """Leave in one line, with status 2, before anything is measured, where a name given to a command is no case, or a
    contender does something else."""
    for name in names:
        try:
            c = case(name)
        except ValueError as problem:
            parser.error(f'case "{name}": {problem}; need MODEL:BATCH:WORK such as B/16:8:backward')
        for contender in contenders:
            if why := misfit(contender, c):
                parser.error(f'case "{name}": {why}')


def check_folder(parser, folder):
    """Leave in the same way where the results could not be written: before half an hour is spent on them."""
    from vitnp.training.place import writable  # here, as contenders import this file and are to hold little

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


FULL_SIZE = ("B/16:8:backward", "B/16:8:forward", "B/16:1:backward", "B/16:1:forward", "S/14:8:forward")
SMALL = ("cifar:50:step", "cifar:50:forward", "digits:32:step", "digits:32:forward")


def with_erf(name):
    """The same case with the other GELU."""
    return name.replace(":", "+erf:", 1)


RESNETS = [f"{model}:8:{work}" for model in ("R50x1", "R50+B/16") for work in ("forward", "backward")]
TRANSLATIONS = ["translate:64:step", "translate-large:32:step"]
# Every row of docs/benchmarks.md, and the few of --quick.
TABLE = [*FULL_SIZE, *SMALL, *(with_erf(name) for name in FULL_SIZE + SMALL), *RESNETS, *TRANSLATIONS]
QUICK = ["B/16:8:backward", "B/16:1:forward", "cifar:50:step", "digits:32:step"]


def title(name):
    """The case in the words of the page."""
    model, batch_size, work = name.split(":")
    model = model.replace("cifar", "CIFAR-sized").replace("+erf", ", GELU erf")
    return f"{model}, batch {batch_size}, {WORK[work]}"


def data(case):
    """Random images, float32, and labels, or pairs of sentences as a task of translation has them: the same for all."""
    rng = np.random.default_rng(0)
    c = case.config
    if c.reads == "sequences":
        source = sentences(rng, case.batch_size, c.source_length, c.vocabulary_size)
        target = sentences(rng, case.batch_size, c.target_length, c.vocabulary_size)
        start, end = np.full((case.batch_size, 1), START), (target != PADDING).sum(axis=1)
        target = np.pad(np.concatenate([start, target], axis=1), ((0, 0), (0, 1)))
        target[np.arange(case.batch_size), end + 1] = END
        return source, target
    images = rng.standard_normal((case.batch_size, *c.image_size, c.in_channels), dtype=np.float32)
    return images, rng.integers(0, c.num_classes, case.batch_size)


def sentences(rng, count, most, vocabulary_size):
    """Random symbols in rows of half to all of `most`, padded."""
    ids = rng.integers(SPECIALS, vocabulary_size, (count, most))
    lengths = rng.integers((most + 1) // 2, most + 1, count)
    lengths[0] = most
    return np.where(np.arange(most) < lengths[:, None], ids, PADDING)
