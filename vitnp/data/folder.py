"""The user's own pictures: a folder that holds one folder per class.

Imports its neighbors, `inputs`, `system`, `errors`.

    DIR/CLASS/*.jpg                                 split by a seed, with the same fraction of each class
    DIR/train/CLASS/*.jpg, DIR/val/CLASS/*.jpg      already split; see TRAIN_NAMES, TEST_NAMES

Only paths are kept; a picture is decoded when it is read, so memory does not grow with the folder. Gray, palette, CMYK,
transparent and 16-bit pictures are converted to the model's channels, see `photo.in_colors`.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from vitnp.data import augment, photo, preprocess
from vitnp.data.sources import TEST_SHARE, DataSet, ImageSource
from vitnp.errors import InputError, need_choice
from vitnp.inputs.images import ImageConfig, Preprocessing
from vitnp.system import cores

TRAIN_NAMES = ("train", "training")  # upper or lower case, as the next
TEST_NAMES = ("val", "valid", "validation", "test", "testing")  # the first of these that exists


class Unreadable(InputError):
    """A picture cannot be read: a training may leave such pictures out."""


class FolderSource(ImageSource):
    """Pictures in files, decoded when they are read.

    crop, a name of `augment.BOXES`, cuts a random part of each picture when it is read with a generator, as for
    training; without one a picture is prepared by `config.preprocessing`, as `vitnp predict` does. With config None
    it is not known yet what the pictures are to become, so none can be read.
    """

    def __init__(self, paths, labels, config=None, *, crop=None):
        self.paths, self.labels = list(paths), np.asarray(labels, np.intp)
        self.config, self.does = config, (crop,) if crop else ()
        self.shape = config and (*config.image_size, config.in_channels)

    def __len__(self):
        return len(self.paths)

    def images(self, rows, rng=None):
        """float32 (len(rows), Hᵢ, Wᵢ, C), by default −1 … 1. Raises InputError naming a picture that cannot be read."""
        x = np.empty((len(rows), *self.shape), np.float32)
        for i, row in enumerate(rows):
            x[i] = self.image(self.paths[row], rng if self.does else None)
        return x

    def image(self, path, rng=None):
        """One picture, (Hᵢ, Wᵢ, C)."""
        try:
            picture = photo.read(path, in_channels=self.config.in_channels)
        except InputError as problem:
            raise Unreadable(problem) from None
        if rng is None:
            return preprocess.apply(picture, self.config, name=path)
        return preprocess.random_part(picture, self.config, rng, *self.does)


def load(
    folder, *, image_size, in_channels=3, seed=0, crop=None, on_corrupt="stop", preprocessing=None, say=None
):
    """The `DataSet` of a folder of pictures.

    on_corrupt "stop": a picture that cannot be read raises InputError when it is read. "skip": all pictures are read
    first, those that cannot be read are left out, and `say` is called with a line that names them. Raises InputError
    for a folder without two classes of pictures, or without test images.
    """
    if image_size is None:
        raise InputError("pictures of a folder have no size of their own; give image_size, such as 224")
    config = ImageConfig(
        image_size=image_size, in_channels=in_channels, preprocessing=preprocessing or Preprocessing()
    )
    if crop is not None:
        need_choice("crop", crop, augment.BOXES)
    return fitted(unread(folder, seed), config, crop=crop, on_corrupt=on_corrupt, say=say)


def unread(folder, seed=0):
    """The `DataSet` of a folder before it is known what the pictures are to become; `fitted` goes on from it."""
    folder = Path(folder)
    if not os.path.isdir(folder):  # which no name makes raise
        raise InputError(
            f"there is no folder {folder}; give one that holds a folder of pictures for each class"
        )
    train, test, names = split(folder, seed)
    return DataSet(FolderSource(*train), FolderSource(*test), names)


def fitted(dataset, config, *, crop=None, on_corrupt="stop", say=None):
    """The same pictures prepared by config, see `load`."""
    need_choice("on_corrupt", on_corrupt, ("stop", "skip"))
    parts = [[*zip(part.paths, part.labels, strict=True)] for part in dataset[:2]]
    if on_corrupt == "skip":
        parts = readable(*parts, config, say)
    train, test = (FolderSource(*zip(*part, strict=True), config, crop=crop) for part in parts)
    return DataSet(train, test, dataset.class_names)


def split(folder, seed):
    """(training (paths, labels), test (paths, labels), class names) of the folder."""
    trains, tests = parts(folder, TRAIN_NAMES), parts(folder, TEST_NAMES)
    if len(trains) > 1:
        raise InputError(f"{folder} has {trains[0]} and {trains[1]}; leave one to learn from")
    if trains:
        if not tests:
            raise InputError(
                f"{folder} has {trains[0]} and no {' or '.join(TEST_NAMES)}; put pictures to test with beside it"
            )
        learned, tested = folder / trains[0], folder / tests[0]
        train, test = classes(learned), classes(tested, at_least=1)
        if unknown := sorted(test.keys() - train.keys()):
            raise InputError(
                f"{tested} has the class {unknown[0]}, which {learned} has not; both need the same classes"
            )
        names = tuple(train)
        return flat(train, names), flat(test, names), names
    if tests:
        raise InputError(
            f"{folder} has {' and '.join(tests)} and no train; call the part to learn from train, or, if "
            f"{tests[0]} is a class, rename it or put the classes into train and val"
        )
    found = classes(folder)
    few = [name for name, paths in found.items() if len(paths) < 2]
    if few:
        raise InputError(
            f"{folder / few[0]} has one picture; a class needs 2 or more, to learn from and to test with"
        )
    rng, train, test = np.random.default_rng(seed), {}, {}
    for name, paths in found.items():
        order = [paths[i] for i in rng.permutation(len(paths))]
        some = max(round(TEST_SHARE * len(paths)), 1)
        train[name], test[name] = sorted(order[some:]), sorted(order[:some])
    return flat(train, tuple(found)), flat(test, tuple(found)), tuple(found)


def parts(folder, names):
    """The folders in the folder that have one of these names, in the order of `names`, lower case before upper."""
    there = next(os.walk(folder), (None, [], []))[1]  # none if it cannot be read, which `classes` reports
    return [own for name in names for own in sorted(there, reverse=True) if own.lower() == name]


def classes(folder, *, at_least=2):
    """{class: paths of its pictures}, both sorted. Raises InputError for an empty class, or too few classes."""
    found = {}
    try:
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if entry.is_dir() and not entry.name.startswith("."):
                found[entry.name] = pictures(entry.path)
    except OSError as problem:
        raise InputError(f"{folder} cannot be read ({problem.strerror})") from None
    if len(found) < at_least:
        what = f"one class, {next(iter(found))}" if found else "no folders of classes"
        raise InputError(
            f"{folder} has {what}; give a folder for each of two classes or more, with pictures in it"
        )
    # classes.txt has one name per line, in UTF-8
    if odd := [n for n in found if n.splitlines() != [n] or n.encode("utf-8", "ignore").decode() != n]:
        raise InputError(f"{folder} has the class {odd[0]!a}, which is no line of UTF-8; rename that folder")
    if empty := [name for name, paths in found.items() if not paths]:
        raise InputError(
            f"{folder / empty[0]} has no pictures ({', '.join(photo.SUFFIXES)}); fill it or remove it"
        )
    return found


def pictures(folder):
    """The paths of the pictures in a folder and its subfolders, sorted; hidden files and folders are left out."""
    found = []
    for top, inner, names in os.walk(folder):
        inner[:] = [name for name in inner if not name.startswith(".")]
        found += filter(photo.is_picture, (Path(top) / name for name in names))
    return sorted(found)


def flat(found, names):
    """{class: paths} → (all paths, their labels)."""
    label = {name: i for i, name in enumerate(names)}
    pairs = [(path, label[name]) for name, paths in found.items() for path in paths]
    return tuple(zip(*pairs, strict=True))


def readable(train, test, config, say):
    """The pairs whose pictures can be read; the others are named."""
    probe = FolderSource([], [], config)

    def problem(pair):
        try:
            probe.image(pair[0])
        except InputError as problem:
            return str(problem)
        return None

    with ThreadPoolExecutor(min(8, len(cores.own()))) as pool:
        problems = list(pool.map(problem, [*train, *test]))
    bad = [text for text in problems if text]
    kept, before = iter(problems), len({label for _, label in train})
    train, test = ([pair for pair in part if not next(kept)] for part in (train, test))
    if bad and say:
        total = len(problems)
        say(
            f"{len(bad):,} of {total:,} pictures left out: {'; '.join(bad[:5])}{' …' if len(bad) > 5 else ''}"
        )
    if len({label for _, label in train}) < before or not test:
        raise InputError(
            f"{len(bad):,} of {len(problems):,} pictures cannot be read; too few are left. {bad[0]}"
        )
    return train, test
