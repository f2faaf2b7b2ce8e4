"""Step 8: the class token's row becomes logits, directly or through the pre-logits layer; or the mean does."""

import math

import numpy as np
import pytest

from vitnp.engine import loss
from vitnp.steps import s8_classify


def init(seed=0, **sizes):
    """Initial parameters in float64."""
    sizes = {"hidden_size": 6, "num_classes": 5, "representation_size": None, "dtype": "float64"} | sizes
    return s8_classify.init(np.random.default_rng(seed), **sizes)


def test_shapes_of_the_slide():
    p = init(hidden_size=768, num_classes=1000, dtype="float32")
    assert p["head"]["W"].shape == (768, 1000)
    assert p["head"]["b"].shape == (1000,)
    logits, _ = s8_classify.forward(np.ones((1, 197, 768), np.float32), p)
    assert logits.shape == (1, 1000)


def test_token_takes_row_0_and_gap_the_mean():
    x = np.random.default_rng(0).standard_normal((2, 4, 6))
    token, _ = s8_classify.forward(x, {}, classifier="token")
    np.testing.assert_array_equal(token, x[:, 0])
    gap, _ = s8_classify.forward(x, {}, classifier="gap")
    np.testing.assert_allclose(gap, (x[:, 0] + x[:, 1] + x[:, 2] + x[:, 3]) / 4, rtol=1e-14)


def test_backward_touches_row_0_only():
    x = np.random.default_rng(0).standard_normal((2, 4, 6))
    _, saved = s8_classify.forward(x, {}, classifier="token")
    dx, _ = s8_classify.backward(np.ones((2, 6)), saved)
    assert (dx[:, 0] == 1.0).all()
    assert (dx[:, 1:] == 0.0).all()
    _, saved = s8_classify.forward(x, {}, classifier="gap")
    dx, _ = s8_classify.backward(np.ones((2, 6)), saved)
    assert (dx == 0.25).all()


@pytest.mark.parametrize("representation_size", [None, 7])
def test_training_starts_at_the_loss_of_guessing(representation_size):
    """The initial head is 0, so every class has the same probability: loss = ln(classes)."""
    x = np.random.default_rng(0).standard_normal((3, 4, 6))
    logits, _ = s8_classify.forward(x, init(num_classes=1000, representation_size=representation_size))
    assert (logits == 0.0).all()
    value, _ = loss.forward(logits, np.array([0, 17, 999]))
    assert value == pytest.approx(math.log(1000), rel=1e-14)


def test_pre_logits_is_a_tanh_layer():
    rng = np.random.default_rng(0)
    p = init(representation_size=4)
    p["pre_logits"]["b"] = rng.standard_normal(4)
    p["head"] = {"W": rng.standard_normal((4, 5)), "b": rng.standard_normal(5)}
    x = rng.standard_normal((2, 3, 6))
    logits, _ = s8_classify.forward(x, p)
    r = np.tanh(x[:, 0] @ p["pre_logits"]["W"] + p["pre_logits"]["b"])
    np.testing.assert_allclose(logits, r @ p["head"]["W"] + p["head"]["b"], rtol=1e-13)


def test_without_classes_the_representation_comes_out():
    x = np.random.default_rng(0).standard_normal((2, 3, 6))
    assert init(num_classes=0) == {}
    assert set(init(num_classes=0, representation_size=4)) == {"pre_logits"}
    y, _ = s8_classify.forward(x, init(num_classes=0, representation_size=4))
    assert y.shape == (2, 4)
    assert (np.abs(y) < 1.0).all()
