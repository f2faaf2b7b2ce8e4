"""The GRU and its σ: by a plain loop over images, inputs and numbers, and what its gates can do."""

import math

import numpy as np
import pytest
import scipy.special
from cases import CASES

from vitnp import gradcheck
from vitnp.ops import gru, sigmoid

VALUES, D, T = 3, 5, 4  # of one input, of the state, inputs


def point(batch=2, length=T, seed=0):
    """A sequence and generic parameters."""
    rng = np.random.default_rng(seed)
    p = gradcheck.random_like(gru.init(None, inputs=VALUES, width=D, dtype="float64"), rng)
    return rng.standard_normal((batch, length, VALUES)), p


def one_number_at_a_time(sequence, p):
    """The states of one image, by the four lines of the docstring."""

    def gate(number, x, j):
        return sum(x[i] * p["W_x"][i, number * D + j] for i in range(VALUES)) + p["b"][number * D + j]

    def state(number, h, j):
        return sum(h[k] * p["W_h"][k, number * D + j] for k in range(D))

    h, states = [0.0] * D, []
    for x in sequence:
        r = [1 / (1 + math.exp(-(gate(0, x, j) + state(0, h, j)))) for j in range(D)]
        z = [1 / (1 + math.exp(-(gate(1, x, j) + state(1, h, j)))) for j in range(D)]
        n = [math.tanh(gate(2, x, j) + r[j] * (state(2, h, j) + p["c"][j])) for j in range(D)]
        h = [(1 - z[j]) * n[j] + z[j] * h[j] for j in range(D)]
        states.append(h)
    return states


def test_every_state_by_a_loop():
    x, p = point()
    h, _ = gru.forward(x, p)
    assert h.shape == (2, T, D)
    for sequence, states in zip(x, h, strict=True):
        np.testing.assert_allclose(states, one_number_at_a_time(sequence, p), rtol=1e-12)


@pytest.mark.parametrize("name", ["gru", "gru, one input", "sigmoid"])
def test_every_gradient(name):
    """Of each leaf and of the sequence, by the complex step and by differences."""
    case = CASES[name]
    report = gradcheck.check(case.forward, case.backward, case.x, case.p, seeds=(0, 1, 2))
    assert report.ok, f"\n{report}"
    assert report.worst[0] <= 1e-12 and report.worst[1] <= 1e-6


def test_the_gradient_of_every_single_number():
    """Not along a random direction: each of the parameters and inputs, by itself."""
    x, p = point(batch=1, length=3)
    y, saved = gru.forward(x, p)
    dy = np.random.default_rng(1).standard_normal(y.shape)
    dx, dp = gru.backward(dy, saved)
    for name, leaf in [("x", x), *p.items()]:
        got = dx if name == "x" else dp[name]
        assert got.shape == leaf.shape
        for place in np.ndindex(leaf.shape):
            moved = {"x": x.astype(complex)} | {key: value.astype(complex) for key, value in p.items()}
            moved[name][place] += 1e-30j
            y, _ = gru.forward(moved.pop("x"), moved)
            assert (y * dy).sum().imag / 1e-30 == pytest.approx(got[place], rel=1e-10, abs=1e-13), name


def test_no_state_sees_a_later_input():
    x, p = point()
    h, _ = gru.forward(x, p)
    later = x.copy()
    later[:, 2:] += 1.0
    moved, _ = gru.forward(later, p)
    np.testing.assert_array_equal(moved[:, :2], h[:, :2])
    assert (abs(moved[:, 2:] - h[:, 2:]) > 1e-6).all()


def gates_at(place, bias):
    """The sequence, the parameters with this bias for one gate, the states and n."""
    x, p = point()
    p["b"][place] = bias
    h, saved = gru.forward(x, p)
    return x, p, h, saved[2][2]


def test_a_closed_update_gate_keeps_the_first_state_and_an_open_one_forgets_it():
    assert abs(gates_at(slice(D, 2 * D), 50.0)[2]).max() < 1e-15
    *_, h, n = gates_at(slice(D, 2 * D), -50.0)
    np.testing.assert_allclose(h, n, rtol=1e-12)


def test_a_reset_gate_at_zero_gives_a_candidate_that_does_not_see_the_state():
    x, p, _, n = gates_at(slice(0, D), -50.0)
    np.testing.assert_allclose(n, np.tanh((x @ p["W_x"] + p["b"])[..., 2 * D :]), rtol=1e-12)


def test_the_gradient_reaches_the_first_input_through_an_open_gate():
    """With z near 1 after the first input, the last state's gradient arrives there whole: no product vanishes."""
    x, p = point(batch=1, length=60)
    x[0, 1:] = 0.0
    p["W_x"][:, D : 2 * D], p["W_h"][:, D : 2 * D] = 0.0, 0.0
    dy = np.zeros((1, 60, D))
    dy[0, -1] = 1.0
    sizes = []
    for bias in (0.0, 8.0):
        p["b"][D : 2 * D] = bias
        dx, _ = gru.backward(dy, gru.forward(x, p)[1])
        sizes.append(abs(dx[0, 0]).max())
    assert sizes[0] < 1e-6 < 1e-5 < sizes[1]


def test_initial_weights():
    """Uniform in ±1/√D, as PyTorch's; biases zero."""
    p = gru.init(np.random.default_rng(0), inputs=40, width=100, dtype="float32")
    assert {name: leaf.shape for name, leaf in p.items()} == {
        "W_x": (40, 300),
        "W_h": (100, 300),
        "b": (300,),
        "c": (100,),
    }
    for name in ("W_x", "W_h"):
        assert p[name].dtype == "float32"
        assert 0.0999 < abs(p[name]).max() <= 0.1
        assert p[name].std() == pytest.approx(0.1 / math.sqrt(3), rel=0.02)
    assert not p["b"].any() and not p["c"].any()


def test_sigmoid_of_every_size():
    x = np.concatenate([np.linspace(-40, 40, 1001), [-1e4, -800.0, 0.0, 800.0, 1e4, np.inf, -np.inf]])
    with np.errstate(all="raise"):
        y, saved = sigmoid.forward(x)
        dx = sigmoid.backward(np.ones_like(x), saved)
    np.testing.assert_allclose(y, scipy.special.expit(x), rtol=0, atol=1e-15)
    np.testing.assert_allclose(dx, scipy.special.expit(x) * scipy.special.expit(-x), rtol=0, atol=1e-15)
    assert sigmoid.forward(np.zeros(3, "float16"))[0].dtype == "float16"
    assert sigmoid.forward(np.float16([9e3, -9e3]))[0].tolist() == [1.0, 0.0]
