"""`vitnp evaluate`: how often a classifier is right about a folder of test pictures: top-1, top-5, ReaL.

A picture is prepared as `vitnp predict` prepares it.
"""

import math
import sys
from pathlib import Path

import numpy as np

from vitnp import models, weights
from vitnp.backend.arrays import to_device
from vitnp.commands.evaluate_folder import classes_of, test_pictures
from vitnp.commands.options import add_backend, backend
from vitnp.commands.predict import predictions
from vitnp.commands.weights import add_source, names_of, no_classes, source
from vitnp.data import real
from vitnp.engine import probabilities
from vitnp.errors import InputError, counted, one_line
from vitnp.system.language import translated
from vitnp.system.output import say
from vitnp.weights import fetch

TOP = 5


def add_options(parser):
    """The options of `vitnp evaluate`."""
    parser.add_argument(
        "--data",
        required=True,
        metavar="DIR",
        help="a folder of pictures per class; its test part, if it has one",
    )
    parser.add_argument(
        "--weights",
        required=True,
        metavar="FILE",
        help="a checkpoint, or a name that weights fetch has fetched",
    )
    parser.add_argument("--labels", metavar="FILE", help="class names: a text file, one per line, or JSON")
    parser.add_argument(
        "--real",
        metavar="FILE.json",
        help="ReaL's labels, for ImageNet's validation images: accuracy by them, too",
    )
    add_source(parser)
    add_backend(parser)
    parser.set_defaults(run=run)


def run(args):
    """Print the accuracies; 2 if a file is not a picture (the others are still measured)."""
    import tqdm

    xp = backend(args)
    path, told = source(args, args.weights)
    p, config = weights.load(path, **told)
    models.need_images(config, "evaluate is for pictures")
    if missing := no_classes(p, config, path):
        raise InputError(
            f"{fetch.called(path)} {missing}, so it knows no classes; name the weights of a classifier"
        )
    if probabilities.independent(config):
        raise InputError(
            f"{fetch.called(path)} answers each class on its own; evaluate measures models that choose one class"
        )
    names, names_from = names_of(path, config, args.labels)
    pictures, notes = test_pictures(Path(args.data), path)
    labels, matched = classes_of(pictures, names, names_from, args)
    sets = None
    if args.real:
        if config.num_classes != real.CLASSES:
            raise InputError(
                f"--real is of ImageNet's 1,000 classes, and the weights know {config.num_classes:,}"
            )
        sets = real.labels_of(pictures.paths, real.read(args.real))
    title = f"{fetch.called(path)} on {pictures.folder}"
    print(one_line(f"{title}: {translated(counted(len(pictures.paths), 'image'))}, {translated(matched)}"))
    found = Counts(labels, sets)
    with tqdm.tqdm(total=len(pictures.paths), unit=" images", disable=None, leave=False) as bar:
        for row, (_, _, outcome) in enumerate(predictions(pictures.paths, to_device(p, xp), config)):
            found.add(row, outcome)
            bar.update()
    for line in [*found.lines(config.num_classes), *notes]:
        print(one_line(translated(line)))
    for problem in found.problems[:TOP]:
        say(f"vitnp: {one_line(translated(problem))}", sys.stderr)
    return 2 if found.problems else 0


class Counts:
    """What was right so far. labels: the class of each image, or None for all; sets: the same of ReaL."""

    def __init__(self, labels, sets):
        self.labels, self.sets, self.problems = labels, sets, []
        self.first, self.five, self.real, self.empty = [], [], [], 0

    def add(self, row, outcome):
        """Count the image of a row, by its probabilities (classes,) or the InputError in place of them."""
        if isinstance(outcome, InputError):
            self.problems.append(outcome)
            return
        best = np.argsort(-outcome, kind="stable")[:TOP]
        if self.labels is not None:
            self.first.append(best[0] == self.labels[row])
            self.five.append(self.labels[row] in best)
        if self.sets is not None and self.sets[row]:
            self.real.append(int(best[0]) in self.sets[row])
        self.empty += self.sets is not None and not self.sets[row]

    def lines(self, classes):
        """Yield a line for each accuracy, and for what was left out."""
        if self.problems:
            yield f"{counted(len(self.problems), 'image')} left out, which cannot be read"
        if self.labels is not None:
            yield f"top-1 {share(self.first)}"
        if self.labels is not None and classes > TOP:
            yield f"top-5 {share(self.five)}"
        if self.sets is not None:
            of = counted(len(self.real), "image")
            yield f"ReaL {share(self.real)} of {of}; {self.empty:,} without a label left out"


def share(right):
    """ "83.10% ± 0.48": how many are right, and the standard error √(p(1 − p)/n)."""
    if not right:
        return "–"
    p = sum(map(bool, right)) / len(right)
    return f"{100 * p:.2f}% ± {100 * math.sqrt(p * (1 - p) / len(right)):.2f}"
