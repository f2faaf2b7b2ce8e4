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


def test_bins_are_inside_a_head_and_cover_every_column():
    edges = encode.edges(768, heads=12)
    assert edges[0] == 0 and edges[-1] == 768 and set(range(0, 769, 64)) <= set(edges.tolist())
    assert len(edges) - 1 == 60 and np.diff(edges).min() == 12 and np.diff(edges).max() == 13
    assert encode.edges(10).tolist() == list(range(11))


def test_a_bin_stands_for_its_largest_magnitude():
    x = np.array([[1.0, -3.0, 2.0, 2.5]])
    assert encode.largest(x, np.array([0, 2, 4])).tolist() == [[-3.0, 2.5]]


@pytest.mark.parametrize("sharp", [0.01, 1.0, 4.0, 30.0])
def test_rows_of_attention(sharp):
    rng = np.random.default_rng(1)
    S = sharp * rng.standard_normal((3, 40, 197))
    A = np.exp(S - S.max(axis=-1, keepdims=True))
    A /= A.sum(axis=-1, keepdims=True)
    levels, peaks = encode.attention(A)
    n = encode.attention_levels(peaks)[..., None]
    shown = encode.value(levels.astype(np.float64), peaks[..., None], n)
    off = np.abs(shown - A)
    assert off.max() < 0.01
    assert np.abs(shown.sum(axis=-1) - 1).max() < 0.02
    assert (off <= encode.error(levels, peaks[..., None], n, by=0.5 + encode.NEAR) + 1e-6).all()
