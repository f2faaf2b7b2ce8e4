"""The check is checked: every deliberately broken backward of `mutants` must be caught.

The broken source is executed in place of the real one, with everything above it rebuilt on top: a mistake in the
softmax is looked for in the softmax, in the attention and in the whole model.
"""

import contextlib
import functools
import importlib
import importlib.util
import inspect
import pathlib
import sys
import warnings

import cases
import numpy as np
import pytest
from mutants import CONSISTENT, DSOFTMAX, MUTANTS, RULES
from test_contract import CONTRACT, poisoned

import vitnp
from vitnp import gradcheck, vit
from vitnp.analysis.results import cotangent
from vitnp.backend import tiles
from vitnp.models import preset

PACKAGE, HERE = pathlib.Path(vitnp.__file__).parent, pathlib.Path(__file__).parent


class Changed:
    """Finds vitnp and `cases`, and executes other source in place of one file."""

    def __init__(self, file, changes):
        self.path = PACKAGE / file
        self.source = self.path.read_text("utf-8")
        for old, new in changes:
            assert self.source.count(old) == 1, f"{file} has {self.source.count(old)} times: {old}"
            assert old != new
            self.source = self.source.replace(old, new)

    def find_spec(self, name, path, target=None):
        if not ours(name):
            return None
        place = (PACKAGE.parent if name.startswith("vitnp") else HERE).joinpath(*name.split("."))
        folder = place.is_dir()
        return importlib.util.spec_from_file_location(
            name,
            place / "__init__.py" if folder else place.with_suffix(".py"),
            loader=self,
            submodule_search_locations=[str(place)] if folder else None,
        )

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        path = pathlib.Path(module.__file__)
        code = compile(self.source, path, "exec") if path == self.path else unchanged(path)
        exec(code, module.__dict__)


@functools.cache
def unchanged(path):
    """The code of a file; kept, as every mutant executes nearly all of them anew."""
    return compile(path.read_text("utf-8"), path, "exec")


def ours(name):
    """Whether a module stands on vitnp and is rebuilt with it."""
    return name.partition(".")[0] in ("vitnp", "cases", "generic_models", "sequence_models")


@contextlib.contextmanager
def rebuilt(file, *changes, block=None):
    """A vitnp in which `file` has each old text replaced by the new one; a function that gives `cases.CASES` on it."""

    finder = Changed(file, changes)
    real = {name: sys.modules.pop(name) for name in list(filter(ours, sys.modules))}
    sys.meta_path.insert(0, finder)
    try:
        if block:
            importlib.import_module("vitnp.backend.tiles").BLOCK = block
            importlib.import_module("vitnp.ops.conv").PIXELS = block
            importlib.import_module("vitnp.ops.depthwise").VALUES = block
        with warnings.catch_warnings():  # of the errors that are loaded now, as pytest's filter of the others
            warnings.simplefilter("ignore", importlib.import_module("vitnp.errors").Assumed)
            yield lambda: importlib.import_module("cases").CASES
    finally:
        sys.meta_path.remove(finder)
        for name in list(filter(ours, sys.modules)):
            del sys.modules[name]
        sys.modules.update(real)


def check(clause, case):
    """Fail where the case breaks the clause.

    Of a gradient, all leaves are looked at together first, which takes a tenth of the time. Where the sum of their
    errors is far beyond rounding, that of one leaf is, too, and the check of each leaf would fail as well.
    """
    if clause == "gradient":
        error, _ = gradcheck.check_at_once(case.forward, case.backward, case.x, case.p, seeds=(0,)).worst
        assert error <= 1e-6
    CONTRACT[clause](case)


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_broken_backward_is_caught(mutant, monkeypatch):
    monkeypatch.setattr(np, "empty", poisoned)
    change = (mutant.old, mutant.new)
    # What a mistake leaves unwritten is NaN, and has to fail as a wrong number, not as a warning.
    with rebuilt(mutant.file, change, block=mutant.block) as changed, np.errstate(invalid="ignore"):
        on_it = changed()
        for name in mutant.cases:
            # A gradient of the wrong shape is a ValueError; nothing else may stop the check.
            with pytest.raises((AssertionError, ValueError)):
                check(mutant.clause, on_it[name])


@pytest.mark.parametrize("block", sorted({mutant.block or tiles.BLOCK for mutant in MUTANTS}))
def test_the_same_without_a_mistake_passes(block):
    """So a mutant is caught for its mistake, not for how it was rebuilt."""
    name = "vit" if block == tiles.BLOCK else "block"
    with rebuilt("ops/softmax.py", block=block) as same:
        assert same()[name].forward is not cases.CASES[name].forward
        for clause in CONTRACT.values():
            clause(same()[name])


def test_there_are_enough_mutants():
    assert len(MUTANTS) >= 170
    for mistakes in (MUTANTS, RULES):
        assert len(set(map(str, mistakes))) == len(mistakes)
    with_backward = set(PACKAGE.glob("*/s[1-8]_*.py")) - {PACKAGE / "steps/s2_project.py"}  # it is ops.linear
    assert {PACKAGE / mutant.file for mutant in MUTANTS} > with_backward


def again(where):
    """A file of tests, executed once more: what it imports of vitnp is the rebuilt one."""
    spec = importlib.util.spec_from_file_location(
        f"again_{where}", pathlib.Path(__file__).with_name(f"{where}.py")
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def call(rule, **fixtures):
    """Run the rule's test on the vitnp that is loaded now, with those of pytest's fixtures that it asks for."""
    test = getattr(again(rule.where), rule.test)
    needed = inspect.signature(test).parameters
    test(**rule.given, **{name: value for name, value in fixtures.items() if name in needed})


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_a_broken_rule_is_caught(rule, monkeypatch, tmp_path):
    with rebuilt(rule.file, (rule.old, rule.new)), pytest.raises((AssertionError, ValueError)):
        call(rule, monkeypatch=monkeypatch, tmp_path=tmp_path)


def test_the_rules_without_a_mistake_pass(monkeypatch, tmp_path):
    """So a rule is caught for its mistake, not for how it was rebuilt."""
    seen = []  # `given` is no key
    for rule in RULES:
        if (rule.where, rule.test, rule.given) not in seen:
            seen.append((rule.where, rule.test, rule.given))
            with rebuilt(rule.file):
                call(rule, monkeypatch=monkeypatch, tmp_path=tmp_path)


@pytest.mark.parametrize("wrong", CONSISTENT, ids=str)
def test_what_a_gradient_check_cannot_see(wrong):
    """A wrong forward with a backward that fits it: that is what the other tests of each step are for."""
    real = cases.CASES[wrong.case]
    with rebuilt(wrong.file, *wrong.changes, block=wrong.block) as changed:
        case = changed()[wrong.case]
        CONTRACT["gradient"](case)
        y, right = case.forward(case.x, case.p)[0], real.forward(real.x, real.p)[0]
    assert not np.allclose(y, right)


@pytest.mark.parametrize(
    ("file", "old", "new", "name"),
    [
        # factor y forgotten
        ("ops/softmax.py", DSOFTMAX, "return dy - (dy * y).sum(axis=-1, keepdims=True)", "softmax"),
        ("ops/softmax.py", DSOFTMAX, "return 0.0 * dy", "softmax"),  # no gradient at all
        ("steps/s6_layer_norm.py", "    dx -= x_hat * along_x_hat\n", "", "s6_layer_norm"),
        ("steps/s6_layer_norm.py", "    dx *= inverse_std\n", "", "s6_layer_norm"),
    ],
)
def test_a_cotangent_of_ones_is_blind(file, old, new, name):
    """Softmax rows sum to 1, LayerNorm rows (gamma 1) to 0: their sum has gradient 0, broken or not."""
    real = cases.CASES[name]
    p = {"gamma": np.ones(12), "beta": np.zeros(12)} if "gamma" in real.p else {}
    y, saved = real.forward(real.x, p)
    ones, random = np.ones_like(y), cotangent(y)
    with rebuilt(file, (old, new)) as changed:
        blind, seeing = (changed()[name].backward(dy, saved)[0] for dy in (ones, random))
    np.testing.assert_allclose(blind, real.backward(ones, saved)[0], atol=1e-14)
    assert np.abs(seeing - real.backward(random, saved)[0]).max() > 0.01


def test_a_diagonal_softmax_shows_with_ones_too():
    """Not every mistake hides: the true gradient of a sum of ones is 0, the diagonal alone says y(1 − y)."""
    case = cases.CASES["softmax"]
    y, saved = case.forward(case.x, {})
    ones = np.ones_like(y)
    assert np.abs(case.backward(ones, saved)[0]).max() < 1e-15
    with rebuilt("ops/softmax.py", (DSOFTMAX, "return y * (1.0 - y) * dy")) as changed:
        assert np.abs(changed()["softmax"].backward(ones, saved)[0]).max() > 0.1


def test_initial_weights_are_blind():
    """The initial head is 0, so no gradient goes below it: the diagonal softmax passes the check there."""
    config = preset("tiny", **cases.MODELS["vit, square, no pre-logits"])
    p = vit.init(np.random.default_rng(0), config, "float64")
    with rebuilt("ops/softmax.py", (DSOFTMAX, "return y * (1.0 - y) * dy")) as changed:
        case = changed()["vit, square, no pre-logits"]
        assert gradcheck.check(case.forward, case.backward, case.x, p).ok
        assert not gradcheck.check(case.forward, case.backward, case.x, case.p).ok
