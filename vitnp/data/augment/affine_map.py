"""Small random shifts, rotations and scalings, between the pixels by a cubic spline."""

import functools

import numpy as np

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
