"""The lens itself: what it must see, and what it says."""

import numpy as np
import pytest
from cases import CASES

from vitnp import gradcheck, tree

X = np.random.default_rng(0).standard_normal((3, 4))
P = {"a": np.random.default_rng(1).standard_normal(4), "inner": {"b": np.array([0.5])}}


def forward(x, p):
    """y = a·x³ + b."""
    return p["a"] * x * x * x + p["inner"]["b"], (x, p["a"])


def backward(dy, saved):
    """By hand, and right."""
    x, a = saved
    da = (dy * x * x * x).sum(axis=0)
    return dy * a * 3.0 * x * x, {"a": da, "inner": {"b": dy.sum(keepdims=True)[0]}}


def wrong(change):
    """backward with dp, dx changed by `change(dx, dp)`."""
    return lambda dy, saved: change(*backward(dy, saved))


def test_a_right_backward():
    report = gradcheck.check(forward, backward, X, P)
    assert report.ok
    assert [leaf.name for leaf in report.leaves] == ["x", "a", "inner.b"]
    assert [leaf.shape for leaf in report.leaves] == [(3, 4), (4,), (1,)]
    assert report.worst[0] < 1e-14
    assert report.worst[1] < 1e-8
    for leaf in report.leaves:
        assert leaf.numeric == pytest.approx(leaf.analytic, rel=1e-12)


def test_without_parameters():
    right = gradcheck.check(lambda x: (x * x, x), lambda dy, x: 2.0 * x * dy, X)
    assert right.ok
    assert [leaf.name for leaf in right.leaves] == ["x"]
    assert not gradcheck.check(lambda x: (x * x, x), lambda dy, x: x * dy, X).ok


@pytest.mark.parametrize("relative", [1e-2, 1e-6, 1e-10])
def test_a_small_mistake_in_one_leaf(relative):
    """Down to 1e-10 of a gradient, and only the leaf that is wrong is called so."""
    report = gradcheck.check(
        forward, wrong(lambda dx, dp: (dx, dp | {"a": dp["a"] * (1.0 + relative)})), X, P
    )
    assert not report.ok
    assert [leaf.name for leaf in report.leaves if not leaf.ok] == ["a"]
    assert relative / 10 < report.worst[0] < relative * 10


def test_differences_alone_see_what_is_larger_than_their_tolerance():
    report = gradcheck.check(forward, wrong(lambda dx, dp: (dx * (1.0 + 1e-4), dp)), X, P)
    assert report.leaves[0].difference_error > gradcheck.DIFFERENCE_TOLERANCE


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_gradient_that_is_no_number(value):
    with np.errstate(invalid="ignore"):
        report = gradcheck.check(forward, wrong(lambda dx, dp: (dx + value, dp)), X, P)
    assert not report.ok
    assert not report.leaves[0].ok


def test_nan_for_one_seed_is_not_forgotten():
    """The worst of all seeds is kept, and NaN is the worst there is."""
    for bad_call in range(3):
        calls = iter(range(3))

        def once(dx, dp, calls=calls, bad_call=bad_call):
            return (dx * np.nan if next(calls) == bad_call else dx), dp

        assert not gradcheck.check(forward, wrong(once), X, P).ok


def test_the_worst_of_all_seeds_is_reported():
    calls = iter(range(3))
    report = gradcheck.check(
        forward, wrong(lambda dx, dp: (dx * (1.0 + (0.0, 1e-3, 1e-5)[next(calls)]), dp)), X, P
    )
    assert 1e-4 < report.worst[0] < 1e-2


def test_a_missing_gradient():
    with pytest.raises(ValueError, match=r"gradient of inner\.b is .*, the leaf is \(1,\)"):
        gradcheck.check(forward, wrong(lambda dx, dp: (dx, {"a": dp["a"]})), X, P)


def test_a_gradient_of_another_shape():
    """One row an image, because nobody summed over the batch."""
    with pytest.raises(ValueError, match=r"gradient of a is \(3, 4\), the leaf is \(4,\)"):
        gradcheck.check(
            forward, lambda dy, saved: (backward(dy, saved)[0], {"a": dy, "inner": {"b": dy}}), X, P
        )


def test_a_gradient_that_is_zero_everywhere():
    """A function that does not move: right if backward says 0, wrong if not."""
    assert gradcheck.check(lambda x: (0.0 * x, ()), lambda dy, _: 0.0 * dy, X).ok
    assert not gradcheck.check(lambda x: (0.0 * x, ()), lambda dy, _: dy, X).ok


def test_rounding_around_zero_is_no_mistake():
    """The key bias has gradient 0: rounding over rounding would call a right backward wrong."""
    case = CASES["s5_attention"]
    report = gradcheck.check(case.forward, case.backward, case.x, case.p)
    b_K = next(leaf for leaf in report.leaves if leaf.name == "b_K")
    assert abs(b_K.analytic) < 1e-14
    assert b_K.ok


def test_the_report_has_a_line_for_every_leaf():
    report = gradcheck.check(forward, wrong(lambda dx, dp: (2.0 * dx, dp)), X, P)
    head, *lines = str(report).splitlines()
    assert "numeric" in head
    assert [line.split()[0] for line in lines] == ["x", "a", "inner.b"]
    assert ["✗ WRONG" in line for line in lines] == [True, False, False]
    assert [line.endswith("✓") for line in lines] == [False, True, True]


def test_nothing_is_changed():
    x, p = X.copy(), tree.map(np.copy, P)
    gradcheck.check(forward, backward, x, p)
    np.testing.assert_array_equal(x, X)
    tree.map(np.testing.assert_array_equal, p, P)


def test_the_same_seeds_give_the_same_report():
    assert gradcheck.check(forward, backward, X, P) == gradcheck.check(forward, backward, X, P)
    assert gradcheck.check(forward, backward, X, P) != gradcheck.check(forward, backward, X, P, seeds=(5,))


def test_random_like_is_generic():
    """No zeros and no ones where the initial weights have them; gamma stays around 1."""
    p = {"gamma": np.ones(500), "beta": np.zeros(500), "cls": np.zeros(500)}
    got = gradcheck.random_like(p, np.random.default_rng(0))
    assert {name: a.shape for name, a in got.items()} == dict.fromkeys(p, (500,))
    assert all(a.std() == pytest.approx(0.5, rel=0.1) for a in got.values())
    assert got["gamma"].mean() == pytest.approx(1.0, abs=0.1)
    assert got["beta"].mean() == pytest.approx(0.0, abs=0.1)
    assert not np.array_equal(got["beta"], got["cls"])


@pytest.mark.parametrize(("shape", "std"), [((5, 300), 0.5), ((200, 300), 0.1), ((4, 10, 5, 300), 0.1)])
def test_random_like_is_small_in_wide_layers(shape, std):
    """√(2/n) for n inputs, of a matrix its rows, of a convolution's kernel all axes but the last."""
    a = gradcheck.random_like({"W": np.zeros(shape)}, np.random.default_rng(0))["W"]
    assert a.std() == pytest.approx(std, rel=0.05)
