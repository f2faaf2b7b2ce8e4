"""The trainings of a claim: one data set, small models of equal size, one recipe without augmentation."""

import dataclasses
import statistics
import time
from typing import NamedTuple

import numpy as np

from vitnp import data, models
from vitnp.commands import series
from vitnp.commands.options import comma_separated, need_counts
from vitnp.engine import batch
from vitnp.errors import InputError, counted, did_you_mean, need_near, quoted
from vitnp.training.choices import recipe_of
from vitnp.training.folder import MAY_CHANGE
from vitnp.training.loop import MONITORED
from vitnp.training.setup import prepare
from vitnp.training.wanted import Wanted

# {shape of the images: what their small models are called after}
OF_SHAPE = {(8, 8, 1): "digits", (28, 28, 1): "fashion"}
# {family of models: its name in tables}
NAMES = {"vit": "ViT", "bit": "BiT", "hybrid": "hybrid", "cnn": "CNN", "rnn": "RNN", "mlp": "MLP"}
SETS = ("digits", "mnist", "fashion-mnist")  # whose images have such a shape
AROUND = 0.5  # seconds a training takes beside its steps and measurements: its files, its curves


class Trainings(NamedTuple):
    """What the trainings of a claim have in common, checked."""

    wanted: Wanted  # without model, seed and labels
    setups: dict  # {family of a model: its `Setup` for seed 0}

    data = property(lambda self: next(iter(self.setups.values())).data)

    def one(self, family, seed, **how):
        """What one training is asked for."""
        return dataclasses.replace(self.wanted, model=self.setups[family].name, seed=seed, **how)


def add_options(parser, steps, names=NAMES):
    """The options of a claim that trains the models `names`.

    steps: {what the models are called after: the default of --steps}.
    """
    defaults = ", ".join(f"{count:,} for {name}" for name, count in steps.items())
    parser.add_argument(
        "--data", default="digits", metavar="NAME", help=f"{', '.join(SETS)} (default digits)"
    )
    parser.add_argument(
        "--models", metavar="A,B,…", help=f"of {', '.join(names)}, all of equal size (default: all of them)"
    )
    parser.add_argument("--steps", type=int, metavar="N", help=f"of every training (default {defaults})")
    parser.add_argument("--batch-size", type=int, metavar="B", help="images per step (default: the recipe's)")
    parser.add_argument("--lr", type=float, help="learning rate after the warm-up (default: the recipe's)")
    parser.add_argument("--workers", type=int, metavar="N", help="threads (default: as many as pay)")


def asked(args, steps, names=NAMES):
    """The `Trainings` that the options ask for. Raises InputError for what does not fit together."""
    need_near("--data", args.data, SETS)
    need_counts(args, "steps", "batch_size", "workers")
    kind = OF_SHAPE[data.opened(args.data).train.shape]
    families = list(names) if args.models is None else comma_separated(args.models, "--models")
    for family in families:
        if family not in names:
            raise InputError(
                f"--models is {quoted(family)}; {did_you_mean(family.partition('-')[0], names)}choose from "
                f"{', '.join(names)}: each is the preset for the images of {args.data}"
            )
    count = steps[kind] if args.steps is None else args.steps
    wanted = Wanted(data=args.data, no_augment=True, steps=count, batch_size=args.batch_size, lr=args.lr)
    wanted = dataclasses.replace(wanted, workers=args.workers)
    # A short training has a short warm-up, so that the learning rate gets to what the recipe says.
    warm_up = min(recipe_of(wanted, args.data).recipe.warmup_steps, count // 5)
    wanted = dataclasses.replace(wanted, set_recipe=[f"warmup_steps={warm_up}"])
    presets = {family: kind if family == "vit" else f"{family}-{kind}" for family in families}
    return Trainings(
        wanted, {f: prepare(dataclasses.replace(wanted, model=name)) for f, name in presets.items()}
    )


def about(wanted):
    """What the trained models depend on and their folders' names do not say, see `Plan`."""
    left_out = (*MAY_CHANGE, "model", "seed", "labels")
    return {name: value for name, value in dataclasses.asdict(wanted).items() if name not in left_out}


def expected(trainings, runs):
    """Yield lines: the models' sizes, and how long the trainings that are not finished will take on this machine.

    runs: (family of the model, folder) of every training.
    """
    sizes = {setup.name: models.count(setup.p) for setup in trainings.setups.values()}
    yield "parameters: " + ", ".join(f"{name} {size:,}" for name, size in sizes.items())
    left = [family for family, folder in runs if series.result(folder) is None]
    if not left:
        yield f"all {counted(len(runs), 'training')} are finished; nothing is trained again"
        return
    seconds = {family: seconds_of(trainings.setups[family]) for family in sorted(set(left))}
    yield (
        f"{counted(len(left), 'training')} of {trainings.wanted.steps:,} steps on {trainings.wanted.data}: about "
        f"{in_words(sum(seconds[family] for family in left))}, by steps of each model done now"
    )


def seconds_of(setup):
    """The seconds that a training will take: its steps as long as those done here, an image measured a third of one."""
    recipe, source = setup.recipe, setup.data.train
    rows = np.arange(recipe.batch_size) % len(source)
    images = source.prepared(source.images(rows), setup.config)
    how, times = batch.Plan(setup.wanted.workers), []
    for _ in range(4):
        began = time.perf_counter()
        batch.run(setup.task, images, source.labels[rows], setup.p, setup.config, None, how)
        times.append(time.perf_counter() - began)
    step = statistics.median(times[1:])  # the first one gets its memory from the system
    steps = recipe.total_steps(len(source))
    epochs = -(-steps // recipe.steps_per_epoch(len(source)))
    measured = epochs * (MONITORED + len(setup.data.test)) / recipe.batch_size
    return (steps + measured / 3) * step + AROUND


def in_words(seconds):
    """ "40 s", "3 min", "2.5 h"."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
