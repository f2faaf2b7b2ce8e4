"""Where a backward is checked: the point, the seeds, and what forward and backward give there, each found usable.

A point is {"x": the input, **p}. Imports `tree`, `backend`, `errors` and nothing of the model.
"""

import numpy as np

from vitnp import tree
from vitnp.backend.arrays import array_module, is_array, need_array, on_host, to_device
from vitnp.errors import InputError, need_int, shown


def prepared(forward, backward, x, p):
    """(point, a function: a point → y there). Raises InputError for what no gradient can be checked with."""
    for name, function in {"forward": forward, "backward": backward}.items():
        if not callable(function):
            raise InputError(f"{name} is {shown(function)}; need a function")
    check_point(x, p)
    for name, leaf in tree.leaves({"x": x, "p": p or {}}):
        if leaf.dtype != "float64":
            raise InputError(
                f"{name} is {leaf.dtype}; need float64, as rounding would hide mistakes: astype(float)"
            )
    return {"x": x, **(p or {})}, lambda at: _forward(forward, at, p is not None)[0]


def _forward(forward, point, has_parameters):
    """(y, saved) at a point."""
    rest = {name: leaf for name, leaf in point.items() if name != "x"}
    return pair("forward", forward(point["x"], rest) if has_parameters else forward(point["x"]), "(y, saved)")


def check_point(x, p):
    """Raise InputError unless x is an array and p, if any, a dict of arrays, of finite real numbers."""
    need_array("x", x)
    if p is not None and not isinstance(p, dict):
        raise InputError(f"p is a {type(p).__name__}; need a nested dict of arrays, or None for none")
    if p and "x" in p:
        raise InputError('p has a leaf "x", the name of the input in the report; give it another name')
    for name, leaf in tree.leaves({"x": x, **(p or {})}):
        need_array(name, leaf)
        if leaf.dtype.kind not in "fiu" or not leaf.size:
            raise InputError(f"{name} is {leaf.dtype} of shape {leaf.shape}; need at least one real number")
        if on_host(leaf) and not np.isfinite(leaf).all():
            raise InputError(f"{name} holds values that are NaN or infinite; every value must be finite")
        if array_module(leaf) is not array_module(x):
            raise InputError(f"{name} and x are arrays of different libraries; use backend.arrays.to_device")


def need_seeds(seeds):
    """The seeds as a list of ints. Raises InputError for none, as nothing would be checked."""
    if not isinstance(seeds, tuple | list | range) or not len(seeds):
        raise InputError(f"seeds is {shown(seeds)}; need at least one whole number, such as (0, 1, 2)")
    return [need_int("a seed", seed, at_least=0, at_most=2**63) for seed in seeds]


def pair(who, result, what):
    """The result of somebody's function, checked to be a pair."""
    if not isinstance(result, tuple) or len(result) != 2:
        raise InputError(f"{who} returned a {type(result).__name__}; need {what}")
    return result


def backward_at(forward, backward, point, has_parameters, rng):
    """(w, {leaf: gradient}): a random cotangent, and what backward makes of it, one gradient a leaf of the point."""
    y, saved = _forward(forward, point, has_parameters)
    need_array("y", y)
    if y.dtype.kind != "f" or not y.size:
        raise InputError(f"y is {y.dtype} of shape {y.shape}; need at least one real number, of float64")
    w = to_device(rng.standard_normal(y.shape), array_module(point["x"]))
    if has_parameters:
        dx, dp = pair("backward", backward(w, saved), "(dx, dp)")
        if not isinstance(dp, dict):
            raise InputError(f"backward returned a {type(dp).__name__} as dp; need a dict with p's names")
        gradients = dict(tree.leaves({"x": dx, **dp}))
    else:
        gradients = {"x": backward(w, saved)}
    leaves = dict(tree.leaves(point))
    if others := [name for name in gradients if name not in leaves]:
        raise InputError(
            f"backward gave a gradient of {others[0]}, which p does not have; give p's names alone"
        )
    for name, leaf in leaves.items():
        _check_gradient(name, gradients.get(name), leaf.shape)
    return w, gradients


def _check_gradient(name, gradient, shape):
    """Raise InputError unless a gradient is an array of real numbers in its leaf's shape."""
    if not is_array(gradient) or gradient.shape != shape:
        kind = "missing" if gradient is None else f"a {type(gradient).__name__}"
        found = gradient.shape if is_array(gradient) else kind
        raise InputError(f"gradient of {name} is {found}, the leaf is {shape}")
    if gradient.dtype.kind not in "fiu":
        raise InputError(f"gradient of {name} is {gradient.dtype}; need real numbers")
