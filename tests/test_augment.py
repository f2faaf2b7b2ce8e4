"""The affine augmentation: what each of its three parts does, that it repeats, and that it is quick."""

import time

import numpy as np
import pytest

from vitnp.data import augment, digits

NONE = {"shift": 0.0, "degrees": 0.0, "scale": 0.0}


def blobs(n, size=33, at=(0.0, 0.0), width=3.0):
    """n images of one round blob, `at` pixels from the center."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    blob = np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / (2 * width**2))
    return np.repeat(blob[None, :, :, None], n, axis=0)


def centers(images):
    """Where the mass of each image lies, pixels from the center: (n, 2)."""
    _, height, width, _ = images.shape
    y, x = np.mgrid[:height, :width]
    mass = images[..., 0]
    total = mass.sum((1, 2))
    return np.c_[
        (mass * (y - (height - 1) / 2)).sum((1, 2)) / total,
        (mass * (x - (width - 1) / 2)).sum((1, 2)) / total,
    ]


def test_nothing_to_do_changes_nothing():
    images = digits.load(0).train.images(range(20))
    np.testing.assert_allclose(augment.affine(images, np.random.default_rng(0), **NONE), images, atol=1e-5)


def test_shift_alone():
    moved = centers(augment.affine(blobs(200), np.random.default_rng(0), **NONE | {"shift": 2.0}))
    assert np.all(abs(moved) < 2.05)
    assert np.all(abs(moved).max(0) > 1.8)  # the range is used
    assert np.all(abs(moved.mean(0)) < 0.3)  # both ways
    assert len(np.unique(moved.round(6), axis=0)) == 200  # each image its own


def test_rotation_alone():
    moved = centers(
        augment.affine(blobs(200, at=(0.0, 8.0)), np.random.default_rng(0), **NONE | {"degrees": 11.0})
    )
    angle = np.degrees(np.arctan2(moved[:, 0], moved[:, 1]))
    np.testing.assert_allclose(np.hypot(*moved.T), 8.0, atol=0.05)  # no closer to the center
    assert np.all(abs(angle) < 11.2)
    assert angle.min() < -10
    assert angle.max() > 10


def test_scale_alone():
    moved = centers(
        augment.affine(blobs(200, at=(0.0, 8.0)), np.random.default_rng(0), **NONE | {"scale": 0.1})
    )
    assert np.all(abs(moved[:, 0]) < 0.05)
    assert np.all((moved[:, 1] > 7.1) & (moved[:, 1] < 8.9))
    assert np.ptp(moved[:, 1]) > 1.4


def test_shape_dtype_and_the_originals():
    images = np.random.default_rng(0).standard_normal((5, 8, 12, 3)).astype("float32")
    kept = images.copy()
    moved = augment.affine(images, np.random.default_rng(1))
    assert moved.shape == images.shape
    assert moved.dtype == np.float32
    np.testing.assert_array_equal(images, kept)
    assert not np.array_equal(moved, images)


def test_channels_move_together():
    gray = blobs(4).astype("float32")
    moved = augment.affine(np.repeat(gray, 3, axis=-1), np.random.default_rng(2))
    np.testing.assert_array_equal(moved[..., 0], moved[..., 2])


def test_background_stays_background():
    """A shifted digit leaves paper behind, not gray: the edge goes on."""
    paper = np.full((10, 8, 8, 1), -1.0, "float32")
    np.testing.assert_allclose(augment.affine(paper, np.random.default_rng(3)), -1.0, atol=1e-5)


def test_the_generator_decides():
    images = digits.load(0).train.images(range(8))
    first, again = (augment.affine(images, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    rng = np.random.default_rng(4)
    augment.affine(images, rng)
    assert not np.array_equal(augment.affine(images, rng), first)


@pytest.mark.parametrize("n", [0, 1])
def test_few_images(n):
    assert augment.affine(np.zeros((n, 8, 8, 1), "float32"), np.random.default_rng(0)).shape == (n, 8, 8, 1)


def test_quick():
    """An epoch's digits take 0.05 s, a tenth of its training; ten times that would be noticed."""
    images = digits.load(0).train.pixels
    started = time.process_time()
    augment.affine(images, np.random.default_rng(0))
    assert time.process_time() - started < 0.5
