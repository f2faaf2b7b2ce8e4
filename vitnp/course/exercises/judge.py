"""What is wrong with an answer, said so that it helps. Imports `words`.

Each judge returns where the answer is right and raises `Wrong` where it is not. `hint` is said with any other wrong
answer; `known` are the wrong answers that are often given, each with its own hint: pairs (wrong answer, Text).
"""

import contextlib
import inspect
import math
import numbers

import numpy as np

from vitnp import tree
from vitnp.analysis import gradcheck
from vitnp.course.exercises import words

FLOAT32 = 1e-5  # what is float32 or float16 may be off by this share of the largest value, or of a gradient
# Of the gradient check; not 0, 1, 2, with which exercises draw their points: x must not be the random dy.
SEEDS = (101, 102, 103)


class Unanswered(Exception):
    """The student's function returns `...`: there is nothing to judge yet."""


class Wrong(Exception):
    """A wrong answer: what was given and what is expected, and a hint."""

    def __init__(self, what, hint=None):
        super().__init__(what.en)
        self.what, self.hint = what, hint

    def lines(self, lang=None):
        """What is printed in a language: a line, and the hint's line if there is one."""
        return [text.in_(lang) for text in (self.what, self.hint) if text]


def need(condition, what, hint=None):
    """Raise Wrong unless the condition holds."""
    if not condition:
        raise Wrong(what, hint)


@contextlib.contextmanager
def part(label):
    """Within an answer of several parts: what is said begins with the part's name."""
    try:
        yield
    except Wrong as wrong:
        raise Wrong(words.labelled(label, wrong.what), wrong.hint) from None


def number(given, right, hint, *, known=(), rel=1e-9):
    """A single number. The message does not show the right one, but says by what factor the given one is off.

    A float is as good as an int, and an array of one value without axes as good as either.
    """
    value = given.item() if isinstance(given, np.ndarray | np.generic) and given.ndim == 0 else given
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    need(real and not _is_nan(value), words.expected(given, words.A_NUMBER), hint)
    if not _near(value, right, rel):
        alike = [(abs(value - wrong), i) for i, (wrong, _) in enumerate(known) if _near(value, wrong, rel)]
        if alike:
            hint = known[min(alike)[1]][1]
        raise Wrong(words.expected(given, words.compared(value, right)), hint)


def _is_nan(value):
    return isinstance(value, float) and math.isnan(value)


def _near(a, b, rel):
    """Whether two real numbers are the same up to rounding; whole ones of any size are compared as they are."""
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    try:
        return math.isclose(a, b, rel_tol=rel, abs_tol=0 if b else rel)
    except OverflowError:  # a whole number beyond float64
        return False


def name(given, right, hint, *, known=(), what=words.A_NAME):
    """A string that is one of those in `right`; upper and lower case are the same. `what` is what kind is expected."""
    need(isinstance(given, str), words.expected(given, words.A_STRING), hint)
    if given.strip().lower() not in [answer.lower() for answer in right]:
        hint = next((why for wrong, why in known if given.strip().lower() == wrong.lower()), hint)
        raise Wrong(words.expected(given, what), hint)


def array(given, right, hint, *, known=(), atol=1e-9):
    """An array, or nested lists of numbers: its shape, then its values.

    atol is for values up to 1, of larger ones it is the share; float32 has FLOAT32.
    """
    right = np.asarray(right)
    found = as_array(given, right.shape, hint)
    for wrong, why in known:
        if np.shape(wrong) == found.shape and same(found, np.asarray(wrong), atol):
            hint = why
    need(found.shape == right.shape, words.shapes(found.shape, right.shape), hint)
    if not np.isfinite(found).all():
        raise Wrong(words.not_finite(found), hint)
    if not same(found, right, atol):
        raise Wrong(words.first_difference(found, right, _apart(found, right, atol)), hint)


def mask(given, right, hint, *, known=()):
    """An array of True and False. 1 and 0 in their places are told apart from wrong places."""
    found = as_array(given, np.shape(right), hint, kinds="biuf")
    boolean = found.dtype == bool
    array(found.astype(int) if boolean else found, np.asarray(right).astype(int), hint, known=known)
    need(boolean, words.expected(given, words.A_MASK), words.COMPARE)


def as_array(given, shape, hint, kinds="iuf"):
    """What was given as an array of numbers, real unless `kinds` has "c". Raises Wrong for anything else."""
    try:
        found = np.asarray(given)
    except (ValueError, TypeError):  # lists of unequal lengths
        found = np.asarray(None)
    need(found.dtype.kind in kinds, words.expected(given, words.an_array(shape)), hint)
    return found


def same(found, right, atol):
    """Whether two arrays of one shape are the same up to rounding."""
    return not _apart(found, right, atol).any()


def _apart(found, right, atol):
    """Where they differ."""
    if found.dtype.kind == "f" and found.dtype.itemsize < 8:
        atol = max(atol, FLOAT32)
    largest = max(1.0, float(np.abs(right).max(initial=0)))
    return ~(np.abs(found - right.astype(float)) <= atol * largest)


def call(function, *args):
    """What the student's function returns for copies of the arrays.

    Raises Unanswered for `...`, and Wrong for what is no function or takes other arguments. An exception of the
    function's own passes through.
    """
    need(callable(function), words.expected(function, words.a_function(len(args))))
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):  # one of Python's or NumPy's own functions
        signature = None
    if signature:
        try:
            signature.bind(*args)
        except TypeError:
            raise Wrong(words.parameters(signature, len(args))) from None
    result = function(*(arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args))
    if result is ... or (isinstance(result, tuple) and any(part is ... for part in result)):
        raise Unanswered
    need(result is not None, words.NO_RETURN)
    return result


def several(given, names, hint):
    """The values of a tuple or list, as many as there are names. Raises Wrong for anything else."""
    values = list(given) if isinstance(given, np.ndarray) and given.ndim else given
    fits = isinstance(values, tuple | list) and len(values) == len(names)
    need(fits, words.expected(given, words.a_tuple(names)), hint)
    return values


def gradient(forward, backward, x, p, hint, *, known=(), of="x"):
    """The student's backward of one of our forwards, (dx, dp), or dx alone where p is None.

    p is a dict of arrays. The gradients are compared leaf by leaf with numeric ones; `known` are wrong backwards.
    `of` is what the exercise calls x.
    """

    def ours(*point):
        """What a backward writes into `saved` must not move the point."""
        return forward(*tree.map(lambda leaf: leaf.copy(), dict(enumerate(point))).values())

    def gradients(dy, saved):
        """{leaf: the student's gradient}, of the right shapes."""
        return _leaves(call(backward, dy, saved), x, p, hint, of)

    def as_the_check_takes_it(dy, saved):
        dx, *dp = (leaf.astype(float) for leaf in gradients(dy, saved).values())
        return dx if p is None else (dx, dict(zip(p, dp, strict=True)))

    y, saved = ours(x) if p is None else ours(x, p)
    dy = np.random.default_rng(SEEDS[0]).standard_normal(y.shape)
    theirs = gradients(dy, saved)
    for wrong, why in known:
        its = _leaves(wrong(dy, saved), x, p, hint, of)
        if all(same(theirs[leaf], its[leaf], 1e-9) for leaf in its):
            hint = why
    report = gradcheck.check(ours, as_the_check_takes_it, x, p, seeds=SEEDS)
    coarse = {leaf: theirs[leaf].dtype.itemsize < 8 for leaf in theirs}
    wrong = [
        leaf.name
        for leaf in report.leaves
        if not (leaf.ok or (coarse[leaf.name] and leaf.difference_error <= FLOAT32))
    ]
    if wrong:
        raise Wrong(words.gradients(report.leaves, of, wrong), hint)


def _leaves(result, x, p, hint, of):
    """{leaf: gradient} of what a backward returned. Raises Wrong unless all are there, in their leaves' shapes."""
    dp = {}
    if p is not None:
        fits = isinstance(result, tuple | list) and len(result) == 2 and isinstance(result[1], dict)
        need(fits, words.expected(result, words.a_pair(p)), hint)
        result, dp = result
        need(dp.keys() == p.keys(), words.names(dp, p), hint)
    found = {}
    for leaf, value in {"x": x, **(p or {})}.items():
        with part(words.of_leaf(of if leaf == "x" else leaf)):
            given = as_array(result if leaf == "x" else dp[leaf], value.shape, hint)
            need(given.shape == value.shape, words.shapes(given.shape, value.shape), hint)
            if not np.isfinite(given).all():
                raise Wrong(words.not_finite(given), hint)
        found[leaf] = given if given.dtype.kind == "f" else given.astype(float)
    return found
