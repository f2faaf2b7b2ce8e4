"""What `gradcheck.check_contract` says: of a right step, and of steps that break one clause each, word for word."""

import dataclasses
from typing import NamedTuple

import numpy as np
import pytest
from cases import CASES, generic
from strict import Strict, wrap
from test_contract import CONTRACT

from vitnp import gradcheck, tree
from vitnp.analysis import clauses, contract
from vitnp.steps import s5_attention

X = generic(2, 5)
P = {"W": generic(5, 3), "b": generic(3)}


class Saved(NamedTuple):
    """What backward of `forward` needs."""

    x: np.ndarray
    W: np.ndarray


def forward(x, p):
    """y = x W + b."""
    return x @ p["W"] + p["b"], Saved(x, p["W"])


def backward(dy, saved):
    """By hand, and right."""
    x, W = saved
    return dy @ W.T, {"W": x.T @ dy, "b": dy.sum(axis=0)}


def said(forward=forward, backward=backward, x=X, p=P, **options):
    """The rows of a report that are broken, as lines; of a report that says so."""
    report = gradcheck.check_contract(forward, backward, x, p, **options)
    lines = [line.removeprefix("✗ ") for line in str(report).splitlines() if line.startswith("✗ ")]
    assert lines == list(map(str, report.rows))
    assert report.ok == (not lines)
    return lines


def changed(change):
    """backward, with `change(dx, dp)` for what it returns."""
    return lambda dy, saved: change(*backward(dy, saved))


def test_a_right_step():
    report = gradcheck.check_contract(forward, backward, X, P)
    assert report.ok
    assert report.rows == ()
    assert str(report).splitlines() == [
        "✓ gradient",
        "✓ dtype",
        "✓ unmodified",
        "✓ tree",
        "✓ interleaved",
        "✓ batch",
        "✓ precision",
    ]


def test_every_clause_of_the_tests_is_in_the_report():
    assert gradcheck.check_contract(forward, backward, X, P).checked == tuple(CONTRACT)


def test_without_parameters():
    def square(x):
        return x * x, x

    assert said(square, lambda dy, x: 2.0 * x * dy, p=None) == []
    rows = gradcheck.check_contract(square, lambda dy, x: x * dy, X).rows
    assert [(row.clause, row.leaf) for row in rows] == [("gradient", "x")]


def test_options_of_the_step():
    """A step as it is in the library, with what its forward takes by name."""
    case = CASES["s5_attention"]
    assert said(s5_attention.forward, s5_attention.backward, case.x, case.p, num_heads=3) == []
    with pytest.raises(ValueError, match="reshape"):
        said(s5_attention.forward, s5_attention.backward, case.x, case.p, num_heads=5, raises=True)


def test_a_generator_starts_anew_in_every_call():
    """So dropout drops the same values in all of them; only the images are not independent of each other."""
    case = CASES["s5_attention"]
    step = s5_attention.forward, s5_attention.backward, case.x, case.p
    rng = np.random.default_rng(0)
    how = {"num_heads": 3, "dropout_rate": 0.3, "rng": rng}
    assert said(*step, without=("batch",), **how) == []
    assert {row.partition(":")[0] for row in said(*step, **how)} == {"batch"}
    assert rng.random() == np.random.default_rng(0).random()


def test_float32_input_is_checked_in_float64():
    assert said(x=X.astype("float32"), p=tree.map(np.float32, P)) == []


def test_a_wrong_gradient():
    assert said(backward=changed(lambda dx, dp: (dx, dp | {"b": 2.0 * dp["b"]}))) == [
        "gradient: b: numeric 0.600021, analytic 1.20004, relative error 0.24"
    ]
    assert said(backward=changed(lambda dx, dp: (dx * np.nan, dp)), without=("batch", "precision")) == [
        "gradient: x: numeric -2.58599, analytic nan, relative error nan"
    ]


def test_a_forward_that_is_not_analytic():
    """The complex step sees no derivative in abs; the differences do."""

    def absolute(x):
        return np.abs(x), np.sign(x)

    assert said(absolute, lambda dy, sign: dy * sign, p=None) == [
        "gradient: x: numeric 0, analytic 1.62514, relative error 0.69; "
        "central differences agree: does forward compute in complex numbers?"
    ]


def test_a_forward_with_a_step():
    """x + 0.1 where it is positive: the derivative is 1, but the differences of a point at 0 see the step."""

    def jump(x):
        return np.where(x.real > 0.0, x + 0.1, x), ()

    assert said(jump, lambda dy, _: dy, p=None, x=np.zeros((2, 3)), without=("interleaved",)) == [
        "gradient: x: numeric -0.19578, analytic -0.19578, relative error 1; "
        "the complex step agrees: is forward smooth at this x?"
    ]


def test_a_dtype_that_changes():
    assert said(backward=changed(lambda dx, dp: (dx.astype("float64"), dp))) == [
        "dtype: dx is float64 for float32 input"
    ]
    assert said(
        lambda x, p: (forward(x, p)[0] * np.float64(1.0), forward(x, p)[1]),
        backward=lambda dy, saved: backward(dy.astype(saved.x.dtype), saved),
    ) == ["dtype: y is float64 for float32 input"]
    single = changed(lambda dx, dp: (dx, dp | {"W": dp["W"].astype("float32")}))
    assert "dtype: dp.W is float32 for float64 input" in said(backward=single)


def test_what_is_written_into():
    def forward_in_place(x, p):
        x += 1.0
        p["b"] *= 2.0
        return forward(x, p)

    def backward_in_place(dy, saved):
        dx, dp = backward(dy, saved)
        saved.x[:] = 0.0
        dy *= 2.0
        return dx, dp

    only = tuple(name for name in CONTRACT if name != "unmodified")
    assert said(forward_in_place, without=only) == [
        "unmodified: forward wrote into x",
        "unmodified: forward wrote into p.b",
    ]
    assert said(backward=backward_in_place, without=only) == [
        "unmodified: backward wrote into x",  # saved.x is the same array
        "unmodified: backward wrote into dy",
        "unmodified: backward wrote into saved.x",
    ]


def test_a_saved_list_that_is_used_up():
    def backward_pop(dy, saved):
        return backward(dy, Saved(saved.pop(), saved[0]))

    def forward_list(x, p):
        return forward(x, p)[0], [p["W"], x]

    assert said(forward_list, backward_pop) == ["unmodified: backward removed saved[1]"]

    def backward_push(dy, saved):
        saved.append(3.0)
        return backward(dy, Saved(saved[1], saved[0]))

    assert said(forward_list, backward_push) == ["unmodified: backward added saved[2]"]


@dataclasses.dataclass
class SavedObject:
    """What some keep in an object of their own."""

    W: np.ndarray
    inner: dict


@pytest.mark.parametrize(
    ("save", "name"),
    [
        (lambda x, W: x, "saved"),
        (lambda x, W: (W, x), "saved[1]"),
        (lambda x, W: {"W": W, "inner": [x]}, "saved.inner[0]"),
        (lambda x, W: SavedObject(W, {"x": x}), "saved.inner.x"),
        (lambda x, W: (SavedObject, np.float64(0.5), None, x), "saved[3]"),
    ],
)
def test_the_name_of_what_is_saved(save, name):
    """x itself is saved, so that it has two names: what is written into shows under both."""
    kept = []

    def forward_saving(x, p):
        kept[:] = [x, p["W"]]
        return forward(x, p)[0], save(x, p["W"])

    def backward_in_place(dy, _):
        x, W = kept
        grads = backward(dy, (x.copy(), W))
        x += 1.0
        return grads

    rows = clauses.check_unmodified(forward_saving, backward_in_place, X.copy(), P)
    assert [row.leaf for row in rows] == ["x", name]


def test_a_generator_that_is_saved():
    """As a model that recomputes has it: backward draws from a copy."""

    def backward_drawing(dy, saved):
        saved[1].random()
        return backward(dy, saved[0])

    def forward_saving(x, p):
        y, saved = forward(x, p)
        return y, (saved, np.random.default_rng(0))

    assert said(forward_saving, backward_drawing) == ["unmodified: backward wrote into saved[1]"]


def test_a_gradient_under_another_name():
    assert said(backward=changed(lambda dx, dp: (dx, {"w": dp["W"], "b": dp["b"]}))) == [
        "gradient: not compared: dx and dp do not have the names and shapes of x and p",
        "tree: dp has no W; it has w",
    ]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda dx, dp: (dx, {"b": dp["b"]}), "dp has no W"),
        (lambda dx, dp: (dx, dp | {"c": dx}), "dp has c, which p does not have"),
        (lambda dx, dp: (dx, dp | {"W": dp["W"].T}), "dp.W is (3, 5), W is (5, 3)"),
        (lambda dx, dp: (dx.T, dp), "dx is (5, 2), x is (2, 5)"),
        (lambda dx, dp: (dx, {"b": dp["b"], "W": dp["W"]}), "dp has the order b, W; p has W, b"),
        (
            lambda dx, dp: (dx, dp | {"empty": {}}),
            "dp has the keys {'W': 'W', 'b': 'b', 'empty': {}}; p has …",
        ),
    ],
)
def test_another_tree(change, line):
    rows = [row for row in said(backward=changed(change)) if row.startswith("tree")]
    assert rows == [f"tree: {line.replace('…', str(tree.names(P)))}"]


def test_what_is_saved_in_one_place_for_all_calls():
    """As an attribute of a layer, of which the second forward overwrites what the first one saved."""
    cache = {}

    def forward_cached(x, p):
        y, cache["saved"] = forward(x, p)
        return y, ()

    assert said(forward_cached, lambda dy, _: backward(dy, cache["saved"])) == [
        "interleaved: dx of the first call differs by 1.05 when both forwards run before both backwards",
        "interleaved: dp.W of the first call differs by 0.381 when both forwards run before both backwards",
    ]


def test_an_output_that_the_next_call_overwrites():
    buffer = np.zeros((2, 3))

    def forward_into(x, p):
        y, saved = forward(x, p)
        if y.dtype != buffer.dtype or y.shape != buffer.shape:
            return y, saved
        buffer[:] = y
        return buffer, saved

    assert said(forward_into, without=("gradient",)) == [
        "interleaved: y of the first call differs by 1.95 when both forwards run before both backwards",
    ]


def test_images_that_see_each_other():
    """Batch normalization without its scale."""

    def forward_centered(x, p):
        return forward(x - x.mean(axis=0), p)

    def backward_centered(dy, saved):
        dx, dp = backward(dy, saved)
        return dx - dx.mean(axis=0), dp

    assert said(forward_centered, backward_centered) == [
        "batch: y of image 0 differs by 1.69 from the image alone",
        "batch: dx of image 0 differs by 3.09 from the image alone",
        "batch: y of image 1 differs by 1.69 from the image alone",
        "batch: dx of image 1 differs by 3.09 from the image alone",
        "batch: dp.W differs by 1.99 from the sum over single images",
    ]
    assert said(forward_centered, backward_centered, without=("batch",)) == []


def test_one_image_is_no_batch():
    assert said(x=X[:1]) == ["batch: x has 1 image on its first axis; the clause needs two or more"]


def test_precision_that_is_lost():
    """A large number added and taken away again: nothing on paper, rounding in float32."""

    def forward_shifted(x, p):
        return forward((x + 1e5) - 1e5, p)

    assert said(forward_shifted, without=("gradient",)) == [
        "precision: y in float32 differs by 0.0089 from float64; at most 5e-05",
        "precision: dp.W in float32 differs by 0.00515 from float64; at most 2e-05",
    ]


def test_a_clause_that_is_left_out():
    report = gradcheck.check_contract(forward, backward, X, P, without=("batch", "dtype"))
    assert str(report).splitlines() == [
        "✓ gradient",
        "✓ unmodified",
        "✓ tree",
        "✓ interleaved",
        "✓ precision",
        "– batch: left out",
        "– dtype: left out",
    ]
    with pytest.raises(ValueError, match=r"no clause is called 'bach'; the clauses are gradient, dtype, "):
        gradcheck.check_contract(forward, backward, X, P, without=("bach",))


def test_a_crash_is_a_row_with_the_line_of_the_step():
    def backward_crash(dy, saved):
        return dy @ saved.W, {}

    line = backward_crash.__code__.co_firstlineno + 1
    rows = said(backward=backward_crash)
    assert len(rows) == len(CONTRACT)
    assert rows[0].startswith("gradient: ValueError: matmul: ")
    for row in rows:
        assert row.endswith(
            f" (line {line} of test_contract_report.py, in backward_crash: return dy @ saved.W, {{}})"
        )
    with pytest.raises(ValueError, match="matmul"):
        said(backward=backward_crash, raises=True)


def test_a_crash_inside_numpy_is_shown_at_the_line_that_called_it():
    def forward_crash(x, p):
        return np.mean(x, axis=7), ()

    rows = said(forward_crash)
    assert all("in forward_crash: return np.mean(x, axis=7), ())" in row for row in rows)


def test_a_step_that_cannot_be_called():
    """There is no line of the step to show."""
    assert said(None)[0] == "gradient: TypeError: 'NoneType' object is not callable"


@pytest.mark.parametrize(
    ("forward", "backward", "line"),
    [
        (lambda x, p: x, backward, "forward returned ndarray; need y, saved"),
        (lambda x, p: None, backward, "forward returned None; need y, saved"),
        (lambda x, p: (None, x), backward, "y is None; need an array"),
        (forward, lambda dy, saved: None, "backward returned None; need dx, dp"),
        (forward, lambda dy, saved: dy, "backward returned ndarray; need dx, dp"),
        (
            forward,
            lambda dy, saved: (dy, dy, dy),
            "backward returned (ndarray, ndarray, ndarray); need dx, dp",
        ),
        (forward, lambda dy, saved: (dy, dy), "backward returned (ndarray, ndarray); need dx, dp"),
        (forward, lambda dy, saved: (None, {}), "dx is None; need an array"),
        (forward, lambda dy, saved: (dy, {"W": None}), "dp.W is None; need an array"),
    ],
)
def test_what_is_no_step_at_all(forward, backward, line):
    assert said(forward, backward) == [f"{clause}: {line}" for clause in CONTRACT]


def test_nothing_but_dx_without_parameters():
    assert said(lambda x: (x, ()), lambda dy, _: (dy, {}), p=None) == [
        f"{clause}: dx is (ndarray, dict); need an array" for clause in CONTRACT
    ]


def test_the_callers_arrays_are_never_changed():
    def forward_in_place(x, p):
        x *= 2.0
        p["W"] *= 2.0
        return forward(x, p)

    x, p = X.copy(), tree.map(np.copy, P)
    said(forward_in_place, x=x, p=p)
    np.testing.assert_array_equal(x, X)
    tree.map(np.testing.assert_array_equal, p, P)


def test_one_clause_alone():
    """A function as any other: no wrapper, and an error of the step is raised as it is."""
    assert clauses.check_dtype(forward, backward, X, P) == []
    rows = clauses.check_tree(forward, changed(lambda dx, dp: (dx.T, dp)), X, P)
    assert rows == [clauses.Row("tree", "dx", "dx is (5, 2), x is (2, 5)")]
    with pytest.raises(TypeError):
        clauses.check_dtype(None, backward, X, P)


def test_arrays_of_another_library():
    case = CASES["s5_attention"]
    p = tree.map(wrap, case.p)
    assert said(s5_attention.forward, s5_attention.backward, wrap(case.x), p, num_heads=3) == []
    assert isinstance(p["W_Q"], Strict)


def test_where_it_is_found():
    assert gradcheck.check_contract is contract.check_contract
    with pytest.raises(AttributeError, match=r"gradcheck.* has no attribute 'check_contrakt'"):
        gradcheck.check_contrakt  # noqa: B018
