"""The nineteen tasks of VTAB, and the folders that they are in. Imports `listing`, `errors`.

Sizes and classes: Zhai et al., 2019, and the splits of google-research/task_adaptation.
"""

import os
from pathlib import Path
from typing import NamedTuple

from vitnp.data.listing import is_hidden
from vitnp.errors import InputError, did_you_mean, one_line


class Task(NamedTuple):
    """A task of VTAB; aliases: other names of its folder, train: images to draw the 1,000 from, test: to test with."""

    name: str
    group: str
    classes: int
    train: int
    test: int
    aliases: tuple


TASKS = {
    name: Task(name, group, *numbers, aliases)
    for name, group, *numbers, aliases in (
        ("Caltech101", "Natural", 102, 3_060, 6_084, ("caltech-101",)),
        ("CIFAR-100", "Natural", 100, 50_000, 10_000, ("cifar", "cifar100")),
        ("DTD", "Natural", 47, 3_760, 1_880, ()),
        ("Flowers102", "Natural", 102, 2_040, 6_149, ("oxford_flowers102", "flowers")),
        ("Pets", "Natural", 37, 3_680, 3_669, ("oxford_iiit_pet",)),
        ("Sun397", "Natural", 397, 87_003, 21_750, ()),
        ("SVHN", "Natural", 10, 73_257, 26_032, ()),
        ("Camelyon", "Specialized", 2, 294_912, 32_768, ("patch_camelyon",)),
        ("EuroSAT", "Specialized", 10, 21_600, 5_400, ()),
        ("Resisc45", "Specialized", 45, 25_200, 6_300, ()),
        ("Retinopathy", "Specialized", 5, 46_032, 42_670, ("diabetic_retinopathy",)),
        ("Clevr-Count", "Structured", 8, 70_000, 15_000, ("clevr_count",)),
        ("Clevr-Dist", "Structured", 6, 70_000, 15_000, ("clevr_dist",)),
        ("DMLab", "Structured", 6, 88_178, 22_735, ()),
        ("dSpr-Loc", "Structured", 16, 663_552, 73_728, ("dsprites_loc",)),
        ("dSpr-Ori", "Structured", 16, 663_552, 73_728, ("dsprites_ori",)),
        ("KITTI-Dist", "Structured", 4, 6_770, 711, ("kitti", "kitti_dist")),
        ("sNORB-Azim", "Structured", 18, 36_450, 12_150, ("smallnorb_azi",)),
        ("sNORB-Elev", "Structured", 9, 36_450, 12_150, ("smallnorb_ele",)),
    )
}
GROUPS = tuple(dict.fromkeys(task.group for task in TASKS.values()))
SHARED = "dsprites"  # a folder with the .npz that two tasks are of


def names(task):
    """The names of a task's folder, in lower case."""
    return [name.lower() for name in (task.name, *task.aliases)]


def find(name):
    """The `Task` of a name, the paper's or a folder's; upper and lower case are the same."""
    for task in TASKS.values():
        if name.lower() in names(task):
            return task
    known = [one for task in TASKS.values() for one in (task.name, *task.aliases)]
    raise InputError(
        f'"{one_line(name)}" is no task of VTAB; {did_you_mean(name, known)}choose from {", ".join(TASKS)}'
    )


def chosen(words):
    """The tasks that names of tasks and of groups stand for, in the paper's order."""
    groups = {group.lower(): group for group in GROUPS}
    wanted = set()
    for word in words:
        if word.lower() in groups:
            wanted |= {name for name, task in TASKS.items() if task.group == groups[word.lower()]}
        else:
            wanted.add(find(word).name)
    return [name for name in TASKS if name in wanted]


def places(root):
    """{name of a task: its folder in `root`} of those that are there, in the paper's order."""
    if not os.path.isdir(root):
        raise InputError(f"there is no folder {root}; give one that holds a folder per task of VTAB")
    try:
        with os.scandir(root) as entries:
            folders = sorted(entry.name for entry in entries if entry.is_dir())
    except OSError as problem:
        raise InputError(f"{root} cannot be read ({problem.strerror})") from None
    folders, found = [name for name in folders if not is_hidden(name)], {}
    for name, task in TASKS.items():
        own = [folder for folder in folders if folder.lower() in names(task)]
        if not own and name.startswith("dSpr"):
            own = [folder for folder in folders if folder.lower() == SHARED]
        if len(own) > 1:
            raise InputError(f"{root} has {own[0]} and {own[1]} for {name}; leave one of them there")
        if own:
            found[name] = Path(root) / own[0]
    if not found:
        known = ", ".join(names(task)[-1] for task in TASKS.values())
        raise InputError(f"{root} has no folder of a task; name them as the paper does, or {known}")
    return found
