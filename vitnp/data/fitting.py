"""Any data set for any model: its pictures become what the model takes, when they are read.

A set's small pictures are prepared as pictures of a folder are: gray repeated to three channels, resized and cropped by
the model's own preprocessing, cut at random for training before the one resize. So a set gives the numbers that a
folder of the same pictures gives. Imports its neighbors, `inputs`, `errors`.
"""

import dataclasses
import math

import numpy as np

from vitnp.data import augment, folder, photo, preprocess
from vitnp.data.sources import ImageSource
from vitnp.errors import InputError

SMALL = ("affine", "crop", *augment.BOXES)  # augmentations that are measured in the picture's own pixels


class Fitted(ImageSource):
    """Images of another source, small pictures of one size, as a model of `config` takes them.

    augment: names of augmentations; those that go by the small picture's pixels are done here, on the small picture.
    Values that are no bytes are rounded to bytes first, as in a picture's file.
    """

    def __init__(self, source, config, *, augment=()):
        self.source, self.config, self.labels = source, config, source.labels
        self.shape = (*config.image_size, config.in_channels)
        self.does = tuple(name for name in augment if name in SMALL)

    def __len__(self):
        return len(self.labels)

    def images(self, rows, rng=None):
        """float32 (len(rows), Hᵢ, Wᵢ, C), by default −1 … 1."""
        small, crop = self.source.images(rows), None
        if small.size and abs(small).max() > 1.0:
            raise InputError("images hold values outside −1 … 1, which no picture has; scale them to that")
        if rng is not None:
            crop = box_of(self.does)
            for name in self.does:
                small = small if name == crop else augment.NAMES[name](small, rng)
        pixels = augment.to_bytes(small)
        x = np.empty((len(pixels), *self.shape), np.float32)
        for i, image in enumerate(pixels):
            picture = photo.in_colors(photo.of_pixels(image), self.config.in_channels)
            if crop:
                x[i] = preprocess.random_part(picture, self.config, rng, crop)
            else:
                x[i] = preprocess.apply(picture, self.config)
        return x


def fitted(dataset, config, *, augment=(), on_corrupt="stop", say=None):
    """The `DataSet` as a model of `config` takes it; augment: what its training does, see `Fitted`.

    Values stay −1 … 1, as every source gives them; the mean and the standard deviation are applied to the batch.
    Raises InputError for pictures that cannot become what the model takes.
    """
    values = dataclasses.replace(config.preprocessing, mean=0.5, std=0.5)
    config = dataclasses.replace(config, preprocessing=values)
    own = dataset.train.shape
    if own is None:
        photo.need_colors(config.in_channels)
        preprocess.need_filter(config.preprocessing)
        return folder.fitted(dataset, config, crop=box_of(augment), on_corrupt=on_corrupt, say=say)
    shape = (*config.image_size, config.in_channels)
    if own == shape and preprocess.resized(own[:2], config) == own[:2]:
        return dataset
    if own[2] != config.in_channels and (own[2], config.in_channels) != (1, 3):
        kinds = {1: "gray, 1 channel", 3: "color, 3 channels"}
        have, want = (kinds.get(count, f"{count} channels") for count in (own[2], config.in_channels))
        raise InputError(
            f"the pictures are {have}, the model takes {want}; name another data set, or another model's weights"
        )
    if own[2] not in photo.MODES:
        raise InputError(
            f"images of {own[2]} channels cannot be resized; give them as {by(shape[:2])} pixels"
        )
    preprocess.need_filter(config.preprocessing)
    train = Fitted(dataset.train, config, augment=augment)
    return dataset._replace(train=train, test=Fitted(dataset.test, config), notes=(change(own, config),))


def box_of(names):
    """The augmentation among these that cuts out a part of a picture; None where there is none."""
    return next((name for name in names if name in augment.BOXES), None)


def change(own, config):
    """What becomes of pictures of the shape `own`, in words."""
    gray, size = own[2] != config.in_channels, preprocess.resized(own[:2], config)
    words = f"{by(own[:2])} {'gray ' if gray else ''}pictures"
    if size != own[:2]:
        words += f", resized to {by(size)}"
    if size != config.image_size:
        words += f", cropped to {by(config.image_size)}"
    if gray:
        words += f", the gray repeated to {config.in_channels} channels"
    if math.prod(config.image_size) < math.prod(own[:2]):
        words += "; detail is lost, since the model sees fewer pixels than there are"
    return words


def by(size):
    """A size (height, width) as --image-size has it: 32x32."""
    return f"{size[0]}x{size[1]}"
