"""One's own trainings as columns or rows beside a table: what the folders of runs hold, seeds of a setting together."""

import dataclasses
import json
import os
import re
import statistics
from pathlib import Path
from typing import Any, NamedTuple

from vitnp import models
from vitnp.analysis.model_name import model_name
from vitnp.commands import series
from vitnp.course.paper.values import Result
from vitnp.course.paper.vtab import TABLE_9
from vitnp.errors import InputError
from vitnp.training.place import ABOUT, recall
from vitnp.training.wanted import Wanted

ALIASES = {  # names of data sets and of folders, in small letters and digits alone → a row of the paper's tables
    "ImageNet": ("imagenet", "imagenet1k", "ilsvrc2012"),
    "CIFAR-10": ("cifar10",),
    "CIFAR-100": ("cifar100",),
    "Oxford-IIIT Pets": ("pets", "pet", "oxfordpets", "oxfordiiitpet", "oxfordiiitpets"),
    "Oxford Flowers-102": ("flowers", "flowers102", "oxfordflowers", "oxfordflowers102", "102flowers"),
}
CLASSES = {  # a data set of another number of classes is another one, whatever its name
    "ImageNet": 1000,
    "CIFAR-10": 10,
    "CIFAR-100": 100,
    "Oxford-IIIT Pets": 37,
    "Oxford Flowers-102": 102,
}
VTAB = "vtab/"  # before the names of VTAB's tasks, which are not the whole data sets
ALL_TASKS = "VTAB (19 tasks)"
SERIES = "self-train.json"  # two folders above a run of `vitnp self-train`, whose own folder says which training it is
SEEDED = ("seed", "save_every", "keep", "log_every", "workers")  # in which the runs of a setting may differ


class Run(NamedTuple):
    """A finished training: the options it was given, its accuracy in %, and what the table's notes say of it."""

    options: dict
    config: Any
    data: str
    accuracy: float
    images: tuple  # training and test
    part: str | None = None  # of a series: which training

    @property
    def began(self):
        """The name of the weights it began with, of a longer path the last two parts; None where there were none."""
        given = self.options["init"]
        return "/".join(Path(given).parts[-2:]) if given else None

    @property
    def model(self):
        """What it is called: by the weights it began with or by the model, and by its part of a series."""
        name = self.began or self.options["model"] or model_name(self.config)
        return name if self.part is None else f"{name}, {self.part}"

    @property
    def setting(self):
        """What the runs that are averaged have in common, as text."""
        kept = {name: value for name, value in self.options.items() if name not in SEEDED}
        return json.dumps([kept, models.config_to_dict(self.config), self.part], sort_keys=True)


class Own(NamedTuple):
    """The runs of a setting: what they are called, their data set, their accuracies in %."""

    name: str
    data: str
    accuracies: tuple
    run: Run | None  # one of them; None for a mean of several data sets

    @property
    def result(self):
        """Mean ± deviation; of one run there is no deviation."""
        deviation = statistics.stdev(self.accuracies) if len(self.accuracies) > 1 else None
        return Result(statistics.mean(self.accuracies), deviation, len(self.accuracies))


def short(name):
    """A name in small letters and digits alone, of a path its last part."""
    return re.sub("[^a-z0-9]", "", os.path.basename(name.rstrip("/")).lower())


def row_of(one, table, names):
    """The name among `names` that the data set of an `Own` has in a table, or None."""
    data = one.data
    if data != ALL_TASKS and data.startswith(VTAB) != table.vtab:
        return None
    own = short(data)
    found = next((name for name in names if own == short(name) or own in ALIASES.get(name, ())), None)
    other = not table.vtab and found in CLASSES and one.run.config.num_classes != CLASSES[found]
    return None if other else found


def found(folders):
    """(the `Own` of all finished runs in the folders and below, an InputError for each that cannot be used)."""
    places, runs, problems = {}, [], []
    for folder in folders:
        try:
            places |= {place.resolve(): place for place in places_of(folder)}  # each once
        except InputError as problem:
            problems.append(problem)
    for place in places.values():
        try:
            runs += one(place)
        except InputError as problem:
            problems.append(problem)
    return settings(runs), problems


def places_of(folder):
    """The folders of runs in a folder and below. Raises InputError where there is none."""
    if not os.path.isdir(folder):
        raise InputError(
            f"{folder} is no folder; name one that train, fine-tune, compare, self-train or vtab has written"
        )
    if not (there := sorted(Path(folder).rglob(ABOUT))):
        raise InputError(
            f"{folder} holds no run; name a folder that train, fine-tune, compare, self-train or vtab has written"
        )
    return [file.parent for file in there]


def one(folder):
    """The `Run` of a folder in a list; none for a run on held-out images, or without labels, that is no result."""
    about = recall(folder)
    try:
        options, run = dataclasses.asdict(Wanted(**about["options"])), about["run"]
        config = models.config_from_dict(run["model"])
        data, (train, test) = str(run["data"]["name"]), map(int, run["data"]["images"])
    except (KeyError, TypeError, ValueError):  # InputError too
        raise InputError(f"{folder}/{ABOUT} says no model and no images; leave this folder out") from None
    if options["hold_out"] or options["task"]:
        return []
    if (epoch := series.result(folder)) is None or test < 1:
        raise InputError(
            f"{folder} is no finished run; go on with --resume {folder}, or leave this folder out"
        )
    part = folder.resolve().name if (folder.resolve().parent.parent / SERIES).exists() else None
    data = f"{VTAB}{options['vtab']}" if options["vtab"] else data
    if options["pseudo"]:  # each seed has another file, of the same name
        options["pseudo"] = Path(options["pseudo"]).name
    return [Run(options, config, data, 100 * epoch["test_accuracy"], (train, test), part)]


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


def mean_of_vtab(owns):
    """An `Own` for each name that has all 19 tasks: their mean. Where one is missing there is no mean."""
    found = {}
    for own in owns:
        if own.data.startswith(VTAB):
            found.setdefault(own.name, {})[own.data] = own
    every = {f"{VTAB}{task}" for tasks in TABLE_9.values() for task in tasks}
    return [
        Own(name, ALL_TASKS, (statistics.mean(own.result.mean for own in tasks.values()),), None)
        for name, tasks in found.items()
        if tasks.keys() == every
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
