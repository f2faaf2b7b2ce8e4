"""The lens itself: what it must see, and what it says."""

import math

import numpy as np
import pytest
from cases import CASES

from vitnp import InputError, gradcheck, tree

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


@pytest.mark.parametrize(("check", "at"), [(gradcheck.check, 1e-6), (gradcheck.check_at_once, 1e-8)])
@pytest.mark.parametrize(("slope", "right"), [(1.0, True), (0.0, False), (0.5, False)])
def test_a_kink_within_the_step_takes_a_smaller_one(check, at, slope, right):
    """max(x, 0) a tenth of the first step from its kink: there the difference is of two slopes."""
    report = check(
        lambda x: (np.maximum(x, 0), None),
        lambda dy, _: slope * dy,
        np.full((1, 1), 1e-8),
        complex_step=False,
    )
    assert report.ok == right


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


@pytest.mark.parametrize(
    ("by_complex", "by_difference", "bar"),
    [
        (0.0, 1e-10, ""),
        (1.1e-16, 1e-10, "#"),
        (1e-12, 1e-10, "##"),
        (4e-4, 4e-4, "#######"),
        (0.5, 0.5, "########"),
        (12.0, 12.0, "########"),
        (math.nan, math.nan, "########"),
        (None, 1e-10, "###"),
    ],
)
def test_the_error_is_drawn_as_a_bar(by_complex, by_difference, bar):
    """Of the complex step where it was taken; four digits show an error of a thousandth."""
    leaf = gradcheck.Leaf("x", (3,), 1.767546, 1.765780, by_complex, by_difference)
    head, line = str(gradcheck.Report((leaf,))).splitlines()
    assert line.split()[1:3] == ["1.766", "1.768"]
    assert line[head.index("1e-16..1") :].removesuffix(" WRONG")[:-1].strip() == bar
    assert len(line.removesuffix(" WRONG")) == len(head) + 3


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


@pytest.mark.parametrize("seeds", [(), [], None, 3, "012", (-1,), (1.5,), (None,)])
def test_seeds_that_check_nothing(seeds):
    with pytest.raises(InputError, match=r"^(seeds is|a seed is) .*; need "):
        gradcheck.check(forward, wrong(lambda dx, dp: (7 * dx, dp)), X, P, seeds=seeds)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (X.tolist(), "x is a list; need an array"),
        (X.astype("float32"), "x is float32; need float64"),
        (X.astype(int), "x is int64; need float64"),
        (X.astype(complex), "x is complex128 of shape"),
        (X[:0], r"x is float64 of shape \(0, 4\); need at least one real number"),
        (X * np.nan, "x holds values that are NaN or infinite"),
        (np.ma.masked_array(X), "x is a MaskedArray"),
    ],
    ids=str,
)
def test_a_point_that_nothing_can_be_checked_at(x, said):
    with pytest.raises(InputError, match=said):
        gradcheck.check(forward, backward, x, P)
    if "need float64" not in said:  # the contract casts
        with pytest.raises(InputError, match=said):
            gradcheck.check_contract(forward, backward, x, P)


@pytest.mark.parametrize(
    ("p", "said"),
    [
        ({"a": P["a"].astype("float32")}, "a is float32; need float64"),
        ({"a": P["a"].tolist()}, "a is a list; need an array"),
        ({"a": P["a"] * np.inf}, "a holds values that are NaN"),
        ({"x": P["a"]}, 'p has a leaf "x"'),
        ([P["a"]], "p is a list; need a nested dict"),
    ],
    ids=str,
)
def test_parameters_that_nothing_can_be_checked_at(p, said):
    with pytest.raises(InputError, match=said):
        gradcheck.check(forward, backward, X, p)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (lambda dx, dp: (dx, dp | {"c": dx}), "backward gave a gradient of c, which p does not have"),
        (lambda dx, dp: (dx, {"a": dp["a"]}), r"gradient of inner.b is missing, the leaf is \(1,\)"),
        (lambda dx, dp: (dx, dp | {"a": dp["a"].tolist()}), "gradient of a is a list, the leaf"),
        (lambda dx, dp: (dx, dp | {"a": dp["a"] + 0j}), "gradient of a is complex128; need real numbers"),
        (lambda dx, dp: dx, r"backward returned a ndarray; need \(dx, dp\)"),
        (lambda dx, dp: (dx, None), "backward returned a NoneType as dp; need a dict"),
    ],
)
def test_gradients_of_another_tree(changed, said):
    with pytest.raises(InputError, match=said):
        gradcheck.check(forward, wrong(changed), X, P)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x, p: x, r"forward returned a ndarray; need \(y, saved\)"),
        (lambda x, p: (x[:0], ()), r"y is float64 of shape \(0, 4\); need at least one real number"),
        (lambda x, p: (x.tolist(), ()), "y is a list; need an array"),
        (None, "forward is None; need a function"),
    ],
)
def test_a_forward_that_returns_nothing_to_check(function, said):
    with pytest.raises(InputError, match=said):
        gradcheck.check(function, backward, X, P)


def test_what_is_generic_is_like_an_array():
    for p, rng, said in (
        ([], np.random.default_rng(0), "p is a list"),
        ({"a": [1.0]}, np.random.default_rng(0), "a is a list; need an array"),
        ({"a": np.zeros(0)}, np.random.default_rng(0), "need at least one real number"),
        (P, 0, "rng is 0; need a generator"),
    ):
        with pytest.raises(InputError, match=said):
            gradcheck.random_like(p, rng)
