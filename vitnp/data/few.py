"""Some of a source's images: a fraction to train with few labels, or a part held out. Imports `sources`, `errors`."""

import math
import numbers

import numpy as np

from vitnp.data.sources import ImageSource
from vitnp.errors import InputError


class Rows(ImageSource):
    """A source that consists of some rows of another source; a row may be repeated."""

    def __init__(self, source, rows):
        if isinstance(source, Rows):  # rows of rows are rows of the first source
            source, rows = source.source, source.rows[rows]
        self.source, self.rows = source, rows
        self.labels, self.shape, self.does = source.labels[rows], source.shape, source.does

    def __len__(self):
        return len(self.rows)

    @property
    def files(self):
        """The names of their files, where they are files."""
        files = self.source.files
        return None if files is None else [files[row] for row in self.rows]

    def images(self, rows, rng=None):
        """The images of these rows, read from the other source."""
        return self.source.images(self.rows[np.asarray(rows)], rng)


def distinct(source):
    """(rows in which every image of the source comes once, for each row which of them has its image)."""
    n = len(source)
    if not isinstance(source, Rows):
        return np.arange(n), np.arange(n)
    _, first, place = np.unique(source.rows, return_index=True, return_inverse=True)
    return first, place


def few(source, share, seed=0):
    """The source reduced to a fraction `share` of its images, 0 < share ≤ 1, repeated to the source's length.

    So an epoch has as many steps as with all images. The seed picks the images, balanced over the classes; for one
    seed a smaller share is a subset of a larger one. Raises InputError if there would be fewer images than classes.
    """
    return repeated(part(source, share, seed), len(source))


def repeated(source, n):
    """The source's images again and again, n in all."""
    return Rows(source, np.resize(np.arange(len(source)), n))


def part(source, share, seed=0):
    """The images that `few` picks, each once."""
    if not isinstance(share, numbers.Real) or not 0 < share <= 1:
        raise InputError(f"labels is {share}; need a share above 0 and at most 1, such as 5% or 0.05")
    count, classes = round(share * len(source)), len(np.unique(source.labels))
    if count < classes:
        raise InputError(
            f"{share:.2%} of {len(source):,} images are {count}; need at least {classes}, one a class"
        )
    return Rows(source, balanced(source.labels, seed)[:count])


def held_out(source, share, seed=0):
    """(the rest, a fraction `share` of the source's images): two sources without an image in common.

    The seed picks the images, balanced over the classes. Raises InputError where either would have fewer images than
    classes.
    """
    if not isinstance(share, numbers.Real) or not 0 < share < 1:
        raise InputError(f"hold_out is {share}; need a share between 0 and 1, such as 10% or 0.1")
    count, classes = round(share * len(source)), len(np.unique(source.labels))
    if not classes <= count <= len(source) - classes:
        least = math.ceil(100 * classes / len(source))
        how = f"with --hold-out {least}% to {100 - least}%" if least <= 50 else "for which there are too few"
        raise InputError(
            f"{share:.2%} of {len(source):,} images are {count}; hold out and leave at least {classes}, one a class, "
            f"{how}"
        )
    order = balanced(source.labels, seed)
    return Rows(source, np.sort(order[count:])), Rows(source, np.sort(order[:count]))


def balanced(labels, seed):
    """All rows in an order drawn by the seed, the first of every class before the second of any."""
    order = np.random.default_rng(seed).permutation(len(labels))
    place = np.empty(len(labels), np.intp)  # of each image among the images of its class
    for label in np.unique(labels):
        of_class = order[labels[order] == label]
        place[of_class] = np.arange(len(of_class))
    return order[np.argsort(place[order], kind="stable")]
