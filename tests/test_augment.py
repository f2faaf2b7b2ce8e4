"""The affine augmentation: what each of its three parts does, and that it repeats; and the other small changes."""

import numpy as np
import pytest
import scipy.ndimage

from vitnp import InputError
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


IMAGES = np.random.default_rng(1).standard_normal((64, 6, 9, 2)).astype(np.float32)
SMALL_CHANGES = [augment.NAMES[name] for name in augment.NAMES if name != "affine"]


@pytest.mark.parametrize("change", SMALL_CHANGES, ids=list(augment.NAMES)[1:])
def test_every_change_is_reproducible_and_keeps_its_input(change):
    before = IMAGES.copy()
    one, again, other = (change(IMAGES, np.random.default_rng(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    assert (one.shape, one.dtype) == (IMAGES.shape, IMAGES.dtype)
    np.testing.assert_array_equal(IMAGES, before)


def test_flip_turns_about_half_of_the_images_around():
    turned = augment.flip(IMAGES, np.random.default_rng(0))
    same = (turned == IMAGES).all(axis=(1, 2, 3))
    mirrored = (turned == IMAGES[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (same ^ mirrored).all()
    assert 16 < same.sum() < 48


def test_crop_is_a_window_of_the_padded_image():
    moved = augment.crop(IMAGES, np.random.default_rng(0), padding=2)
    wide = np.pad(IMAGES, ((0, 0), (2, 2), (2, 2), (0, 0)))
    places = {(top, left) for top in range(5) for left in range(5)}
    found = []
    for i in range(64):
        hits = [(y, x) for y, x in places if np.array_equal(wide[i, y : y + 6, x : x + 9], moved[i])]
        assert len(hits) == 1
        found += hits
    assert len(set(found)) > 15
    np.testing.assert_array_equal(augment.crop(IMAGES, np.random.default_rng(0), padding=0), IMAGES)


def test_crop_boxes_lie_in_the_image_and_have_its_shares():
    rng = np.random.default_rng(0)
    boxes = np.array([augment.crop_box((300, 200), rng) for _ in range(2000)])
    left, top, right, bottom = boxes.T
    assert (left >= 0).all()
    assert (top >= 0).all()
    assert (right <= 300).all()
    assert (bottom <= 200).all()
    width, height = right - left, bottom - top
    share = width * height / 60_000
    assert 0.049 < share.min() < 0.08
    assert share.max() > 0.8
    assert (width / height).min() > 0.73
    assert (width / height).max() < 1.36
    for width, height in ((1000, 1), (1, 1000)):  # nothing fits: the whole image
        assert augment.crop_box((width, height), rng, tries=5) == (0, 0, width, height)
    for size in ((1, 1), (1, 2), (2, 1)):  # never a box without pixels
        for _ in range(50):
            left, top, right, bottom = augment.crop_box(size, rng)
            assert left < right <= size[0] and top < bottom <= size[1]


def test_inception_crop_of_a_ramp_is_a_ramp():
    """A linear picture stays linear inside the box, and runs from edge to edge of it."""
    ramp = np.broadcast_to(np.arange(40.0, dtype=np.float32)[None, None, :, None], (3, 40, 40, 1))
    moved = augment.NAMES["inception_crop"](ramp, np.random.default_rng(2))
    steps = np.diff(moved[:, 20, 5:-5, 0], axis=1)
    np.testing.assert_allclose(steps, np.broadcast_to(steps[:, :1], steps.shape), atol=1e-4)
    np.testing.assert_allclose(moved, np.broadcast_to(moved[:, :1], moved.shape), atol=1e-4)
    assert (moved >= 0).all()
    assert (moved <= 39).all()


@pytest.mark.parametrize(
    ("name", "width", "height"),
    [("crop_128_of_160", 240, 160), ("crop_384_of_448", 257, 171), ("crop_480_of_512", 281, 188)],
)
def test_a_window_has_bits_share_of_each_side_and_lies_anywhere(name, width, height):
    """Of a picture of 300x200 pixels, stretched: 128/160, 384/448 or 480/512 of each side."""
    rng = np.random.default_rng(0)
    boxes = np.array([augment.BOXES[name]((300, 200), rng) for _ in range(2000)])
    left, top, right, bottom = boxes.T
    assert {*(right - left)} == {width} and {*(bottom - top)} == {height}
    assert (left.min(), right.max(), top.min(), bottom.max()) == (0, 300, 0, 200)
    assert np.corrcoef(left, top)[0, 1] == pytest.approx(0, abs=0.1)
    assert augment.BOXES[name]((1, 2), rng)[2:] <= (1, 2)


def test_two_parts_of_a_picture_are_refused():
    with pytest.raises(
        InputError, match=r"^augment has inception_crop and crop_384_of_448; leave one of them out$"
    ):
        augment.check_names(("inception_crop", "flip", "crop_384_of_448"))


@pytest.mark.parametrize("far", [1, 40])
def test_the_numbers_are_scipys_image_by_image(far):
    """All images at once against scipy.ndimage.affine_transform one by one, also far beyond the edge."""
    images = np.random.default_rng(0).standard_normal((5, 20, 13, 3))
    options = {"shift": 0.5 * far, "degrees": 90.0, "scale": 0.5}
    moved = augment.affine(images, np.random.default_rng(1), **options)
    rng, middle = np.random.default_rng(1), np.array([9.5, 6.0])
    shifts = rng.uniform(-0.5 * far, 0.5 * far, (5, 2))
    angles, sizes = np.deg2rad(rng.uniform(-90, 90, 5)), rng.uniform(0.5, 1.5, 5)
    for i, (angle, size) in enumerate(zip(angles, sizes, strict=True)):
        back = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / size
        for c in range(3):
            wanted = scipy.ndimage.affine_transform(
                images[i, :, :, c], back, middle - back @ (middle + shifts[i]), order=3, mode="nearest"
            )
            np.testing.assert_allclose(moved[i, :, :, c], wanted, atol=2e-6)
