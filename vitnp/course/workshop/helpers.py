"""Where a mistake is: a student's helper, called by itself, beside the reference's.

Imports `reference`, `stages`, `student`, `tried`.
"""

import contextlib
import inspect

import numpy as np

from vitnp.analysis.results import unlike
from vitnp.course.workshop import points, template
from vitnp.course.workshop.reference import reference
from vitnp.course.workshop.student import globals_of
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


def at_fault(step, functions, run, failed, *, backward, named):
    """The part of the helper that is to blame for what `run` found, or None.

    One that differs from the reference may be as right: with its arguments in another order, or the heads elsewhere.
    To blame is the first with which less is wrong when the reference's stands in its place. Where none is, and the
    mistake has no name, it is the first that takes what the template's takes.
    """
    other = [(part, name) for part, name, mark in marks(step, functions) if mark == "✗"]
    other = [(part, name) for part, name in other if backward or not name.endswith("backward")]
    for part, name in other:
        with replaced(functions, name, reference(step)[name]):
            if improves(run, failed):
                return part
    for part, name in () if named else other:
        if name.endswith("backward") == backward and takes_the_same(functions, name, reference(step)[name]):
            return part
    return None


def improves(run, failed):
    """Whether a stage finds nothing any more, or fewer gradients."""
    try:
        run()
    except Failed as now:
        return 0 < len(now.leaves) < len(failed.leaves)
    except (Exception, SystemExit):
        return False
    return True


@contextlib.contextmanager
def replaced(functions, name, function):
    """In the block forward and backward call another function by this name."""
    places = [place for place in (functions, globals_of(functions["forward"])) if name in place]
    before = [place[name] for place in places]
    for place in places:
        place[name] = function
    try:
        yield
    finally:
        for place, own in zip(places, before, strict=True):
            place[name] = own


def takes_the_same(functions, name, function):
    """Whether the student's helper has the parameters of the reference's."""
    own = functions.get(name, globals_of(functions["forward"]).get(name))
    return list(inspect.signature(own).parameters) == list(inspect.signature(function).parameters)


def marks(step, functions):
    """[(part, name, mark)] of the helpers that are there: "✓" as the reference, "✗" not so, "…" a blank.

    A helper that takes other arguments is left out: it may be as right, written otherwise.
    """
    where = globals_of(functions["forward"]) if "forward" in functions else {}
    found = []
    for part, what in template.parts(step).items():
        name = what.partition(":")[0]
        own = functions.get(name, where.get(name))
        if name not in DRAWN or not inspect.isfunction(own):
            continue
        try:
            mark = "✗" if differs(step, name, own) else "✓"
        except TypeError:
            continue
        except NotImplementedError:
            mark = "…"
        except (Exception, SystemExit):
            mark = "✗"
        found.append((part, name, mark))
    return found


def differs(step, name, function):
    """The sentence about what a helper returns otherwise than the reference; None where it returns the same."""
    arguments = DRAWN[name](np.random.default_rng(1))
    expected = reference(step)[name](*arguments)
    got = function(*(a.copy() if isinstance(a, np.ndarray) else a for a in arguments))
    if not isinstance(expected, tuple):
        return array_differs(got, expected)
    if not isinstance(got, tuple) or len(got) != len(expected):
        n = len(expected)
        return Text(f"{n}개를 돌려주어야 합니다.", f"it has to return {n} arrays.")
    return next(filter(None, map(array_differs, got, expected)), None)


def array_differs(got, expected):
    """The same about one array: its shape, else the first value that differs."""
    if np.shape(got) != expected.shape:
        return Text(
            f"shape {np.shape(got)}. 맞는 shape는 {expected.shape}입니다.",
            f"shape {np.shape(got)}; it has to be {expected.shape}.",
        )
    got = np.asarray(got)
    off = ~np.isclose(got, expected, rtol=1e-9, atol=1e-9)
    if not off.any():
        return None
    place = tuple(map(int, np.argwhere(off)[0]))
    own, other = unlike(got[place], expected[place])
    said = f"[{', '.join(map(str, place))}] = {own}"
    return Text(f"{said}, 기준은 {other}입니다.", f"{said}, the reference has {other}.")


def probabilities(functions):
    """The slide's last row, which no gradient goes through: the same numbers as the reference. Raises `Failed`."""
    z = np.random.default_rng(1).standard_normal((1, points.SLIDE.classes))
    got, expected = functions["probabilities"](z), reference(8)["probabilities"](z)
    need_array("probabilities", "p", got)
    need_shape("p", got.shape, expected.shape)
    if not np.allclose(got, expected, rtol=1e-9, atol=1e-9):
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
