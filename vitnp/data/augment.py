"""Augmentation: small random changes to an image that do not change its class. Imports `errors`."""

import functools

import numpy as np

from vitnp.errors import InputError, need_choice

SHIFT = 0.5  # pixels: small, because an image may have only 8x8
DEGREES = 11.0
SCALE = 0.1
PAD = 12  # pixels, as many as SciPy adds: beyond them the repeated edge no longer changes the spline


def affine(images, rng, *, shift=SHIFT, degrees=DEGREES, scale=SCALE):
    """Each image shifted, rotated and scaled at random: (n, Hᵢ, Wᵢ, C) → the same shape and dtype.

    The shift is uniform in ±shift pixels on both axes, the angle in ±degrees about the center, the size in 1 ± scale.
    Between the pixels the image is a cubic spline, because linear interpolation would blur; outside, its edge pixels
    are repeated. All random numbers are drawn before the first image is changed.
    """
    n, height, width, _ = images.shape
    shifts = rng.uniform(-shift, shift, (n, 2))
    angle = np.deg2rad(rng.uniform(-degrees, degrees, n))
    size = rng.uniform(1.0 - scale, 1.0 + scale, n)
    cos, sin = np.cos(angle) / size, np.sin(angle) / size
    center = np.array([(height - 1) / 2, (width - 1) / 2])
    # The inverse map: the place in the image that each pixel of the result comes from, (n, 2, pixels).
    back = np.array([[cos, -sin], [sin, cos]]).transpose(2, 0, 1)
    pixels = np.mgrid[:height, :width].reshape(2, -1)
    return read_between(images, back @ (pixels - (center + shifts)[:, :, None]) + center[:, None])


def read_between(images, where):
    """Each image's cubic spline at places `where` (n, 2, Hᵢ·Wᵢ), row and column, of its own: (n, Hᵢ, Wᵢ, C).

    The images are stacked in one tall picture, so that SciPy is called once per channel and not once per image;
    scipy.ndimage.affine_transform(mode="nearest") on each image gives the same numbers to 1e-6.
    """
    import scipy.ndimage

    n, height, width, C = images.shape
    tall, wide = height + 2 * PAD, width + 2 * PAD
    # Clipped so that the spline at the outermost place reads only its own image's rows and columns.
    rows, columns = (where + PAD).clip(1, np.array([[tall - 3], [wide - 3]])).swapaxes(0, 1)
    rows = rows + tall * np.arange(n)[:, None]
    read = np.empty_like(images)
    for c in range(C):
        heights = spline(height) @ images[..., c] @ spline(width).T
        values = scipy.ndimage.map_coordinates(
            heights.reshape(n * tall, wide), (rows, columns), order=3, prefilter=False
        )
        read[..., c] = values.reshape(n, height, width)
    return read


@functools.lru_cache(maxsize=16)
def spline(size):
    """(size + 2·PAD, size): maps a line of pixels, padded with its edge values, to its cubic spline's coefficients."""
    import scipy.ndimage

    lines = np.pad(np.eye(size), ((0, 0), (PAD, PAD)), mode="edge")
    return scipy.ndimage.spline_filter1d(lines, 3, mode="nearest").T.copy()


def mixup(images, labels, rng, *, alpha, num_classes):
    """Each image and its label mixed with another of the batch: x ← λ·x + (1 − λ)·x′, λ ~ Beta(α, α), one per batch.

    images (B, Hᵢ, Wᵢ, C); integer labels (B,) → probabilities (B, num_classes), float32, mixed the same way
    (Zhang et al., 2018; the partners are a permutation of the batch, as in BiT's released code).
    """
    lam = np.float32(rng.beta(alpha, alpha))  # λ
    partner = rng.permutation(len(images))
    t = (labels[:, None] == np.arange(num_classes)).astype(np.float32)
    return tuple(lam * x + (np.float32(1.0) - lam) * x[partner] for x in (images, t))


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


NAMES = {
    "affine": affine,
    "crop": crop,
    "flip": flip,
} | {name: functools.partial(part_crop, box=box) for name, box in BOXES.items()}  # as recipes call them


def check_names(names):
    """Raise InputError for an augmentation that is not there, and for two that cut out a part."""
    for name in names:
        need_choice("augment", name, NAMES)
    if len(boxes := [name for name in names if name in BOXES]) > 1:
        raise InputError(f"augment has {boxes[0]} and {boxes[1]}; leave one of them out")


def composed(names, source, *, alpha=0.0, num_classes=None):
    """A function (images, labels, rng) → images, labels: these augmentations one after the other, then mixup.

    What the source does itself is left to it. alpha is α of `mixup`, 0 for none. None where nothing changes.
    """
    chosen = [NAMES[name] for name in names if name not in getattr(source, "does", ())]

    def change(images, labels, rng):
        for augmentation in chosen:
            images = augmentation(images, rng)
        return mixup(images, labels, rng, alpha=alpha, num_classes=num_classes) if alpha else (images, labels)

    return change if chosen or alpha else None
