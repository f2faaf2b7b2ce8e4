"""From numbers to a name: which known mistake, which two, or which family of mistakes gives them."""

import itertools
from typing import NamedTuple

import numpy as np

from vitnp.course.workshop.known.kinds import mistakes, with_mistakes
from vitnp.course.workshop.known.numbers import changed, kept, right, solution_run
from vitnp.course.workshop.known.reading import family_of
from vitnp.course.workshop.known.results import SMALLEST, is_of_writing, prints, run_of, runs, same
from vitnp.course.workshop.known.variants import of_forward

MOST_PAIRS = 1500  # of two mistakes at once are run: about a second


class Named(NamedTuple):
    """What is known about a wrong answer. All is None where nothing is wrong, or nothing can be said."""

    mistake: str | None = None  # a key of MISTAKES
    family: str | None = None  # a key of FAMILIES
    also: tuple = ()  # the keys of further mistakes, made at the same time
    stage: str | None = None  # a key of STAGES: where the mistake must be, if that is known


def named(step, functions):
    """What a student's functions of a step do wrong, by the numbers that come out of them.

    A block is only looked at when its LayerNorm is right, as it calls it; the loss, always.
    """
    found = []
    with np.errstate(all="ignore"):  # a student's numbers may be of any size
        for run in runs(step, functions):
            if wrong := changed(run, step):
                found.append(name_of(step, run, wrong))
                if step == 6:
                    break
    if not found:
        return Named()
    first, rest = found[0], found[1:]
    further = [key for other in rest for key in (other.mistake, *other.also) if key]
    return first._replace(also=(*first.also, *further))


def name_of(step, run, wrong):
    """The name of one run: exact, else several mistakes at once, else the wrong forward alone, else a family."""
    stage = stage_of(step, run, wrong)
    key = exact(step, run, wrong)
    if key:
        return of_mistakes(stage, key)
    values = {name: leaf for name, leaf in wrong.items() if not is_of_writing(name)}
    if len(values) < len(wrong):  # wrong values are named first; that something is written to, only then
        found = name_of(step, run, values) if values else Named()
        return found if found.mistake else Named(family="writes")
    if keys := several(step, run, wrong):
        return of_mistakes(stage, *keys)
    if "y" in wrong and (key := exact(step, run, {"y": wrong["y"]}, forward_alone=True)):
        return of_mistakes(stage, key)
    if "y" in wrong:
        return Named(family=of_forward(step, run), stage=stage)
    return Named(family=family_of(step, run, solution_run(step, run.call, run.at), wrong), stage=stage)


def of_mistakes(stage, key, *also):
    """The Named of mistakes of the catalog. Which leaf is wrong says nothing where arrays are written to."""
    family = mistakes()[key].family
    return Named(key, family, also, stage if family != "writes" else None)


def candidates(step, call):
    """[(key, {leaf: Print}), …] of the known mistakes of a pair of functions."""
    before = f"{call}/" if call else ""
    found = []
    for key, leaves in kept().items():
        pairs = {name.split("/")[0] for name in leaves if name.split("/")[0] in ("block", "loss")}
        if mistakes()[key].step == step and pairs == ({call} - {""}):
            found.append((key, {name.removeprefix(before): leaf for name, leaf in leaves.items()}))
    return found


def edits(candidate):
    """How many edits make a candidate."""
    return len(mistakes()[candidate[0]].changes)


def exact(step, run, wrong, forward_alone=False):
    """The key of the known mistake that changes the same leaves to the same numbers, or None.

    Of several with the same forward, the one of the fewest edits: it claims the least.
    """
    point = f"{run.at}/" if run.at else ""
    for key, leaves in sorted(candidates(step, run.call), key=edits):
        if forward_alone or not run.whole:
            leaves = {name: leaf for name, leaf in leaves.items() if name == f"{point}y"}
        if leaves.keys() == {point + name for name in wrong} and all(
            same(leaf, wrong[name.removeprefix(point)]) for name, leaf in leaves.items()
        ):
            return key
    return None


def several(step, run, wrong):
    """The keys of two or three known mistakes that together give these numbers, or ().

    First the mistakes of which each explains its leaves; then two that change the same leaves, which are run together.
    Tried are those that change no leaf that is right.
    """
    if run.at or not run.whole:
        return ()
    fitting = [(key, leaves) for key, leaves in candidates(step, run.call) if leaves.keys() <= wrong.keys()]
    alone = [entry for entry in fitting if all(same(leaf, wrong[name]) for name, leaf in entry[1].items())]
    for n in (2, 3):
        for chosen in itertools.combinations(alone, n):
            if set().union(*(leaves for _, leaves in chosen)) == wrong.keys():
                return tuple(key for key, _ in chosen)
    expected = right(step, run.call)
    zero = {name for name, leaf in expected.items() if leaf.numbers[0] < SMALLEST}  # the gradient of b_K
    together = [(a, b) for a, b in itertools.combinations(fitting, 2) if may_be(a[1], b[1], wrong, zero)]
    for (a, _), (b, _) in together[:MOST_PAIRS]:
        functions = with_mistakes(mistakes()[a], mistakes()[b])
        if functions and gives(step, run.call, functions, wrong):
            return a, b
    return ()


def gives(step, call, functions, wrong):
    """Whether the functions are wrong in just this way; forward, which is soon called, is compared first."""
    name = f"{call}_forward" if call else "forward"
    forward = run_of(step, call, {name: functions[name]})
    y = wrong.get("y", right(step, call)["y"])
    if forward is None or not same(prints(forward)["y"], y):
        return False
    run = run_of(step, call, functions)
    return not run.at and agree(changed(run, step), wrong)


def may_be(a, b, wrong, zero):
    """Whether two mistakes reach all that is wrong, and what one alone changes is as it changes it.

    Any factor leaves a zero as it is: of such a leaf the second mistake may show only where the first is made.
    """
    if a.keys() | b.keys() != wrong.keys():
        return False
    if "y" in wrong:  # a wrong forward changes what the other mistake does
        return True
    return all(same(wrong[name], (a if name in a else b)[name]) for name in (a.keys() ^ b.keys()) - zero)


def agree(a, b):
    """Whether the same leaves are changed to the same numbers."""
    return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)


def stage_of(step, run, wrong):
    """The key of the stage in which the mistake must be, by which leaves are right."""
    if "y" in wrong:
        return "forward"
    if run.call == "block":
        return "block"
    if not run.whole or step == 1 or run.call == "loss":
        return "backward"
    fine = right(step, run.call, run.at).keys() - wrong.keys()
    if set(wrong) == {"dx"}:
        return "dx"
    if "dx" in fine:
        return "dp"
    if step == 5 and {"W_O", "b_O"} <= fine:
        v_is_fine, q_k_are_fine = "W_V" in fine, {"W_Q", "W_K"} <= fine
        if v_is_fine != q_k_are_fine:
            return "dS" if v_is_fine else "dV"
        return "dO" if not (v_is_fine or fine & {"W_Q", "W_K", "b_Q", "b_V"}) else "backward"
    if step == 7 and {"W2", "b2"} <= fine and not fine & {"W1", "b1"}:
        return "du"
    return "backward"
