"""The Python door: every function called with one or two arguments that are seldom right.

What is accepted gives the result of the arguments as they should be. What is refused leaves its arguments unchanged.
`calls` lists the functions, `values` what their arguments are replaced with.
"""

import copy

import numpy as np
from hypothesis import strategies as st

from fuzz.cases import Case
from fuzz.judge import Wrong
from fuzz.targets.door_calls import CALLS
from fuzz.targets.door_values import ANY, FREE, REFUSED, VALUES
from vitnp.errors import InputError


@st.composite
def cases(draw):
    """A function, and one or two of its arguments with the value that each is given."""
    name = draw(st.sampled_from(sorted(CALLS)))
    kinds = CALLS[name].kinds
    words = (name,)
    for argument in draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, max_size=2, unique=True)):
        words += (argument, draw(st.sampled_from(list(VALUES[kinds[argument]]))))
    return Case(words, {})


def run(case, folder):
    """Call the function; compare with the call of the proper arguments."""
    name, *changed = case.words
    call, given, rights = CALLS[name], CALLS[name].proper(folder), {}
    for argument, value in zip(changed[::2], changed[1::2], strict=True):
        make, right = VALUES[call.kinds[argument]][value]
        given[argument] = make(given[argument])
        rights[f"{argument}={value}"] = right
    before = kept(given)
    try:
        result = call.function(**given)
    except InputError:
        if not alike(before, kept(given)):
            raise Wrong(f"{said(name, rights)} is refused, and its arguments are changed") from None
        raise
    if len({*changed[1::2]}) < len(rights):  # both altered alike: they may fit each other
        rights = dict.fromkeys(rights, ANY)
    check(name, rights, flat(result), lambda: flat(call.function(**call.proper(folder))))


def check(name, rights, result, wanted):
    """Raise Wrong for a result that is not right; wanted() is that of the proper arguments."""
    if bad := [argument for argument in rights if rights[argument] == REFUSED]:
        raise Wrong(f"{said(name, bad[:1])} is accepted")
    if FREE in rights.values():
        return
    if ANY not in rights.values() and not alike(result, wanted()):
        raise Wrong(f"{said(name, rights)} gives another result")
    if not all(np.isfinite(array).all() for array in result if array.dtype.kind in "fc"):
        raise Wrong(f"{said(name, rights)} gives numbers that are not finite")


def said(name, arguments):
    """The call in words: "optim.update(lr=NaN)"."""
    return f"{name}({', '.join(sorted(arguments))})"


def kept(given):
    """A copy of the arrays among the arguments."""
    return copy.deepcopy([array for value in given.values() for array in flat(value)])


def flat(value):
    """The numbers and arrays in a result or an argument, in order, as arrays."""
    if isinstance(value, dict):
        return [array for key in value for array in flat(value[key])]
    if isinstance(value, list | tuple):
        return [array for inside in value for array in flat(inside)]
    if isinstance(value, np.ndarray | np.generic | int | float) and not isinstance(value, bool):
        try:
            return [np.asarray(value)]
        except (OverflowError, ValueError):
            return []
    return []


def alike(arrays, others):
    """Whether they are the same bits, NaN included."""
    return len(arrays) == len(others) and all(
        a.shape == b.shape and a.dtype == b.dtype and (a.dtype.hasobject or a.tobytes() == b.tobytes())
        for a, b in zip(arrays, others, strict=True)
    )
