"""Labeled images that are read when asked for: what the loader and training see of a data set. Imports `errors`."""

from typing import NamedTuple, Protocol

import numpy as np

from vitnp.errors import InputError
from vitnp.inputs.images import Preprocessing, scaled

TEST_SHARE = 0.2  # of a set that has no split of its own


class Source(Protocol):
    """n labeled images, all of one shape, read by their rows.

    labels (n,) integers 0 … classes − 1; shape (Hᵢ, Wᵢ, C) of every image; len() is n.
    """

    labels: np.ndarray
    shape: tuple

    def __len__(self):
        """How many images there are."""

    def images(self, rows, rng=None):
        """The images of these rows: float32 (len(rows), Hᵢ, Wᵢ, C), values −1 … 1, the caller's own.

        With a generator a source of big pictures may cut each at random, as for training; without one every
        picture is prepared as for evaluation, the same each time. It may be called from several threads.
        """


class DataSet(NamedTuple):
    """What to learn from and what to test with, and what the classes are called."""

    train: Source
    test: Source
    class_names: tuple  # class_names[label] is what people call it


class ArraySource:
    """A source whose images lie in memory: uint8 (n, Hᵢ, Wᵢ, C), 0 … 255, or floats, −1 … 1.

    uint8 stays uint8, a quarter of the memory, and is scaled to x/127.5 − 1 when read.
    Raises InputError for another shape or dtype, and for labels that are not one integer an image.
    """

    def __init__(self, images, labels):
        images, labels = np.asarray(images), np.asarray(labels)
        if images.ndim != 4:
            raise InputError(
                f"images have shape {images.shape}; need (n, height, width, channels): gray has 1 channel, RGB 3"
            )
        if images.dtype != np.uint8 and images.dtype.kind != "f":
            raise InputError(
                f"images have dtype {images.dtype}; need uint8, 0 … 255, or floats, already −1 … 1"
            )
        if labels.shape != images.shape[:1]:
            raise InputError(f"{len(images):,} images and labels of shape {labels.shape}; need one an image")
        if labels.dtype.kind not in "iu" or (labels.size and labels.min() < 0):
            odd = f"the value {labels.min()}" if labels.dtype.kind == "i" else f"dtype {labels.dtype}"
            raise InputError(f"labels have {odd}; need whole numbers from 0 on, the class of each image")
        self.pixels = images if images.dtype == np.uint8 else images.astype(np.float32, copy=False)
        self.labels = labels.astype(np.intp)
        self.shape = images.shape[1:]

    def __len__(self):
        return len(self.labels)

    def images(self, rows, rng=None):
        """float32 (len(rows), Hᵢ, Wᵢ, C), a copy; all is in memory and of one size, so rng has nothing to do."""
        pixels = self.pixels[np.asarray(rows)]
        return scaled(pixels, Preprocessing()) if pixels.dtype == np.uint8 else pixels
