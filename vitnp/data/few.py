"""A few of a source's labeled images in place of all, for learning from few labels. Imports `errors`."""

import numbers

import numpy as np

from vitnp.errors import InputError


class Rows:
    """A source whose images are some rows of another's, perhaps several times."""

    def __init__(self, source, rows):
        self.source, self.rows = source, rows
        self.labels, self.shape = source.labels[rows], source.shape

    def __len__(self):
        return len(self.rows)

    def images(self, rows, rng=None):
        """The images of these rows, as the other source gives them."""
        return self.source.images(self.rows[np.asarray(rows)], rng)


def few(source, share, seed=0):
    """A source as long as the given one that has only `share` of its images, 0 < share ≤ 1, each the more often.

    So an epoch has as many steps as one of all images. Which ones, the seed draws: the classes as evenly as they
    allow, and of one seed those of a smaller share are among those of a larger one.
    Raises InputError where there would be fewer images than classes.
    """
    if not isinstance(share, numbers.Real) or not 0 < share <= 1:
        raise InputError(f"labels is {share}; need a share above 0 and at most 1, such as 5% or 0.05")
    count, classes = round(share * len(source)), len(np.unique(source.labels))
    if count < classes:
        raise InputError(
            f"{share:.2%} of {len(source):,} images are {count}; need at least {classes}, one a class"
        )
    order = np.random.default_rng(seed).permutation(len(source))
    place = np.empty(len(source), np.intp)  # of each image among those of its class
    for label in np.unique(source.labels):
        of_class = order[source.labels[order] == label]
        place[of_class] = np.arange(len(of_class))
    chosen = order[np.argsort(place[order], kind="stable")][:count]
    return Rows(source, np.resize(chosen, len(source)))
