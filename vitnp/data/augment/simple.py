"""What moves or covers whole pixels: flip, crop, cutout."""

import numpy as np


def flip(images, rng):
    """Each image mirrored, left and right exchanged, with probability ½: (n, Hᵢ, Wᵢ, C) → the same shape."""
    mirrored = rng.random(len(images)) < 0.5
    return np.where(mirrored[:, None, None, None], images[:, :, ::-1], images)


def crop(images, rng, *, padding=4):
    """Each image padded with zeros, then a random crop of its own size: (n, Hᵢ, Wᵢ, C) → the same shape.

    `padding` zeros on every side; zero is middle gray for values −1 … 1 (He et al., 2015, §4.2, for CIFAR-10).
    """
    n, height, width, _ = images.shape
    wide = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    tops, lefts = rng.integers(0, 2 * padding + 1, (2, n))
    windows = np.lib.stride_tricks.sliding_window_view(wide, (height, width), axis=(1, 2))
    return np.ascontiguousarray(windows[np.arange(n), tops, lefts].transpose(0, 2, 3, 1))


def cutout(images, rng, *, half=None, fill=0):
    """A square of each image covered with one value: (n, Hᵢ, Wᵢ, C) → the same shape and dtype.

    Its center is any pixel, its side 2·half pixels, what lies outside the image is cut off. By default half is a
    quarter of the shorter side, as in Noisy Student's released code for 32x32 images; 0 is middle gray for values
    −1 … 1 (DeVries & Taylor, 2017).
    """
    n, height, width, _ = images.shape
    half = min(height, width) // 4 if half is None else half
    rows, columns = (
        abs(np.arange(size) + 0.5 - rng.integers(size, size=(n, 1))) < half for size in (height, width)
    )
    covered = rows[:, :, None] & columns[:, None]
    return np.where(covered[..., None], np.asarray(fill, images.dtype), images)
