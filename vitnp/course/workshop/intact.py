"""What a student's code changes outside of its own file, such as `np.abs = …`: found, and put back.

The check computes with the same NumPy, so such a change would alter its result, and that of the next step. Watched are
the functions, classes and constants of NumPy, SciPy, vitnp, the built-in names and the solution. Imports `reference`.
"""

import contextlib
import functools
import operator
import sys
import types
from typing import Any, NamedTuple

from vitnp.course.workshop.reference import reference

WATCHED = ("builtins", "math", "numpy", "scipy", "vitnp")
CONSTANT = bool | int | float | str | tuple | types.ModuleType
MISSING = object()


class Place(NamedTuple):
    """Names, whose they are, how one is set, and what they were."""

    names: Any  # a mapping that shows what they are at this moment
    owner: str
    put: Any  # (name, value)
    before: dict
    codes: list  # [(function, its code)]


@contextlib.contextmanager
def outside(step, changed):
    """When the block ends, the names that were changed in it are as before, and added to the list `changed`."""
    places = watched(step)
    try:
        yield
    finally:
        for place in places:
            for name, value in place.before.items():
                if place.names.get(name, MISSING) is not value:
                    place.put(name, value)
                    changed.append(f"{place.owner}.{name}" if place.owner else name)
            for function, code in place.codes:
                if function.__code__ is not code:
                    function.__code__ = code
                    changed.append(f"{place.owner}.{function.__name__}")


def watched(step):
    """Every `Place`, as it is."""
    modules = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in WATCHED}
    solution = reference(step)
    found = [of_dict(sys.modules, "", modules), of_dict(solution, "reference", dict(solution))]
    tables = {name: vars(module) for name, module in modules.items()}
    tables["reference"] = solution["forward"].__globals__
    for owner, table in tables.items():
        names = list(table.items())
        found.append(of_dict(table, owner, {name: value for name, value in names if fixed(name, value)}))
        classes = [one for _, one in names if isinstance(one, type) and one.__module__ == owner]
        found += [of_class(one) for one in classes if owner.startswith("vitnp")]
    return found


def fixed(name, value):
    """Whether a module's name keeps its value. Python itself sets _, and names such as __warningregistry__."""
    return name != "_" and not name.startswith("__") and (callable(value) or isinstance(value, CONSTANT))


def of_dict(names, owner, before):
    """The `Place` of a dict of names."""
    functions = [value for value in before.values() if isinstance(value, types.FunctionType)]
    codes = [(function, function.__code__) for function in functions]
    return Place(names, owner, functools.partial(operator.setitem, names), before, codes)


def of_class(one):
    """The `Place` of a class's methods."""
    methods = {name: value for name, value in vars(one).items() if isinstance(value, types.FunctionType)}
    codes = [(function, function.__code__) for function in methods.values()]
    owner = f"{one.__module__}.{one.__name__}"
    return Place(vars(one), owner, functools.partial(setattr, one), methods, codes)
