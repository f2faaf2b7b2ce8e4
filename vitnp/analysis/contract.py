"""The contract as a function that anybody can call on their own forward and backward.

    from vitnp import gradcheck

    print(gradcheck.check_contract(forward, backward, x, p, num_heads=3))

Imports `clauses`, which has a function per clause.
"""

import copy
import functools
import os
import traceback
from typing import NamedTuple

import numpy as np

from vitnp import tree
from vitnp.analysis.clauses import CLAUSES, Row
from vitnp.analysis.point import check_point
from vitnp.analysis.results import cast
from vitnp.backend.arrays import is_array
from vitnp.errors import InputError, known, need_bool, shown

# A crash is shown at the line of the caller's own code: neither ours nor NumPy's, which that line called.
NOT_THEIRS = tuple(os.path.dirname(path) + os.sep for path in (__file__, np.__file__))


class Report(NamedTuple):
    """What was checked, and a `Row` for everything that is broken."""

    rows: tuple
    checked: tuple  # the names of the clauses
    left_out: tuple

    @property
    def ok(self):
        """Whether every clause that was checked holds."""
        return not self.rows

    def __str__(self):
        lines = []
        for clause in self.checked:
            broken = [f"✗ {row}" for row in self.rows if row.clause == clause]
            lines += broken or [f"✓ {clause}"]
        return "\n".join(lines + [f"– {clause}: left out" for clause in self.left_out])


class Malformed(TypeError):
    """forward or backward does not return what the contract says."""


def check_contract(forward, backward, x, p=None, *, without=(), raises=False, **static):
    """Check a step against every clause of the contract, and return a `Report`.

        y, saved = forward(x, p, **static)        dx, dp = backward(dy, saved)
        y, saved = forward(x)                     dx = backward(dy, saved)         where p is None

    x, p: arrays and a nested dict of them, generic: random, not the initial weights (`gradcheck.random_like`).
    The clauses are those of `clauses.CLAUSES`; `without` names the ones that cannot hold, such as "batch" for a loss
    or for dropout. A generator in `static` starts anew in every call. An error that the step raises is a row with the
    step's line; with raises=True it is raised. Raises InputError where `without` names no clause, and for x and p that
    nothing can be checked with.
    """
    need_bool("raises", raises)
    if not isinstance(without, tuple | list):
        raise InputError(f'without is {shown(without)}; need a tuple of clauses, such as ("batch",)')
    unknown = [clause for clause in without if not known(clause, CLAUSES)]
    if unknown:
        raise InputError(f"no clause is called {shown(unknown[0])}; the clauses are {', '.join(CLAUSES)}")
    check_point(x, p)
    forward = functools.partial(call_forward, forward, p is not None, static)
    backward = functools.partial(call_backward, backward, p is not None)
    rows, checked = [], [clause for clause in CLAUSES if clause not in without]
    for clause in checked:
        try:
            # copies for every clause: a step that writes into x or p must not change the others' numbers
            rows += CLAUSES[clause](forward, backward, *cast(x, p or {}, "float64"))
        except Exception as error:
            if raises:
                raise
            rows.append(Row(clause, "", crash(error)))
    return Report(tuple(rows), tuple(checked), tuple(without))


def call_forward(forward, with_p, static, x, p):
    """(y, saved), with new generators."""
    static = {
        name: copy.deepcopy(value) if isinstance(value, np.random.Generator) else value
        for name, value in static.items()
    }
    result = forward(x, p, **static) if with_p else forward(x, **static)
    if not isinstance(result, tuple) or len(result) != 2:
        raise Malformed(f"forward returned {described(result)}; need y, saved")
    need_array("y", result[0])
    return result


def call_backward(backward, with_p, dy, saved):
    """(dx, dp), with an empty dp for a step without parameters."""
    result = backward(dy, saved)
    if not with_p:
        need_array("dx", result)
        return result, {}
    if not isinstance(result, tuple) or len(result) != 2 or not isinstance(result[1], dict):
        raise Malformed(f"backward returned {described(result)}; need dx, dp")
    need_array("dx", result[0])
    for name, leaf in tree.leaves(result[1]):
        need_array(f"dp.{name}", leaf)
    return result


def need_array(name, value):
    """Raise `Malformed` unless the value is an array."""
    if not is_array(value):
        raise Malformed(f"{name} is {described(value)}; need an array")


def described(value):
    """What kind of thing a value is, in a few words."""
    if isinstance(value, tuple):
        return f"({', '.join(map(described, value))})"
    return "None" if value is None else f"{type(value).__name__}"


def crash(error):
    """What was raised, and the line of the step where."""
    if isinstance(error, Malformed):
        return str(error)
    what = f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith(NOT_THEIRS)]
    if not theirs:
        return what
    at = theirs[-1]
    return f"{what} (line {at.lineno} of {os.path.basename(at.filename)}, in {at.name}: {at.line})"
