"""Arrays as a source: what is kept, how it is scaled, and what is no set of labeled images."""

import numpy as np
import pytest

from vitnp import InputError
from vitnp.data import ArraySource

PIXELS = np.arange(256, dtype=np.uint8).reshape(4, 8, 8, 1)


def test_bytes_stay_bytes_and_are_scaled_when_read():
    source = ArraySource(PIXELS, [0, 1, 0, 1])
    assert source.pixels.dtype == np.uint8
    assert (len(source), source.shape) == (4, (8, 8, 1))
    x = source.images([3, 0])
    assert x.dtype == np.float32
    assert x[0].max() == 1.0
    assert x[1].min() == -1.0
    np.testing.assert_array_equal(x[1], PIXELS[0].astype("float32") / np.float32(127.5) - np.float32(1))


def test_floats_are_taken_as_they_are_and_never_written_to():
    values = np.linspace(-1, 1, 256, dtype=np.float32).reshape(4, 8, 8, 1)
    source = ArraySource(values, np.zeros(4, np.uint8))
    x = source.images(range(4))
    np.testing.assert_array_equal(x, values)
    x[:] = 0
    assert values.any()
    assert source.labels.dtype == np.intp
    assert ArraySource(values.astype("float64"), [0] * 4).images([0]).dtype == np.float32


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (PIXELS[..., 0], [0] * 4, r"shape \(4, 8, 8\); need \(n, height, width, channels\)"),
        (PIXELS.astype("int64"), [0] * 4, "dtype int64; need uint8"),
        (PIXELS > 9, [0] * 4, "dtype bool; need uint8"),
        (PIXELS, [[0]] * 4, r"4 images and labels of shape \(4, 1\)"),
        (PIXELS, [True] * 4, "labels have dtype bool"),
        (PIXELS, [0] * 3, r"4 images and labels of shape \(3,\)"),
        (PIXELS, [0.0] * 4, "labels have dtype float64"),
        (PIXELS, [0, 1, -1, 0], "labels run from -1 to 1; need classes from 0 to at most 16,777,216"),
    ],
)
def test_what_is_no_set_of_labeled_images(images, labels, message):
    with pytest.raises(InputError, match=message):
        ArraySource(images, labels)


@pytest.mark.parametrize("dtype", ["int64", "uint8"])
def test_a_source_may_be_empty(dtype):
    source = ArraySource(PIXELS[:0], np.zeros(0, dtype))
    assert (len(source), source.shape, source.images(np.zeros(0, int)).shape) == (0, (8, 8, 1), (0, 8, 8, 1))


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        ([[1.0], [1.0, 2.0]], [0], "images are a list of rows that are not alike"),
        (PIXELS, [0, [1, 2], 1, 0], "labels are a list of rows that are not alike"),
        (PIXELS, np.ma.masked_array([0, 1, 1, 0]), "labels are a MaskedArray"),
        (np.ma.masked_array(PIXELS), [0, 1, 1, 0], "images are a MaskedArray"),
        (PIXELS, np.array([0, 1, 1, 2**63], np.uint64), "labels run from 0 to 9223372036854775808; need"),
        (PIXELS, None, "labels are a NoneType; need an array"),
        (PIXELS[..., :0], [0, 1, 1, 0], "images have shape .*; need .n, height, width, channels"),
    ],
    ids=range(7),
)
def test_what_is_no_source(images, labels, said):
    with pytest.raises(InputError, match=f"^{said}"):
        ArraySource(images, labels)
