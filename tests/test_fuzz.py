"""The fuzz: what failed once fails no more, and a defect put into vitnp is found by every target."""

import contextlib
import functools
import importlib
import mmap
import os

import pytest
from fuzz import cases, child, judge, report, search, targets
from fuzz.__main__ import FOUND, keep

from vitnp import errors


def test_what_failed_once_fails_no_more(tmp_path):
    failed = {}
    for file in FOUND.glob("*/case.json"):
        case, about = cases.kept(file.parent)
        failed[file.parent.name] = judge.judge(
            targets.named(about["target"]), case, tmp_path / "case"
        ).finding
    assert {name: finding for name, finding in failed.items() if finding} == {}


def raises(function, *args, **kwargs):
    """A traceback."""
    raise KeyError("planted")


def says(function, *args, **kwargs):
    """A message that a terminal would obey."""
    problem = errors.InputError("planted")
    problem.args = ("planted \x1b[31m",)
    raise problem


def takes_memory(function, *args, **kwargs):
    """64 MB, which no memory that was freed before can hold."""
    with mmap.mmap(-1, 64 << 20) as memory:
        for place in range(0, len(memory), mmap.PAGESIZE):
            memory[place] = 1
    return function(*args, **kwargs)


def takes_time(function, *args, **kwargs):
    """It never ends."""
    while True:
        pass


def starts_a_program(function, *args, **kwargs):
    """The least of all programs."""
    os.system("true")
    return function(*args, **kwargs)


def leaves_the_folder(function, *args, **kwargs):
    """It writes where nobody told it to."""
    with contextlib.suppress(PermissionError):
        open(os.path.join(os.path.expanduser("~"), "fuzz-was-here"), "w").close()
    return function(*args, **kwargs)


def one_more(function, *args, **kwargs):
    """Other numbers than the file has."""
    return function(*args, **kwargs) + 1


def inverted(function, *args, **kwargs):
    """Another picture."""
    from PIL import ImageOps

    return ImageOps.invert(function(*args, **kwargs))


def zero_if_spaced(function, images, *args):
    """Other numbers for an array whose numbers are not beside each other."""
    return function(images if images.flags.c_contiguous else images * 0, *args)


def deletes(function, *args, **kwargs):
    """A file of somebody's is lost."""
    os.remove("notes.txt")
    return function(*args, **kwargs)


# target: (a function of vitnp that it reaches, what makes its result wrong, how many inputs find that)
DEFECTS = {
    "weights": ("vitnp.weights.loading.widened", one_more, 100),
    "runs": ("vitnp.tasks.classification.for_batch", one_more, 10),
    "pictures": ("vitnp.data.photo.in_colors", inverted, 100),
    "archives": ("vitnp.data.sources.scaled", one_more, 200),
    "options": ("vitnp.commands.options.overrides", deletes, 20),
    "door": ("vitnp.engine.batch.for_batch", zero_if_spaced, 500),
}


def found(monkeypatch, folder, name, defect, most):
    """The kinds of failure that are found in so many inputs of a target, with a defect in vitnp; always the same."""
    target = targets.named(name)
    getattr(target, "prepare", bool)()  # as it should be
    module, _, function = DEFECTS[name][0].rpartition(".")
    module = importlib.import_module(module)
    monkeypatch.setattr(module, function, functools.partial(defect, getattr(module, function)))
    made = search.Search(target, folder / "case", most=most)
    search.seeded(made, 0)
    assert made.inputs == most
    return list(made.found)


KINDS = ("traceback KeyError", "message with control characters", "wrong")
SANE = ("options", "runs")  # whose messages the command's door makes one line, whatever is in them


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name in targets.NAMES for kind in KINDS if name not in SANE or kind != KINDS[1]],
)
def test_a_planted_defect_is_found(monkeypatch, tmp_path, name, kind):
    _, wrong, most = DEFECTS[name]
    door = targets.named("door")
    monkeypatch.setattr(
        door, "CALLS", {"predict": door.CALLS["predict"]}
    )  # of all calls, one that the defect is in
    defect = {"traceback KeyError": raises, "wrong": wrong}.get(kind, says)
    assert [one for one in found(monkeypatch, tmp_path, name, defect, most) if one.startswith(kind)]


@pytest.mark.parametrize(
    ("defect", "kind"),
    [
        (takes_memory, "memory predict"),
        (takes_time, "slow engine/batch.py"),
        (starts_a_program, "escape starts a program"),
        (leaves_the_folder, "escape changes a file outside"),
    ],
)
def test_what_takes_too_much_or_leaves_its_folder_is_found(monkeypatch, tmp_path, defect, kind):
    door = targets.named("door")
    monkeypatch.setattr(door, "MEMORY", 32 << 20, raising=False)
    monkeypatch.setattr(door, "SECONDS", 1.0, raising=False)
    monkeypatch.setattr(door, "CALLS", {"predict": door.CALLS["predict"]})
    monkeypatch.setattr(
        door, "VALUES", {name: {"spaced": (lambda value: value, door.ANY)} for name in door.VALUES}
    )
    assert [one for one in found(monkeypatch, tmp_path, "door", defect, 2) if one.startswith(kind)]
    assert not os.path.exists(os.path.join(os.path.expanduser("~"), "fuzz-was-here"))


DIES_ONCE = """
import os, vitnp.analysis.linear_eval as module
fit = module.fit
def dies_once(*args, **options):
    if os.path.exists("../died"):
        return fit(*args, **options)
    open("../died", "w").close()
    os._exit(7)
module.fit = dies_once
"""


def test_a_process_that_dies_is_a_finding_and_another_goes_on(monkeypatch, tmp_path):
    """The search's processes import this file before anything else."""
    (tmp_path / "sitecustomize.py").write_text(DIES_ONCE)
    monkeypatch.syspath_prepend(tmp_path)
    result = child.run("door", tmp_path, seed=0, most=300)
    case, finding = result.found["died status 7"]
    assert (case.words[0], finding.kind) == ("linear_eval.fit", "died status 7")
    assert result.numbers["inputs"] >= 300


def test_what_is_found_is_kept_and_told(tmp_path):
    small, large = cases.Case(("load", 1), {"a/b.npz": b"ab"}), cases.Case(("load", 1), {"a/b.npz": b"abc"})
    kinds = ("wrong numbers", "traceback KeyError weights/kinds.py:3", "memory load")
    result = child.Result("weights")
    for case in (large, small):
        numbers = {"inputs": 2, "accepted": 1, "memory": 3 << 20, "longest": 7}
        result.add((numbers, {kind: (case, judge.Finding(kind, "what")) for kind in kinds}))
    keep(result, tmp_path)
    names = ["memory-load", "traceback-KeyError-weights-kinds.py-3", "wrong-numbers"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert cases.kept(tmp_path / "wrong-numbers") == (
        small,
        {"target": "weights", "kind": "wrong numbers", "what": "what"},
    )
    assert report.row("weights", [result]).split() == "weights 4 2 0.0 1 1 1 3 7".split()
    assert "weights: wrong numbers" in report.listed([result])
