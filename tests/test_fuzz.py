"""The fuzz: what it found before fails no more, and a defect put into vitnp is found by every target."""

import pytest
from fuzz import cases, judge, search, targets
from fuzz.__main__ import FOUND

from vitnp import errors


def test_what_failed_once_fails_no_more(tmp_path):
    failed = {}
    for file in FOUND.glob("*/case.json"):
        case, about = cases.kept(file.parent)
        failed[file.parent.name] = judge.judge(
            targets.named(about["target"]), case, tmp_path / "case"
        ).finding
    assert {name: finding for name, finding in failed.items() if finding} == {}


def look(name, tmp_path, most=100):
    """{kind: (input, finding)} of so many inputs of a target; the seed is always the same."""
    made = search.Search(targets.named(name), tmp_path / "case", most=most)
    search.seeded(made, 0)
    return made.found


def planted(monkeypatch, place, defect):
    """Put a defect around a function of vitnp: defect(function, *args) is called in its place."""
    module, _, name = place.rpartition(".")
    module = __import__(module, fromlist=[name])
    function = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *args, **kwargs: defect(function, *args, **kwargs))


def raises(function, *args, **kwargs):
    """A traceback."""
    raise KeyError("planted")


def says(function, *args, **kwargs):
    """A message that a terminal would obey."""
    problem = errors.InputError("planted")
    problem.args = ("planted \x1b[31m",)
    raise problem


def one_more(function, *args, **kwargs):
    """Other numbers in {name: array}."""
    arrays = function(*args, **kwargs)
    return {name: array + 1 if array.dtype.kind == "f" else array for name, array in arrays.items()}


def zero_if_spaced(function, images, *args):
    """Other numbers for an array whose numbers are not beside each other."""
    return function(images if images.flags.c_contiguous else images * 0, *args)


DEFECTS = {
    "weights": ("vitnp.weights.kinds.read", one_more),
    "door": ("vitnp.engine.batch.for_batch", zero_if_spaced),
}


@pytest.mark.parametrize("name", DEFECTS)
@pytest.mark.parametrize("kind", ["traceback KeyError", "message with control characters", "wrong"])
def test_a_planted_defect_is_found(monkeypatch, tmp_path, name, kind):
    place, wrong = DEFECTS[name]
    planted(monkeypatch, place, {"t": raises, "m": says, "w": wrong}[kind[0]])
    assert [found for found in look(name, tmp_path) if found.startswith(kind)]
