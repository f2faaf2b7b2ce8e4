"""AdamW against the textbook's recurrence, the decay leaf by leaf, clipping; in place, and dtype kept."""

import copy
import math

import numpy as np
import pytest

from vitnp import ViTConfig, optim, preset, tree, vit


def a_tree(rng, dtype="float64"):
    return {
        "project": {
            "W": rng.standard_normal((3, 4)).astype(dtype),
            "b": rng.standard_normal(4).astype(dtype),
        },
        "blocks": {0: {"norm_1": {"gamma": rng.standard_normal(4).astype(dtype)}}},
    }


def textbook(theta, gradients, rates, *, decay, beta1=0.9, beta2=0.999, eps=1e-8):
    """Loshchilov & Hutter's algorithm 2 for one number, in Python floats."""
    m = v = 0.0
    for t, (g, lr) in enumerate(zip(gradients, rates, strict=True), start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - lr * (m_hat / (math.sqrt(v_hat) + eps) + decay * theta)
    return theta


def test_twenty_steps_of_the_textbook():
    rng = np.random.default_rng(0)
    p = a_tree(rng)
    start, state = copy.deepcopy(p), optim.init(p)
    rates = [1e-2 * (1 + step % 5) for step in range(20)]
    gradients = [a_tree(rng) for _ in range(20)]
    for dp, lr in zip(gradients, rates, strict=True):
        optim.update(p, dp, state, lr=lr, weight_decay=0.3)
    assert state["step"] == 20
    for name, leaf in tree.leaves(p):
        first = tree.get(start, name)
        for i in np.ndindex(leaf.shape):
            series = [float(tree.get(dp, name)[i]) for dp in gradients]
            want = textbook(float(first[i]), series, rates, decay=0.3 if name == "project.W" else 0.0)
            assert leaf[i] == pytest.approx(want, rel=1e-12), name


def test_the_first_step_is_lr_times_the_sign():
    """Without the bias correction it would be √(1 − β₂)/(1 − β₁) times smaller or larger."""
    p, dp = {"b": np.zeros(3)}, {"b": np.array([1e-3, -5.0, 2.0])}
    optim.update(p, dp, optim.init(p), lr=0.1)
    np.testing.assert_allclose(p["b"], [-0.1, 0.1, -0.1], rtol=1e-4)


MATRICES = {"W", "W_Q", "W_K", "W_V", "W_O", "W1", "W2"}
OTHERS = {"b", "b_Q", "b_K", "b_V", "b_O", "b1", "b2", "gamma", "beta", "cls", "E_pos"}


@pytest.mark.parametrize(
    "config", [preset("tiny"), preset("tiny", classifier="gap"), ViTConfig(num_layers=1)]
)
def test_what_is_decayed_of_every_leaf(config):
    """Every leaf is in one of the two lists; those decayed are the matrices that multiply tokens."""
    for name, leaf in tree.leaves(vit.init(None, config)):
        last = name.rpartition(".")[2]
        assert last in MATRICES | OTHERS, f"{name} is new: say here whether it is decayed"
        assert optim.decays(name) == (last in MATRICES), name
        assert not optim.decays(name) or leaf.ndim == 2


def test_decay_shrinks_matrices_alone():
    config = preset("tiny")
    p = tree.map(lambda leaf: np.ones_like(leaf), vit.init(np.random.default_rng(0), config))
    zero = tree.map(lambda leaf: leaf * 0, p)
    optim.update(p, zero, optim.init(p), lr=0.5, weight_decay=0.1)
    for name, leaf in tree.leaves(p):
        want = 0.95 if name.rpartition(".")[2] in MATRICES else 1.0
        np.testing.assert_allclose(leaf, want, rtol=1e-6, err_msg=name)


def test_decay_is_not_in_the_moments():
    """Decoupled: with the decay in the gradient (Adam with L2) m would not stay zero."""
    p = {"W": np.ones((2, 2))}
    state = optim.init(p)
    optim.update(p, {"W": np.zeros((2, 2))}, state, lr=0.1, weight_decay=1.0)
    assert not state["m"].any()
    assert not state["v"].any()


def test_float32_stays_float32_and_in_place():
    rng = np.random.default_rng(1)
    p = a_tree(rng, "float32")
    state, before = optim.init(p), dict(tree.leaves(p))
    moments = state["m"], state["v"]
    dp = a_tree(rng, "float32")
    optim.update(p, dp, state, lr=1e-3, weight_decay=0.1)
    optim.clip(dp, 0.1)
    for name, leaf in tree.leaves(p):
        assert leaf is before[name]
        assert leaf.dtype == np.float32
        assert tree.get(dp, name).dtype == np.float32
    assert state["m"] is moments[0]
    assert state["v"] is moments[1]
    assert moments[0].dtype == moments[1].dtype == np.float32


def test_adamw_leaves_the_gradients_alone():
    rng = np.random.default_rng(2)
    p, dp = a_tree(rng), a_tree(rng)
    kept = copy.deepcopy(dp)
    optim.update(p, dp, optim.init(p), lr=0.1, weight_decay=0.1)
    for name, g in tree.leaves(dp):
        np.testing.assert_array_equal(g, tree.get(kept, name))


def test_leaves_are_matched_by_name():
    """Gradients that arrive in another order, as a backward makes them, go to their own leaves."""
    p = {"a": np.zeros(2), "W": np.zeros(2)}
    optim.update(p, {"W": np.full(2, -1.0), "a": np.ones(2)}, optim.init(p), lr=0.5)
    np.testing.assert_allclose(p["a"], -0.5)
    np.testing.assert_allclose(p["W"], 0.5)


@pytest.mark.parametrize(("optimizer", "moments"), [("sgd", "m"), ("adam", "mv"), ("adamw", "mv")])
def test_the_state_starts_at_zero(optimizer, moments):
    """A flat array a moment, a number for each of p's, in p's dtype."""
    p = a_tree(np.random.default_rng(3), "float32")
    state = optim.init(p, optimizer)
    assert list(state) == ["step", *moments]
    for name in moments:
        assert state[name].shape == (tree.count(p),)
        assert state[name].dtype == np.float32
        assert not state[name].any()


def test_global_norm():
    assert optim.global_norm({"a": np.array([3.0]), "b": {0: np.array([[0.0, 4.0]])}}) == 5.0
    assert type(optim.global_norm({"a": np.ones(2, "float32")})) is float


def test_clip_scales_all_leaves_alike():
    dp = {"a": np.array([3.0]), "b": {0: np.array([0.0, 4.0])}}
    assert optim.clip(dp, 1.0) == 5.0
    np.testing.assert_allclose(dp["a"], [0.6], rtol=1e-15)
    np.testing.assert_allclose(dp["b"][0], [0.0, 0.8], rtol=1e-15)
    assert optim.global_norm(dp) == pytest.approx(1.0, rel=1e-15)


def test_clip_leaves_a_small_gradient_alone():
    dp = {"a": np.array([0.3, 0.4])}
    assert optim.clip(dp, 0.6) == 0.5
    np.testing.assert_array_equal(dp["a"], [0.3, 0.4])
    assert optim.clip(dp, math.inf) == 0.5


def test_clip_does_not_hide_nan():
    dp = {"a": np.array([1.0, np.nan]), "b": np.array([7.0])}
    assert math.isnan(optim.clip(dp, 1.0))
    np.testing.assert_array_equal(dp["b"], [7.0])
