"""Pooling: against loops, with ties, and with zeros or −∞ around the image."""

import math

import numpy as np
import pytest

from vitnp.ops import pool

HOW = [(3, 2, 1), (3, 2, "same"), (3, 1, 1), (2, 2, 0), (2, 3, 0), (3, 3, "same"), (5, 2, 2)]
SIZES = [(7, 10), (8, 11), (9, 6)]
U = 2.0**-11  # half a unit in the last place of float16


def zeros_around(n, kernel, stride, padding):
    """(before, after) of one axis."""
    if padding != "same":
        return padding, padding
    total = max((math.ceil(n / stride) - 1) * stride + kernel - n, 0)
    return total // 2, total - total // 2


def loops(x, kernel, stride, padding, value, dy=None):
    """y; with dy also dx: every window, its places row by row, and the first of the largest."""
    B, height, width, C = x.shape
    (top, below), (left, right) = (zeros_around(n, kernel, stride, padding) for n in (height, width))
    rows = (height + top + below - kernel) // stride + 1
    cols = (width + left + right - kernel) // stride + 1
    y, dx = np.zeros((B, rows, cols, C)), np.zeros(x.shape)
    for b, r, c, i in np.ndindex(y.shape):
        best, where = -math.inf, None
        for u in range(kernel):
            for v in range(kernel):
                row, col = r * stride + u - top, c * stride + v - left
                inside = 0 <= row < height and 0 <= col < width
                candidate = x[b, row, col, i] if inside else value
                if candidate > best:
                    best, where = candidate, (row, col) if inside else None
        y[b, r, c, i] = best
        if dy is not None and where:
            dx[b, *where, i] += dy[b, r, c, i]
    return y if dy is None else (y, dx)


def run(x, dy, **how):
    """y and dx."""
    y, saved = pool.max_forward(x, **how)
    return y, pool.max_backward(dy, saved)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("kernel", "stride", "padding"), HOW)
@pytest.mark.parametrize("value", [0.0, -math.inf])
@pytest.mark.parametrize("ties", [False, True])
def test_the_largest_of_every_window(size, kernel, stride, padding, value, ties):
    """With ties: whole numbers, of which most windows have the largest more than once."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, *size, 3)) - 0.3
    x = np.round(x) if ties else x
    dy = rng.standard_normal(loops(x, kernel, stride, padding, value).shape)
    how = {"kernel": kernel, "stride": stride, "padding": padding, "value": value}
    y, dx = run(x, dy, **how)
    want_y, want_dx = loops(x, kernel, stride, padding, value, dy)
    np.testing.assert_array_equal(y, want_y)
    np.testing.assert_allclose(dx, want_dx, rtol=1e-12, atol=1e-14)


def test_the_first_of_equal_values_takes_all():
    x = np.zeros((1, 3, 3, 1))
    y, dx = run(x, np.ones((1, 1, 1, 1)), kernel=3, stride=1)
    assert (y, dx[0, 0, 0, 0], dx.sum()) == (0.0, 1.0, 1.0)
    x[0, 1, 2, 0] = x[0, 2, 0, 0] = 5.0  # row by row: (1, 2) comes before (2, 0)
    _, dx = run(x, np.ones((1, 1, 1, 1)), kernel=3, stride=1)
    assert (dx[0, 1, 2, 0], dx.sum()) == (1.0, 1.0)


@pytest.mark.parametrize("kernel", [16, 17])
def test_a_window_of_more_places_than_a_byte_counts(kernel):
    """The last place of each window is the largest: number 255, and 288."""
    x = np.arange(2.0 * kernel * kernel).reshape(1, kernel, 2 * kernel, 1)
    y, dx = run(x, np.array([3.0, 5.0]).reshape(1, 1, 2, 1), kernel=kernel, stride=kernel)
    want = np.zeros(x.shape)
    want[0, -1, [kernel - 1, -1], 0] = 3.0, 5.0
    np.testing.assert_array_equal(dx, want)
    np.testing.assert_array_equal(y[0, 0, :, 0], x[0, -1, [kernel - 1, -1], 0])


def test_zeros_around_the_image_and_minus_infinity():
    """Of negative values: with zeros around, a window at the edge gives 0, and its gradient is lost."""
    x = -1.0 - np.arange(25.0).reshape(1, 5, 5, 1)
    dy = np.ones((1, 3, 3, 1))
    how = {"kernel": 3, "stride": 2, "padding": 1}
    y, dx = run(x, dy, value=0.0, **how)
    np.testing.assert_array_equal(y[0, :, :, 0], [[0, 0, 0], [0, -7, 0], [0, 0, 0]])
    assert dx.sum() == dx[0, 1, 1, 0] == 1.0
    y, dx = run(x, dy, **how)  # −∞ is the default
    np.testing.assert_array_equal(y[0, :, :, 0], [[-1, -2, -4], [-6, -7, -9], [-16, -17, -19]])
    assert dx.sum() == 9.0


@pytest.mark.parametrize(("kernel", "stride"), [(3, 2), (2, 2), (2, 3), (3, 1), (1, 1)])
def test_the_mean_of_every_window(kernel, stride):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 7, 10, 3))
    y, saved = pool.mean_forward(x, kernel=kernel, stride=stride)
    dy = rng.standard_normal(y.shape)
    dx, want = pool.mean_backward(dy, saved), np.zeros(x.shape)
    assert y.shape == (2, (7 - kernel) // stride + 1, (10 - kernel) // stride + 1, 3)
    for r in range(y.shape[1]):
        for c in range(y.shape[2]):
            window = (slice(None), *(slice(at * stride, at * stride + kernel) for at in (r, c)))
            np.testing.assert_allclose(y[:, r, c], x[window].mean(axis=(1, 2)), rtol=1e-12, atol=1e-14)
            want[window] += dy[:, r, c][:, None, None] / kernel**2
    np.testing.assert_allclose(dx, want, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_in_is_dtype_out(dtype):
    """And float16 is rounded once: the nine numbers of a mean add up to more than it holds."""
    x = (3e4 * np.random.default_rng(0).uniform(size=(2, 7, 10, 3))).astype(dtype)
    for forward, backward, roundings in (
        (pool.max_forward, pool.max_backward, 0),
        (pool.mean_forward, pool.mean_backward, 1),
    ):
        with np.errstate(over="ignore"):  # seen in the numbers
            y, saved = forward(x, kernel=3, stride=2)
        want, want_saved = forward(x.astype("float64"), kernel=3, stride=2)
        dy = (y / 30).astype(dtype)
        dx, want_dx = backward(dy, saved), backward(dy.astype("float64"), want_saved)
        assert y.dtype == dx.dtype == dtype
        assert abs(y - want).max() <= roundings * U * abs(want).max()
        assert abs(dx - want_dx).max() <= 4 * U * abs(want_dx).max()  # as many windows have a place


def test_views_and_not_written_to():
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((2, 7, 10, 3)), rng.standard_normal((2, 4, 5, 3))
    how = {"kernel": 3, "stride": 2, "padding": 1}
    want = run(x, dy, **how)
    turned = np.asfortranarray(x), np.asfortranarray(dy)
    for got, plain in zip(run(*turned, **how), want, strict=True):
        np.testing.assert_array_equal(got, plain)
    np.testing.assert_array_equal(turned[0], x)
    np.testing.assert_array_equal(turned[1], dy)
