"""Pictures as a model's training had them: the sizes before the crop, both resizes, mean and standard deviation."""

import contextlib
import dataclasses

import numpy as np
import pytest
import scipy.ndimage
from PIL import Image

from vitnp import ViTConfig
from vitnp.data import ArraySource, augment, files, photo, preprocess
from vitnp.errors import InputError
from vitnp.inputs import images
from vitnp.inputs.images import Preprocessing, check_images

GOOGLE = Preprocessing()
TIMM = Preprocessing(resize_filter="bicubic", antialias=True, keep_aspect_ratio=True, crop_fraction=0.9)
TORCHVISION = Preprocessing(
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
    antialias=True,
    keep_aspect_ratio=True,
    crop_fraction=224 / 256,
)


def config(how, image_size=(224, 224), **fields):
    return ViTConfig(image_size=image_size, preprocessing=how, **fields)


def random_image(height, width):
    values = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


@pytest.mark.parametrize(
    ("how", "image_size", "of", "becomes"),
    [
        (GOOGLE, (224, 224), (427, 640), (224, 224)),
        (TIMM, (224, 224), (427, 640), (248, 371)),
        (TIMM, (224, 224), (640, 427), (371, 248)),
        (TIMM, (224, 224), (100, 100), (248, 248)),
        (TIMM, (224, 288), (427, 640), (248, 372)),
        (TIMM, (224, 288), (640, 427), (480, 320)),
        (TORCHVISION, (224, 224), (427, 640), (256, 383)),
        (TORCHVISION, (224, 224), (1, 1), (256, 256)),
        (Preprocessing(crop_fraction=0.875), (224, 448), (427, 640), (256, 512)),
    ],
)
def test_the_size_before_the_crop(how, image_size, of, becomes):
    assert preprocess.resized(of, config(how, image_size)) == becomes


def test_without_a_resize_it_is_the_scaling_of_uint8():
    image = random_image(32, 48)
    c = config(GOOGLE, (32, 48))
    x = preprocess.apply(image, c)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x, check_images(np.asarray(image)[None], c, np.float32)[0], atol=1e-6)
    assert x.min() == -1.0
    assert x.max() == 1.0


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_halves_give_the_released_codes_numbers_to_the_bit(dtype):
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    x = images.scaled(pixels, GOOGLE, dtype)
    assert x.dtype == dtype
    np.testing.assert_array_equal(x, pixels.astype(dtype) / 127.5 - 1.0)


def test_pixels_are_the_same_numbers_by_every_way(monkeypatch):
    """Bytes given to the model, a picture as `predict` reads it, one cropped for training.

    To the bit what torchvision's ToTensor and Normalize give.
    """
    picture = random_image(32, 48)
    pixels = np.asarray(picture)
    mean, std = np.float32(TORCHVISION.mean), np.float32(TORCHVISION.std)
    want = (pixels.astype(np.float32) / np.float32(255.0) - mean) / std
    c = config(dataclasses.replace(TORCHVISION, crop_fraction=1.0), (32, 48))
    np.testing.assert_array_equal(check_images(pixels[None], c, "float32")[0], want)
    np.testing.assert_array_equal(preprocess.apply(picture, c), want)
    monkeypatch.setattr(photo, "read", lambda path, in_channels: picture)
    for name in ("inception_crop", "crop_384_of_448"):
        with monkeypatch.context() as at:
            at.setitem(augment.BOXES, name, lambda size, rng: (0, 0, *size))
            source = files.FolderSource(["a.png"], [0], c, crop=name)
            np.testing.assert_array_equal(source.images([0], np.random.default_rng(0))[0], want)
    # from a source's −1 … 1 it is a rounding more
    got = ArraySource(pixels[None], [0]).prepared(pixels[None] / 127.5 - 1.0, c)[0]
    np.testing.assert_allclose(got, want, atol=1e-6)


@pytest.mark.parametrize("size", [(50, 70), (9, 12), (16, 200), (1, 1)])
def test_the_released_codes_resize_takes_two_neighbors_on_each_axis(size):
    image = random_image(*size)
    rows, cols = ((np.arange(new) + 0.5) * old / new - 0.5 for new, old in zip((16, 32), size, strict=True))
    places = np.meshgrid(rows, cols, indexing="ij")
    values = np.asarray(image, np.float64)
    expected = [
        scipy.ndimage.map_coordinates(values[..., c], places, order=1, mode="nearest") for c in range(3)
    ]
    x = preprocess.apply(image, config(GOOGLE, (16, 32)))
    np.testing.assert_allclose(x, np.stack(expected, -1) / 127.5 - 1.0, atol=1e-5)


@pytest.mark.parametrize("turned", [False, True])
def test_the_middle_is_cut_out_and_each_channel_has_its_mean(turned):
    image = random_image(640, 427) if turned else random_image(427, 640)
    x = preprocess.apply(image, config(TORCHVISION))
    size = (256, 383) if turned else (383, 256)
    small = np.asarray(image.resize(size, Image.Resampling.BILINEAR), np.float64) / 255
    # round(159/2) is 80: the even neighbor
    crop = small[80:304, 16:240] if turned else small[16:240, 80:304]
    np.testing.assert_allclose(x, (crop - TORCHVISION.mean) / TORCHVISION.std, atol=1e-5)


WAYS = {
    "whole": GOOGLE,
    "same aspect": TIMM,
    "other aspect": Preprocessing(antialias=True, crop_fraction=0.875),
}


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("size", [(300, 451), (640, 480), (97, 97)])
def test_where_the_model_sees_a_pixel(how, size):
    """A bright square of the picture lies in the model's image where `seen` says."""
    height, width = size
    y, x = height // 3, 2 * width // 3
    pixels = np.zeros((*size, 3), np.uint8)
    pixels[y - 2 : y + 3, x - 2 : x + 3] = 255
    settings = config(WAYS[how])
    image = preprocess.apply(Image.fromarray(pixels), settings)
    brightness = image.sum(axis=-1) - image.sum(axis=-1).min()
    center = [(brightness * (np.indices((224, 224))[axis] + 0.5)).sum() / brightness.sum() for axis in (0, 1)]
    top, left, seen_height, seen_width = preprocess.seen(size, settings)
    want = [(y + 0.5 - top) / seen_height * 224, (x + 0.5 - left) / seen_width * 224]
    np.testing.assert_allclose(center, want, atol=0.6)


def test_antialias_averages_and_sampling_does_not():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    image = Image.fromarray(stripes)
    averaged = preprocess.apply(image, config(Preprocessing(antialias=True), (16, 16)))
    assert np.abs(averaged).max() < 0.3
    picked = preprocess.apply(image.crop((0, 0, 63, 63)), config(GOOGLE, (16, 16)))
    assert np.abs(picked).max() > 0.9


def test_gray(tmp_path):
    random_image(40, 30).save(tmp_path / "image.png")
    for how in (GOOGLE, Preprocessing(antialias=True, mean=0.1, std=0.3)):
        x = preprocess.load(tmp_path / "image.png", config(how, (16, 16), in_channels=1))
        assert x.shape == (16, 16, 1)
        assert x.dtype == np.float32


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (3, 5)])
@pytest.mark.parametrize("how", [GOOGLE, TIMM, TORCHVISION])
def test_any_size_fits(how, size):
    x = preprocess.apply(random_image(*size), config(how, (32, 48)))
    assert x.shape == (32, 48, 3)
    assert np.isfinite(x).all()


def test_a_file_is_read_by_photo_and_nowhere_else(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="there is no file"):
        preprocess.load(tmp_path / "none.png", config(GOOGLE))
    monkeypatch.setattr(photo, "read", lambda path, in_channels: random_image(20, 20))
    assert preprocess.load("anything", config(TIMM)).shape == (224, 224, 3)


def test_a_filter_without_a_known_meaning():
    how = Preprocessing(resize_filter="bicubic", antialias=False)
    with pytest.raises(InputError, match=r"say antialias=True, or --set preprocessing\.antialias=true$"):
        preprocess.apply(random_image(9, 9), config(how))


def test_a_picture_too_narrow_is_named(tmp_path):
    """Covering 224x224 with one column of pixels would take all memory."""
    path = tmp_path / "line.png"
    Image.fromarray(np.zeros((20_000, 1, 3), np.uint8)).save(path)
    config = ViTConfig(preprocessing=Preprocessing(keep_aspect_ratio=True))
    with pytest.raises(InputError, match=r"line\.png is 1x20000, so narrow that it would become 224x4480000"):
        preprocess.load(path, config)


@pytest.mark.parametrize(("length", "fits"), [(128, True), (129, False)])
def test_how_narrow_a_picture_may_be(monkeypatch, length, fits):
    """Of few pixels, 1x2000 for example, a model of 224x224 would hold 100 million after the resize."""
    monkeypatch.setattr(preprocess, "MOST_NARROW", 1000)
    config = ViTConfig(image_size=8, patch_size=4, preprocessing=Preprocessing(keep_aspect_ratio=True))
    with contextlib.nullcontext() if fits else pytest.raises(InputError, match="crop it first"):
        preprocess.apply(Image.new("RGB", (1, length // 8) if fits else (8, length)), config)


@pytest.mark.parametrize(("most", "fits"), [(8 * 8, True), (8 * 8 - 1, False)])
def test_the_largest_size_before_the_crop(monkeypatch, most, fits):
    monkeypatch.setattr(preprocess, "MOST_PIXELS", most)
    config = ViTConfig(image_size=8, patch_size=4)
    with contextlib.nullcontext() if fits else pytest.raises(InputError, match="crop it first"):
        preprocess.apply(Image.new("RGB", (8, 16)), config)
