"""What the loader and training know of a data set: inputs with labels, such as images, that are read on demand.

Imports `inputs`, `errors`.
"""

import zlib
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

import numpy as np

from vitnp.errors import MOST, InputError, counted, shown
from vitnp.inputs.checks import listed
from vitnp.inputs.images import Preprocessing, normalized, scaled

TEST_SHARE = 0.2  # of a set that has no split of its own


@runtime_checkable
class Source(Protocol):
    """n inputs with labels, read by row number; len() is n."""

    called: ClassVar[str]  # one of them, in messages

    def __len__(self):
        """How many there are."""

    def read(self, rows, rng=None):
        """(inputs, labels) of these rows, new arrays; with a generator as for training, without one as for evaluation.

        Several threads may call it.
        """

    def prepared(self, inputs, config):
        """Inputs that `read` gave, perhaps augmented, as the model of the configuration takes them."""
        return inputs


def need_source(source):
    """Raise InputError unless it is a `Source`."""
    if not isinstance(source, Source):
        raise InputError(
            f"the source is {shown(source)}; give a data.ArraySource, or derive your class from data.ImageSource"
        )


class ImageSource(Source):
    """n labeled images of one shape.

    labels (n,) integers 0 … classes − 1; shape (Hᵢ, Wᵢ, C) of every image, None where each has its own and a model is
    to say which (`fitting`); does: names of the augmentations that `images` itself does; files: their names, where they
    are files; about: what else a checkpoint is to remember of them.
    """

    called = "image"
    labels: np.ndarray
    shape: tuple | None
    does: tuple = ()
    files = None
    about: ClassVar[dict] = {}

    def images(self, rows, rng=None):
        """The images of these rows: float32 (len(rows), Hᵢ, Wᵢ, C), values −1 … 1, a new array.

        With a generator, as for training, it does what `does` names; without one, as for evaluation.
        """

    def read(self, rows, rng=None):
        """The images of these rows and their labels."""
        return self.images(rows, rng), self.labels[rows]

    def prepared(self, images, config):
        """Images −1 … 1 with the model's mean and standard deviation: (x₀ − mean)/std of x₀ in 0 … 1."""
        how = config.preprocessing
        return images if how.mean == how.std == (0.5,) else normalized(images * 0.5 + 0.5, how)


class DataSet(NamedTuple):
    """Training images, test images and the names of the classes."""

    train: ImageSource
    test: ImageSource
    class_names: tuple  # class_names[label] is the name of the class
    notes: tuple = ()  # lines: what is left out of a folder, what was done so that the pictures are what a model takes

    reads = "images"  # what a model of it reads

    @property
    def about(self):
        """What tells one data set from another, for a checkpoint to remember."""
        labels = np.concatenate([self.train.labels, self.test.labels])
        files = [self.train.files, self.test.files]
        about = {
            "images": [len(self.train), len(self.test)],
            "shape": list(self.train.shape),
            "classes": list(self.class_names),
            "labels": zlib.crc32(labels.astype("<i8").tobytes()),
        }
        if None not in files:
            about["files"] = zlib.crc32(repr(files).encode())
        return about | self.train.about

    def check_fits(self, config, classes=True):
        """Raise InputError unless a model of the configuration takes the images and, if asked, knows the classes."""
        height, width, channels = self.train.shape
        if config.image_size != (height, width) or config.in_channels != channels:
            have, want = (height, width, channels), (*config.image_size, config.in_channels)
            raise InputError(
                f"the images are {have[0]}x{have[1]}x{have[2]}, the model takes {want[0]}x{want[1]}x{want[2]}; make "
                "them fit with data.fitted(data, config), or give the model "
                f"image_size {height}x{width}, in_channels={channels}"
            )
        if classes and config.num_classes != len(self.class_names):
            raise InputError(
                f"the data has {counted(len(self.class_names), 'class')}, the model {config.num_classes}; "
                f"give it num_classes={len(self.class_names)}, or leave that out"
            )


class ArraySource(ImageSource):
    """A source whose images are in memory: uint8 (n, Hᵢ, Wᵢ, C), 0 … 255, or floats, −1 … 1.

    uint8 is kept, a quarter of the memory, and scaled to x/127.5 − 1 when it is read. Raises InputError for another
    shape or dtype, and for labels that are not one integer per image.
    """

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
