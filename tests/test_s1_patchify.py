"""Step 1: the patches are the image, cut and put in order; nothing lost, nothing scrambled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitnp import InputError
from vitnp.steps import s1_patchify


def addressed(height, width, channels, batch=1):
    """Images whose every value says where it is: 1000·row + 10·column + channel, and a million an image."""
    b, i, j, c = np.ogrid[:batch, :height, :width, :channels]
    return 1_000_000.0 * b + 1000.0 * i + 10.0 * j + c


def test_shapes_of_the_slide():
    image = np.zeros((1, 224, 224, 3), np.float32)
    assert s1_patchify.to_grid(image, patch_size=16).shape == (1, 14, 14, 16, 16, 3)
    patches, _ = s1_patchify.forward(image, patch_size=16)
    assert patches.shape == (1, 196, 768)


def test_order_against_loops():
    """Patch by patch from the top left, row by row; inside a patch row, column, channel."""
    B, P, rows, cols, C = 2, 4, 5, 7, 3
    images = addressed(rows * P, cols * P, C, batch=B)
    patches, _ = s1_patchify.forward(images, patch_size=P)
    expected = np.empty((B, rows * cols, P * P * C))
    for b in range(B):
        for row in range(rows):
            for col in range(cols):
                values = [
                    images[b, row * P + i, col * P + j, c]
                    for i in range(P)
                    for j in range(P)
                    for c in range(C)
                ]
                expected[b, row * cols + col] = values
    np.testing.assert_array_equal(patches, expected)


def test_first_values_by_hand():
    patches, _ = s1_patchify.forward(addressed(4, 6, 3), patch_size=2)
    np.testing.assert_array_equal(patches[0, 0], [0, 1, 2, 10, 11, 12, 1000, 1001, 1002, 1010, 1011, 1012])
    assert patches[0, 1, 0] == 20  # the patch to the right begins at column 2
    assert patches[0, 3, 0] == 2000  # three patches a row, so patch 3 begins at row 2


@given(
    batch=st.integers(1, 3),
    rows=st.integers(1, 5),
    cols=st.integers(1, 5),
    P=st.integers(1, 5),
    channels=st.integers(1, 4),
)
def test_unpatchify_is_the_inverse(batch, rows, cols, P, channels):
    images = addressed(rows * P, cols * P, channels, batch)
    patches, saved = s1_patchify.forward(images, patch_size=P)
    assert patches.shape == (batch, rows * cols, P * P * channels)
    np.testing.assert_array_equal(s1_patchify.unpatchify(patches, grid=(rows, cols), patch_size=P), images)
    np.testing.assert_array_equal(s1_patchify.backward(patches, saved), images)


@pytest.mark.parametrize(("height", "width"), [(225, 230), (224, 230), (230, 224)])
def test_an_image_that_does_not_divide(height, width):
    """Both sides, the width alone, the height alone."""
    with pytest.raises(InputError) as problem:
        s1_patchify.forward(np.zeros((1, height, width, 3)), patch_size=16)
    assert f"{height}x{width}" in str(problem.value)
    assert "16x16" in str(problem.value)
    assert "224x224" in str(problem.value)
    assert "\n" not in str(problem.value)
