"""Step 7: D → M → D through GELU, every token alone."""

import numpy as np
import pytest
from scipy.stats import norm

from vitnp.ops import dropout, gelu
from vitnp.ops.linear import weight_gradient
from vitnp.steps import s7_feed_forward


def parameters(D, M):
    """Generic weights and biases."""
    rng = np.random.default_rng(0)
    shapes = {"W1": (D, M), "b1": (M,), "W2": (M, D), "b2": (D,)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


def test_shapes_of_the_slide():
    p = s7_feed_forward.init(np.random.default_rng(0), hidden_size=768, mlp_dim=3072, dtype="float32")
    assert {name: a.shape for name, a in p.items()} == {
        "W1": (768, 3072),
        "b1": (3072,),
        "W2": (3072, 768),
        "b2": (768,),
    }
    v, saved = s7_feed_forward.forward(np.ones((1, 197, 768), np.float32), p)
    _, _, (u, _), _, _, _ = saved
    assert u.shape == (1, 197, 3072)
    assert v.shape == (1, 197, 768)


def test_the_formula():
    x, p = np.random.default_rng(1).standard_normal((2, 3, 4)), parameters(4, 7)
    v, _ = s7_feed_forward.forward(x, p, gelu_form="erf")
    u = x @ p["W1"] + p["b1"]
    np.testing.assert_allclose(v, u * norm.cdf(u) @ p["W2"] + p["b2"], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("form", ["tanh", "erf"])
def test_every_token_alone(form):
    x, p = np.random.default_rng(1).standard_normal((1, 5, 4)), parameters(4, 7)
    before, _ = s7_feed_forward.forward(x, p, gelu_form=form)
    x[0, 3] += 1.0
    after, _ = s7_feed_forward.forward(x, p, gelu_form=form)
    assert [n for n in range(5) if not np.allclose(before[0, n], after[0, n], rtol=1e-13)] == [3]


def test_dropout_after_each_dense_layer():
    x, p = np.random.default_rng(1).standard_normal((2, 50, 20)), parameters(20, 40)
    v, (_, _, (u, form), g_dropout, v_dropout, _) = s7_feed_forward.forward(
        x, p, dropout_rate=0.5, rng=np.random.default_rng(0)
    )
    (g_keep, _), (v_keep, _) = g_dropout, v_dropout
    assert g_keep.shape == (2, 50, 40)
    assert v_keep.shape == (2, 50, 20)
    assert abs(g_keep.mean() - 0.5) < 0.05
    assert abs((v == 0.0).mean() - 0.5) < 0.05
    g = np.where(g_keep, 2.0 * gelu.forward(u, form=form)[0], 0.0)
    np.testing.assert_allclose(
        v, np.where(v_keep, 2.0 * (g @ p["W2"] + p["b2"]), 0.0), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("form", ["tanh", "erf"])
@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_the_gelu_made_again_is_the_one_of_forward(form, rate):
    """dW2 = gᵀ·dv, with the g and the dropped places of the way down: to the bit."""
    x, p = np.random.default_rng(1).standard_normal((2, 5, 4)), parameters(4, 7)
    _, saved = s7_feed_forward.forward(x, p, gelu_form=form, dropout_rate=rate, rng=np.random.default_rng(0))
    _, _, (u, _), g_dropout, v_dropout, _ = saved
    g = dropout.apply(gelu.forward(u, form=form)[0], g_dropout[0], rate=rate)
    dv = np.random.default_rng(2).standard_normal(x.shape)
    _, dp = s7_feed_forward.backward(dv, saved)
    dW2 = weight_gradient(g, dropout.backward(dv, v_dropout))
    np.testing.assert_array_equal(dp["W2"], dW2)


def test_relu_in_place_of_gelu():
    x, p = np.random.default_rng(1).standard_normal((2, 3, 4)), parameters(4, 7)
    v, _ = s7_feed_forward.forward(x, p, activation="relu")
    u = x @ p["W1"] + p["b1"]
    np.testing.assert_allclose(v, np.where(u > 0, u, 0.0) @ p["W2"] + p["b2"], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    ("rates", "inner", "outer"), [((0.5, None), 1, 1), ((0.5, 0.0), 0, 1), ((0.0, 0.5), 1, 0)]
)
def test_dropout_inside_has_a_rate_of_its_own(rates, inner, outer):
    how = dict(zip(("dropout_rate", "inner_dropout_rate"), rates, strict=True))
    x, p = np.random.default_rng(1).standard_normal((2, 3, 4)), parameters(4, 7)
    _, saved = s7_feed_forward.forward(x, p, **how, rng=np.random.default_rng(0))
    assert [keep is not None for keep, _ in saved[3:5]] == [inner, outer]
