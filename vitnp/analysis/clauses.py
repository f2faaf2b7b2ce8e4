"""The clauses of the contract, one function per clause. It returns a `Row` for everything that breaks the clause.

    forward(x, p) → (y, saved)        backward(dy, saved) → (dx, dp)

x and p are float64 and generic: random, not the initial weights. `contract.check_contract` runs all clauses, also
for functions without p. Imports `tree`, `derivatives` and `results`.
"""

from typing import NamedTuple

import numpy as np

from vitnp import tree
from vitnp.analysis import derivatives
from vitnp.analysis.results import cast, contents, cotangent, difference, named, run


class Row(NamedTuple):
    """One thing that breaks a clause."""

    clause: str
    leaf: str  # y, dx, dp.W, saved.x; of the gradient x or a leaf of p; empty where it is no single array
    what: str  # in words, with the numbers

    def __str__(self):
        return f"{self.clause}: {self.what}"


def check_gradient(forward, backward, x, p):
    """backward is the derivative of forward, for x and for every leaf of p.

    One random direction per leaf is enough: the chance that a wrong gradient is right along it is zero.
    """
    if check_tree(forward, backward, x, p):
        return [Row("gradient", "", "not compared: dx and dp do not have the names and shapes of x and p")]
    report = derivatives.check(forward, backward, x, p, seeds=(0,))
    return [Row("gradient", leaf.name, gradient_error(leaf)) for leaf in report.leaves if not leaf.ok]


def gradient_error(leaf):
    """The numbers of a wrong `derivatives.Leaf`, and a hint where the two numeric derivatives disagree."""
    error, hint = leaf.complex_error, ""
    if leaf.difference_error <= derivatives.DIFFERENCE_TOLERANCE < leaf.complex_error:
        hint = "; central differences agree: does forward compute in complex numbers?"
    elif leaf.complex_error <= derivatives.COMPLEX_TOLERANCE:
        error, hint = leaf.difference_error, "; the complex step agrees: is forward smooth at this x?"
    return (
        f"{leaf.name}: numeric {leaf.numeric:.6g}, analytic {leaf.analytic:.6g}, "
        f"relative error {error:.2g}{hint}"
    )


def check_dtype(forward, backward, x, p):
    """dtype in = dtype out, for y, dx and every leaf of dp."""
    rows = []
    for dtype in ("float32", "float64"):
        results = run(forward, backward, *cast(x, p, dtype))
        wrong = {name: a.dtype for name, a in results.items() if a.dtype != dtype}
        rows += [Row("dtype", name, f"{name} is {got} for {dtype} input") for name, got in wrong.items()]
    return rows


def check_unmodified(forward, backward, x, p):
    """forward does not write into x or p; backward does not write into dy, saved, x or p."""
    before = contents({"x": x, "p": p})
    y, saved = forward(x, p)
    rows = changes("forward", before, contents({"x": x, "p": p}))
    dy = cotangent(y)
    given = {"x": x, "p": p, "dy": dy, "saved": saved}
    before = contents(given)
    backward(dy, saved)
    return rows + changes("backward", before, contents(given))


def changes(who, before, after):
    """A row for every place where the contents before and after are different."""
    verbs = {name: "wrote into" for name in before if name in after and after[name] != before[name]}
    verbs |= {name: "removed" for name in before if name not in after}
    verbs |= {name: "added" for name in after if name not in before}
    return [Row("unmodified", name, f"{who} {verb} {name}") for name, verb in verbs.items()]


def check_tree(forward, backward, x, p):
    """dp is the same tree as p (keys, order, shapes), and dx has the shape of x."""
    y, saved = forward(x, p)
    dx, dp = backward(cotangent(y), saved)
    rows = []

    def wrong(leaf, what):
        rows.append(Row("tree", leaf, what))

    if dx.shape != x.shape:
        wrong("dx", f"dx is {dx.shape}, x is {x.shape}")
    got, want = ({name: leaf.shape for name, leaf in tree.leaves(t)} for t in (dp, p))
    others = ", ".join(name for name in got if name not in want)
    for name, shape in want.items():
        if name not in got:
            wrong(name, f"dp has no {name}" + f"; it has {others}" * bool(others))
        elif got[name] != shape:
            wrong(f"dp.{name}", f"dp.{name} is {got[name]}, {name} is {shape}")
    if others and len(got) > len(want):
        wrong("", f"dp has {others}, which p does not have")
    elif not rows and list(got) != list(want):
        wrong("", f"dp has the order {', '.join(got)}; p has {', '.join(want)}")
    elif not rows and tree.names(dp) != tree.names(p):
        wrong("", f"dp has the keys {tree.names(dp)}; p has {tree.names(p)}")
    return rows


def check_interleaved(forward, backward, x, p):
    """Two forwards, then two backwards: what was saved belongs to its own call."""
    points = [(x, p), (x + 1.0, tree.map(lambda leaf: leaf * 0.7, p))]
    one_by_one = [run(forward, backward, *point) for point in points]
    forwards = [forward(*point) for point in points]
    interleaved = [named(y, *backward(cotangent(y), saved)) for y, saved in forwards]
    rows = []
    for call, got, want in zip(("first", "second"), interleaved, one_by_one, strict=True):
        for name in want:
            apart = difference(got[name], want[name])
            if apart:
                what = f"{name} of the {call} call {apart} when both forwards run before both backwards"
                rows.append(Row("interleaved", name, what))
    return rows


def check_batch(forward, backward, x, p):
    """A batch is its images one by one: y and dx image by image, dp the sum. Only for what treats images so."""
    if len(x) < 2:
        return [Row("batch", "x", f"x has {len(x)} image on its first axis; the clause needs two or more")]
    y, saved = forward(x, p)
    together = named(y, *backward(cotangent(y), saved))
    alone, dy = [], cotangent(y)  # the same numbers anew, in case backward wrote into them
    for i in range(len(x)):
        y, saved = forward(x[i : i + 1], p)
        alone.append(named(y, *backward(dy[i : i + 1], saved)))
    compared = [
        (name, f"{name} of image {i}", together[name][i : i + 1], one[name], "the image alone")
        for i, one in enumerate(alone)
        for name in ("y", "dx")
    ]
    compared += [
        (name, name, a, sum(one[name] for one in alone), "the sum over single images")
        for name, a in together.items()
        if name.startswith("dp.")
    ]
    rows = []
    for name, which, got, want, other in compared:
        apart = difference(got, want, relative=1e-12, absolute=1e-12)
        if apart:
            rows.append(Row("batch", name, f"{which} {apart} from {other}"))
    return rows


def check_precision(forward, backward, x, p):
    """float32 gives what float64 gives, up to 1e-5 of the largest value: of y, of dx, of all dp together."""
    exact, single = (run(forward, backward, *cast(x, p, dtype)) for dtype in ("float64", "float32"))
    largest = {name: np.abs(a).max(initial=1e-9) for name, a in exact.items()}
    largest_dp = max((size for name, size in largest.items() if name.startswith("dp.")), default=0.0)
    rows = []
    for name, a in exact.items():
        atol = 1e-5 * (largest_dp if name.startswith("dp.") else largest[name])
        apart = difference(single[name], a, absolute=atol)
        if apart:
            rows.append(Row("precision", name, f"{name} in float32 {apart} from float64; at most {atol:.1g}"))
    return rows


CLAUSES = {
    "gradient": check_gradient,
    "dtype": check_dtype,
    "unmodified": check_unmodified,
    "tree": check_tree,
    "interleaved": check_interleaved,
    "batch": check_batch,
    "precision": check_precision,
}
