"""Is a backward the derivative of its forward? Imports `tree`, `backend`, `errors` and nothing of the model.

For every leaf (the input and each parameter) along a random direction v, with a random cotangent w:

    analytic   ⟨backward(w), v⟩
    numeric    d/dt ⟨w, forward(leaf + t·v)⟩ at t = 0, by the complex step Im f(leaf + i·h·v)/h, good to
               the last bits, and by central differences (f(+h) − f(−h))/2h, good to about 1e-9

Random numbers everywhere, because round ones are blind: with a cotangent of all ones a softmax row (sum 1)
or a LayerNorm row (sum 0) has gradient zero whatever the code does, and so have zero initial weights.
"""

import math
from typing import NamedTuple

import numpy as np

from vitnp import tree
from vitnp.backend.arrays import array_module, is_array, need_array, on_host, to_device
from vitnp.errors import InputError, need_bool, need_int, shown

COMPLEX_STEP = 1e-30  # there is no difference to cancel, so as small as can be
DIFFERENCE_STEP = 1e-5  # near the cube root of float64's precision, where truncation and rounding meet
COMPLEX_TOLERANCE = 1e-12
DIFFERENCE_TOLERANCE = 1e-6
# An error is relative to the norm of the leaf's gradient, which is what ⟨gradient, v⟩ is on average; a single
# one can come out near 0 by chance. And to no less than this share of the largest leaf's norm: the key bias,
# which softmax cancels, has the exact gradient 0, and rounding over rounding means nothing.
FLOOR = 1e-3


class Leaf(NamedTuple):
    """What the check found for one leaf: the worst of all seeds."""

    name: str
    shape: tuple
    analytic: float  # of the seed with the worst error
    numeric: float  # by the complex step, where it was taken, else by differences
    complex_error: float | None  # relative; None where no complex step was taken
    difference_error: float  # relative

    @property
    def ok(self):
        """Within both tolerances; NaN is not."""
        exact = self.complex_error is None or self.complex_error <= COMPLEX_TOLERANCE
        return exact and self.difference_error <= DIFFERENCE_TOLERANCE


class Report(NamedTuple):
    """One `Leaf` a leaf, the input first."""

    leaves: tuple

    @property
    def ok(self):
        """Every leaf within both tolerances."""
        return all(leaf.ok for leaf in self.leaves)

    @property
    def worst(self):
        """The largest complex-step error, None where none was taken, and the largest difference error."""
        by_complex = [leaf.complex_error for leaf in self.leaves if leaf.complex_error is not None]
        return max(by_complex, default=None), max(leaf.difference_error for leaf in self.leaves)

    def __str__(self):
        width = max(len(leaf.name) for leaf in self.leaves)
        lines = [f"{'leaf':{width}}  {'numeric':>13}  {'analytic':>13}  complex step  differences"]
        for leaf in self.leaves:
            exact = "—" if leaf.complex_error is None else f"{leaf.complex_error:.1e}"
            lines.append(
                f"{leaf.name:{width}}  {leaf.numeric:13.6e}  {leaf.analytic:13.6e}  "
                f"{exact:>12}  {leaf.difference_error:11.1e}  {'✓' if leaf.ok else '✗ WRONG'}"
            )
        return "\n".join(lines)


def check(forward, backward, x, p=None, *, seeds=(0, 1, 2), complex_step=True):
    """Compare `backward` with `forward` for x and every leaf of p, and return a `Report`.

    forward(x, p) → (y, saved) and backward(dy, saved) → (dx, dp); with p None, forward(x) → (y, saved) and
    backward(dy, saved) → dx. x, p are float64 and generic: random, not the initial weights. A forward that
    draws (dropout) makes its generator anew in every call. On a device when x and p are there; complex_step False
    leaves the complex step out, for a forward that takes no complex numbers (`backend.has_complex_erf`).
    Raises InputError for a point, seeds or results that nothing can be checked with.
    """
    for name, function in {"forward": forward, "backward": backward}.items():
        if not callable(function):
            raise InputError(f"{name} is {shown(function)}; need a function")
    check_point(x, p)
    for name, leaf in tree.leaves({"x": x, "p": p or {}}):
        if leaf.dtype != "float64":
            raise InputError(
                f"{name} is {leaf.dtype}; need float64, as rounding would hide mistakes: astype(float)"
            )
    seeds = need_seeds(seeds)
    need_bool("complex_step", complex_step)
    point = {"x": x} if p is None else {"x": x, **p}

    def value(at):
        rest = {name: leaf for name, leaf in at.items() if name != "x"}
        return _pair("forward", forward(at["x"]) if p is None else forward(at["x"], rest), "(y, saved)")[0]

    results = {}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        found_once = _check_once(value, forward, backward, point, p is not None, rng, complex_step)
        for name, found in found_once.items():
            if name not in results or _badness(found) > _badness(results[name]):
                results[name] = found
    shapes = dict(tree.leaves(point))
    return Report(tuple(Leaf(name, shapes[name].shape, *found) for name, found in results.items()))


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


def _pair(who, result, what):
    """The result of somebody's function, checked to be a pair."""
    if not isinstance(result, tuple) or len(result) != 2:
        raise InputError(f"{who} returned a {type(result).__name__}; need {what}")
    return result


def _badness(found):
    """How bad one seed's result is; NaN is the worst there is."""
    error = (found[2] or 0.0) + found[3]
    return math.inf if math.isnan(error) else error


def _check_once(value, forward, backward, point, has_parameters, rng, complex_step):
    """{leaf: (analytic, numeric, complex error, difference error)} for one cotangent, one direction a leaf."""
    xp = array_module(point["x"])
    x, p = point["x"], {name: leaf for name, leaf in point.items() if name != "x"}
    y, saved = _pair("forward", forward(x, p) if has_parameters else forward(x), "(y, saved)")
    need_array("y", y)
    if y.dtype.kind != "f" or not y.size:
        raise InputError(f"y is {y.dtype} of shape {y.shape}; need at least one real number, of float64")
    w = to_device(rng.standard_normal(y.shape), xp)
    if has_parameters:
        dx, dp = _pair("backward", backward(w, saved), "(dx, dp)")
        if not isinstance(dp, dict):
            raise InputError(f"backward returned a {type(dp).__name__} as dp; need a dict with p's names")
        gradient = {"x": dx, **dp}
    else:
        gradient = {"x": backward(w, saved)}
    gradients = dict(tree.leaves(gradient))
    if others := [name for name in gradients if name not in dict(tree.leaves(point))]:
        raise InputError(
            f"backward gave a gradient of {others[0]}, which p does not have; give p's names alone"
        )

    analytic, by_complex, by_difference = {}, {}, {}
    for name, leaf in tree.leaves(point):
        v = to_device(rng.standard_normal(leaf.shape), xp)
        found = gradients.get(name)
        if not is_array(found) or found.shape != leaf.shape:
            found = (
                found.shape
                if is_array(found)
                else "missing"
                if found is None
                else f"a {type(found).__name__}"
            )
            raise InputError(f"gradient of {name} is {found}, the leaf is {leaf.shape}")
        if found.dtype.kind not in "fiu":
            raise InputError(f"gradient of {name} is {found.dtype}; need real numbers")
        analytic[name] = float((gradients[name] * v).sum())
        if complex_step:
            turned = value(_moved(point, name, 1j * COMPLEX_STEP * v))
            by_complex[name] = float((w * turned.imag).sum() / COMPLEX_STEP)
        h = DIFFERENCE_STEP
        up, down = (value(_moved(point, name, t * v)) for t in (h, -h))
        by_difference[name] = float((w * (up - down)).sum() / (2 * h))

    norms = {name: float((gradients[name] * gradients[name]).sum()) ** 0.5 for name in analytic}
    floor = FLOOR * max(norms.values())

    def error(numeric, name):
        return abs(numeric - analytic[name]) / (max(abs(numeric), norms[name], floor) or 1.0)

    return {
        name: (
            analytic[name],
            by_complex.get(name, by_difference[name]),
            error(by_complex[name], name) if complex_step else None,
            error(by_difference[name], name),
        )
        for name in analytic
    }


def _moved(point, name, step):
    """The point with one leaf moved; all leaves complex if the step is, so that in-place sums stay allowed."""
    dtype = step.dtype
    return tree.map(
        lambda key, leaf: (leaf + step if key == name else leaf).astype(dtype), tree.names(point), point
    )


def random_like(p, rng):
    """Generic values in p's shapes, for the check: Normal(0, σ²), and near 1 where p is all ones (gamma).

    σ is 1/2, and at most √(2/n) in a weight of n inputs: wide layers of large weights bend so sharply that the
    differences' own truncation would look like a mistake.
    """
    if not isinstance(p, dict):
        raise InputError(f"p is a {type(p).__name__}; need a nested dict of arrays")
    if not isinstance(rng, np.random.Generator):
        raise InputError(f"rng is {shown(rng)}; need a generator, such as np.random.default_rng(0)")

    def draw(name, a):
        need_array(name, a)
        if a.dtype.kind not in "fiu" or not a.size:
            raise InputError(f"{name} is {a.dtype} of shape {a.shape}; need at least one real number")
        inputs = math.prod(a.shape[:-1])  # of a vector 1
        return (a == 1).all() + min(0.5, math.sqrt(2 / inputs)) * rng.standard_normal(a.shape)

    return tree.map(draw, tree.names(p), p)
