"""What a student's helpers were given and returned, under the names that the slides' tensors have.

`split`, `softmax`, `merge`, `gelu`, `extract` are found where `forward` looks for them, and watched while it runs. A
student who has written no such helper is right all the same; then there is less to see. Imports `student`.
"""

import contextlib
import functools
import inspect
import itertools

from vitnp.course.workshop import student

BLOCK = "blocks.0."
ATTENTION, FEED_FORWARD = f"{BLOCK}attention.", f"{BLOCK}feed_forward."

# {step: {function: (names of its calls' first arguments, of their results)}}, in the order of the calls
NAMES = {
    1: {"forward": (("image",), ("patches",))},
    2: {"forward": (("patches",), ("patch_tokens",))},
    3: {"forward": (("patch_tokens",), ("tokens",))},
    4: {"forward": (("tokens",), ("z0",))},
    5: {
        "split": (
            tuple(f"{ATTENTION}{letter}" for letter in "QKV"),
            tuple(f"{ATTENTION}{letter}_heads" for letter in "QKV"),
        ),
        "softmax": ((f"{ATTENTION}S",), (f"{ATTENTION}A",)),
        "merge": ((f"{ATTENTION}O",), (f"{ATTENTION}concat",)),
        "forward": ((), (f"{ATTENTION}output",)),
    },
    6: {
        "forward": (("z0", f"{BLOCK}residual_1"), (f"{BLOCK}norm_1", f"{BLOCK}norm_2")),
        "block_forward": ((), (f"{BLOCK}residual_2",)),
    },
    7: {
        "gelu": ((f"{FEED_FORWARD}u",), (f"{FEED_FORWARD}g",)),
        "forward": ((), (f"{FEED_FORWARD}output",)),
    },
    8: {"extract": ((), ("y",)), "forward": (("norm",), ("logits",))},
}


@contextlib.contextmanager
def watching(step, functions, values):
    """In the block the functions are watched: what they are given and return goes into values, {name: value}.

    They are watched in the dict that is handed over, and where their own module calls them.
    """
    where = student.globals_of(functions["forward"])
    places = [
        (place, name, place[name])
        for place in (functions, where)
        for name in NAMES[step]
        if inspect.isfunction(place.get(name))
    ]
    watched = {name: watch(function, NAMES[step][name], values) for _, name, function in reversed(places)}
    for place, name, _ in places:
        place[name] = watched[name]
    try:
        yield
    finally:
        for place, name, function in places:
            place[name] = function


def watch(function, names, values):
    """The function, which tells what its first calls were given and returned."""
    calls = itertools.count()

    @functools.wraps(function)
    def called(*args, **static):
        result = function(*args, **static)
        number, value = next(calls), result
        if isinstance(result, tuple) and result:  # of forward; the rest is saved
            value = result[0]
        for of_calls, array in zip(names, (args[0] if args else None, value), strict=True):
            if number < len(of_calls):
                values[of_calls[number]] = array
        return result

    return called
