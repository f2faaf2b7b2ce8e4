"""Which tests a change has to face, and in which order: those that will most likely fail, and are fast, first."""

import ast
import collections
import pathlib
import re
from typing import NamedTuple

AT_FIRST = 4.0  # seconds of tests, from few files, in the first round: most changes are caught there
FILES_AT_FIRST = 4
MOST_AT_FIRST = 300


class Chosen(NamedTuple):
    """The tests for one change."""

    rounds: list  # of lists of tests
    rest: list  # what the budget left out
    how: str  # by "line", "function", "file", "users", "name" or "none"


def lines_of(tree, line):
    """(the lines of the statement there without its body, of the function around it or None)."""
    statement, function = None, None
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= node.end_lineno:
            if statement is None or node.lineno >= statement.lineno:
                statement = node
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                function = node
    if statement is None:
        return range(line, line + 1), None
    body = getattr(statement, "body", None)
    end = max(body[0].lineno, statement.lineno + 1) if body else statement.end_lineno + 1
    return range(statement.lineno, max(end, line + 1)), function


def reaching(found, root, change):
    """(tests, how they were found). What runs on import only is looked for by its function, its file, and by name."""
    reached = found["reached"].get(change.file, {})
    tree = ast.parse((root / change.file).read_text("utf-8"))
    lines, function = lines_of(tree, change.line)
    inside = function is not None and change.line >= function.body[0].lineno

    def union(numbers):
        return set().union(*(reached.get(n, ()) for n in numbers))

    on_import = set(lines) & found["at_import"].get(change.file, set())
    named = {test for test in found["tests"] if preference(change.file, test) < 2}
    if inside and union(lines):  # what runs on import is reached by the processes that tests start, at least
        return union(lines) | (named if on_import else set()), "line"
    if inside and not on_import:  # or reached only in a process that was killed before it could say so
        return named, "name" if named else "none"
    if function is not None and (tests := union(range(function.lineno, function.end_lineno + 1))):
        return tests | named, "function"
    if tests := union(n for n in reached if n):
        return tests | named, "file"
    return users(found, root, change.file) | named, "users"


def users(found, root, file):
    """The tests of the files that import this one: what is data alone has no line that runs later."""
    stem = pathlib.PurePath(file).with_suffix("").as_posix().removesuffix("/__init__").replace("/", ".")
    package, _, name = stem.rpartition(".")
    imports = re.compile(
        rf"^\s*(from {re.escape(stem)} |import {re.escape(stem)}\b|from {package} .*\b{name}\b)", re.M
    )
    tests = set()
    for other, reached in found["reached"].items():
        if imports.search((root / other).read_text("utf-8")):
            tests |= set().union(*reached.values())
    return tests


def everywhere(found, file):
    """All tests that reach any line of the file: a value kept from an earlier test may fail in another."""
    return set().union(*found["reached"].get(file, {}).values())


def preference(file, test):
    """0 for the tests named after the file, 1 for those named after its folder, 2 for all others."""
    path, name = pathlib.PurePath(file), test.split("::")[0].removeprefix("tests/test_").removesuffix(".py")
    if name.startswith(path.stem):
        return 0
    return 1 if name.startswith(path.parent.name) else 2


def ordered(tests, about, file):
    """The fastest case of each test function first, then the second of each, and so on.

    Tests that share a fixture of their module stay together, at the end.
    """
    functions = collections.defaultdict(list)
    for test in sorted(tests, key=lambda test: (about[test]["seconds"], test)):
        functions[test.split("[")[0]].append(test)
    rank = {test: i for cases in functions.values() for i, test in enumerate(cases)}

    def key(test):
        group = about[test]["group"]
        if group:
            return (1, preference(file, test), group, rank[test], about[test]["seconds"], test)
        return (0, rank[test].bit_length(), preference(file, test), about[test]["seconds"], test)

    return sorted(tests, key=key)


def choose(found, root, change, *, budget, failing=()):
    """The Chosen tests of a change, but for those that fail without it too."""
    tests, how = reaching(found, root, change)
    tests, about = ordered(tests - set(failing), found["tests"], change.file), found["tests"]
    first, files, seconds = [], set(), 0.0
    for test in tests:
        file = test.split("::")[0]
        if len(files) == FILES_AT_FIRST and file not in files:
            continue
        if seconds + about[test]["seconds"] > AT_FIRST and first:
            continue
        if len(first) < MOST_AT_FIRST:
            files.add(file)
            first.append(test)
            seconds += about[test]["seconds"]
    second, rest, taken = [], [], set(first)
    for test in (test for test in tests if test not in taken):
        seconds += about[test]["seconds"]
        (second if seconds <= budget else rest).append(test)
    return Chosen([part for part in (first, second) if part], rest, how)
