"""A family of mistakes, read from the wrong gradients themselves: for what is in no catalog.

Each wrong leaf is compared with the right one: a constant factor, transposed, another leaf's, not summed, some images
only. `attention.py` and `other_steps.py` compute intermediate arrays from the student's gradients, and so find where
dx follows from a mistake further up. A family is named only where it explains every wrong leaf.
"""

import itertools

import numpy as np

from vitnp.course.workshop.known import attention, other_steps, rows
from vitnp.course.workshop.known.fitting import FOLLOWS, factor, fits, is_close, of_factor
from vitnp.course.workshop.known.kinds import solution
from vitnp.course.workshop.known.point import factors, point

STEPS = {
    (1, ""): rows.patchify,
    (3, ""): rows.class_token,
    (4, ""): rows.position,
    (5, ""): attention.explained,
    (6, ""): other_steps.layer_norm,
    (6, "block"): other_steps.block,
    (7, ""): other_steps.feed_forward,
    (8, ""): rows.classify,
    (8, "loss"): other_steps.loss,
}


PATHS = ("dx", "E_pos")  # leaves that are a sum over paths, or one path of a sum


def family_of(step, run, right, wrong):
    """The key of the family that explains all wrong leaves of a backward, or None."""
    shares = parts(step, run) if not run.at else []
    known, dy = factors(step, run.call), point(step, run.call, run.at).dy
    found = {name: of_leaf(name, run, right, known, shares, dy) for name in wrong}
    if (step, run.call) in STEPS and not run.at:
        found |= STEPS[step, run.call](run, right, found)
    families = [family for family in found.values() if family != FOLLOWS]
    return None if not families or None in families else families[0]


def of_leaf(name, run, right, known, shares, dy):
    """The family of one wrong leaf, or None."""
    given, expected = run.leaves.get(name), right.leaves.get(name)
    if expected is None:  # a leaf too many: only with another name for a missing one
        return FOLLOWS if right.leaves.keys() - run.leaves.keys() else None
    if given is None:  # under another name it is not missing
        return None if run.leaves.keys() - right.leaves.keys() else "zero"
    if not np.isfinite(given).all():
        return None
    if name != "dx" and (family := of_sum(name, given, expected, dy)):
        return family
    if given.shape != expected.shape:
        return of_shape(given, expected)
    c = factor(given, expected)
    if c is not None:
        return of_factor(c, {family: known[family] for family in known if family != "path" or name in PATHS})
    if given.ndim == 2 and given.shape[0] == given.shape[1] and is_close(given, expected.T):
        return "transposed"
    others = [leaf for other, leaf in right.leaves.items() if other not in ("y", name)]
    if any(is_close(given, leaf) for leaf in others):
        return "exchanged"
    return "sum" if name != "dx" and any(some_only(given, leaves[name]) for leaves in shares) else None


def of_sum(name, given, expected, dy):
    """ "sum" for a leaf that should be a sum of dy, and is one over other axes, a mean, or one row."""
    sums = {}
    for n in range(dy.ndim):
        for axes in itertools.combinations(range(dy.ndim), n):
            sums[axes] = dy.sum(axis=axes)
    if name != "cls" and not any(is_close(expected, array) for array in sums.values()):
        return None
    arrays = [
        *sums.values(),
        *(dy.mean(axis=axes) for axes in sums),
        *(dy[(i,) * (dy.ndim - 1)] for i in (0, -1)),
    ]
    arrays += [
        array + 0 * given for array in arrays if array.shape == given.shape[1:]
    ]  # the same in every row
    return "sum" if any(is_close(given, array) for array in arrays) else None


def of_shape(given, expected):
    """The family of a leaf of another shape: its axes exchanged, or some left that should be summed over."""
    if given.ndim == expected.ndim == 2 and is_close(given.T, expected):
        return "transposed"
    axes = range(given.ndim)
    for over in (chosen for n in (1, 2) for chosen in itertools.combinations(axes, n)):
        if is_close(given.sum(axis=over), expected):
            return "sum"
    return None


def parts(step, run):
    """[{leaf: [its part that comes from each image, or from each row]}, …]: gradients are linear in dy."""
    where = point(step, run.call)
    prefix = f"{run.call}_" if run.call else ""
    functions = solution(step)
    saved = functions[prefix + "forward"](*where.inputs, **where.static)[1]
    found = []
    axes = 1 if step == 4 else where.dy.ndim - 1  # E_pos has a row per token: none is summed over
    for axis in range(axes):
        leaves = {}
        for i in range(where.dy.shape[axis]):
            dy = np.zeros_like(where.dy)
            index = (slice(None),) * axis + (i,)
            dy[index] = where.dy[index]
            answer = functions[prefix + "backward"](dy, saved)
            for name, leaf in other_steps.gradients(answer).items():
                leaves.setdefault(name, []).append(leaf)
        found.append(leaves)
    return found


def some_only(given, shares):
    """Whether the leaf is the sum over some of the images, or rows, only."""
    coefficients = fits(given, shares)
    return coefficients is not None and bool(np.isin(np.round(coefficients, 6), (0.0, 1.0)).all())
