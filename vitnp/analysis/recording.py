"""The local variables of a real run: Python's profiler hook says when a function is called and when it returns.

Nothing is replaced and the functions do not know of it: what is recorded are the arrays that they computed. No copy
is needed, because a function writes only into arrays that it has made itself (docs/design.md, the contract).
Imports `backend`, `models`.
"""

import inspect
import sys

from vitnp.backend.arrays import array_module
from vitnp.models.tensors import RETURNED


def record(locals_, function, *args):
    """Call function(*args): what it returns, and the array that each `Local` names.

    The first axis of args[0] is the batch. Only this thread is recorded. Raises LookupError for a variable that the
    run never had.
    """
    recorder, before = Recorder(locals_), sys.getprofile()
    sys.setprofile(recorder)
    try:
        result = function(*args)
    finally:
        # cProfile on Python 3.11 cannot be called as a hook; its own method sets it again
        before.enable() if hasattr(before, "enable") else sys.setprofile(before)
    arrays = {local: recorder.take(local, len(args[0])) for local in dict.fromkeys(locals_)}
    return result, [arrays[local] for local in locals_]


class Recorder:
    """A profiler hook that keeps the values of some local variables of some functions."""

    def __init__(self, locals_):
        self.names = {}  # {function: the names asked for}; a function is meant by the identity of its code
        for local in locals_:
            self.names.setdefault(identity(local.function), set()).add(local.name)
            if local.inside:
                self.names.setdefault(identity(local.inside[0]), set())
        self.count = dict.fromkeys(self.names, 0)  # how often each was called
        self.running = []  # (function, number) of the calls that have not returned
        self.kept = {}  # {(function, name): [(what was running, value), …]}

    def __call__(self, frame, event, returned):
        """Python calls this at every "call" and "return" of a function, and for C functions, which do not matter."""
        code = frame.f_code
        function = id(code)
        if event not in ("call", "return") or function not in self.names:
            return
        names = self.names[function]
        received = names.intersection(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
        if event == "call":
            self.running.append((function, self.count[function]))
            self.count[function] += 1
            self.keep(function, received, frame.f_locals)
        else:
            first = returned[0] if isinstance(returned, tuple) else returned
            self.keep(function, names - received, {**frame.f_locals, RETURNED: first})
            self.running.pop()

    def keep(self, function, names, values):
        """Remember the values of the names, and inside which calls they were; None for one that has no value."""
        for name in names:
            self.kept.setdefault((function, name), []).append((tuple(self.running), values.get(name)))

    def take(self, local, batch_size):
        """What a `Local` names; the parts of a function of few rows at a time are put together and freed."""
        key = identity(local.function), local.name
        scope = local.inside and (identity(local.inside[0]), local.inside[1])
        values, others = [], []
        for running, value in self.kept.get(key, ()):
            if scope is None or scope in running:
                values.append(value)
            else:
                others.append((running, value))
        if hasattr(local.function, "__wrapped__") and values and values[0] is not None:
            self.kept[key], values = others, [whole(values, batch_size)]
        if not values or values[local.call] is None:
            raise LookupError(
                f"{local.function.__qualname__} was not called, or has no variable {local.name}"
            )
        return values[local.call] if local.item is None else values[local.call][local.item]


def whole(parts, batch_size):
    """What a function called on a few rows (image, then token or head) at a time had, in order: (B, J, …)."""
    if len(parts) == 1:
        return parts[0]
    rows = array_module(parts[0]).concatenate([part.reshape(-1, *part.shape[2:]) for part in parts])
    return rows.reshape(batch_size, -1, *rows.shape[1:])


def identity(function):
    """What a frame of the function knows it by: the code that was written, below the decorators."""
    return id(inspect.unwrap(function).__code__)
