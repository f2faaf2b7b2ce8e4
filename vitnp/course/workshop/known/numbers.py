"""The fingerprints of all known mistakes, in `numbers.json`: made from the catalog, and compared with it.

Of a mistake are kept the leaves that it changes. A shape is kept where it is not that of the solution; null stands
for a leaf that is missing. Numbers have nine digits and are compared with a tolerance: no processor's last bits count.
"""

import functools
import json

from vitnp.course.workshop.known.kinds import FOLDER, mistakes, solution, with_mistakes
from vitnp.course.workshop.known.results import Print, prints, run_of, runs, same, title

FILE = FOLDER / "numbers.json"


@functools.cache
def right(step, call, at=""):
    """{leaf: Print} of the solution."""
    return prints(solution_run(step, call, at))


@functools.cache
def solution_run(step, call, at=""):
    """The Run of the solution."""
    return run_of(step, call, solution(step), at=at)


def changed(run, step):
    """{leaf: Print or None} of the leaves that are not those of the solution; what did not run is not compared."""
    found, expected = prints(run), right(step, run.call, run.at)
    names = expected.keys() | found.keys() if run.whole else found.keys()
    return {name: found.get(name) for name in sorted(names) if not same(found.get(name), expected.get(name))}


def first_wrong(step, functions):
    """(run, what it changed) of the first pair of functions that is wrong, or None."""
    for run in runs(step, functions):
        if found := changed(run, step):
            return run, found
    return None


def made():
    """{key: {leaf: [numbers …] or null}} for every mistake, made anew."""
    found = {}
    for key, mistake in mistakes().items():
        functions = with_mistakes(mistake)
        if functions is None:
            raise ValueError(f"{key}: an edit's old text is not in the template exactly once")
        wrong = first_wrong(mistake.step, functions)
        if wrong is None:
            raise ValueError(f"{key} gives the same numbers as the solution, or none")
        run, leaves = wrong
        expected = right(mistake.step, run.call, run.at)
        found[key] = {title(run, name): packed(leaf, expected.get(name)) for name, leaf in leaves.items()}
    return found


def packed(leaf, expected):
    """A Print as a list of numbers, with its shape where that is not the solution's."""
    if leaf is None:
        return None
    numbers = [float(f"{number:.9g}") for number in leaf.numbers]
    return numbers if expected and leaf.shape == expected.shape else [*numbers, list(leaf.shape)]


@functools.cache
def kept():
    """{key: {leaf: Print or None}} of the file, shapes filled in."""
    steps = {key: mistake.step for key, mistake in mistakes().items()}
    return {
        key: {name: unpacked(value, name, steps[key]) for name, value in leaves.items()}
        for key, leaves in json.loads(FILE.read_text("utf-8")).items()
        if key in steps
    }


def unpacked(value, name, step):
    """The Print of a list of numbers."""
    if value is None:
        return None
    *words, leaf = name.split("/")
    call = next((word for word in words if word in ("block", "loss")), "")
    at = next((word for word in words if word in ("square", "cube")), "")
    shape = value[3] if len(value) > 3 else right(step, call, at)[leaf].shape
    return Print(tuple(shape), tuple(value[:3]))


def text(found):
    """The file's text: a line per mistake."""
    lines = [f"{json.dumps(key)}: {json.dumps(leaves)}" for key, leaves in found.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def drift():
    """The keys whose numbers in the file are not those that would be written now."""
    now, old = made(), json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    return sorted(key for key in now.keys() | old.keys() if not alike(now.get(key), old.get(key)))


def alike(a, b):
    """Whether two mistakes' leaves are of the same numbers."""
    if a is None or b is None or a.keys() != b.keys():
        return False
    pairs = [(a[name], b[name]) for name in a]
    return all(m == n or (m and n and m[3:] == n[3:] and close(m[:3], n[:3])) for m, n in pairs)


def close(m, n):
    """Whether the numbers of two leaves are the same but for rounding."""
    return same(Print((), tuple(m)), Print((), tuple(n)))
