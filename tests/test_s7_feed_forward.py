"""Step 7: D → M → D through GELU, every token alone."""

import numpy as np
import pytest
from scipy.stats import norm

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
    assert saved[3].shape == (1, 197, 3072)
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
    x = np.random.default_rng(1).standard_normal((2, 50, 20))
    v, (_, _, _, g, g_dropout, v_dropout) = s7_feed_forward.forward(
        x, parameters(20, 40), dropout_rate=0.5, rng=np.random.default_rng(0)
    )
    assert g_dropout[0].shape == (2, 50, 40)
    assert v_dropout[0].shape == (2, 50, 20)
    assert abs((g == 0.0).mean() - 0.5) < 0.05
    assert abs((v == 0.0).mean() - 0.5) < 0.05
