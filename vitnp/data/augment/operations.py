"""RandAugment's operations on bytes, uint8 (n, Hᵢ, Wᵢ, C): each with Pillow's numbers, for all images at once.

What moves pixels takes the nearest one, and what comes from outside is middle gray, as in the released code.
"""

import numpy as np

GRAY = 128  # what comes from outside the image
LUMA = (19595, 38470, 7471)  # /65536: the shares of red, green and blue in gray (ITU-R 601), as in Pillow
SMOOTH = 13  # the sum of Pillow's kernel: 5 in the middle, 1 around it


def to_bytes(images):
    """Values −1 … 1 → bytes 0 … 255, rounded; the inverse of x/127.5 − 1."""
    return np.rint((images + 1.0) * 127.5).clip(0, 255).astype(np.uint8)


def invert(x):
    """255 − x."""
    return 255 - x


def solarize(x, threshold):
    """255 − x where x is at least the threshold."""
    return np.where(x < threshold, x, 255 - x)


def solarize_add(x, added):
    """x + added, at most 255, where x is below 128; no operation of Pillow."""
    return np.where(x < 128, np.minimum(x.astype(np.int16) + added, 255), x).astype(np.uint8)


def posterize(x, bits):
    """The first `bits` bits of each value; the others are 0."""
    return x & np.uint8(256 - 2 ** (8 - bits))


def autocontrast(x):
    """Each channel of each image stretched to 0 … 255; one of a single value stays."""
    low, high = (f(x, axis=(1, 2)).astype(np.float64)[..., None] for f in (np.min, np.max))
    flat = high <= low
    scale = 255.0 / np.where(flat, 255.0, high - low)
    table = (np.arange(256) * scale - np.where(flat, 0.0, low * scale)).clip(0, 255)
    return looked_up(x, table.astype(np.uint8))


def equalize(x):
    """Each channel of each image with about as many pixels of every value, by its histogram."""
    n, height, width, C = x.shape
    counts = np.bincount(places(x).ravel(), minlength=n * C * 256).reshape(n, C, 256)
    highest = np.take_along_axis(counts, x.max((1, 2))[..., None].astype(np.intp), axis=2)
    step = (height * width - highest) // 255  # pixels per value
    below = counts.cumsum(2) - counts
    table = (below + step // 2) // np.maximum(step, 1)
    return looked_up(x, np.where(step == 0, np.arange(256), table).clip(0, 255).astype(np.uint8))


def places(x):
    """Where each value of x stands in tables (n, C, 256), as one row of numbers."""
    n, _, _, C = x.shape
    return x + 256 * np.arange(n * C).reshape(n, 1, 1, C)


def looked_up(x, table):
    """The value of each value in the table (n, C, 256) of its image and channel."""
    return table.ravel()[places(x)]


def gray_of(x):
    """(n, Hᵢ, Wᵢ, 1): the gray of each pixel; of channels that are no RGB, their mean. One channel is gray already."""
    if x.shape[3] == 3:
        return ((x.astype(np.int64) @ LUMA + 2**15) >> 16).astype(np.uint8)[..., None]
    return np.rint(x.mean(3, keepdims=True)).astype(np.uint8)


def blend(other, x, factor):
    """other + factor·(x − other), in 0 … 255, the fraction cut off: factor 1 is x, above 1 moves away from other."""
    other = np.asarray(other, np.float32)
    return (other + np.float32(factor) * (x - other)).clip(0, 255).astype(np.uint8)


def color(x, factor):
    """Blended with its gray; an image of one channel stays as it is."""
    return blend(gray_of(x), x, factor)


def contrast(x, factor):
    """Blended with the mean of its gray. (The released code divides the sum of the histogram by 256 instead.)"""
    mean = gray_of(x).mean((1, 2), keepdims=True)
    return blend(np.floor(mean + 0.5), x, factor)


def brightness(x, factor):
    """Blended with black."""
    return blend(0, x, factor)


def sharpness(x, factor):
    """Blended with itself smoothed: of 3x3 pixels the mean in which the middle counts 5 times; the border stays."""
    smooth = x.copy()
    if min(x.shape[1:3]) > 2:
        wide = x.astype(np.int32)
        rows = wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]
        total = rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:] + 4 * wide[:, 1:-1, 1:-1]
        smooth[:, 1:-1, 1:-1] = (2 * total + SMOOTH) // (2 * SMOOTH)
    return blend(smooth, x, factor)


def rotate(x, degrees):
    """Each image turned about its center, counterclockwise; degrees (n,)."""
    _, height, width, _ = x.shape
    angle = -np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    right, down = width / 2, height / 2
    return moved(
        x, (cos, sin, right - cos * right - sin * down), (-sin, cos, down + sin * right - cos * down)
    )


def shear(x, slope, *, axis):
    """Each row moved by slope times its number (axis 1), or each column (axis 0); slope (n,)."""
    if axis == 1:
        return moved(x, (1.0, slope, 0.0), (0.0, 1.0, 0.0))
    return moved(x, (1.0, 0.0, 0.0), (slope, 1.0, 0.0))


def translate(x, pixels, *, axis):
    """Each image moved to the left (axis 1) or up (axis 0); pixels (n,)."""
    if axis == 1:
        return moved(x, (1.0, 0.0, pixels), (0.0, 1.0, 0.0))
    return moved(x, (1.0, 0.0, 0.0), (0.0, 1.0, pixels))


def moved(x, column, row):
    """The pixel of each image that is nearest to column a·c + b·r + t and to row a·c + b·r + t, of pixel (r, c).

    column and row are (a, b, t), each a number or (n,). Places are counted from the image's corner, so a pixel's middle
    is ½ further; in steps of 1/65536, as Pillow does, so that ties come out alike.
    """
    n, height, width, _ = x.shape
    r, c = np.arange(height)[:, None], np.arange(width)
    at_columns, at_rows = (
        (fixed(a) * c + fixed(b) * r + fixed(np.add(t, np.add(a, b) * 0.5))) >> 16
        for a, b, t in (column, row)
    )
    inside = (at_columns >= 0) & (at_columns < width) & (at_rows >= 0) & (at_rows < height)
    found = x[np.arange(n)[:, None, None], at_rows.clip(0, height - 1), at_columns.clip(0, width - 1)]
    return np.where(inside[..., None], found, np.uint8(GRAY))


def fixed(value):
    """In steps of 1/65536, rounded: (n, 1, 1), or (1, 1, 1) of one number."""
    return np.floor(np.asarray(value, np.float64) * 65536 + 0.5).astype(np.int64).reshape(-1, 1, 1)
