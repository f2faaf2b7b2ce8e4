"""What a step returns, by name, and how two results differ: what the clauses compare. Imports `tree` and `backend`."""

import dataclasses

import numpy as np

from vitnp import tree
from vitnp.backend.arrays import array_module, is_array, on_host, to_device, to_host


def cotangent(y):
    """A random dy in the shape and dtype of y, the same in every call."""
    dy = np.random.default_rng(5).standard_normal(y.shape).astype(y.dtype)[()]
    return dy if on_host(y) else to_device(np.asarray(dy), array_module(y))


def cast(x, p, dtype):
    """x and p in a dtype, always copies."""
    return x.astype(dtype), tree.map(lambda leaf: leaf.astype(dtype), p)


def run(forward, backward, x, p):
    """{name: array} of y, dx and the leaves of dp, for the fixed random dy."""
    y, saved = forward(x, p)
    return named(y, *backward(cotangent(y), saved))


def named(y, dx, dp):
    """{name: array on the host}: y, dx, dp.W …; copies, as a later call may write into the arrays."""
    results = {"y": y, "dx": dx} | {f"dp.{name}": leaf for name, leaf in tree.leaves(dp)}
    return {name: np.array(a if on_host(a) else to_host(a)) for name, a in results.items()}


def difference(a, b, *, relative=0.0, absolute=0.0):
    """How two arrays differ, in words: empty where they are equal, up to the tolerances."""
    if a.shape != b.shape:
        return f"has the shape {a.shape} and differs"
    if a.tobytes() == b.tobytes():  # NaN too
        return ""
    with np.errstate(invalid="ignore"):
        apart = np.abs(a - b)
    return "" if (apart <= absolute + relative * np.abs(b)).all() else f"differs by {apart.max():.3g}"


def contents(thing, name=""):
    """{name: value that can be compared} of every array, number and generator inside anything saved."""
    if isinstance(thing, np.random.Generator):
        return {name: str(thing.bit_generator.state)}
    if is_array(thing):
        a = np.asarray(thing if on_host(thing) else to_host(thing))
        return {name: (a.dtype.str, a.shape, a.tobytes())}
    if isinstance(thing, dict):
        inside = [(f".{key}", value) for key, value in thing.items()]
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        inside = [(f".{field.name}", getattr(thing, field.name)) for field in dataclasses.fields(thing)]
    elif isinstance(thing, tuple) and hasattr(thing, "_fields"):
        inside = [(f".{field}", value) for field, value in zip(thing._fields, thing, strict=True)]
    elif isinstance(thing, tuple | list):
        inside = [(f"[{i}]", value) for i, value in enumerate(thing)]
    else:
        return {name: thing}
    found = {}
    for key, value in inside:
        found |= contents(value, f"{name}{key}".removeprefix("."))
    return found


def unlike(a, b, sign=""):
    """Two numbers that differ as text, with as many digits as it takes to see it; sign "+" writes that, too."""
    digits = next((n for n in range(6, 17) if f"{a:.{n}g}" != f"{b:.{n}g}"), 17)
    return f"{a:{sign}.{digits}g}", f"{b:{sign}.{digits}g}"
