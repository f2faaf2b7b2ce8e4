"""Lists of images, one "path label" per line, as VTAB-1k is passed on. Imports `system`, `errors`.

Paths are relative to the task's folder, and do not leave it.
"""

from pathlib import PurePosixPath

import numpy as np

from vitnp.errors import InputError, counted, one_line, shown
from vitnp.system import reading

TRAIN, CHOOSE, BOTH, TEST = "train800.txt", "val200.txt", "train800val200.txt", "test.txt"


def are_there(folder):
    """Whether the folder has one of the lists."""
    return any((folder / name).is_file() for name in (TRAIN, CHOOSE, BOTH, TEST))


def read(task, folder, choose):
    """(training part, test part), each (paths, labels); choose: those of train800.txt and val200.txt.

    Raises InputError for an image that is in both.
    """
    if not choose and (folder / BOTH).is_file():
        train, called = listed(task, folder, BOTH), BOTH
    else:
        train, called = listed(task, folder, TRAIN), TRAIN
        val = listed(task, folder, CHOOSE)
        need_apart(folder, called, train, CHOOSE, val)
        if choose:
            return train, val
        train, called = (train[0] + val[0], np.concatenate([train[1], val[1]])), f"{TRAIN} or {CHOOSE}"
    test = listed(task, folder, TEST)
    need_apart(folder, called, train, TEST, test)
    return train, test


def need_apart(folder, name, part, other_name, other):
    """Raise InputError where two lists name the same image: what is trained on is not to be tested on."""
    if both := {*part[0]} & {*other[0]}:
        first = min(both).relative_to(folder)
        raise InputError(
            f"{folder}: {other_name} and {name} both name {counted(len(both), 'image')}, such as {first}; remove it "
            "from one of them"
        )


def listed(task, folder, name):
    """(paths, labels) of one list. Raises InputError, with the line's number, for what is no image of the task."""
    path = folder / name
    if not path.is_file():
        raise InputError(
            f"{folder} has no {name}; VTAB needs {BOTH} and {TEST}, and to choose {TRAIN} and {CHOOSE}"
        )
    paths, labels = [], []
    for number, line in enumerate(reading.text(path).splitlines(), start=1):
        if not line.strip():
            continue
        words = line.rsplit(None, 1)
        if len(words) < 2 or not (words[1].isascii() and words[1].isdecimal()):
            raise InputError(
                f'{path}, line {number:,}, is {shown(line)}; write "path label", the label a whole number from 0 on'
            )
        if len(words[1]) > 9 or int(words[1]) >= task.classes:
            raise InputError(
                f"{path}, line {number:,}, has the label {one_line(words[1], 20)}; {task.name} has {task.classes} "
                "classes, from 0 on"
            )
        inside = PurePosixPath(words[0].strip())
        if inside.is_absolute() or ".." in inside.parts:
            raise InputError(
                f"{path}, line {number:,}, names {one_line(inside, 100)}, outside of the task's folder; write a path "
                "relative to that folder"
            )
        paths.append(folder / inside)
        labels.append(int(words[1]))
    if not paths:
        raise InputError(f"{path} names no images; write one per line, its path and its label")
    for number, one in enumerate(paths, start=1):
        if not one.is_file():
            raise InputError(f"{path} names {one} (image {number:,}), which is not there; put it there")
    return paths, np.array(labels, np.intp)
