"""What a student's functions give at the fixed points: every leaf, and its fingerprint.

Only what comes out of forward and backward counts; how it is written, and what is saved, does not.
"""

import contextlib
import copy
import warnings
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from vitnp.course.workshop.known.point import CALLS, generic, point

CLOSE = 1e-6  # of a leaf's size: the same number
SMALLEST = 1e-9  # the gradient of b_K is 0 but for rounding


class Run(NamedTuple):
    """One pair of functions, called."""

    call: str  # "", "block", "loss"
    at: str  # "square" or "cube" where the point of different sizes raised an error, else ""
    leaves: dict  # {"y": array, "dx": array, "W_Q": array, …}
    whole: bool  # backward ran, too


class Print(NamedTuple):
    """A leaf, reduced: its shape, its norm and its projections on two fixed arrays."""

    shape: tuple
    numbers: tuple


class Raised(Exception):
    """The student's function raised an error; what is known until then."""

    def __init__(self, leaves, blank):
        super().__init__()
        self.leaves, self.blank = leaves, blank


def function(functions, name):
    """One of a student's functions: of a module, or of {name: function}; None where it is missing."""
    found = functions.get(name) if isinstance(functions, Mapping) else getattr(functions, name, None)
    return found if callable(found) else None


def runs(step, functions):
    """[Run, …], one per pair of functions that is there."""
    return [run for call in CALLS[step] if (run := run_of(step, call, functions)) is not None]


def run_of(step, call, functions, at=""):
    """The pair at the point whose sizes differ; at the others, if that raises an error. None: nothing came out."""
    prefix = f"{call}_" if call else ""
    pair = [function(functions, prefix + name) for name in ("forward", "backward")]
    if pair[0] is None:
        return None
    try:
        return Run(call, at, called(*pair, point(step, call, at)), True)
    except Raised as first:
        for other in () if first.blank or at else ("square", "cube"):
            with contextlib.suppress(Raised):
                return Run(call, other, called(*pair, point(step, call, other)), True)
        return Run(call, at, first.leaves, False) if first.leaves else None


def called(forward, backward, where):
    """The leaves at a point. Raises Raised with those that there are."""
    inputs, dy = copy.deepcopy(where.inputs), np.array(where.dy)
    leaves = {}
    answer = pair_of(asked(forward, leaves, *inputs, **where.static))
    leaves |= {name: y.copy() for name, y in array_leaf("y", answer[0]).items()}
    first = gradients(asked(backward, leaves, dy, answer[1]))
    leaves |= first
    x, *others = copy.deepcopy(where.inputs)
    asked(forward, leaves, 2 * x, *others, **where.static)
    try:
        second = gradients(asked(backward, leaves, dy, answer[1]))
    except Raised:  # it has used up what was saved
        second = {"dx": np.array(np.nan)}
    for name, value in second.items():  # the calls between may have changed what was saved
        known = first.get(name, np.zeros(0))
        if not (np.array_equal(value, known, equal_nan=True) or same(printed(value), printed(known))):
            leaves[f"{name}, again"] = value
    leaves |= written("x", inputs[0], where.inputs[0]) | written("dy", dy, where.dy)
    if len(inputs) > 1 and isinstance(inputs[1], dict):
        for name, value in leaves_of(inputs[1]):
            leaves |= written(name, value, dict(leaves_of(where.inputs[1]))[name])
    return leaves


def gradients(answer):
    """{"dx": array, "W_Q": array, …} of what backward has returned, copied."""
    dx, dp = pair_of(answer) if isinstance(answer, tuple | list) else (answer, {})
    return {name: value.copy() for name, value in {**array_leaf("dx", dx), **dict(leaves_of(dp))}.items()}


def asked(f, leaves, *args, **static):
    """What the student's function returns. Everything that it does is caught here, and nothing else is."""
    if f is None:
        raise Raised(leaves, blank=True)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return f(*args, **static)
    except (Exception, SystemExit) as error:
        raise Raised(leaves, blank=isinstance(error, NotImplementedError)) from error


def pair_of(answer):
    """The two values that were returned; None for a second one that is missing."""
    return tuple(answer) if isinstance(answer, tuple | list) and len(answer) == 2 else (answer, None)


def array_leaf(name, value):
    """{name: array}; {} for what holds no real numbers."""
    try:
        if np.iscomplexobj(value):
            return {}
        array = np.asarray(value, dtype="float64")
    except (TypeError, ValueError):
        return {}
    return {} if value is None else {name: array}


def leaves_of(dp, before=""):
    """Yield (name, array) of nested dicts: ("norm_1.gamma", …)."""
    for name, value in dp.items() if isinstance(dp, Mapping) else ():
        if isinstance(value, Mapping):
            yield from leaves_of(value, f"{before}{name}.")
        else:
            yield from array_leaf(f"{before}{name}", value).items()


def is_of_writing(leaf):
    """Whether the leaf tells that an argument or what was saved has been changed."""
    return leaf.endswith((", after", ", again"))


def written(name, now, before):
    """{"x, after": array} for an argument that the student's functions have changed."""
    return {} if np.array_equal(now, before) else {f"{name}, after": np.array(now)}


def printed(array):
    """The Print of an array."""
    flat = array.ravel()
    with np.errstate(all="ignore"):  # a student's numbers may be of any size
        projections = [float(flat @ generic(flat.size, seed=seed)) for seed in (101, 102)]
        return Print(array.shape, (float(np.linalg.norm(flat)), *projections))


def same(a, b):
    """Whether two Prints, or None for no such leaf, are of the same numbers."""
    if a is None or b is None or a.shape != b.shape:
        return a is b
    close = CLOSE * max(abs(a.numbers[0]), abs(b.numbers[0])) + SMALLEST
    return all(abs(m - n) <= close for m, n in zip(a.numbers, b.numbers, strict=True))


def prints(run):
    """{leaf: Print} of a run."""
    return {name: printed(array) for name, array in run.leaves.items()}


def title(run, leaf):
    """The name of a leaf among those of all pairs and points: "dx", "block/dx", "square/dx"."""
    return "/".join(word for word in (run.call, run.at, leaf) if word)


def fingerprint(step, functions):
    """{leaf: Print} of all pairs of functions of a step."""
    return {title(run, leaf): p for run in runs(step, functions) for leaf, p in prints(run).items()}
