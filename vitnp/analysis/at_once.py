"""Is a backward the derivative of its forward, all leaves at once? For a model of any size: few passes per direction.

    analytic   Σ ⟨gradient of a leaf, its v⟩ over the input and every parameter, for one random cotangent w
    numeric    d/dt ⟨w, forward(point + t·v)⟩ at t = 0, by the complex step and by central differences

`derivatives.check` does so leaf by leaf and names the one that is wrong; here a mistake of any leaf is seen, and not
whose it is. An error is relative to the norm of the whole gradient, so a leaf that has 1e-6 of it must be right to
1e-6. Imports `derivatives`, `point`, `tree`, `backend`, `errors`, and nothing of the model.
"""

import copy
import math

import numpy as np

from vitnp import tree
from vitnp.analysis.derivatives import COMPLEX_STEP, Leaf, Report, difference
from vitnp.analysis.point import backward_at, need_seeds, prepared
from vitnp.backend.arrays import array_module, to_device
from vitnp.errors import need_bool

# Smaller than leaf by leaf, since the steps of all layers add up. Measured: of a trained ViT-S/14 the error is 2e-6
# with a step of 1e-6 and 2e-9 with this one; of small random models rounding gives 3e-9 with it.
# Where a kink (ReLU, a maximum) lies within the step, a smaller one is taken, as leaf by leaf.
DIFFERENCE_STEPS = (3e-8, 3e-9, 3e-10)


def check_at_once(forward, backward, x, p=None, *, seeds=(0, 1, 2), complex_step=True):
    """Compare `backward` with `forward` along a random direction of x and all leaves of p for each seed: a `Report`.

    Its lines are directions: a `Leaf` each, whose shape is how many numbers were moved. The arguments and what is
    refused are those of `derivatives.check`.
    """
    point, value = prepared(forward, backward, x, p)
    seeds = need_seeds(seeds)
    need_bool("complex_step", complex_step)
    has_parameters, lines = p is not None, []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        w, analytic, norm = _analytic(forward, backward, point, has_parameters, rng)

        def error(numeric, analytic=analytic, norm=norm):
            return abs(numeric - analytic) / (max(abs(numeric), norm) or 1.0)

        by_difference = difference(
            lambda t, rng=rng: value(_moved(point, t, rng)), w, DIFFERENCE_STEPS, error
        )
        by_complex = None
        if complex_step:
            turned = value(_moved(point, 1j * COMPLEX_STEP, rng))
            by_complex = float((w * turned.imag).sum() / COMPLEX_STEP)
        errors = [None if numeric is None else error(numeric) for numeric in (by_complex, by_difference)]
        numeric = by_complex if complex_step else by_difference
        lines.append(Leaf(f"seed {seed}", (tree.count(point),), analytic, numeric, *errors))
    return Report(tuple(lines), of="direction")


def _analytic(forward, backward, point, has_parameters, rng):
    """(w, ⟨gradient, v⟩ over all leaves, the gradient's norm); the gradient, as large as the model, is not kept."""
    w, gradients = backward_at(forward, backward, point, has_parameters, rng)
    names = tree.names(point)
    products = _with_direction(lambda name, v: float((gradients[name] * v).sum()), point, rng, names)
    norm = math.sqrt(sum(float((gradient * gradient).sum()) for gradient in gradients.values()))
    return w, sum(product for _, product in tree.leaves(products)), norm


def _moved(point, step, rng):
    """The point with every leaf moved by step·v."""
    return _with_direction(lambda leaf, v: leaf + step * v, point, rng, point)


def _with_direction(f, point, rng, with_what):
    """The tree of f(leaf of with_what, v), v random in the point's shapes, the same in every call with this generator.

    v is drawn anew each time, leaf by leaf: all of it would take as much memory as the model.
    """
    again, xp = copy.deepcopy(rng), array_module(point["x"])

    def one(leaf, what):
        return f(what, to_device(again.standard_normal(leaf.shape), xp))

    return tree.map(one, point, with_what)
