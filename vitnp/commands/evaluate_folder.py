"""Which pictures `vitnp evaluate` tests on, and which of the model's classes each folder is."""

import dataclasses
import os
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from vitnp.data import folder, listing
from vitnp.errors import InputError
from vitnp.training.moved import need_same
from vitnp.training.place import recall
from vitnp.training.setup import opened, prepare
from vitnp.training.wanted import Wanted

WNID = re.compile(r"n\d{8}")  # ImageNet's name of a class; the classes are in the order of these


class Pictures(NamedTuple):
    """The pictures of a folder; owners: the class folder of each, None where there are no such folders."""

    folder: Path
    paths: list
    owners: list | None


def test_pictures(place, weights_file):
    """(the `Pictures` of a folder, or of its test part if it has one, notes on what is left out or not known).

    A folder without parts may be what the run of this project that wrote the weights was trained on: then its test
    part is what the run left out of the training.
    """
    if not os.path.isdir(place):
        raise InputError(
            f"there is no folder {place}; give one that holds a folder of pictures for each class"
        )
    notes, tests = [], folder.parts(place, folder.TEST_NAMES)
    if folder.parts(place, folder.TRAIN_NAMES) and tests:
        if len(tests) > 1:
            notes = [f"note: {place} also has {tests[1]}; to measure on it, give --data {place / tests[1]}"]
        place = place / tests[0]
    elif paths := test_part(place, weights_file):
        owners = [listing.composed(path.relative_to(place).parts[0]) for path in paths]
        note = "note: these are the test images of the run that trained the weights; its training images are left out"
        return Pictures(place, paths, owners), [note]
    elif place.resolve().name.lower() not in folder.TEST_NAMES:
        notes = [
            f"note: {place} has no train and test folders; images that the model was trained on may be among these"
        ]
    left, endings = Counter(), listing.suffixes()
    if folders_in(place):
        found = folder.classes(place, left, {}, [], least=1)
        pairs = [(path, name) for name, paths in found.items() for path in paths]
        pictures = Pictures(place, [path for path, _ in pairs], [name for _, name in pairs])
    else:
        pictures = Pictures(place, listing.pictures(place, left), None)
    if not pictures.paths:
        raise InputError(f"{place} holds no pictures ({', '.join(endings)}); name another folder")
    return pictures, [*notes, *([listing.said(left, place)] if left else [])]


def test_part(place, weights_file):
    """The paths of the test images that the run beside the weights drew from this folder; [] where it is of others."""
    try:
        about = recall(Path(weights_file).parent)
        wanted = dataclasses.replace(Wanted(**about["options"]), data=str(place.resolve()))
        need_same(
            about["run"]["data"], {"name": wanted.data} | prepare(wanted, about["run"]["model"]).data.about
        )
        paths = opened(wanted if wanted.vtab else dataclasses.replace(wanted, hold_out=None)).test.paths
    except (InputError, KeyError, TypeError, AttributeError):
        return []
    return [Path(place, path.relative_to(wanted.data)) for path in paths]


def classes_of(pictures, names, names_from, args):
    """(the model's class of each picture, how the folders were matched with the classes, in words).

    A folder has the name of a class, or the folders are as many as the classes and in their order. Raises InputError
    where neither is so. Without folders the classes are None, which --real can do without.
    """
    if pictures.owners is None:
        if not args.real:
            raise InputError(
                f"{pictures.folder} has no folders of classes; give a folder of pictures for each class, or --real"
            )
        return None, "in no folders of classes: ReaL alone"
    own = list(dict.fromkeys(pictures.owners))
    all_folders = sorted({*own} | {listing.composed(name) for name in folders_in(pictures.folder)})
    named = not names_from.startswith("no names") and len({*names}) == len(names)
    known = {listing.composed(name): number for number, name in enumerate(names)} if named else {}
    if {*own} <= known.keys():
        return [known[name] for name in pictures.owners], "matched with the classes by name"
    ordered = not named or all(map(WNID.fullmatch, all_folders))
    if ordered and len(all_folders) == len(names):
        place = {name: number for number, name in enumerate(all_folders)}
        return [place[name] for name in pictures.owners], "folders in the order of the classes"
    unknown = next(name for name in own if name not in known)
    first = f', the first named "{names[0]}"' if named else ""
    raise InputError(
        f"{pictures.folder} has {len(all_folders):,} folders of classes, such as {unknown}, and the weights know "
        f"{len(names):,} classes{first}; name the folders as the classes, give their names with --labels FILE, or a "
        "folder for every class"
    )


def folders_in(place):
    """The names of the folders of classes, also of those without pictures."""
    with os.scandir(place) as entries:
        return [entry.name for entry in entries if listing.kind(entry, ()) == listing.FOLDER]
