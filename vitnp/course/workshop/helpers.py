"""Where a mistake is: a student's helper, called by itself, beside the reference's. Imports `reference`, `tried`."""

import inspect

import numpy as np

from vitnp.course.workshop import points, template
from vitnp.course.workshop.reference import reference
from vitnp.course.workshop.tried import Failed, need_array, need_shape
from vitnp.system.language import Text

S = points.SMALL


def _heads(rng):
    return rng.standard_normal((S.B, S.H, S.N, S.D // S.H))


def _scores(rng):
    return rng.standard_normal((S.B, S.H, S.N, S.N))


def _weights(rng):
    A = np.exp(_scores(rng))
    return A / A.sum(axis=-1, keepdims=True)


def _tokens(rng):
    return rng.standard_normal((S.B, S.N, S.D))


DRAWN = {  # what a helper is called with
    "split": lambda rng: (_tokens(rng), S.H),
    "merge": lambda rng: (_heads(rng),),
    "softmax": lambda rng: (_scores(rng),),
    "softmax_backward": lambda rng: (_scores(rng), _weights(rng)),
    "dense_backward": lambda rng: (_tokens(rng), _tokens(rng), rng.standard_normal((S.D, S.D))),
    "gelu": lambda rng: (_tokens(rng),),
    "gelu_backward": lambda rng: (_tokens(rng), _tokens(rng)),
    "extract": lambda rng: (_tokens(rng),),
    "probabilities": lambda rng: (rng.standard_normal((S.B, S.classes)),),
}


def first_wrong(step, functions, *, backward):
    """The part of the first helper that differs from the reference; None where none does.

    Those of backward only where backward is what is wrong.
    """
    for part, name, mark in marks(step, functions):
        if mark == "✗" and (backward or not name.endswith("backward")):
            return part
    return None


def marks(step, functions):
    """[(part, name, mark)] of the helpers that are there: "✓" as the reference, "✗" not so, "…" a blank.

    A helper that takes other arguments is left out: it may be as right, written otherwise.
    """
    where = getattr(functions["forward"], "__globals__", {})
    found = []
    for part, what in template.parts(step).items():
        name = what.partition(":")[0]
        own = functions.get(name, where.get(name))
        if name not in DRAWN or not inspect.isfunction(own):
            continue
        arguments = DRAWN[name](np.random.default_rng(1))
        expected = reference(step)[name](*arguments)
        try:
            mark = "✓" if alike(own(*arguments), expected) else "✗"
        except TypeError:
            continue
        except NotImplementedError:
            mark = "…"
        except (Exception, SystemExit):
            mark = "✗"
        found.append((part, name, mark))
    return found


def probabilities(functions):
    """The slide's last row, which no gradient goes through: the same numbers as the reference. Raises `Failed`."""
    z = np.random.default_rng(1).standard_normal((1, points.SLIDE.classes))
    got, expected = functions["probabilities"](z), reference(8)["probabilities"](z)
    need_array("probabilities", "p", got)
    need_shape("p", got.shape, expected.shape)
    if not alike(got, expected):
        raise Failed(
            Text(
                f"probabilities의 행의 합 {got.sum():.6g}, p[0,0] = {got[0, 0]:.3e}."
                f" 기준은 1과 {expected[0, 0]:.3e}입니다.",
                f"a row of probabilities sums to {got.sum():.6g}, p[0,0] = {got[0, 0]:.3e};"
                f" the reference has 1 and {expected[0, 0]:.3e}.",
            )
        )
    said = f"probabilities: p 1x{z.shape[1]}, "
    return Text(f"{said}합 1", f"{said}sum 1")


def alike(got, expected):
    """Whether two results have the same numbers; of a tuple all parts."""
    if isinstance(expected, tuple):
        return isinstance(got, tuple) and len(got) == len(expected) and all(map(alike, got, expected))
    return np.shape(got) == expected.shape and np.allclose(got, expected, rtol=1e-9, atol=1e-9)
