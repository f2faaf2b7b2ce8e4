"""Every optimizer against its textbook's recurrence, number by number in float64; decay, clipping, averaging."""

import copy
import math

import numpy as np
import pytest

from vitnp import InputError, ViTConfig, preset, tree, vit
from vitnp.training import optim

OPTIMIZERS = ("sgd", "adam", "adamw")


def a_tree(rng, dtype="float64"):
    return {
        "project": {
            "W": rng.standard_normal((3, 4)).astype(dtype),
            "b": rng.standard_normal(4).astype(dtype),
        },
        "blocks": {0: {"norm_1": {"gamma": rng.standard_normal(4).astype(dtype)}}},
    }


def sgd(theta, gradients, rates, *, decay, momentum):
    """Sutskever et al. (2013) in PyTorch's form, for one number: the decay is in the gradient."""
    m = 0.0
    for g, lr in zip(gradients, rates, strict=True):
        m = momentum * m + (g + decay * theta)
        theta = theta - lr * m
    return theta


def adam(theta, gradients, rates, *, decay, beta1, beta2, eps=1e-8):
    """Kingma & Ba's algorithm 1 for one number; the decay is in the gradient (L2)."""
    m = v = 0.0
    for t, (g, lr) in enumerate(zip(gradients, rates, strict=True), start=1):
        g = g + decay * theta
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - lr * m_hat / (math.sqrt(v_hat) + eps)
    return theta


def adamw(theta, gradients, rates, *, decay, beta1, beta2, eps=1e-8):
    """Loshchilov & Hutter's algorithm 2 for one number: the decay is beside the gradient's step."""
    m = v = 0.0
    for t, (g, lr) in enumerate(zip(gradients, rates, strict=True), start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - lr * (m_hat / (math.sqrt(v_hat) + eps) + decay * theta)
    return theta


TEXTBOOK = {
    "sgd": (sgd, {"momentum": 0.8}),
    "adam": (adam, {"beta1": 0.85, "beta2": 0.97}),
    "adamw": (adamw, {"beta1": 0.85, "beta2": 0.97}),
}


@pytest.mark.parametrize("together", [1, 6, 1000])  # every leaf cut, some leaves together, all together
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_twenty_steps_of_the_textbook(optimizer, together, monkeypatch):
    monkeypatch.setattr(optim, "TOGETHER", together)
    rng = np.random.default_rng(0)
    p, (textbook, options) = a_tree(rng), TEXTBOOK[optimizer]
    start, state = copy.deepcopy(p), optim.init(p, optimizer)
    rates = [1e-2 * (1 + step % 5) for step in range(20)]
    gradients = [a_tree(rng) for _ in range(20)]
    for dp, lr in zip(gradients, rates, strict=True):
        optim.update(p, dp, state, optimizer=optimizer, lr=lr, weight_decay=0.3, **options)
    assert state["step"] == 20
    for name, leaf in tree.leaves(p):
        first = tree.get(start, name)
        for i in np.ndindex(leaf.shape):
            series = [float(tree.get(dp, name)[i]) for dp in gradients]
            decay = 0.3 if name == "project.W" else 0.0
            want = textbook(float(first[i]), series, rates, decay=decay, **options)
            assert leaf[i] == pytest.approx(want, rel=1e-11), name


def test_the_textbooks_differ():
    """So the test above tells the three from each other, and a decay from none."""
    rates, gradients = [0.1] * 5, [1.0, -2.0, 0.5, 3.0, 1.0]
    betas = {"beta1": 0.9, "beta2": 0.99}
    found = [f(1.0, gradients, rates, decay=d, **betas) for f in (adam, adamw) for d in (0.0, 0.3)]
    found += [sgd(1.0, gradients, rates, decay=d, momentum=0.9) for d in (0.0, 0.3)]
    assert len({round(x, 6) for x in found}) == 5  # adam and adamw are one without decay


def test_a_second_step_with_the_same_gradient():
    """By hand: SGD goes lr·g, then lr·(μ·g + g); the first step of Adam is lr times the sign."""
    p, state = {"b": np.zeros(1)}, optim.init({"b": np.zeros(1)}, "sgd")
    for want in (-0.2, -0.58):
        optim.update(p, {"b": np.array([2.0])}, state, optimizer="sgd", lr=0.1)
        assert p["b"][0] == pytest.approx(want, rel=1e-14)
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


@pytest.mark.parametrize(("optimizer", "want"), [("sgd", 0.95), ("adam", 0.5), ("adamw", 0.95)])
def test_decay_shrinks_matrices_alone(optimizer, want):
    """From gradients of zero. Adam with L2 takes a step of lr whatever the decay: the reason for AdamW."""
    p = tree.map(lambda leaf: np.ones_like(leaf), vit.init(np.random.default_rng(0), preset("tiny")))
    zero = tree.map(lambda leaf: leaf * 0, p)
    optim.update(p, zero, optim.init(p, optimizer), optimizer=optimizer, lr=0.5, weight_decay=0.1)
    for name, leaf in tree.leaves(p):
        decayed = name.rpartition(".")[2] in MATRICES
        np.testing.assert_allclose(leaf, want if decayed else 1.0, rtol=1e-6, err_msg=name)


def test_decoupled_decay_is_not_in_the_moments():
    p = {"W": np.ones((2, 2))}
    state = optim.init(p)
    optim.update(p, {"W": np.zeros((2, 2))}, state, lr=0.1, weight_decay=1.0)
    assert not state["m"].any()
    assert not state["v"].any()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_float32_stays_float32_and_in_place(optimizer):
    rng = np.random.default_rng(1)
    p, dp = a_tree(rng, "float32"), a_tree(rng, "float32")
    state, before = optim.init(p, optimizer), dict(tree.leaves(p))
    moments = {name: state[name] for name in optim.MOMENTS[optimizer]}
    kept = copy.deepcopy(dp)
    optim.update(p, dp, state, optimizer=optimizer, lr=1e-3, weight_decay=0.1)
    for name, leaf in tree.leaves(p):
        assert leaf is before[name]
        assert leaf.dtype == np.float32
        np.testing.assert_array_equal(tree.get(dp, name), tree.get(kept, name))  # gradients are left alone
    for name, moment in moments.items():
        assert state[name] is moment
        assert moment.dtype == np.float32
        assert moment.any()
    optim.clip(dp, 0.1)
    assert all(g.dtype == np.float32 for _, g in tree.leaves(dp))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_order_of_the_leaves_is_nothing(optimizer):
    """The moments belong to names: p may come back from a file in another order, dp from a backward."""
    rng = np.random.default_rng(4)
    p, gradients = a_tree(rng), [a_tree(rng) for _ in range(3)]
    q = tree.map(np.copy, p)
    state, other = optim.init(p, optimizer), optim.init(q, optimizer)
    for dp in gradients:
        optim.update(p, dp, state, optimizer=optimizer, lr=0.1, weight_decay=0.1)
        optim.update(q, dp, other, optimizer=optimizer, lr=0.1, weight_decay=0.1)
        before, q = q, tree.from_leaves(reversed(list(tree.leaves(q))))
        assert list(before) != list(q)
    for name, leaf in tree.leaves(p):
        np.testing.assert_array_equal(leaf, tree.get(q, name))


def test_what_is_taken_together(monkeypatch):
    """Small leaves up to TOGETHER numbers, by name; a large one in blocks, or whole where it has no flat view."""
    monkeypatch.setattr(optim, "TOGETHER", 10)
    sizes = {"a": 4, "b": 6, "c": 3, "d": 10, "e": 25, "f": 2}
    p = {name: np.zeros(size) for name, size in reversed(sizes.items())} | {"g": np.zeros((3, 4)).T}
    groups = [[theta.size for theta, _, _ in group] for group in optim.groups(optim.matched("p", p, "dp", p))]
    assert groups == [[4, 6], [3], [10], [10], [10], [5], [2], [12]]


def test_a_leaf_without_a_flat_view():
    """A transposed parameter cannot be cut into flat blocks; it is updated all the same."""
    rng = np.random.default_rng(5)
    W, g = rng.standard_normal((2, 400, 300))
    p, q = {"W": W.T.copy().T}, {"W": W.copy()}
    assert not p["W"].flags.c_contiguous and W.size > optim.TOGETHER
    for parameters in (p, q):
        optim.update(parameters, {"W": g}, optim.init(parameters), lr=0.1, weight_decay=0.1)
    np.testing.assert_allclose(p["W"], q["W"], rtol=1e-14)
    assert not np.array_equal(p["W"], W)


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


def test_an_unknown_optimizer():
    with pytest.raises(InputError, match='optimizer is "lion"; choose sgd or adam or adamw'):
        optim.init({"a": np.ones(2)}, "lion")
    with pytest.raises(InputError, match='optimizer is "AdamW"; choose sgd or adam or adamw'):
        optim.update(
            {"a": np.ones(2)}, {"a": np.ones(2)}, optim.init({"a": np.ones(2)}), lr=1.0, optimizer="AdamW"
        )


@pytest.mark.parametrize(
    ("made_for", "optimizer"),
    [(("adamw", 2), "sgd"), (("sgd", 2), "adamw"), (("adamw", 3), "adamw"), (None, "adam")],
    ids=["moments too many", "too few", "another model's", "none"],
)
def test_a_state_that_does_not_fit(made_for, optimizer):
    p, state = {"a": np.ones(2)}, {}
    if made_for:
        state = optim.init({"a": np.ones(made_for[1])}, made_for[0])
    before = copy.deepcopy(state)
    with pytest.raises(
        InputError, match=rf'not that of {optimizer} for these 2 .* optim.init\(p, "{optimizer}"\)'
    ):
        optim.update(p, {"a": np.ones(2)}, state, lr=1.0, optimizer=optimizer)
    assert state.get("step") == before.get("step")
    np.testing.assert_array_equal(p["a"], 1.0)


def test_no_second_copy_of_a_large_model():
    """An update of 4 million numbers takes the room of a few blocks: ViT-H must not need its 2.5 GB twice."""
    import tracemalloc

    p = {"W": np.ones((2048, 2048), "float32"), "b": np.ones(2048, "float32")}
    dp, state, mean = tree.map(np.ones_like, p), optim.init(p), tree.map(np.copy, p)
    tracemalloc.start()
    try:
        optim.update(p, dp, state, lr=0.1, weight_decay=0.1)
        optim.average(mean, p, 0.9)
        optim.clip(dp, 1.0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < p["W"].nbytes / 8


def test_global_norm():
    assert optim.global_norm({"a": np.array([3.0]), "b": {0: np.array([[0.0, 4.0]])}}) == 5.0
    assert type(optim.global_norm({"a": np.ones(2, "float32")})) is float
    g = np.random.default_rng(6).standard_normal((1000, 1000))
    assert optim.global_norm({"a": g.astype("float32")}) == pytest.approx(np.linalg.norm(g), rel=1e-5)


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


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_clip_does_not_hide_what_is_not_finite(bad):
    dp = {"a": np.array([1.0, bad]), "b": np.array([7.0])}
    assert not math.isfinite(optim.clip(dp, 1.0))
    np.testing.assert_array_equal(dp["a"], [1.0, bad])
    np.testing.assert_array_equal(dp["b"], [7.0])


@pytest.mark.parametrize("max_norm", [1.0, 6.0, math.inf])
def test_clip_on_a_device_waits_for_nothing(max_norm, monkeypatch):
    """There the norm stays an array, and every gradient is multiplied, by 1 where it is small enough."""
    monkeypatch.setattr(optim, "on_host", lambda x: False)
    dp = {"a": np.array([3.0]), "b": np.array([0.0, 4.0])}
    norm = optim.clip(dp, max_norm)
    assert norm == 5.0
    assert type(norm) is not float
    np.testing.assert_allclose(dp["b"], [0.0, 4.0 * min(1.0, max_norm / 5.0)], rtol=1e-15)


def test_polyak_averaging():
    """mean ← d·mean + (1 − d)·p, written out for four steps; it starts as p, so it needs no correction."""
    rng = np.random.default_rng(7)
    p = a_tree(rng)
    mean, want = tree.map(np.copy, p), tree.map(np.copy, p)
    for _ in range(4):
        q = a_tree(rng)
        optim.average(mean, q, 0.75)
        want = tree.map(lambda w, new: 0.75 * w + 0.25 * new, want, q)
    for name, leaf in tree.leaves(mean):
        np.testing.assert_allclose(leaf, tree.get(want, name), rtol=1e-14)


def test_the_average_of_no_memory_is_p_and_stays_float32():
    p, q = (a_tree(np.random.default_rng(seed), "float32") for seed in (8, 9))
    mean = tree.map(np.copy, p)
    optim.average(mean, q, 0.0)
    for name, leaf in tree.leaves(mean):
        np.testing.assert_allclose(leaf, tree.get(q, name), rtol=1e-6)
        assert leaf.dtype == np.float32


def updated(change, optimizer="adamw", **rule):
    """`optim.update` of a tree with p, dp or state changed by `change`; an error may change nothing."""
    given = {"p": a_tree(np.random.default_rng(0)), "dp": a_tree(np.random.default_rng(1))}
    given["state"] = optim.init(given["p"], optimizer)
    given |= change(given)
    before = copy.deepcopy(given)
    try:
        optim.update(**given, **{"lr": 0.1, "optimizer": optimizer} | rule)
    finally:
        for name in ("p", "state"):
            same = tree.map(np.array_equal, given[name], before[name])
            assert all(equal for _, equal in tree.leaves(same)), name


def with_W(which, change):
    """The change of one leaf of p or of dp."""
    return lambda given: {
        which: given[which]
        | {"project": given[which]["project"] | {"W": change(given[which]["project"]["W"])}}
    }


BAD_GRADIENTS = {
    "turned": (with_W("dp", lambda g: g.T), r"dp is not the tree of p: project.W is \(4, 3\), need \(3, 4\)"),
    "one for all": (with_W("dp", lambda g: g[:1]), r"project.W is \(1, 4\), need"),
    "complex": (with_W("dp", lambda g: g + 0j), "dp.project.W is complex128; need an array of floats"),
    "integers": (with_W("dp", lambda g: g.astype(int)), "dp.project.W is int64; need an array of floats"),
    "objects": (with_W("dp", lambda g: g.astype(object)), "dp.project.W is object; need"),
    "a list": (with_W("dp", lambda g: g.tolist()), "dp.project.W is a list; need"),
    "masked": (with_W("dp", np.ma.masked_array), "dp.project.W is a MaskedArray"),
    "missing": (
        lambda given: {"dp": {"project": given["dp"]["project"]}},
        "blocks.0.norm_1.gamma is missing",
    ),
    "extra": (lambda given: {"dp": given["dp"] | {"head": np.ones(2)}}, "head is unexpected"),
    "none": (lambda given: {"dp": {}}, "dp has no arrays"),
    "no tree": (lambda given: {"dp": None}, "dp is a NoneType; need a nested dict"),
    "read-only": (
        with_W("p", lambda W: np.broadcast_to(W[0, 0], W.shape)),
        "p.project.W cannot be written into",
    ),
    "a number": (lambda given: {"p": {"a": np.float64(1)}}, "p.a is float64; need an array"),
}


@pytest.mark.parametrize(("change", "said"), BAD_GRADIENTS.values(), ids=BAD_GRADIENTS)
def test_gradients_of_another_tree_change_nothing(change, said):
    with pytest.raises(InputError, match=said):
        updated(change)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        *(
            ({"lr": lr}, "^lr is .*; need a finite number from 0 on")
            for lr in (math.nan, math.inf, -1, 1j, True, "1")
        ),
        *(({name: 1.0}, f"^{name} is 1.0; need") for name in ("beta1", "beta2", "momentum")),
        *(
            ({name: -0.1}, f"^{name} is -0.1; need")
            for name in ("beta1", "beta2", "momentum", "weight_decay", "eps")
        ),
        ({"weight_decay": math.nan}, "^weight_decay is nan"),
        ({"eps": 0.0}, "^eps is 0.0; need"),
        ({"beta_1": 0.9}, '"beta_1" is unknown; did you mean beta1'),
    ],
    ids=str,
)
def test_numbers_that_cannot_be_change_nothing(rule, said):
    with pytest.raises(InputError, match=said):
        updated(lambda given: {}, **rule)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"step": -1}, "the state's step is -1; need a whole number of at least 0"),
        ({"step": 1.5}, "the state's step is 1.5"),
        ({"step": None}, "the state's step is None"),
        ({"m": np.zeros(20, "float32")}, "state.v is float64, the others are float32"),
        (
            {"m": np.zeros(20, "float32"), "v": np.zeros(20, "float32")},
            "state.m is float32, the others are float64",
        ),
        ({"v": np.zeros(20, complex)}, "state.v is complex128; need"),
        ({"v": np.zeros((20, 1))}, "the state is not that of adamw for these 20 parameters"),
    ],
    ids=str,
)
def test_a_state_that_cannot_be_changes_nothing(change, said):
    with pytest.raises(InputError, match=said):
        updated(lambda given: {"state": given["state"] | change})


def test_numbers_of_numpy_leave_an_update_in_its_precision():
    """A float32 rate of NumPy would compute the corrections in float32; a float64 one would widen the moments."""
    p = a_tree(np.random.default_rng(0))
    q, dp = tree.map(np.copy, p), a_tree(np.random.default_rng(1))
    for parameters, kind in ((p, float), (q, np.float32)):
        rule = {"weight_decay": kind(0.5), "beta1": kind(0.25), "beta2": kind(0.75), "eps": kind(0.125)}
        optim.update(parameters, dp, optim.init(parameters), lr=kind(0.5), **rule)
    for name, leaf in tree.leaves(p):
        np.testing.assert_array_equal(leaf, tree.get(q, name))


@pytest.mark.parametrize("max_norm", [-1.0, 0.0, math.nan, True, "1", None])
def test_a_largest_norm_that_cannot_be(max_norm):
    dp = {"a": np.array([3.0, 4.0])}
    with pytest.raises(InputError, match=r"^max_norm is .*; need a number above 0"):
        optim.clip(dp, max_norm)
    np.testing.assert_array_equal(dp["a"], [3.0, 4.0])
    with pytest.raises(InputError, match=r"dp\.a is int64; need an array of floats"):
        optim.clip({"a": np.array([3, 4])}, 1.0)


@pytest.mark.parametrize("decay", [-0.1, 1.1, math.nan, None])
def test_an_average_that_cannot_be(decay):
    p = a_tree(np.random.default_rng(0))
    mean = tree.map(np.copy, p)
    with pytest.raises(InputError, match=r"^decay is .*; need a number from 0 to at most 1"):
        optim.average(mean, tree.map(lambda leaf: leaf + 1.0, p), decay)
    with pytest.raises(InputError, match="p is not the tree of mean: b is unexpected"):
        optim.average(mean, p | {"b": np.ones(1)}, 0.5)
    tree.map(np.testing.assert_array_equal, mean, p)
