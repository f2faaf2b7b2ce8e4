"""GroupNorm: mean and variance over all places and the channels of one group of one image."""

import numpy as np
import pytest

from vitnp.ops import group_norm

U = 2.0**-11  # half a unit in the last place of float16


def point(channels=12, seed=0):
    """Random x, p and dy; no two sizes are the same."""
    rng = np.random.default_rng(seed)
    p = {"gamma": rng.standard_normal(channels), "beta": rng.standard_normal(channels)}
    x, dy = (rng.standard_normal((2, 5, 7, channels)) for _ in range(2))
    return 3.0 * x + 2.0, p, dy


@pytest.mark.parametrize("groups", [1, 2, 3, 4, 6, 12])
@pytest.mark.parametrize("eps", [1e-12, 1e-5, 0.5])
def test_group_by_group(groups, eps):
    """Adjacent channels; all channels in one group, and every channel its own (instance norm)."""
    x, p, _ = point()
    y, _ = group_norm.forward(x, p, groups=groups, eps=eps)
    size = 12 // groups
    for b in range(2):
        for g in range(groups):
            of = slice(g * size, (g + 1) * size)
            part = x[b, :, :, of]
            x_hat = (part - part.mean()) / np.sqrt(np.var(part) + eps)
            want = p["gamma"][of] * x_hat + p["beta"][of]
            np.testing.assert_allclose(y[b, :, :, of], want, rtol=1e-11, atol=1e-12)


def test_one_group_of_one_place_is_layer_norm():
    from vitnp.steps import s6_layer_norm

    x, p, dy = point()
    x, dy = x[:, :1, :1], dy[:, :1, :1]
    y, saved = group_norm.forward(x, p, groups=1, eps=1e-6)
    want, saved_norm = s6_layer_norm.forward(x[:, 0], p, eps=1e-6)
    np.testing.assert_allclose(y[:, 0], want, rtol=1e-12)
    dx, dp = group_norm.backward(dy, saved)
    want, want_dp = s6_layer_norm.backward(dy[:, 0], saved_norm)
    np.testing.assert_allclose(dx[:, 0], want, rtol=1e-10, atol=1e-13)
    for name in dp:
        np.testing.assert_allclose(dp[name], want_dp[name], rtol=1e-12)


@pytest.mark.parametrize("groups", [1, 4, 12])
def test_gradients_of_gamma_and_beta(groups):
    x, p, dy = point()
    y, saved = group_norm.forward(x, p, groups=groups, eps=1e-5)
    _, dp = group_norm.backward(dy, saved)
    x_hat = (y - p["beta"]) / p["gamma"]
    np.testing.assert_allclose(dp["gamma"], (dy * x_hat).sum(axis=(0, 1, 2)), rtol=1e-10)
    np.testing.assert_allclose(dp["beta"], dy.sum(axis=(0, 1, 2)), rtol=1e-12)


@pytest.mark.parametrize("groups", [1, 4, 12])
def test_shifting_and_scaling_a_group_changes_nothing(groups):
    """So dx has no part along the ones of a group and none along its x̂."""
    x, p, dy = point()
    y, saved = group_norm.forward(x, p, groups=groups, eps=1e-12)
    per_group = np.repeat(1.0 + np.arange(groups), 12 // groups)
    moved, _ = group_norm.forward(x * per_group + 5.0 * per_group, p, groups=groups, eps=1e-12)
    np.testing.assert_allclose(moved, y, rtol=1e-9, atol=1e-9)
    dx, _ = group_norm.backward(dy, saved)
    grouped = dx.reshape(2, -1, groups, 12 // groups)
    np.testing.assert_allclose(grouped.sum(axis=(1, 3)), 0.0, atol=1e-12)
    along = (dx * saved[0]).reshape(grouped.shape)
    np.testing.assert_allclose(along.sum(axis=(1, 3)), 0.0, atol=1e-10)


@pytest.mark.parametrize("value", [0.1, -3.3, 1000.1, 1e6])
def test_a_group_of_equal_values_becomes_beta(value):
    """x − mean(x) is exactly 0, however small ε is: any rounding of the mean would be divided by √ε."""
    p = {"gamma": np.full(6, 3.0, "float32"), "beta": np.arange(6, dtype="float32")}
    x = np.full((2, 3, 5, 6), value, "float32")
    x[0, ..., 3:] *= 7.0
    y, saved = group_norm.forward(x, p, groups=2, eps=1e-12)
    np.testing.assert_array_equal(y, np.broadcast_to(p["beta"], x.shape))
    dx, dp = group_norm.backward(np.ones_like(y), saved)
    assert np.isfinite(dx).all() and np.isfinite(dp["gamma"]).all()


@pytest.mark.parametrize(("closed", "gamma"), [(False, 1.0), (True, 0.0)])
def test_initial_values(closed, gamma):
    p = group_norm.init(channels=6, dtype="float32", closed=closed)
    np.testing.assert_array_equal(p["gamma"], np.full(6, gamma, "float32"))
    np.testing.assert_array_equal(p["beta"], np.zeros(6, "float32"))
    assert {leaf.dtype.name for leaf in p.values()} == {"float32"}


def test_a_large_mean_does_not_cancel():
    """The variance is that of the differences: E[x²] − E[x]² has no digit left here in float32."""
    x, p, _ = point()
    x = (1000.0 + 0.1 * x).astype("float32")
    with np.errstate(invalid="ignore"):
        y, _ = group_norm.forward(x, {n: a.astype("float32") for n, a in p.items()}, groups=4, eps=1e-6)
    want, _ = group_norm.forward(x.astype("float64"), p, groups=4, eps=1e-6)
    np.testing.assert_allclose(y, want, atol=2e-3)


def test_float16_takes_its_statistics_in_float32():
    """Squares, and dy·γ with a loss scale, are beyond float16."""
    x, p, dy = point()
    x, dy = (200.0 * x).astype("float16"), (1000.0 * dy).astype("float16")
    p = {name: (60.0 * leaf).astype("float16") for name, leaf in p.items()}
    with np.errstate(over="ignore", invalid="ignore"):  # seen in the numbers
        y, saved = group_norm.forward(x, p, groups=4, eps=1e-6)
        dx, dp = group_norm.backward(dy, saved)
    exact_p = {name: leaf.astype("float64") for name, leaf in p.items()}
    want, exact_saved = group_norm.forward(x.astype("float64"), exact_p, groups=4, eps=1e-6)
    want_dx, want_dp = group_norm.backward(dy.astype("float64"), exact_saved)
    assert [a.dtype for a in (y, dx, *dp.values())] == ["float16"] * 4
    assert abs(y - want).max() <= 1.5 * U * abs(want).max()
    assert abs(dx - want_dx).max() <= 4 * U * abs(want_dx).max()
    assert abs(dy.astype("float64") * exact_p["gamma"]).max() > 65504
    for name, leaf in want_dp.items():
        assert abs(dp[name] - leaf).max() <= 2 * U * abs(leaf).max(), name


def test_arrays_that_are_views_and_are_not_written_to():
    x, p, dy = point()
    plain_y, saved = group_norm.forward(x, p, groups=3, eps=1e-5)
    plain_dx, _ = group_norm.backward(dy, saved)
    x_view, dy_view = (np.asfortranarray(a) for a in (x, dy))
    before = x_view.copy(), dy_view.copy()
    y, saved = group_norm.forward(x_view, p, groups=3, eps=1e-5)
    dx, _ = group_norm.backward(dy_view, saved)
    np.testing.assert_allclose(y, plain_y, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(dx, plain_dx, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal((x_view, dy_view), before)
