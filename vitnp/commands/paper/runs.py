"""One's own trainings as columns or rows beside a table: what the folders of runs hold, seeds of a setting together."""

import json
import os
import re
import statistics
from pathlib import Path
from typing import Any, NamedTuple

from vitnp import models
from vitnp.analysis.model_name import model_name
from vitnp.commands import series
from vitnp.course.paper.values import Result, sampling_error
from vitnp.data.fitting import by
from vitnp.errors import InputError, counted
from vitnp.system.language import Text, translated
from vitnp.training.place import ABOUT, recall

ALIASES = {  # names of data sets and of folders, in small letters and digits alone → a row of the paper's tables
    "ImageNet": ("imagenet", "imagenet1k", "ilsvrc2012"),
    "CIFAR-10": ("cifar10",),
    "CIFAR-100": ("cifar100",),
    "Oxford-IIIT Pets": ("pets", "pet", "oxfordpets", "oxfordiiitpet", "oxfordiiitpets"),
    "Oxford Flowers-102": ("flowers", "flowers102", "oxfordflowers", "oxfordflowers102", "102flowers"),
}
SEEDED = (
    "seed",
    "save_every",
    "keep",
    "log_every",
    "workers",
)  # options in which the runs of a setting may differ


class Run(NamedTuple):
    """A finished training: the options it was given, its accuracy in %, and what the table's notes say of it."""

    options: dict
    config: Any
    data: str
    accuracy: float
    images: tuple  # training and test

    @property
    def model(self):
        """The name of the weights it began with, or of the model; of a run's model.npz with its folder."""
        if self.options.get("init"):
            path = Path(self.options["init"])
            return f"{path.parent.name}/{path.stem}" if path.name == "model.npz" else path.stem
        return self.options.get("model") or model_name(self.config)

    @property
    def setting(self):
        """What the runs that are averaged have in common, as text."""
        kept = {name: value for name, value in self.options.items() if name not in SEEDED}
        return json.dumps([kept, models.config_to_dict(self.config)], sort_keys=True)


class Own(NamedTuple):
    """The runs of a setting: what they are called, their data set, their accuracies in %."""

    name: str
    data: str
    accuracies: tuple
    run: Run  # one of them

    @property
    def result(self):
        """Mean ± deviation; of one run there is no deviation."""
        deviation = statistics.stdev(self.accuracies) if len(self.accuracies) > 1 else None
        return Result(statistics.mean(self.accuracies), deviation, len(self.accuracies))


def short(name):
    """A name in small letters and digits alone, of a path its last part."""
    return re.sub("[^a-z0-9]", "", os.path.basename(name.rstrip("/")).lower())


def row_of(data, names):
    """The name among `names` that a data set has in a table, or None."""
    own = short(data)
    return next((name for name in names if own == short(name) or own in ALIASES.get(name, ())), None)


def found(folders):
    """(the `Own` of all finished runs in the folders and below, an InputError for each that cannot be used)."""
    runs, problems = [], []
    for folder in folders:
        try:
            places = places_of(folder)
        except InputError as problem:
            problems.append(problem)
            continue
        for place in places:
            try:
                runs += one(place)
            except InputError as problem:
                problems.append(problem)
    return settings(runs), problems


def places_of(folder):
    """The folders of runs in a folder and below. Raises InputError where there is none."""
    if not os.path.isdir(folder):
        raise InputError(f"{folder} is no folder; name one that train, fine-tune or compare has written")
    if not (there := sorted(Path(folder).rglob(ABOUT))):
        raise InputError(f"{folder} holds no run; name a folder that train, fine-tune or compare has written")
    return [file.parent for file in there]


def one(folder):
    """The `Run` of a folder in a list; none for a run on held-out images, or without labels, that is no result."""
    about = recall(folder)
    try:
        options, run = about["options"], about["run"]
        config = models.config_from_dict(run["model"])
        data, images = run["data"]["name"], tuple(run["data"]["images"])
    except (KeyError, TypeError, InputError):
        raise InputError(f"{folder}/{ABOUT} says no model and no images; leave this folder out") from None
    if options.get("hold_out") or options.get("task"):
        return []
    if (epoch := series.result(folder)) is None:
        raise InputError(
            f"{folder} is no finished run; go on with --resume {folder}, or leave this folder out"
        )
    return [Run(options, config, data, 100 * epoch["test_accuracy"], images)]


def settings(runs):
    """The runs as `Own`, the seeds of a setting together, in the order of the runs."""
    together = {}
    for run in runs:
        together.setdefault(run.setting, []).append(run)
    names = named([group[0] for group in together.values()])
    return [
        Own(name, group[0].data, tuple(run.accuracy for run in group), group[0])
        for name, group in zip(names, together.values(), strict=True)
    ]


def named(runs):
    """A name per run: the model, and the options in which runs of one model on one data set differ."""
    names = []
    for run in runs:
        alike = [other.options for other in runs if (other.model, other.data) == (run.model, run.data)]
        told = [
            text
            for name, value in run.options.items()
            if name not in SEEDED and value not in (None, [], False)
            for text in (value if isinstance(value, list) else [f"{name}={value}"])
            if not all(said(options, name, text) for options in alike)
        ]
        names.append(", ".join([run.model, *told]))
    return names


def said(options, name, text):
    """Whether a run's option says this text: FIELD=VALUE in a list of them, or NAME=VALUE."""
    value = options.get(name)
    return text in value if isinstance(value, list) else text == f"{name}={value}"


SCRATCH = Text("사전 학습 없이 학습 이미지 {:,}장", "from scratch on {:,} training images")
FROM = Text("{}에서 시작해 학습 이미지 {:,}장", "from {} on {:,} training images")
TEST = Text(
    "{} 픽셀, 테스트 이미지 {:,}장(표본오차 ±{:.2f}%p), 시드 {}개",
    "{} pixels, {:,} test images (sampling error ±{:.2f} points), {}",
)


def differs(own):
    """A line on what to know before an own result is compared with the paper's."""
    run, (train, test) = own.run, own.run.images
    seeds = len(own.accuracies)
    begin = FROM.in_().format(run.model, train) if run.options.get("init") else SCRATCH.in_().format(train)
    size = by(run.config.image_size)
    error = sampling_error(own.result.mean, test)
    how_many = Text(str(seeds), counted(seeds, "seed")).in_()
    return f"{own.name}, {called(own.data)}: {begin}; {TEST.in_().format(translated(size), test, error, how_many)}."


def called(data):
    """A data set in the table: its name, of a folder that of the folder."""
    return os.path.basename(data.rstrip("/")) or data
