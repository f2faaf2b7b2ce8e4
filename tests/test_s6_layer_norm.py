"""Step 6: LayerNorm takes mean and variance over the D values of one token."""

import numpy as np
import pytest

from vitnp.steps import s6_layer_norm

EPS = 1e-6


def test_shapes_of_the_slide():
    p = s6_layer_norm.init(hidden_size=768, dtype="float32")
    assert (p["gamma"] == 1.0).all()
    assert (p["beta"] == 0.0).all()
    assert p["gamma"].shape == p["beta"].shape == (768,)
    y, _ = s6_layer_norm.forward(np.ones((1, 197, 768), np.float32), p, eps=EPS)
    assert y.shape == (1, 197, 768)


def test_rows_have_mean_0_and_variance_1():
    x = 3.0 + 5.0 * np.random.default_rng(0).standard_normal((2, 4, 256))
    y, _ = s6_layer_norm.forward(x, s6_layer_norm.init(hidden_size=256, dtype="float64"), eps=EPS)
    np.testing.assert_allclose(y.mean(axis=-1), 0.0, atol=1e-14)
    np.testing.assert_allclose(y.var(axis=-1), 1.0, atol=1e-6)


def test_against_numpy():
    rng = np.random.default_rng(0)
    x, gamma, beta = rng.standard_normal((2, 4, 6)), rng.standard_normal(6), rng.standard_normal(6)
    for eps in (1e-12, 1e-6, 0.1):
        y, _ = s6_layer_norm.forward(x, {"gamma": gamma, "beta": beta}, eps=eps)
        mean, variance = x.mean(axis=-1, keepdims=True), np.var(x, axis=-1, keepdims=True)
        np.testing.assert_allclose(
            y, gamma * (x - mean) / np.sqrt(variance + eps) + beta, rtol=1e-12, atol=1e-14
        )


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("hidden_size", [1, 2, 7, 191, 768])
def test_a_token_of_equal_values_becomes_beta(hidden_size, dtype):
    """x − mean(x) is exactly 0, however small ε is: any rounding of the mean would be divided by √ε."""
    x = np.empty((1, 6, hidden_size), dtype)
    x[0] = np.array([[0.0], [0.1], [-3.3], [1000.1], [6e4], [1e6 if dtype != "float16" else 1.0]])
    p = {"gamma": np.full(hidden_size, 3.0, dtype), "beta": np.linspace(-1.0, 1.0, hidden_size).astype(dtype)}
    with np.errstate(over="ignore"):  # 1/√ε is infinite in float16
        y, saved = s6_layer_norm.forward(x, p, eps=1e-12)
    np.testing.assert_array_equal(y, np.broadcast_to(p["beta"], x.shape))
    if dtype != "float16":
        dx, _ = s6_layer_norm.backward(np.ones(x.shape, dtype), saved)
        assert np.isfinite(dx).all()


@pytest.mark.parametrize("first", [0.0, 1e4])
def test_a_large_mean_and_a_large_first_value_cost_no_digits(first):
    """In float32 with values near 1e6, and with a first value far from the others: as good as float64 of the same x."""
    x = np.random.default_rng(0).standard_normal((2, 3, 193))
    x[0] += 1e6
    x[..., 0] += first
    x = x.astype("float32")
    p = s6_layer_norm.init(hidden_size=193, dtype="float32")
    y, _ = s6_layer_norm.forward(x, p, eps=1e-12)
    want, _ = s6_layer_norm.forward(x.astype("float64"), p, eps=1e-12)
    np.testing.assert_allclose(y, want, atol=3e-6)


def test_shifting_and_scaling_a_token_changes_nothing():
    """So the gradient has no part along the ones and none along x̂."""
    rng = np.random.default_rng(0)
    x, p = rng.standard_normal((2, 3, 8)), s6_layer_norm.init(hidden_size=8, dtype="float64")
    y, saved = s6_layer_norm.forward(x, p, eps=1e-12)
    np.testing.assert_allclose(s6_layer_norm.forward(3.0 * x + 5.0, p, eps=1e-12)[0], y, rtol=1e-9, atol=1e-9)
    dx, _ = s6_layer_norm.backward(rng.standard_normal(x.shape), saved)
    np.testing.assert_allclose(dx.sum(axis=-1), 0.0, atol=1e-13)
    np.testing.assert_allclose((dx * saved[0]).sum(axis=-1), 0.0, atol=1e-10)
