"""Photos: every kind of file becomes the same upright, cropped RGB array, or one clear line."""

import numpy as np
import pytest
from PIL import Image

from vitnp.data import photo
from vitnp.errors import InputError

RED, BLUE = (255, 0, 0), (0, 0, 255)


def halves(width=60, height=40):
    """An image whose left half is red and whose right half is blue."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2], pixels[:, width // 2 :] = RED, BLUE
    return Image.fromarray(pixels)


def saved(tmp_path, image, name="photo.png", **options):
    """The path of the image as a file."""
    image.save(tmp_path / name, **options)
    return tmp_path / name


def close(array, color):
    """Whether all pixels have nearly this color."""
    return np.abs(array.astype(int) - color).max() <= 4


@pytest.mark.parametrize("size", [(224, 224), (32, 48), (48, 32), (600, 700)])
def test_the_sample_in_any_size(size):
    image = photo.sample(size)
    assert image.shape == (*size, 3)
    assert image.dtype == np.uint8
    assert image.std() > 40  # a real photo
    image[0, 0] = 0  # the caller's own


def test_the_sample_is_cut_from_the_middle_and_not_stretched():
    from sklearn.datasets import load_sample_image

    original = load_sample_image("china.jpg")  # 427 x 640
    np.testing.assert_array_equal(photo.sample((427, 426)), original[:, 107:533])


def test_wide_and_tall_photos_are_cropped_to_the_center(tmp_path):
    path = saved(tmp_path, halves(60, 20))
    image = photo.load(path, (10, 10))
    assert close(image[:, :4], RED)
    assert close(image[:, 6:], BLUE)
    path = saved(tmp_path, halves(60, 20).rotate(90, expand=True))
    assert photo.load(path, (20, 30)).shape == (20, 30, 3)
    assert photo.load(saved(tmp_path, halves(2, 900)), (16, 16)).shape == (16, 16, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_the_camera_is_respected(tmp_path, orientation):
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = halves(40, 40)
    as_the_sensor_has_it = upright.transpose(turns[orientation]) if orientation in turns else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, as_the_sensor_has_it, "photo.png", exif=exif)
    image = photo.load(path, (20, 20))
    assert close(image[:, :8], RED)
    assert close(image[:, 12:], BLUE)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    image = Image.new("RGB", (30, 30), (255, 255, 255)).convert(mode)
    suffix = "png" if mode not in ("CMYK", "YCbCr") else "tiff"
    loaded = photo.load(saved(tmp_path, image, f"photo.{suffix}"), (8, 8))
    assert loaded.shape == (8, 8, 3)
    assert close(loaded, 255)


def test_colors_survive_cmyk(tmp_path):
    loaded = photo.load(saved(tmp_path, halves().convert("CMYK"), "photo.tiff"), (10, 10))
    assert close(loaded[:, :4], RED)


def test_transparent_pixels_are_white(tmp_path):
    image = halves().convert("RGBA")
    image.putalpha(0)
    assert close(photo.load(saved(tmp_path, image), (8, 8)), 255)


@pytest.mark.parametrize("name", ["photo.png", "photo.tiff"])
def test_16_bits_are_scaled_not_cut_off(tmp_path, name):
    image = Image.fromarray(np.full((20, 20), 32768, np.uint16))
    assert (photo.load(saved(tmp_path, image, name), (8, 8)) == 127).all()


def test_one_channel_is_gray(tmp_path):
    gray = photo.load(saved(tmp_path, halves()), (8, 8), in_channels=1)
    assert gray.shape == (8, 8, 1)
    assert photo.sample((8, 8), in_channels=1).shape == (8, 8, 1)


def test_a_photo_has_one_or_three_channels():
    with pytest.raises(InputError, match=r"takes 4 channels; a photo has 3 \(RGB\) or 1 \(gray\)"):
        photo.sample((8, 8), in_channels=4)


def test_what_is_no_photo_is_one_line(tmp_path, monkeypatch):
    text = tmp_path / "photo.jpg"
    text.write_text("not an image")
    whole = saved(tmp_path, halves(300, 300), "whole.jpg").read_bytes()
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(whole[: len(whole) // 2])
    empty = tmp_path / "empty.png"
    empty.touch()
    deep = saved(tmp_path, Image.fromarray(np.full((9, 9), 0.5, np.float32)), "deep.tiff")
    for path, message in (
        (tmp_path / "missing.jpg", "there is no file"),
        (text, "is not an image"),
        (empty, "is not an image"),
        (broken, "cannot be read (image file is truncated"),
        (tmp_path, "cannot be read (Is a directory)"),
        (deep, "32-bit pixels"),
    ):
        with pytest.raises(InputError) as caught:
            photo.load(path, (8, 8))
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2_000_000)
    for side in (1500, 2500):  # Pillow warns of the first and refuses the second
        with pytest.raises(InputError, match="more than 2 million pixels"):
            photo.load(saved(tmp_path, Image.new("L", (side, side))), (8, 8))


def test_odd_metadata_is_not_worth_a_word(tmp_path):
    """An EXIF block that was cut off: Pillow warns, which fails a test, and reads the picture."""
    exif = b"Exif\0\0II*\0\x08\0\0\0\x05\0"
    Image.new("RGB", (8, 8), "red").save(tmp_path / "odd.jpg", exif=exif)
    with pytest.warns(UserWarning, match="Corrupt EXIF"), Image.open(tmp_path / "odd.jpg") as image:
        image.getexif()
    assert photo.load(tmp_path / "odd.jpg", (8, 8)).shape == (8, 8, 3)


def test_a_tiff_is_turned_upright_once(tmp_path):
    """Given a path, Pillow 13 maps plain pixels into memory and forgets the turn; so it is given an open file."""
    pixels = np.arange(99, dtype="u1").reshape(9, 11)
    for tag, upright in ((6, np.rot90(pixels, -1)), (3, np.rot90(pixels, 2)), (8, np.rot90(pixels))):
        Image.fromarray(pixels).save(tmp_path / "turned.tif", tiffinfo={274: tag})
        assert np.array_equal(np.asarray(photo.read(tmp_path / "turned.tif", in_channels=1)), upright)
