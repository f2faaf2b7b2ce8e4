"""A fraction of a source's images, to train with few labels. Imports `errors`."""

import numbers

import numpy as np

from vitnp.errors import InputError


class Rows:
    """A source that consists of some rows of another source; a row may be repeated."""

    def __init__(self, source, rows):
        self.source, self.rows = source, rows
        self.labels, self.shape = source.labels[rows], source.shape

    def __len__(self):
        return len(self.rows)

    def images(self, rows, rng=None):
        """The images of these rows, read from the other source."""
        return self.source.images(self.rows[np.asarray(rows)], rng)


def few(source, share, seed=0):
    """The source reduced to a fraction `share` of its images, 0 < share ≤ 1, repeated to the source's length.

    So an epoch has as many steps as with all images. The seed picks the images, balanced over the classes; for one
    seed a smaller share is a subset of a larger one. Raises InputError if there would be fewer images than classes.
    """
    if not isinstance(share, numbers.Real) or not 0 < share <= 1:
        raise InputError(f"labels is {share}; need a share above 0 and at most 1, such as 5% or 0.05")
    count, classes = round(share * len(source)), len(np.unique(source.labels))
    if count < classes:
        raise InputError(
            f"{share:.2%} of {len(source):,} images are {count}; need at least {classes}, one a class"
        )
    order = np.random.default_rng(seed).permutation(len(source))
    place = np.empty(len(source), np.intp)  # of each image among the images of its class
    for label in np.unique(source.labels):
        of_class = order[source.labels[order] == label]
        place[of_class] = np.arange(len(of_class))
    chosen = order[np.argsort(place[order], kind="stable")][:count]
    return Rows(source, np.resize(chosen, len(source)))
