"""What the loader and training know of a data set: labeled images that are read on demand.

Imports `inputs`, `errors`.
"""

from typing import NamedTuple, Protocol

import numpy as np

from vitnp.errors import MOST, InputError
from vitnp.inputs.checks import listed
from vitnp.inputs.images import Preprocessing, scaled

TEST_SHARE = 0.2  # of a set that has no split of its own


class Source(Protocol):
    """n labeled images of one shape, read by row number.

    labels (n,) integers 0 … classes − 1; shape (Hᵢ, Wᵢ, C) of every image, None where each has its own and a model is
    to say which (`fitting`); does: names of the augmentations that `images` itself does; len() is n.
    """

    labels: np.ndarray
    shape: tuple | None
    does: tuple

    def __len__(self):
        """How many images there are."""

    def images(self, rows, rng=None):
        """The images of these rows: float32 (len(rows), Hᵢ, Wᵢ, C), values −1 … 1, a new array.

        With a generator, as for training, it does what `does` names; without one, as for evaluation. Several threads
        may call it.
        """


class DataSet(NamedTuple):
    """Training images, test images and the names of the classes."""

    train: Source
    test: Source
    class_names: tuple  # class_names[label] is the name of the class
    note: str = ""  # what was done to the pictures so that they are what a model takes


class ArraySource:
    """A source whose images are in memory: uint8 (n, Hᵢ, Wᵢ, C), 0 … 255, or floats, −1 … 1.

    uint8 is kept, a quarter of the memory, and scaled to x/127.5 − 1 when it is read. Raises InputError for another
    shape or dtype, and for labels that are not one integer per image.
    """

    does = ()

    def __init__(self, images, labels):
        images, labels = listed("images", images), listed("labels", labels)
        if images.ndim != 4 or 0 in images.shape[1:]:
            raise InputError(
                f"images have shape {images.shape}; need (n, height, width, channels): gray has 1 channel, RGB 3"
            )
        if images.dtype != np.uint8 and images.dtype.kind != "f":
            raise InputError(
                f"images have dtype {images.dtype}; need uint8, 0 … 255, or floats, already −1 … 1"
            )
        if labels.shape != images.shape[:1]:
            raise InputError(f"{len(images):,} images and labels of shape {labels.shape}; need one an image")
        if labels.dtype.kind not in "iu":
            raise InputError(
                f"labels have dtype {labels.dtype}; need whole numbers from 0 on, a class per image"
            )
        if labels.size and not 0 <= labels.min() <= labels.max() <= MOST:
            raise InputError(
                f"labels run from {labels.min()} to {labels.max()}; need classes from 0 to at most {MOST:,}"
            )
        self.pixels = images if images.dtype == np.uint8 else images.astype(np.float32, copy=False)
        self.labels = labels.astype(np.intp)
        self.shape = images.shape[1:]

    def __len__(self):
        return len(self.labels)

    def images(self, rows, rng=None):
        """float32 (len(rows), Hᵢ, Wᵢ, C), a copy; rng is not used, because nothing is cropped."""
        pixels = self.pixels[np.asarray(rows)]
        return scaled(pixels, Preprocessing()) if pixels.dtype == np.uint8 else pixels
