"""The representations of a frozen model, computed once: nothing below the head changes while the head alone learns."""

import numpy as np

from vitnp import models
from vitnp.backend.arrays import to_host
from vitnp.data import ImageSource, batches, distinct
from vitnp.engine import batch
from vitnp.tasks.evaluate import BATCH


class Represented(ImageSource):
    """A source of representations (n, D), float32, in place of another source's images: see `represented`."""

    def __init__(self, source, r, place):
        self.labels, self.shape = source.labels, r.shape[1:]
        self.r, self.place = r, place  # image i has the representation r[place[i]]

    def __len__(self):
        return len(self.place)

    def images(self, rows, rng=None):
        """The representations of these rows; what a generator would draw is not drawn."""
        return self.r[self.place[np.asarray(rows)]]

    def prepared(self, r, config):
        """Representations as they are."""
        return r


def represented(source, p, config, *, workers=None, between=None):
    """The `Represented` of a source whose images do not change: what the model hands to its head.

    between(n) is called after every n images.
    """
    rows, place = distinct(source)
    body, config_below = models.below_head(p, config)
    parts = []
    for images, _ in batches(source, rows, batch_size=BATCH, seed=None):
        images = source.prepared(images, config)
        parts.append(to_host({"r": batch.predict(images, body, config_below, workers=workers)})["r"])
        if between:
            between(len(images))
    return Represented(source, np.concatenate(parts), place)
