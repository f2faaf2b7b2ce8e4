"""VTAB: nineteen tasks of 1,000 training images each (Zhai et al., 2019, arXiv:1910.04867), read from their files.

tasks.py      the tasks: groups, classes, sizes, the names of their folders
lists.py      train800.txt, val200.txt, train800val200.txt, test.txt: "path label" per line
pictures.py   a folder per class
svhn.py (with matlab.py), dsprites.py   the two sets that are one file of arrays; CIFAR-100 has a reader of its own
draw.py       the 800 and the 200 images of a set that is whole

Imports its neighbors, `errors`.
"""

from pathlib import Path

import numpy as np

from vitnp.data import cifar
from vitnp.data.files import FolderSource
from vitnp.data.sources import ArraySource, DataSet
from vitnp.data.vtab import draw, dsprites, lists, pictures, svhn
from vitnp.data.vtab.tasks import GROUPS, SHARED, TASKS, chosen, find, places
from vitnp.errors import InputError, counted

__all__ = ["GROUPS", "TASKS", "chosen", "find", "opened", "places"]


def opened(name, folder, *, seed=0, choose=False):
    """The `DataSet` of a task from the files in its folder: 1,000 training images and the whole test set.

    choose: 800 of these to train, 200 to choose hyper-parameters by. seed draws them where the folder has no lists of
    them. Its notes say how, and which number differs from VTAB's. Raises InputError, naming the file, for what is
    missing, damaged or of another task.
    """
    task, folder = find(name), Path(folder)
    shared = folder.name.lower() == SHARED
    if shared and not dsprites.file_in(folder):
        raise InputError(
            f"{folder} has no .npz of dSprites; lists or class folders are of one task: call it {task.aliases[0]}"
        )
    if lists.are_there(folder) and not shared:
        train, test = lists.read(task, folder, choose)
        notes = ["images by the lists in the folder"]
    else:
        train, val, test = whole(task, folder, seed)
        notes = [f"{len(train[1])} + {len(val[1])} images drawn by seed {seed}"]
        train, test = (train, val) if choose else (joined(train, val), test)
    official = (draw.TRAIN, draw.CHOOSE) if choose else (draw.TRAIN + draw.CHOOSE, task.test)
    for (_, labels), own, what in zip((train, test), official, ("training image", "test image"), strict=True):
        if len(labels) != own:
            notes.append(f"{counted(len(labels), what)} in place of VTAB's {own:,}")
    return DataSet(source(*train), source(*test), tuple(map(str, range(task.classes))), tuple(notes))


def source(images, labels):
    """The `Source` of paths, or of uint8 (n, Hᵢ, Wᵢ, C)."""
    return (FolderSource if isinstance(images, list) else ArraySource)(images, labels)


def whole(task, folder, seed):
    """(800 images to train, 200 to choose by, the test images), each (images, labels), of a folder with a whole set."""
    if task.name in dsprites.LATENTS and (path := dsprites.file_in(folder)):
        return dsprites.read(path, task, seed)
    if task.name == "SVHN" and svhn.is_there(folder):
        return svhn.read(folder, seed)
    if task.name == "CIFAR-100" and cifar.is_there("cifar100", folder):
        return of_cifar(folder, seed)
    return pictures.read(task, folder, seed)


def of_cifar(folder, seed):
    """The same of CIFAR-100's own files."""
    train, test = cifar.load("cifar100", folder)[:2]
    rows = draw.rows(len(train), seed, folder)
    return *((train.pixels[part], train.labels[part]) for part in rows), (test.pixels, test.labels)


def joined(one, other):
    """Two parts as one."""
    if isinstance(one[0], list):
        return one[0] + other[0], np.concatenate([one[1], other[1]])
    return tuple(np.concatenate(both) for both in zip(one, other, strict=True))
