"""The ops against NumPy, SciPy and their own laws."""

import copy

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from strict import STRICT, wrap

from vitnp.backend import draws
from vitnp.backend.arrays import to_host
from vitnp.ops import dropout, gelu, heads, linear, relu, rows, softmax

X = np.linspace(-8.0, 8.0, 160_001)


def test_linear_is_the_sum_over_the_last_axis():
    rng = np.random.default_rng(0)
    x, W, b = rng.standard_normal((2, 3, 4)), rng.standard_normal((4, 5)), rng.standard_normal(5)
    y, _ = linear.forward(x, {"W": W, "b": b})
    np.testing.assert_allclose(y, np.einsum("bni,io->bno", x, W) + b, rtol=1e-12, atol=1e-13)


def test_softmax_against_scipy():
    x = 5.0 * np.random.default_rng(0).standard_normal((2, 3, 7))
    y, _ = softmax.forward(x)
    np.testing.assert_allclose(y, scipy.special.softmax(x, axis=-1), rtol=1e-13)
    np.testing.assert_allclose(y.sum(axis=-1), 1.0, rtol=1e-14)


@given(shift=st.floats(-1e6, 1e6), seed=st.integers(0, 99))
def test_softmax_does_not_see_a_shift(shift, seed):
    x = np.random.default_rng(seed).standard_normal((3, 5))
    shifted, _ = softmax.forward(x + shift)
    np.testing.assert_allclose(shifted, softmax.forward(x)[0], rtol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softmax_of_huge_numbers(dtype):
    y, _ = softmax.forward(np.array([[1e4, 1e4 - 1.0, -1e4]], dtype))
    np.testing.assert_allclose(y, [[1 / (1 + np.exp(-1)), 1 / (1 + np.e), 0.0]], rtol=1e-6)


def test_gelu_erf_is_x_times_the_normal_distribution():
    y, _ = gelu.forward(X, form="erf")
    np.testing.assert_allclose(y, X * norm.cdf(X), rtol=1e-12, atol=1e-15)


def test_gelu_tanh_is_the_approximation_of_the_paper():
    y, _ = gelu.forward(X, form="tanh")
    np.testing.assert_allclose(
        y, 0.5 * X * (1 + np.tanh(np.sqrt(2 / np.pi) * (X + 0.044715 * X**3))), atol=1e-15
    )


@pytest.mark.parametrize("form", ["tanh", "erf"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex128"])
@pytest.mark.parametrize("number", [np.array, lambda value, dtype: np.dtype(dtype).type(value)])
def test_gelu_of_a_lone_number(number, dtype, form):
    """An array of no axes and NumPy's own numbers: what x * x makes of them has no place to write into."""
    x = number(1.5, dtype)
    y, saved = gelu.forward(x, form=form)
    dx = gelu.backward(np.ones_like(x), saved)
    row = np.array([1.5], dtype)
    expected, saved = gelu.forward(row, form=form)
    assert (y.shape, y.dtype, dx.shape, dx.dtype) == ((), dtype, (), dtype)
    assert (y, dx) == (expected[0], gelu.backward(np.ones_like(row), saved)[0])


def test_how_far_the_two_gelus_are_apart():
    """4.7e-4 at ±2.699: weights trained with one form need that form."""
    difference = np.abs(gelu.forward(X, form="tanh")[0] - gelu.forward(X, form="erf")[0])
    assert 4.7e-4 < difference.max() < 4.8e-4
    assert abs(X[difference.argmax()]) == pytest.approx(2.699, abs=1e-3)


@pytest.mark.parametrize("form", ["tanh", "erf"])
def test_gelu_far_out(form):
    """x or 0 at the ends, with slope 1 or 0; ½x at the middle. No overflow in float32."""
    x = np.array([-100.0, 0.0, 100.0], np.float32)
    y, saved = gelu.forward(x, form=form)
    np.testing.assert_array_equal(y, [0.0, 0.0, 100.0])
    np.testing.assert_array_equal(gelu.backward(np.ones_like(x), saved), [0.0, 0.5, 1.0])


@given(
    batch=st.integers(1, 3), tokens=st.integers(1, 6), num_heads=st.integers(1, 5), width=st.integers(1, 5)
)
def test_merge_is_the_inverse_of_split(batch, tokens, num_heads, width):
    x = np.arange(batch * tokens * num_heads * width).reshape(batch, tokens, -1)
    split = heads.split(x, num_heads)
    assert split.shape == (batch, num_heads, tokens, width)
    np.testing.assert_array_equal(heads.merge(split), x)
    np.testing.assert_array_equal(heads.split(heads.merge(split), num_heads), split)


def test_head_h_takes_its_columns():
    x = np.arange(2 * 5 * 12).reshape(2, 5, 12)
    for h in range(3):
        np.testing.assert_array_equal(heads.split(x, 3)[:, h], x[:, :, 4 * h : 4 * h + 4])


@pytest.mark.parametrize("read", [slice(0, 1), slice(2, 5), slice(None, None, 3)])
def test_rows(read):
    """Those that are read, and no gradient for the others; None hands everything through, without a copy."""
    x = np.random.default_rng(0).standard_normal((2, 6, 3))
    y, saved = rows.forward(x, read)
    np.testing.assert_array_equal(y, x[:, read])
    dx = rows.backward(y, saved)
    np.testing.assert_array_equal(dx[:, read], y)
    assert (dx != 0).sum() == y.size
    same, saved = rows.forward(x, None)
    assert same is x
    assert rows.backward(x, saved) is x


@given(rate=st.floats(0.05, 0.9), seed=st.integers(0, 99))
def test_dropout_keeps_the_expectation(rate, seed):
    """10,000 values: the share kept, and the mean, within five standard deviations."""
    y, saved = dropout.forward(np.ones((100, 100)), rate=rate, rng=np.random.default_rng(seed))
    spread = np.sqrt(rate * (1 - rate)) / 100
    assert abs((y != 0).mean() - (1 - rate)) < 5 * spread
    assert abs(y.mean() - 1.0) < 5 * spread / (1 - rate)
    np.testing.assert_allclose(y[y != 0], 1 / (1 - rate), rtol=1e-12)
    dx = dropout.backward(np.ones((100, 100)), saved)
    np.testing.assert_array_equal(dx, y)  # what was dropped gets no gradient


def test_dropout_off_is_nothing():
    x = np.ones((2, 3))
    for rate, rng in ((0.5, None), (0.0, np.random.default_rng(0))):
        y, saved = dropout.forward(x, rate=rate, rng=rng)
        assert y is x
        assert dropout.backward(x, saved) is x
    assert rng.random() == np.random.default_rng(0).random()  # at rate 0 nothing was drawn


@pytest.mark.parametrize(
    "rng",
    [np.random.default_rng(3), draws.BatchShare(3, 1, 3, 5), draws.DeviceDraws(STRICT, 3)],
    ids=lambda rng: type(rng).__name__,
)
def test_a_copy_of_what_draws_draws_the_same(rng):
    """As the encoder needs to run a block again; and drawing from one leaves the other alone."""

    def masks(rng):
        like = wrap(np.zeros(1)) if isinstance(rng, draws.DeviceDraws) else np.zeros(1)
        return [to_host(dropout.draw(like, (2, 9, size), rate=0.5, rng=rng)) for size in (3, 4)]

    masks(rng)
    copied, again = copy.deepcopy(rng), copy.deepcopy(rng)
    first = masks(rng)
    for other in (copied, again):
        for mask, same in zip(first, masks(other), strict=True):
            np.testing.assert_array_equal(mask, same)
    assert (masks(rng)[0] != first[0]).any()


def test_dropout_drops_the_same_in_both_precisions():
    masks = [
        dropout.forward(np.ones((4, 5), dtype), rate=0.4, rng=np.random.default_rng(3))[0] == 0.0
        for dtype in ("float32", "float64")
    ]
    np.testing.assert_array_equal(*masks)


@pytest.mark.parametrize("size", [1.0, 59.0, 61.0, 1e4])
def test_softmax_takes_scores_of_any_size(size):
    """With and without the row's maximum taken off: the same, from scores that need it and from some that do not."""
    x = np.random.default_rng(0).standard_normal((4, 7))
    x *= size / abs(x).max()
    with np.errstate(over="raise", invalid="raise"):
        y, _ = softmax.forward(x)
    np.testing.assert_allclose(y, scipy.special.softmax(x, axis=-1), rtol=1e-12)


@pytest.mark.parametrize("size", [1.0, 1e4])
@pytest.mark.parametrize("dtype", ["float32", "complex128"])
def test_softmax_of_minus_infinity_is_0(size, dtype):
    """What a mask hides has no part in the row, and no gradient."""
    x = (size * np.random.default_rng(0).standard_normal((4, 7))).astype(dtype)
    x[:, 2] = -np.inf
    with np.errstate(all="raise", under="ignore"):
        y, saved = softmax.forward(x)
        dx = softmax.backward(np.ones_like(x) * np.arange(7), saved)
    np.testing.assert_array_equal(y[:, 2], 0.0)
    np.testing.assert_array_equal(dx[:, 2], 0.0)
    np.testing.assert_allclose(
        y[:, np.arange(7) != 2], softmax.forward(x[:, np.arange(7) != 2])[0], rtol=1e-6
    )


def test_softmax_of_rows_far_apart():
    """One row far below the others must not vanish beside their maximum."""
    y, _ = softmax.forward(np.array([[500.0, 500.0], [-500.0, -500.0]]))
    np.testing.assert_array_equal(y, 0.5)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_relu(dtype):
    """x or 0, slope 1 or 0; at 0 itself, where there is no slope, 0."""
    x = np.array([[-2.0, -0.0, 0.0, 3.0, 1e-7]], dtype)
    y, saved = relu.forward(x)
    np.testing.assert_array_equal(y, np.array([[0.0, 0.0, 0.0, 3.0, 1e-7]], dtype))
    dx = relu.backward(np.array([[5.0, 6.0, 7.0, 8.0, 9.0]], dtype), saved)
    np.testing.assert_array_equal(dx, [[0.0, 0.0, 0.0, 8.0, 9.0]])
    assert y.dtype == dx.dtype == dtype
