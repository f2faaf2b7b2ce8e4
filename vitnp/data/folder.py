"""The user's own pictures: a folder that holds one folder per class.

Imports its neighbors, `inputs`, `system`, `errors`.

    DIR/CLASS/*.jpg                                 split by a seed, with the same fraction of each class
    DIR/train/CLASS/*.jpg, DIR/val/CLASS/*.jpg      already split; see TRAIN_NAMES, TEST_NAMES

Classes are compared in one Unicode form, NFC, since macOS takes the letters of names apart."""

import os
from collections import Counter
from pathlib import Path

import numpy as np

from vitnp.data import augment, listing
from vitnp.data.files import FolderSource, readable
from vitnp.data.listing import composed, pictures
from vitnp.data.sources import TEST_SHARE, DataSet
from vitnp.errors import InputError, need_choice
from vitnp.inputs.images import ImageConfig, Preprocessing

TRAIN_NAMES = ("train", "training")  # upper or lower case, as the next
TEST_NAMES = ("val", "valid", "validation", "test", "testing")  # the first of these that exists


def load(
    folder, *, image_size, in_channels=3, seed=0, crop=None, on_corrupt="stop", preprocessing=None, say=None
):
    """The `DataSet` of a folder of pictures.

    on_corrupt "stop": a picture that cannot be read raises InputError when it is read. "skip": all pictures are read
    first, those that cannot be read are left out. `say` is called with a line that names these, and one for each of the
    notes that the `DataSet` has: what else is left out. Raises InputError for a folder without two classes of pictures,
    or without test images.
    """
    if image_size is None:
        raise InputError("pictures of a folder have no size of their own; give image_size, such as 224")
    config = ImageConfig(
        image_size=image_size, in_channels=in_channels, preprocessing=preprocessing or Preprocessing()
    )
    if crop is not None:
        need_choice("crop", crop, augment.BOXES)
    found = unread(folder, seed)
    for note in found.notes if say else ():
        say(note)
    return fitted(found, config, crop=crop, on_corrupt=on_corrupt, say=say)


def unread(folder, seed=0):
    """The `DataSet` of a folder before it is known what the pictures are to become; `fitted` goes on from it."""
    folder = Path(folder)
    if not os.path.isdir(folder):  # which no name makes raise
        raise InputError(
            f"there is no folder {folder}; give one that holds a folder of pictures for each class"
        )
    notes = []
    train, test, names = split(folder, seed, notes.append)
    return DataSet(FolderSource(*train), FolderSource(*test), names, tuple(notes))


def fitted(dataset, config, *, crop=None, on_corrupt="stop", say=None):
    """The same pictures prepared by config, see `load`."""
    need_choice("on_corrupt", on_corrupt, ("stop", "skip"))
    parts = [[*zip(part.paths, part.labels, strict=True)] for part in dataset[:2]]
    if on_corrupt == "skip":
        parts = readable(*parts, config, say)
    train, test = (FolderSource(*zip(*part, strict=True), config, crop=crop) for part in parts)
    return DataSet(train, test, dataset.class_names, dataset.notes)


def split(folder, seed, say=lambda line: None):
    """(training (paths, labels), test (paths, labels), class names) of the folder.

    say is called with a line for what is left out, for classes without test pictures, and for a folder in two classes.
    """
    trains, tests = parts(folder, TRAIN_NAMES), parts(folder, TEST_NAMES)
    if len(trains) > 1:
        raise InputError(f"{folder} has {trains[0]} and {trains[1]}; leave one to learn from")
    if tests and not trains:
        raise InputError(
            f"{folder} has {' and '.join(tests)} and no train; call the part to learn from train, or, if "
            f"{tests[0]} is a class, rename it or put the classes into train and val"
        )
    if trains and not tests:
        raise InputError(
            f"{folder} has {trains[0]} and no {' or '.join(TEST_NAMES)}; put pictures to test with beside it"
        )
    left, read, links = Counter(), {}, []
    if trains:
        learned, tested = folder / trains[0], folder / tests[0]
        train, test = classes(learned, left, read, links), classes(tested, left, read, links, least=1)
        if unknown := sorted(test.keys() - train.keys()):
            raise InputError(
                f"{tested} has the class {unknown[0]}, which {learned} has not; both need the same classes"
            )
        beside(folder, (trains[0], tests[0]), left)
        if missing := [name for name in train if not test.get(name)]:
            of_all = f"{len(missing):,} of {len(train):,} classes, which are not measured"
            say(
                f"{tested} has no pictures of {of_all}: {', '.join(missing[:5])}{' …' if missing[5:] else ''}"
            )
    else:
        train, test = drawn(folder, classes(folder, left, read, links), seed)
    for one in (listing.said(left, folder), twice(read), in_both(links, train, test)):
        if one:
            say(one)
    names = tuple(train)
    return flat(train, names), flat(test, names), names


def drawn(folder, found, seed):
    """Two of {class: paths}: to learn from, and TEST_SHARE of each class, drawn by the seed, to test with."""
    few = [name for name, paths in found.items() if len(paths) < 2]
    if few:
        raise InputError(
            f"{folder / few[0]} has one picture; a class needs 2 or more, to learn from and to test with"
        )
    rng, train, test = np.random.default_rng(seed), {}, {}
    for name, paths in found.items():
        order = [paths[i] for i in rng.permutation(len(paths))]
        some = max(round(TEST_SHARE * len(paths)), 1)
        train[name], test[name] = listing.in_order(order[some:]), listing.in_order(order[:some])
    return train, test


def parts(folder, names):
    """The folders in the folder that have one of these names, in the order of `names`, lower case before upper."""
    there = next(os.walk(folder), (None, [], []))[1]  # none if it cannot be read, which `classes` reports
    return [own for name in names for own in sorted(there, reverse=True) if own.lower() == name]


def classes(folder, left, read, links, *, least=2):
    """{class: paths of its pictures}, both sorted. Raises InputError for too few classes, and for an empty one.

    least: of so many classes none is empty; 1 for the part to test with. left, links: see `listing.pictures`. read,
    {place of a folder: where it was read first and last}, gets what was read.
    """
    found, endings, own = {}, listing.suffixes(), listing.place(folder)
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: (composed(entry.name), entry.name))
    except OSError as problem:
        raise InputError(f"{folder} cannot be read ({problem.strerror})") from None
    for entry in entries:
        what, name = listing.kind(entry, endings), composed(entry.name)
        if what != listing.FOLDER:
            left.update([listing.BESIDE if what == listing.PICTURE else what] if what else [])
            continue
        if name in found:
            raise InputError(
                f"{folder} has two folders of one name, {name}, in two Unicode forms; put their pictures into one"
            )
        seen = {own}
        found[name] = pictures(entry.path, left, seen, links)
        for place in seen - {own}:
            read.setdefault(place, []).append(folder / entry.name)
    if len(found) < least:
        what = f"one class, {next(iter(found))}" if found else "no folders of classes"
        raise InputError(
            f"{folder} has {what}; give a folder for each of two classes or more, with pictures in it"
        )
    # classes.txt has one name per line, in UTF-8
    if odd := [n for n in found if n.splitlines() != [n] or n.encode("utf-8", "ignore").decode() != n]:
        raise InputError(f"{folder} has the class {odd[0]!a}, which is no line of UTF-8; rename that folder")
    empty = [name for name, paths in found.items() if not paths]
    if len(empty) > (len(found) - 1 if least == 1 else 0):
        more = f"; left out: {listing.kinds(left)}" if left else ""
        raise InputError(
            f"{folder / empty[0]} has no pictures ({', '.join(endings)}); fill it or remove it{more}"
        )
    return found


def beside(folder, used, left):
    """Counts in `left` what is in the folder beside its two parts."""
    for entry in os.scandir(folder):
        if entry.name not in used and (what := listing.kind(entry, listing.suffixes())):
            left[{listing.FOLDER: listing.PART, listing.PICTURE: listing.BESIDE}.get(what, what)] += 1


def twice(read):
    """One line on the first folder that was read for two classes or parts, by links; "" where there is none."""
    pairs = [owners for owners in read.values() if len(owners) > 1]
    if not pairs:
        return ""
    return f"{pairs[0][0]} and {pairs[0][1]} are linked to one folder, whose pictures count in both"


def in_both(links, *found):
    """One line on the first picture that two classes or parts, {class: paths}, have by links; "" for none."""
    seen = {}
    for number, part in enumerate(found if links else ()):
        for name, paths in part.items():
            for path in paths:
                owner, before = seen.setdefault(listing.place(path), ((number, name), path))
                if owner != (number, name):
                    return f"{before} and {path} are linked to one picture, which counts in both"
    return ""


def flat(found, names):
    """{class: paths} → (all paths, their labels)."""
    label = {name: i for i, name in enumerate(names)}
    pairs = [(path, label[name]) for name, paths in found.items() for path in paths]
    return tuple(zip(*pairs, strict=True))
