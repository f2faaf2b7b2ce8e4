"""`mutation` makes exactly one change at a time, and a change that no test fails for survives."""

import ast
import os
import pathlib
import subprocess
import sys

import pytest
from mutation import changes, edits, order, report, sampling

ROOT = pathlib.Path(__file__).parents[1]
SOURCE = '''"""A file: 1 + 1."""

NAMES = ("a", "b")
__all__ = ["f"]


def f(x: int = 3, *, kind="a"):
    """Not x + 1."""
    if kind not in ("é", "b") and not x:  # a comment stays
        raise ValueError(f"no {kind + 1}")
    total = 0
    for i in range(1, x):
        total += g(i, x - (i + 1) * 2, scale=0.5)
        if i == 3:
            continue
        total[i] = -i
    print("text", 1)
    return total if x > 2 else True
'''


def all_of(source):
    """Every change, by its id."""
    found = list(changes.all_changes("vitnp/f.py", source))
    assert len({change.id for change in found}) == len(found)
    return {change.id: change for change in found}


def test_each_change_is_one_and_can_be_read():
    found = all_of(SOURCE)
    assert {change.kind for change in found.values()} == set(edits.KINDS)
    assert len({change.source for change in found.values()}) == len(found)
    before = SOURCE.splitlines()
    for change in found.values():
        compile(change.source, "f.py", "exec")
        after = change.source.splitlines()
        assert [i for i, (a, b) in enumerate(zip(before, after, strict=True), 1) if a != b] == [change.line]


def test_what_is_left_alone():
    for change in all_of(SOURCE).values():
        assert ast.get_docstring(ast.parse(change.source)) == "A file: 1 + 1."
        assert '"""Not x + 1."""' in change.source
        assert '__all__ = ["f"]' in change.source
        assert "x: int" in change.source
        assert 'raise ValueError(f"no {kind + 1}")' in change.source or (change.kind, change.new) == (
            "statement",
            "pass",
        )
        assert 'print("text", 1)' in change.source or change.new == "pass"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x - (i + 1) * 2", "x + (i + 1) * 2"),
        ("x - (i + 1) * 2", "x - (i + 1) / 2"),
        ("x - (i + 1) * 2", "x - (i - 1) * 2"),
        ("and not x:", "and x:"),
        ('not in ("é", "b")', "in ('é', 'b')"),
        ('("é", "b")', "('é_', \"b\")"),
        ("scale=0.5", "scale=1.5"),
        ("range(1, x)", "range(x, 1)"),
        ("i == 3", "False"),
        ("continue", "pass"),
        ("total[i] = -i", "total[i] = i"),
        ("total[i] = -i", "pass"),
        ("x > 2", "x >= 2"),
        ("else True", "else False"),
    ],
)
def test_one_of_the_changes(old, new):
    assert SOURCE.replace(old, new) in {change.source for change in all_of(SOURCE).values()}


def test_a_change_never_becomes_another_by_its_place():
    """`a - b * c` with + in place of × would read (a − b) + c."""
    assert "y = a - (b / c)\n" not in {change.source for change in all_of("y = a - b * c\n").values()}
    found = {change.source for change in all_of("y = a ** b @ c - d // e\n").values()}
    assert "y = a * b @ c - d // e\n" in found
    found = {change.source for change in all_of("y = a and (b or c)\n").values()}
    assert found == {"y = a or b or c\n", "y = a or (b or c)\n", "y = a and (b and c)\n"} & found
    assert len(found) == 2


def test_a_sample_is_the_same_again_and_fair():
    drawn = sampling.sample(ROOT, count=60, seed=1)
    assert drawn == sampling.sample(ROOT, count=60, seed=1)
    assert drawn != sampling.sample(ROOT, count=60, seed=2)
    kinds = [change.kind for change in drawn]
    assert all(10 <= kinds.count(kind) <= 14 for kind in edits.KINDS)
    assert len({change.file for change in drawn}) > 40
    assert sampling.named(ROOT, [drawn[7].id]) == [drawn[7]]


def test_shares():
    assert sampling.shares({"a": 1, "b": 16, "c": 0, "vitnp/show/d": 16}, 7) == {
        "a": 1,
        "b": 4,
        "vitnp/show/d": 2,
    }
    assert sampling.shares({"a": 1, "b": 2}, 9) == {"a": 1, "b": 2}


def test_the_likely_and_fast_come_first():
    names = ["tests/test_x.py::a[1]", "tests/test_x.py::a[2]", "tests/test_gelu.py::b", "tests/test_x.py::c"]
    about = {
        name: {"seconds": seconds, "group": ""} for name, seconds in zip(names, (1, 2, 3, 0.5), strict=True)
    }
    assert order.ordered(set(names), about, "vitnp/ops/gelu.py") == [names[2], names[3], names[0], names[1]]


TOY = '''"""A toy."""


def total(a, b):
    """Their sum."""
    return a + b


def area(a, b):
    """Their product."""
    return a * b
'''
TOY_TEST = """import pytest
from vitnp import area, total


@pytest.mark.parametrize("name", ["a b", "\\x1b]", "é::["])
def test_total(name):
    assert total(1, 2) == 3


def test_area():
    assert area(3, 1) == 3
"""
PROGRAM = """import pathlib, sys
from mutation import changes, warm
root = pathlib.Path(sys.argv[1])
tests = sys.argv[2].splitlines()
found = changes.all_changes("vitnp/__init__.py", (root / "vitnp/__init__.py").read_text())
jobs = [warm.Job(change.new, change.file, change.source, [tests[:1], tests[1:]], {}) for change in found]
jobs.append(warm.Job("not there", None, None, [["tests/test_toy.py::test_none"]], {}))
seconds = dict.fromkeys([*tests, "tests/test_toy.py::test_none"], 0.1)
for job, outcome in warm.run(root, jobs, seconds, workers=2):
    print(job.key, outcome.status, outcome.tests, outcome.by, sep=" | ")
"""


def test_one_is_caught_and_one_survives(tmp_path):
    for name, text in (("vitnp/__init__.py", TOY), ("tests/test_toy.py", TOY_TEST)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, "utf-8")
    tests = ["area", "total[a b]", "total[\\x1b]]", "total[\\xe9::[]"]
    names = "\n".join(f"tests/test_toy.py::test_{name}" for name in tests)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), names],
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert sorted(done.stdout.splitlines()) == [
        "a - b | caught | 4 | tests/test_toy.py::test_total[a b]",
        "a / b | survived | 4 | ",
        "not there | broken | 1 | no test was found",
    ]
    assert (tmp_path / "vitnp/__init__.py").read_text("utf-8") == TOY


def test_what_is_called_equivalent_does_not_count():
    result = dict.fromkeys(("by", "how"), "") | {"seconds": 1.0, "tests": 3, "cut": 0, "status": "survived"}
    result |= {"id": "vitnp/a.py:1:0:operator:0", "file": "vitnp/a.py", "kind": "operator"}
    result |= {"old": "a | b", "new": "a & b", "texts": ["x = a | b", "x = a & b"]}
    lines = ["vitnp/a.py | x = a | b | x = a & b | both are empty"]
    assert "0 of 1      0.0%" in report.table([result], seed=0, lines=[])
    assert "0 of 0" in report.table([result], seed=0, lines=lines)
    assert report.survivors([result], lines) == ""
    assert "a | b  →  a & b   (3 tests)" in report.survivors([result], [])
