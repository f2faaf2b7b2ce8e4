"""A random part of each image, resized to the image's size."""

import functools

import numpy as np


def crop_box(size, rng, *, area=(0.05, 1.0), ratio=(3 / 4, 4 / 3), tries=100):
    """(left, top, right, bottom) of a random part of an image of size (width, height), in whole pixels.

    Its area is uniform in `area`, a fraction of the image's; its width ÷ height is uniform in `ratio`. If none of
    `tries` draws fits, it is the whole image (the "Inception crop": Szegedy et al., 2015; 5% … 100% as in ViT's
    released code).
    """
    width, height = size
    for _ in range(tries):
        pixels, aspect = rng.uniform(*area) * width * height, rng.uniform(*ratio)
        w, h = round((pixels * aspect) ** 0.5), round((pixels / aspect) ** 0.5)
        if 1 <= w <= width and 1 <= h <= height:
            left, top = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
            return left, top, left + w, top + h
    return 0, 0, width, height


def window_box(size, rng, *, side):
    """(left, top, right, bottom) of a random window of an image of size (width, height), in whole pixels.

    Its sides are the share `side` of the image's: 128/160 where BiT resizes to 160x160 and cuts 128x128 out (§3.3).
    """
    inner = [max(round(side * full), 1) for full in size]
    left, top = (int(rng.integers(0, full - part + 1)) for full, part in zip(size, inner, strict=True))
    return left, top, left + inner[0], top + inner[1]


# The augmentations that are a part of each image: how it is drawn. A picture's part is cut out before the one resize.
BOXES = {
    "inception_crop": crop_box,
    "crop_128_of_160": functools.partial(window_box, side=128 / 160),
    "crop_384_of_448": functools.partial(window_box, side=384 / 448),
    "crop_480_of_512": functools.partial(window_box, side=480 / 512),
}


def part_crop(images, rng, *, box=crop_box):
    """A random part of each image, resized to the image's size by linear interpolation: (n, Hᵢ, Wᵢ, C)."""
    n, height, width, _ = images.shape
    moved = np.empty_like(images)
    for i in range(n):
        left, top, right, bottom = box((width, height), rng)
        rows, cols = (
            (np.arange(new) + 0.5) * (old / new) - 0.5
            for new, old in ((height, bottom - top), (width, right - left))
        )
        W_rows, W_cols = hats(rows, bottom - top), hats(cols, right - left)
        part = images[i, top:bottom, left:right]
        moved[i] = np.tensordot(W_cols, np.tensordot(W_rows, part, (1, 0)), (1, 1)).swapaxes(0, 1)
    return moved


def hats(places, old):
    """W (new, old), float32: linear interpolation at these places of an axis; outside, the edge value is repeated."""
    distance = abs(places.clip(0, old - 1)[:, None] - np.arange(old))
    return np.maximum(1.0 - distance, 0.0).astype(np.float32)
