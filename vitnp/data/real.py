"""ReaL: labels of ImageNet's validation images, assessed anew (Beyer et al., 2020, arXiv:2006.07159). Imports `system`.

A JSON list: for ILSVRC2012_val_00000001, …02 and so on the classes, 0 … 999, that are in the picture; perhaps none.
"""

import re
from pathlib import Path

from vitnp.errors import InputError, shown
from vitnp.system import reading

CLASSES = 1000
NAME = re.compile(r"ILSVRC2012_val_(\d{8})\b")


def read(path):
    """A set of classes per validation image. Raises InputError for anything else in the file."""
    text = reading.text(path, "give ReaL's real.json")
    with reading.named(path, " is no JSON", "give ReaL's real.json"):
        found = reading.from_json(text)
    if not isinstance(found, list) or not found:
        raise InputError(f"{path} holds a {type(found).__name__}; need a list with the classes of each image")
    for number, labels in enumerate(found, start=1):
        if not isinstance(labels, list) or not all(type(one) is int and 0 <= one < CLASSES for one in labels):
            raise InputError(
                f"{path}: image {number:,} has {shown(labels)}; need a list of classes from 0 to 999"
            )
    return [frozenset(labels) for labels in found]


def labels_of(paths, sets):
    """The set of each file, by the number in its name. Raises InputError for a file that is none of them."""
    found = []
    for path in paths:
        name = NAME.match(Path(path).name)
        if name is None or not 1 <= int(name[1]) <= len(sets):
            raise InputError(
                f"{path} is none of the {len(sets):,} images that ReaL labels; need ImageNet's validation images by "
                "their own names, ILSVRC2012_val_00000001.JPEG and so on"
            )
        found.append(sets[int(name[1]) - 1])
    return found
