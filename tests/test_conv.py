"""Convolution: against four plain loops, in parts of every size, at the edges and where no window reaches."""

import itertools

import numpy as np
import pytest

from vitnp import InputError
from vitnp.ops import conv, pool

KERNELS, STRIDES = (1, 2, 3, 5, 7), (1, 2, 3)
U = 2.0**-11  # half a unit in the last place of float16


def zeros_around(n, kernel, stride, padding):
    """(before, after) of one axis, by TensorFlow's formula for "same"."""
    if padding != "same":
        return padding, padding
    total = max((int(np.ceil(n / stride)) - 1) * stride + kernel - n, 0)
    return total // 2, total - total // 2


def loops(x, W, dy=None, *, stride, padding):
    """y; with dy also dx and dW: every place of y, and every place of its window that lies in the image."""
    (B, height, width, _), k = x.shape, len(W)
    top, below = zeros_around(height, k, stride, padding)
    left, right = zeros_around(width, k, stride, padding)
    rows, cols = (height + top + below - k) // stride + 1, (width + left + right - k) // stride + 1
    y, dx, dW = np.zeros((B, rows, cols, W.shape[3])), np.zeros(x.shape), np.zeros(W.shape)
    for r in range(rows):
        for c in range(cols):
            for u in range(k):
                for v in range(k):
                    row, col = r * stride + u - top, c * stride + v - left
                    if 0 <= row < height and 0 <= col < width:
                        y[:, r, c] += x[:, row, col] @ W[u, v]
                        if dy is not None:
                            dx[:, row, col] += dy[:, r, c] @ W[u, v].T
                            dW[u, v] += x[:, row, col].T @ dy[:, r, c]
    return (y, dx, dW) if dy is not None else y


def point(kernel, *, stride, padding, size=(11, 8), batch=2, channels=(4, 6), dtype="float64", seed=0):
    """Random x, W and a dy that fits."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((batch, *size, channels[0]))
    W = rng.standard_normal((kernel, kernel, *channels))
    dy = rng.standard_normal(loops(x, W, stride=stride, padding=padding).shape)
    return tuple(a.astype(dtype) for a in (x, W, dy))


def run(x, W, dy, **how):
    """y, dx and dW."""
    y, saved = conv.forward(x, W, **how)
    return y, *conv.backward(dy, saved)


def same(got, want, rtol=1e-12):
    """y, dx and dW alike, to the rounding of a sum of a few hundred numbers."""
    for a, b, name in zip(got, want, ("y", "dx", "dW"), strict=True):
        assert a.shape == b.shape, name
        np.testing.assert_allclose(a, b, rtol=0, atol=rtol * abs(b).max(), err_msg=name)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("stride", STRIDES)
def test_against_loops(kernel, stride):
    """Even and odd heights and widths; no zeros, a few, as many as keep the size, more than that, and "same"."""
    for padding in {0, 1, kernel // 2, kernel, "same"}:
        for size in ((11, 8), (8, 11), (9, 12), (7, 13)):
            x, W, dy = point(kernel, stride=stride, padding=padding, size=size)
            how = {"stride": stride, "padding": padding}
            same(run(x, W, dy, **how), loops(x, W, dy, **how))


@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("pixels", [1, 7, 12, 25, 40, 90, 130, 1000])
def test_in_parts_of_every_size(pixels, stride, monkeypatch):
    """Of less than a row, of some rows of an image and a rest, of whole images and a rest, and all at once."""
    monkeypatch.setattr(conv, "PIXELS", pixels)
    for kernel in (1, 3):
        how = {"stride": stride, "padding": 1}
        x, W, dy = point(kernel, **how, batch=5, size=(7, 9))
        same(run(x, W, dy, **how), loops(x, W, dy, **how))


@pytest.mark.parametrize(("batch", "size"), [(2, (33, 29)), (5, (20, 17)), (3, (2, 900))])
def test_parts_as_they_are(batch, size):
    """`PIXELS` splits the rows of an image, takes two images at a time, and has less than one row."""
    for stride in (1, 2):
        how = {"stride": stride, "padding": 1}
        x, W, dy = point(3, **how, batch=batch, size=size, channels=(2, 3))
        same(run(x, W, dy, **how), loops(x, W, dy, **how))


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "around"),
    [
        (224, 7, 2, (2, 3)),
        (112, 3, 2, (0, 1)),
        (55, 3, 2, (1, 1)),
        (56, 3, 1, (1, 1)),
        (56, 1, 2, (0, 0)),
        (9, 2, 1, (0, 1)),
        (7, 1, 3, (0, 0)),
    ],
)
def test_same_as_tensorflow_and_jax_have_it(size, kernel, stride, around):
    """The larger half of an odd number of zeros goes below and to the right; y has ⌈n/stride⌉ rows."""
    how = {"kernel": kernel, "stride": stride, "padding": "same"}
    assert conv.padding_of((size, 9), **how)[0] == around
    assert conv.padding_of((9, size), **how)[1] == around
    assert conv.output_size((size, 9), **how)[0] == -(-size // stride)


def test_output_size_is_that_of_y():
    for kernel, stride, padding in itertools.product(KERNELS, STRIDES, (0, 1, 3, "same")):
        x, W, _ = point(kernel, stride=stride, padding=padding, size=(10, 13))
        y, _ = conv.forward(x, W, stride=stride, padding=padding)
        assert y.shape[1:3] == conv.output_size(x.shape[1:3], kernel=kernel, stride=stride, padding=padding)


@pytest.mark.parametrize("kernel", [1, 2])
def test_what_no_window_reaches_gets_no_gradient(kernel):
    """Windows at rows 0, 3 and 6 of 9."""
    x, W, dy = point(kernel, stride=3, padding=0, size=(9, 10))
    dx = run(x, W, dy, stride=3)[1]
    reached = {first + u for first in (0, 3, 6) for u in range(kernel)}
    for row in range(9):
        assert (dx[:, row] != 0).any() == (row in reached)
    np.testing.assert_array_equal(dx[:, sorted(set(range(9)) - reached)], 0.0)
    x, W, dy = point(3, stride=2, padding=0, size=(10, 8))  # the last row and column
    dx = run(x, W, dy, stride=2)[1]
    np.testing.assert_array_equal(dx[:, 9], 0.0)
    np.testing.assert_array_equal(dx[:, :, 7], 0.0)


def test_a_kernel_of_one_pixel_is_a_matrix_product():
    x, W, _ = point(1, stride=1, padding=0)
    np.testing.assert_allclose(conv.forward(x, W)[0], x @ W[0, 0], rtol=1e-12)


def test_it_is_a_cross_correlation():
    """SciPy's, channel by channel: the kernel is not turned round."""
    from scipy.signal import correlate2d

    x, W, _ = point(3, stride=1, padding=0, batch=1, channels=(1, 1))
    want = correlate2d(x[0, :, :, 0], W[:, :, 0, 0], mode="valid")
    np.testing.assert_allclose(conv.forward(x, W)[0][0, :, :, 0], want, rtol=1e-12)


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("stride", [1, 2])
def test_arrays_that_are_views(kernel, stride):
    """Neither x, W nor dy need lie in one piece; and none is written to."""
    how = {"stride": stride, "padding": 0}
    plain = point(kernel, **how)
    views = []
    for a in plain:
        spread = np.full((a.shape[3], a.shape[1], 2 * a.shape[2], a.shape[0]), np.nan)
        view = spread.transpose(3, 1, 2, 0)[:, :, ::2]
        view[...] = a
        views.append(view)
    before = [view.copy() for view in views]
    same(run(*views, **how), run(*plain, **how))
    for view, was in zip(views, before, strict=True):
        np.testing.assert_array_equal(view, was)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_in_is_dtype_out(kernel, dtype):
    """And the numbers are those of float64, up to the rounding of as many sums as there are."""
    for stride in (1, 2):
        how = {"stride": stride, "padding": "same"}
        x, W, dy = point(kernel, **how, dtype=dtype)
        got = run(x, W, dy, **how)
        assert [a.dtype for a in got] == [dtype] * 3
        exact = run(*(a.astype("float64") for a in (x, W, dy)), **how)
        roundings = {"float16": kernel**2 + 1, "float32": 0.1, "float64": 0.0}[dtype]
        same(got, exact, rtol=roundings * U)


def test_a_sum_over_many_places_is_taken_in_float32(monkeypatch):
    """61·97 places, a row at a time: float16's nearest number. In float16, 97 more would be 96 from 4,096 on."""
    monkeypatch.setattr(conv, "PIXELS", 1)
    x = np.ones((1, 61, 97, 1), "float16")
    W = np.ones((3, 3, 1, 1), "float16")
    _, saved = conv.forward(x, W, padding=1)
    dW = conv.backward(np.ones((1, 61, 97, 1), "float16"), saved)[1][..., 0, 0]
    exact = np.outer([60, 61, 60], [96, 97, 96])
    np.testing.assert_array_equal(dW, exact.astype("float16"))


def test_it_may_be_gone_back_twice():
    how = {"stride": 1, "padding": 1}
    x, W, dy = point(3, **how)
    _, saved = conv.forward(x, W, **how)
    for first, second in zip(conv.backward(dy, saved), conv.backward(dy, saved), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("size", [(3, 9), (9, 3), (4, 4)])
def test_a_kernel_larger_than_the_padded_image(size):
    x, W = np.ones((1, *size, 2)), np.ones((7, 7, 2, 3))
    message = f"the kernel is 7x7, the image with its padding {size[0] + 2}x{size[1] + 2}; give a larger image or more"
    for f in (
        lambda: conv.forward(x, W, padding=1),
        lambda: conv.forward(x, W, padding=1, stride=2),
        lambda: conv.output_size(size, kernel=7, stride=2, padding=1),
        lambda: pool.max_forward(x, kernel=7, stride=1, padding=1),
        lambda: pool.mean_forward(conv.pad(x, ((1, 1), (1, 1))), kernel=7, stride=2),
    ):
        with pytest.raises(InputError, match=message):
            f()
    assert conv.forward(x, W, padding=3)[0].shape == (1, *size, 3)
