"""`gradcheck.check_at_once`: all leaves along one random direction, in a few passes."""

import numpy as np
import pytest
from cases import CASES
from strict import STRICT
from test_gradcheck import P, X, backward, forward, wrong

from vitnp import InputError, gradcheck, models, preset, tree, vit
from vitnp.backend.arrays import to_device

check = gradcheck.check_at_once


def test_a_right_backward():
    report = check(forward, backward, X, P, seeds=range(4))
    assert report.ok
    assert [leaf.name for leaf in report.leaves] == ["seed 0", "seed 1", "seed 2", "seed 3"]
    assert {leaf.shape for leaf in report.leaves} == {(X.size + 5,)}
    assert report.worst[0] < 1e-14
    assert report.worst[1] < 1e-8
    assert len({leaf.numeric for leaf in report.leaves}) == 4
    for leaf in report.leaves:
        assert leaf.numeric == pytest.approx(leaf.analytic, rel=1e-12)


def test_the_derivative_is_that_of_mathematics():
    """f(x, a) = ⟨w, a·x⟩ along v: by hand, from the same draws."""
    x, p = np.array([2.0, 3.0]), {"a": np.array([5.0, 7.0])}
    (found,) = check(
        lambda x, p: (p["a"] * x, (x, p["a"])), lambda dy, s: (dy * s[1], {"a": dy * s[0]}), x, p, seeds=(3,)
    ).leaves
    w, vx, va = np.random.default_rng(3).standard_normal((3, 2))
    assert found.numeric == pytest.approx((w * (vx * p["a"] + x * va)).sum(), rel=1e-14)


@pytest.mark.parametrize("leaf", ["x", "a", "b"])
@pytest.mark.parametrize("relative", [1e-2, 1e-6, 1e-10])
def test_a_mistake_in_any_leaf(leaf, relative):
    def change(dx, dp):
        if leaf == "x":
            return dx * (1.0 + relative), dp
        if leaf == "a":
            return dx, dp | {"a": dp["a"] * (1.0 + relative)}
        return dx, dp | {"inner": {"b": dp["inner"]["b"] * (1.0 + relative)}}

    assert not check(forward, wrong(change), X, P).ok


@pytest.mark.parametrize("family", ["tiny", "mlp-tiny", "cnn-tiny", "rnn-tiny"])
def test_every_leaf_of_a_model(family):
    """One leaf of the gradient doubled, whichever it is, is seen; the key bias has the gradient 0."""
    config = preset(family)
    model, rng = models.of(config), np.random.default_rng(0)
    images = rng.standard_normal((2, *config.image_size, config.in_channels))
    p = gradcheck.random_like(model.init(None, config, "float64"), rng)
    names = dict(tree.leaves(p))
    report = check(lambda x, p: model.forward(x, p, config), model.backward, images, p)
    assert report.ok
    assert report.worst[0] < 1e-13
    for name in ["x", *(name for name in names if not name.endswith("b_K"))]:

        def doubled(dy, saved, name=name):
            dx, dp = model.backward(dy, saved)
            twice = tree.map(lambda leaf, g: g * (1.0 + (leaf == name)), tree.names(dp), dp)
            return dx * (1.0 + (name == "x")), twice

        assert not check(lambda x, p: model.forward(x, p, config), doubled, images, p, seeds=(0,)).ok, name


def test_weights_that_bend_sharply():
    """As trained ones do: a step that suits one leaf is too long for all of them at once, and is no mistake."""
    config = preset("tiny")
    rng = np.random.default_rng(0)
    images = rng.standard_normal((1, *config.image_size, 3))
    p = gradcheck.random_like(vit.init(None, config, "float64"), rng)
    for block in p["blocks"].values():
        for name in ("W_Q", "W_K"):
            block["attention"][name] *= 8.0
    report = check(lambda x, p: vit.forward(x, p, config), vit.backward, images, p)
    assert report.ok
    assert report.worst[1] < 2e-7


def test_masked_patches():
    case = next(case for name, case in CASES.items() if "masked" in name)
    assert check(case.forward, case.backward, case.x, case.p).ok


def test_a_gradient_of_zeros_and_nan():
    assert not check(forward, wrong(lambda dx, dp: (0.0 * dx, tree.map(np.zeros_like, dp))), X, P).ok
    with np.errstate(invalid="ignore"):
        assert not check(forward, wrong(lambda dx, dp: (dx * np.nan, dp)), X, P).ok
        assert not check(forward, wrong(lambda dx, dp: (dx * np.inf, dp)), X, P).ok


def test_without_parameters_and_without_the_complex_step():
    report = check(lambda x: (x * x, x), lambda dy, x: 2.0 * x * dy, X, complex_step=False)
    assert report.ok
    assert report.worst[0] is None
    assert not check(lambda x: (x * x, x), lambda dy, x: 2.001 * x * dy, X, complex_step=False).ok


def test_on_a_device():
    report = check(forward, backward, to_device(X, STRICT), to_device(P, STRICT))
    assert report == check(forward, backward, X, P)


def test_names_that_are_digits_or_have_dots():
    """Anybody's tree: keys are kept as they are."""
    p = {"0": np.array([2.0]), "a.b": np.array([3.0])}
    report = check(
        lambda x, p: (x * p["0"] * p["a.b"], (x, p)),
        lambda dy, s: (
            dy * s[1]["0"] * s[1]["a.b"],
            {"0": [(dy * s[0]).sum() * s[1]["a.b"]][0], "a.b": (dy * s[0]).sum() * s[1]["0"]},
        ),
        *(X, p),
    )
    assert report.ok


def test_the_report():
    head, *lines = str(check(forward, wrong(lambda dx, dp: (2.0 * dx, dp)), X, P, seeds=(0,))).splitlines()
    assert head.startswith("direction")
    assert len(lines) == 1
    assert lines[0].startswith("seed 0 ")
    assert lines[0].endswith("✗ WRONG")


def test_nothing_is_changed():
    x, p = X.copy(), tree.map(np.copy, P)
    check(forward, backward, x, p)
    np.testing.assert_array_equal(x, X)
    tree.map(np.testing.assert_array_equal, p, P)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: check(forward, backward, X.astype("float32"), P), "x is float32; need float64"),
        (lambda: check(forward, backward, X, P, seeds=()), "seeds is .*need at least one"),
        (lambda: check(forward, None, X, P), "backward is None; need a function"),
        (lambda: check(forward, backward, X, P, complex_step=1), "complex_step is 1; need True or False"),
        (
            lambda: check(forward, wrong(lambda dx, dp: (dx, {"a": dp["a"]})), X, P),
            "gradient of inner.b is missing",
        ),
        (
            lambda: check(forward, wrong(lambda dx, dp: (dx, dp | {"c": dx})), X, P),
            "gradient of c, which p does not",
        ),
    ],
)
def test_what_nothing_can_be_checked_with(call, said):
    with pytest.raises(InputError, match=said):
        call()
