"""What a student's helpers were given and returned, under the names that the slides' tensors have.

`split`, `softmax`, `merge`, `gelu`, `extract` are found where `forward` looks for them, and watched while it runs. A
student who has written no such helper is right all the same; then there is less to see.
"""

import contextlib
import functools
import inspect

BLOCK = "blocks.0."
ATTENTION, FEED_FORWARD = f"{BLOCK}attention.", f"{BLOCK}feed_forward."

# {step: {helper: (names of its calls' first arguments, of their results)}}
HELPERS = {
    5: {
        "split": (
            tuple(f"{ATTENTION}{letter}" for letter in "QKV"),
            tuple(f"{ATTENTION}{letter}_heads" for letter in "QKV"),
        ),
        "softmax": ((f"{ATTENTION}S",), (f"{ATTENTION}A",)),
        "merge": ((f"{ATTENTION}O",), (f"{ATTENTION}concat",)),
    },
    7: {"gelu": ((f"{FEED_FORWARD}u",), (f"{FEED_FORWARD}g",))},
    8: {"extract": ((), ("y",))},
}
# {(step, function): (its argument, its result)}
OWN = {
    (1, "forward"): ("image", "patches"),
    (2, "forward"): ("patches", "patch_tokens"),
    (3, "forward"): ("patch_tokens", "tokens"),
    (4, "forward"): ("tokens", "z0"),
    (5, "forward"): (None, f"{ATTENTION}output"),
    (6, "forward"): (None, f"{BLOCK}norm_1"),
    (6, "block_forward"): (None, f"{BLOCK}residual_2"),
    (7, "forward"): (None, f"{FEED_FORWARD}output"),
    (8, "forward"): (None, "logits"),
    (8, "loss_forward"): (None, None),
}


def run(step, tried, function):
    """(y, {name of a tensor: value}) of a student's `tried.forward`; `function` is theirs, in the helpers' module."""
    with watched(step, function) as seen:
        y, _ = tried.forward(tried.x, tried.p)
    before, after = OWN[step, tried.pair.forward]
    return y, {before: tried.x, **seen, after: y}


@contextlib.contextmanager
def watched(step, function):
    """Yield {name of a tensor: value}, which fills while helpers of the function's module are called in the block."""
    seen, counts = {}, {}
    where = inspect.unwrap(function).__globals__
    helpers = HELPERS.get(step, {})
    real = {name: where[name] for name in helpers if inspect.isfunction(where.get(name))}

    def watching(name, function):
        @functools.wraps(function)
        def called(*args, **static):
            result = function(*args, **static)
            number = counts[name] = counts.get(name, -1) + 1
            for names, array in zip(helpers[name], (args[0] if args else None, result), strict=True):
                if number < len(names):
                    seen[names[number]] = array
            return result

        return called

    where.update({name: watching(name, function) for name, function in real.items()})
    try:
        yield seen
    finally:
        where.update(real)
