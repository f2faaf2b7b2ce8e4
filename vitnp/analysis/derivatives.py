"""Is a backward the derivative of its forward? Imports `point`, `tree`, `backend`, `errors`, and nothing of the model.

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
from vitnp.analysis.point import backward_at, need_seeds, prepared
from vitnp.backend.arrays import array_module, need_array, to_device
from vitnp.errors import InputError, need_bool, shown

COMPLEX_STEP = 1e-30  # there is no difference to cancel, so as small as can be
# Near the cube root of float64's precision truncation and rounding meet. Where the forward has a kink (ReLU, a maximum)
# within that step, the difference is of two slopes; a smaller step leaves most kinks outside.
DIFFERENCE_STEPS = (1e-5, 1e-6, 1e-7, 1e-8)
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
    """One `Leaf` a leaf, the input first; or one a direction, see `at_once`."""

    leaves: tuple
    of: str = "leaf"  # what a line is of

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
        """A line per leaf: both values, the relative error of each method, and the exact one's error as a bar."""
        width = max(len(name) for name in (self.of, *(leaf.name for leaf in self.leaves)))
        lines = [f"{self.of:{width}}  {'numeric':>10}  {'analytic':>10}  complex  central  1e-16..1"]
        for leaf in self.leaves:
            by_complex = "—" if leaf.complex_error is None else f"{leaf.complex_error:.0e}"
            bar = _bar(leaf.difference_error if leaf.complex_error is None else leaf.complex_error)
            lines.append(
                f"{leaf.name:{width}}  {leaf.numeric:10.4g}  {leaf.analytic:10.4g}  "
                f"{by_complex:>7}  {leaf.difference_error:7.0e}  {bar:8}  {'✓' if leaf.ok else '✗ WRONG'}"
            )
        return "\n".join(lines)


def _bar(error):
    """An error as a bar: a mark per two powers of ten above 1e-16, eight at 1 and more, and for NaN."""
    if not error < 1:
        return 8 * "#"
    return max(0, math.ceil((math.log10(error or 1e-16) + 16) / 2)) * "#"


def check(forward, backward, x, p=None, *, seeds=(0, 1, 2), complex_step=True):
    """Compare `backward` with `forward` for x and every leaf of p, and return a `Report`.

    forward(x, p) → (y, saved) and backward(dy, saved) → (dx, dp); with p None, forward(x) → (y, saved) and
    backward(dy, saved) → dx. x, p are float64 and generic: random, not the initial weights. A forward that
    draws (dropout) makes its generator anew in every call. On a device when x and p are there; complex_step False
    leaves the complex step out, for a forward that takes no complex numbers (`backend.has_complex_erf`).
    Raises InputError for a point, seeds or results that nothing can be checked with.
    """
    point, value = prepared(forward, backward, x, p)
    seeds = need_seeds(seeds)
    need_bool("complex_step", complex_step)
    results = {}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        found_once = _check_once(value, forward, backward, point, p is not None, rng, complex_step)
        for name, found in found_once.items():
            if name not in results or _badness(found) > _badness(results[name]):
                results[name] = found
    shapes = dict(tree.leaves(point))
    return Report(tuple(Leaf(name, shapes[name].shape, *found) for name, found in results.items()))


def _badness(found):
    """How bad one seed's result is; NaN is the worst there is."""
    error = (found[2] or 0.0) + found[3]
    return math.inf if math.isnan(error) else error


def _check_once(value, forward, backward, point, has_parameters, rng, complex_step):
    """{leaf: (analytic, numeric, complex error, difference error)} for one cotangent, one direction a leaf."""
    xp = array_module(point["x"])
    w, gradients = backward_at(forward, backward, point, has_parameters, rng)
    analytic, by_complex, by_difference = {}, {}, {}
    norms = {name: float((g * g).sum()) ** 0.5 for name, g in gradients.items()}
    floor = FLOOR * max(norms.values())

    def error(numeric, name):
        return abs(numeric - analytic[name]) / (max(abs(numeric), norms[name], floor) or 1.0)

    for name, leaf in tree.leaves(point):
        v = to_device(rng.standard_normal(leaf.shape), xp)
        analytic[name] = float((gradients[name] * v).sum())
        if complex_step:
            turned = value(_moved(point, name, 1j * COMPLEX_STEP * v))
            by_complex[name] = float((w * turned.imag).sum() / COMPLEX_STEP)
        by_difference[name] = difference(
            lambda t, name=name, v=v: value(_moved(point, name, t * v)),
            w,
            DIFFERENCE_STEPS,
            lambda numeric, name=name: error(numeric, name),
        )

    return {
        name: (
            analytic[name],
            by_complex.get(name, by_difference[name]),
            error(by_complex[name], name) if complex_step else None,
            error(by_difference[name], name),
        )
        for name in analytic
    }


def difference(at, w, steps, error):
    """⟨w, at(h) − at(−h)⟩/2h for the first of the steps h whose error is within the tolerance, else the best of all."""
    found = []
    for h in steps:
        found.append(float((w * (at(h) - at(-h))).sum() / (2 * h)))
        if not error(found[-1]) > DIFFERENCE_TOLERANCE:
            break
    return min(found, key=error)


def _moved(point, name, step):
    """The point with one leaf moved; all leaves complex if the step is, so that in-place sums stay allowed."""
    dtype = step.dtype
    return tree.map(
        lambda key, leaf: (leaf + step if key == name else leaf).astype(dtype), tree.names(point), point
    )


def random_like(p, rng):
    """Generic values in p's shapes, for a check: Normal(0, σ²), and near 1 where p is all ones (gamma). var is above 0.

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
        drawn = (a == 1).all() + min(0.5, math.sqrt(2 / inputs)) * rng.standard_normal(a.shape)
        return abs(drawn) + 0.1 if name.rpartition(".")[2] == "var" else drawn

    return tree.map(draw, tree.names(p), p)
