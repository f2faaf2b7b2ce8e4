"""Softmax cross-entropy against its definition."""

import math

import numpy as np
import pytest
import scipy.special

from vitnp import InputError
from vitnp.engine import loss

LOGITS = 3.0 * np.random.default_rng(0).standard_normal((4, 5))
LABELS = np.array([0, 3, 3, 4])


def test_against_the_definition():
    value, _ = loss.forward(LOGITS, LABELS)
    log_p = scipy.special.log_softmax(LOGITS, axis=1)
    assert value == pytest.approx(-sum(log_p[b, LABELS[b]] for b in range(4)) / 4, rel=1e-13)


def test_gradient_is_p_minus_t_over_B():
    _, saved = loss.forward(LOGITS, LABELS)
    expected = (scipy.special.softmax(LOGITS, axis=1) - np.eye(5)[LABELS]) / 4
    np.testing.assert_allclose(loss.backward(1.0, saved), expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(loss.backward(3.0, saved), 3.0 * expected, rtol=1e-12, atol=1e-15)


def test_one_hot_targets_are_labels():
    soft, saved_soft = loss.forward(LOGITS, np.eye(5)[LABELS])
    hard, saved_hard = loss.forward(LOGITS, LABELS)
    assert soft == hard
    np.testing.assert_array_equal(loss.backward(1.0, saved_soft), loss.backward(1.0, saved_hard))


def test_label_smoothing():
    t = loss.targets(LABELS, 5, "float64", label_smoothing=0.1)
    np.testing.assert_allclose(t[0], [0.92, 0.02, 0.02, 0.02, 0.02], rtol=1e-14)
    np.testing.assert_allclose(t.sum(axis=1), 1.0, rtol=1e-14)
    value, _ = loss.forward(LOGITS, LABELS, label_smoothing=0.1)
    assert value == pytest.approx(-(t * scipy.special.log_softmax(LOGITS, axis=1)).sum() / 4, rel=1e-13)
    soft = np.random.default_rng(0).dirichlet(np.ones(5), 4)
    np.testing.assert_allclose(
        loss.targets(soft, 5, "float64", label_smoothing=0.2), 0.8 * soft + 0.04, rtol=1e-14
    )


def test_equal_logits_cost_the_logarithm_of_the_classes():
    assert loss.forward(np.zeros((2, 1000)), np.array([3, 999]))[0] == pytest.approx(
        math.log(1000), rel=1e-14
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huge_logits_stay_finite(dtype):
    """No exp overflows and no log meets 0: sure and right costs 0, sure and wrong the distance."""
    logits = np.array([[1e4, -1e4], [1e4, -1e4]], dtype)
    right, _ = loss.forward(logits, np.array([0, 0]))
    wrong, saved = loss.forward(logits, np.array([1, 1]))
    assert right == 0.0
    assert wrong == pytest.approx(2e4)
    np.testing.assert_allclose(loss.backward(1.0, saved), [[0.5, -0.5], [0.5, -0.5]], rtol=1e-6)


def test_rows_far_apart_stay_finite():
    """Each row less its own largest: less the batch's, the second row would be log(0)."""
    value, _ = loss.forward(np.array([[1e4, 0.0], [-1e4, -1e4]]), np.array([0, 1]))
    assert value == pytest.approx(np.log(2) / 2)


def test_an_empty_batch():
    with pytest.raises(InputError, match="an empty batch; give at least one image and its label"):
        loss.forward(LOGITS[:0], np.zeros(0, int))
    with pytest.raises(InputError, match="an empty batch"):
        loss.forward(LOGITS[:0], LOGITS[:0])


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0, 1, 2]),
        np.array([0, 1, 2, 5]),
        np.array([0, 1, 2, -1]),
        np.array([0.0, 1.0, 2.0, 3.0]),
        np.zeros((4, 6)),
        [0, 1, 2, 3],
    ],
    ids=["too few", "too large", "negative", "floats", "classes", "list"],
)
def test_labels_that_do_not_fit(labels):
    with pytest.raises(InputError, match="labels"):
        loss.forward(LOGITS, labels)


@pytest.mark.parametrize("rows", [[[0.5, 0.4]], [[1.5, -0.5]], [[float("nan"), 1.0]]])
def test_soft_labels_that_are_no_probabilities(rows):
    with pytest.raises(InputError, match="not probabilities"):
        loss.forward(np.zeros((1, 2)), np.array(rows))


@pytest.mark.parametrize("label_smoothing", [-0.1, 1.0, 2.0, math.nan, None, "0.1"])
def test_label_smoothing_out_of_range(label_smoothing):
    with pytest.raises(InputError, match="label_smoothing is"):
        loss.forward(np.zeros((1, 2)), np.array([0]), label_smoothing=label_smoothing)


@pytest.mark.parametrize(
    ("logits", "said"),
    [
        (LOGITS.tolist(), r"logits are a list; need an array \(B, classes\)"),
        (LOGITS.astype(int), "logits are int64 of shape"),
        (LOGITS[0], r"logits are float64 of shape \(5,\); need floats"),
        (LOGITS[:, :0], r"logits are float64 of shape \(4, 0\)"),
        (np.ma.masked_array(LOGITS), "logits are a MaskedArray"),
    ],
    ids=str,
)
def test_what_has_no_loss(logits, said):
    with pytest.raises(InputError, match=said):
        loss.forward(logits, LABELS)


@pytest.mark.parametrize("dloss", [None, True, "1", np.ones(2), np.array(1), 10**400, math.nan], ids=str)
def test_a_gradient_that_is_no_number(dloss):
    _, saved = loss.forward(LOGITS, LABELS)
    with pytest.raises(InputError, match=r"^dloss is .*; need a number"):
        loss.backward(dloss, saved)
    with pytest.raises(InputError, match=r"^saved is a tuple; need what loss\.forward returned"):
        loss.backward(1.0, tuple(saved))
