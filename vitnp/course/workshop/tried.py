"""A student's pair of functions at a point, and what it returns held to the contract: `Failed` says what is wrong.

Imports `points` and `system`.
"""

import contextlib
import warnings
from typing import Any, NamedTuple

import numpy as np

from vitnp.course.workshop import points
from vitnp.system.language import Text


class Failed(Exception):
    """A stage that was not passed: what is wrong, in both languages; further lines; the leaves that are wrong."""

    def __init__(self, text, *, table=(), leaves=(), right=()):
        super().__init__(text.en)
        self.text, self.table, self.leaves, self.right = text, table, leaves, right


class Tried(NamedTuple):
    """A student's pair at its point, and the reference's pair."""

    pair: points.Pair
    forward: Any  # (x, p) → (y, saved)
    backward: Any  # (dy, saved) → (dx, dp), dp {} where there is no p
    x: Any
    p: dict  # {} for none


def bound(functions, pair, sizes, seed):
    """A `Tried` of {name: function} at a point of these sizes."""
    # not the numbers of the gradient check's own dy: LayerNorm's gradient of dy = x is nearly zero
    x, p, static = pair.draw(np.random.default_rng((22, seed)), sizes)
    target = static.pop("target", None)  # of the loss: by position, whatever it is called

    def forward(x, p):
        first = (x,) if not p else (x, p)
        given = first if target is None else (*first, target[: len(x)])
        result = functions[pair.forward](*given, **static)
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise Failed(returned(pair.forward, "y, saved", result))
        y = plain(result[0])
        return y if target is None else np.asarray(y)[()], result[1]

    def backward(dy, saved):
        result = functions[pair.backward](dy, saved)
        if not p:
            if isinstance(result, tuple):
                raise Failed(returned_more(pair.backward, result))
            return need_array(pair.backward, "dx", plain(result)), {}
        if not isinstance(result, tuple | list) or len(result) != 2 or not isinstance(result[1], dict):
            raise Failed(returned(pair.backward, "dx, dp", result))
        for name, leaf in leaves(result[1]):
            need_array(pair.backward, f"dp[{name}]", leaf)
        return need_array(pair.backward, "dx", plain(result[0])), plain(result[1])

    return Tried(pair, forward, backward, x, p or {})


def plain(value):
    """An array without the methods of a class of its own, such as a comparison; of a dict all leaves."""
    if isinstance(value, dict):
        return {name: plain(leaf) for name, leaf in dict.items(value)}
    return np.asarray(value) if isinstance(value, np.ndarray) else value


def leaves(dp):
    """The leaves of what should be a nested dict of arrays, (dotted name, leaf); names may be anything."""
    for key, value in dp.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{name}", leaf) for name, leaf in leaves(value))
        else:
            yield str(key), value


def returned(name, need, result):
    """The sentence about a function that returns something else."""
    kind = "None" if result is None else type(result).__name__
    if isinstance(result, tuple):
        kind = f"({', '.join(type(part).__name__ for part in result)})"
    return Text(
        f"{name}의 반환값: {kind}. {need} 두 개를 돌려주어야 합니다.",
        f"{name} returns {kind}; it has to return {need}.",
    )


def returned_more(name, result):
    """The sentence about a backward that returns a dp, too, where there are no parameters."""
    kind = f"({', '.join(type(part).__name__ for part in result)})"
    return Text(
        f"{name}의 반환값: {kind}. 파라미터가 없으므로 그래디언트 하나만 돌려주어야 합니다.",
        f"{name} returns {kind}; without parameters it has to return the gradient alone.",
    )


def need_array(function, name, value):
    """The value, as a plain array. Raises `Failed` unless it is one of floats, as exact as x is."""
    if not isinstance(value, np.ndarray | np.generic) or value.dtype.kind != "f":
        kind = f"{value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
        raise Failed(
            Text(
                f"{function}의 {name}: {kind}. 실수 배열이어야 합니다.",
                f"{name} of {function} is {kind}; it has to be an array of floats.",
            )
        )
    if value.dtype.itemsize < 8:
        kind = value.dtype
        raise Failed(
            Text(
                f"{function}의 {name}: {kind}. 입력이 float64이면 결과도 float64여야 합니다."
                f" {kind}로 바꾸는 곳(astype, dtype)을 지우세요.",
                f"{name} of {function} is {kind}; for float64 inputs it has to be float64."
                f" Leave out what makes it {kind} (astype, dtype).",
            )
        )
    return plain(value)


def need_shape(name, got, expected):
    """Raise `Failed` for another shape."""
    if got != expected:
        raise Failed(
            Text(
                f"{name}의 shape: {got}. 맞는 shape는 {expected}입니다.",
                f"{name} has the shape {got}; it has to be {expected}.",
            )
        )


@contextlib.contextmanager
def quiet():
    """What NumPy warns of is found by the check itself."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
