"""The numbers of the page: no further from the array than its ± says, a row of A within 0.01, its sum within 2%."""

import numpy as np
import pytest

from vitnp.course.page import encode


@pytest.mark.parametrize("levels", [encode.LEVELS, encode.ROW])
def test_a_value_is_within_its_error(levels):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 50)) ** 3
    scale = np.abs(x).max()
    level = encode.signed(x, scale, levels).astype(np.float64)
    off = np.abs(encode.value(level, scale, levels) - x)
    assert (off <= encode.error(level, scale, levels) + 1e-12).all()
    assert (off > 0.9 * encode.error(level, scale, levels)).any()  # and the ± is no larger than it has to be


def test_zeros_have_no_scale():
    assert not encode.signed(np.zeros((2, 3)), 0.0).any() and not encode.norms(np.zeros((2, 3)), 0.0).any()


def test_a_norm_of_zero_is_said_of_zero_alone():
    x = np.array([[0.0, 0.0], [1e-9, 0.0], [3.0, 4.0]])
    assert encode.norms(x, 5.0).tolist() == [0, 1, 255]
    assert encode.norms(np.float32(x * 1e-25), 5e-25).tolist() == [0, 1, 255]


def test_bins_are_inside_a_head_and_cover_every_column():
    edges = encode.edges(768, heads=12)
    assert edges[0] == 0 and edges[-1] == 768 and set(range(0, 769, 64)) <= set(edges.tolist())
    assert len(edges) - 1 == 60 and np.diff(edges).min() == 12 and np.diff(edges).max() == 13
    assert encode.edges(10).tolist() == list(range(11))


def test_a_bin_stands_for_its_largest_magnitude():
    x = np.array([[1.0, -3.0, 2.0, 2.5]])
    assert encode.largest(x, np.array([0, 2, 4])).tolist() == [[-3.0, 2.5]]


def peaked(peak, T):
    """A row with one large weight, the others alike."""
    return np.r_[peak, np.full(T - 1, (1 - peak) / (T - 1))]


@pytest.mark.parametrize("sharp", [0.01, 1.0, 4.0, 30.0])
def test_rows_of_attention(sharp):
    S = sharp * np.random.default_rng(1).standard_normal((3, 40, 197))
    A = np.exp(S - S.max(axis=-1, keepdims=True))
    A /= A.sum(axis=-1, keepdims=True)
    A[0, 0], A[0, 1], A[0, 2] = peaked(0.229, 197), peaked(0.999999, 197), peaked(1 / 197, 197)
    levels, peaks, n = encode.attention(A)
    n = n[..., None].astype(float)
    shown = encode.value(levels.astype(float), peaks[..., None], n)
    assert np.abs(shown - A).max() < 0.01 and np.abs(shown.sum(axis=-1) - 1).max() < 0.02
    assert (np.abs(shown - A) <= encode.error(levels, peaks[..., None], n) + 1e-6).all()
    assert np.median(n) == 31  # few bits where they are enough


def test_rows_too_long_for_any_number_of_levels_have_the_largest():
    levels, _, n = encode.attention(peaked(0.5, 60_000)[None])
    assert n == 255 and levels[0, 0] == 255
