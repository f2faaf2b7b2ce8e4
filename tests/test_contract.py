"""Every case held to the contract of docs/design.md: one function a clause, run on every case."""

import itertools
import pathlib

import numpy as np
import pytest
import scipy.special  # noqa: F401 (before `poisoned`: it loads what reads the docstring of np.empty)
from cases import CASES

import vitnp
from vitnp import gradcheck, tree
from vitnp.backend import tiles

# The blocks in which the large arrays of a real model are treated, for the small ones here: as they are (none of
# these arrays fills one), and of 50 and 11 values, which leave a shorter one at the end.
BLOCKS = (tiles.BLOCK, 50, 11)


def check_gradient(case):
    """backward is the derivative of forward, for x and for every leaf of p.

    One random direction per leaf is enough: the chance that a wrong gradient is right along it is zero.
    """
    report = gradcheck.check(case.forward, case.backward, case.x, case.p, seeds=(0,))
    assert report.ok, f"\n{report}"


def check_dtype(case):
    """dtype in = dtype out, for y, dx and every dp."""
    for dtype in ("float32", "float64"):
        p = tree.map(lambda a, dtype=dtype: a.astype(dtype), case.p)
        y, dx, dp = there_and_back(case, case.x.astype(dtype), p)
        got = {"y": y, "dx": dx} | dict(tree.leaves(dp))
        wrong = {name: str(a.dtype) for name, a in got.items() if a.dtype != dtype}
        assert not wrong, f"{dtype} in, but {wrong} out"


def check_unmodified(case):
    """forward writes into neither x nor p; backward into neither dy nor saved."""
    x, p = case.x.copy(), tree.map(np.copy, case.p)
    before = frozen((x, p))
    y, saved = case.forward(x, p)
    assert frozen((x, p)) == before, "forward changed x or p"
    dy = cotangent(y)
    before = frozen((x, p, dy, saved))
    case.backward(dy, saved)
    assert frozen((x, p, dy, saved)) == before, "backward changed dy, saved, x or p"


def check_tree(case):
    """dp is the same tree as p (keys, order, shapes), dx has the shape of x."""
    _, dx, dp = there_and_back(case, case.x, case.p)
    assert dx.shape == case.x.shape
    assert tree.map(np.shape, dp) == tree.map(np.shape, case.p)
    assert [name for name, _ in tree.leaves(dp)] == [name for name, _ in tree.leaves(case.p)]


def check_interleaved(case):
    """Two forwards, then two backwards: what was saved belongs to its own call."""
    points = [(case.x, case.p), (case.x + 1.0, tree.map(lambda a: a * 0.7, case.p))]
    one_by_one = [there_and_back(case, x, p) for x, p in points]
    runs = [case.forward(x, p) for x, p in points]
    interleaved = [(y, *case.backward(cotangent(y), saved)) for y, saved in runs]
    assert frozen(interleaved) == frozen(one_by_one)


def check_batch(case):
    """A batch of two is two batches of one: y and dx one after the other, dp added."""
    if not case.per_image:
        return
    y, saved = case.forward(case.x, case.p)
    dy = cotangent(y)
    dx, dp = case.backward(dy, saved)
    runs = [case.forward(case.x[i : i + 1], case.p) for i in range(2)]
    backs = [case.backward(dy[i : i + 1], saved) for i, (_, saved) in enumerate(runs)]
    close(y, np.concatenate([y for y, _ in runs]))
    close(dx, np.concatenate([dx for dx, _ in backs]))
    tree.map(lambda whole, first, second: close(whole, first + second), dp, *(dp for _, dp in backs))


def check_precision(case):
    """float32 gives what float64 gives, up to its rounding."""
    exact = there_and_back(case, case.x, case.p)
    single = there_and_back(case, case.x.astype(np.float32), tree.map(np.float32, case.p))
    y, dx, dp = exact
    for a, b in zip((y, dx), single[:2], strict=True):
        np.testing.assert_allclose(b, a, rtol=0, atol=1e-5 * np.abs(a).max(initial=1e-9))
    largest = max((np.abs(leaf).max() for _, leaf in tree.leaves(dp)), default=0.0)
    tree.map(lambda a, b: np.testing.assert_allclose(b, a, rtol=0, atol=1e-5 * largest), dp, single[2])


CHECKS = (
    check_gradient,
    check_dtype,
    check_unmodified,
    check_tree,
    check_interleaved,
    check_batch,
    check_precision,
)
CONTRACT = {check.__name__.removeprefix("check_"): check for check in CHECKS}


def poisoned(shape, dtype=float):
    """In place of `np.empty`: what nobody writes is NaN, and not by chance the number of an earlier call."""
    return np.full(shape, np.nan if np.dtype(dtype).kind in "fc" else 1, dtype)


def clauses_and_blocks(name):
    """Every clause in blocks of every size; but a model's gradients, which take the longest, in one size.

    Those in the other sizes are equal by `test_blocks_change_rounding_alone`.
    """
    for clause, block in itertools.product(CONTRACT, BLOCKS):
        if clause != "gradient" or block == tiles.BLOCK or name not in CASES.models:
            yield clause, block


@pytest.mark.parametrize(
    ("name", "clause", "block"), [(name, *at) for name in CASES for at in clauses_and_blocks(name)]
)
def test_contract(name, clause, block, monkeypatch):
    monkeypatch.setattr(tiles, "BLOCK", block)
    monkeypatch.setattr(np, "empty", poisoned)
    CONTRACT[clause](CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_blocks_change_rounding_alone(name, monkeypatch):
    """y, dx and dp, whatever the size of the blocks: BLAS may add a row up otherwise where there are fewer rows."""
    results = []
    for block in BLOCKS:
        monkeypatch.setattr(tiles, "BLOCK", block)
        results.append(there_and_back(CASES[name], CASES[name].x, CASES[name].p))
    for result in results[1:]:
        for got, expected in zip(result, results[0], strict=True):
            tree.map(close, got, expected)


def test_every_backward_has_a_case():
    """A new op or step needs a case, whose name begins with the name of its file."""
    folder = pathlib.Path(vitnp.__file__).parent
    files = [
        *folder.glob("ops/*.py"),
        *folder.glob("steps/*.py"),
        *folder.glob("blocks/*.py"),
        *folder.glob("models/*/model.py"),
        *folder.glob("models/*.py"),
    ]
    with_backward = [
        path.parent.name if path.stem == "model" else path.stem
        for path in files
        if "def backward(" in path.read_text("utf-8")
    ]
    assert len(with_backward) >= 14
    assert not [name for name in with_backward if not any(case.startswith(name) for case in CASES)]


def there_and_back(case, x, p):
    """(y, dx, dp) for a fixed random cotangent."""
    y, saved = case.forward(x, p)
    return (y, *case.backward(cotangent(y), saved))


def cotangent(y):
    """A random dy in the shape and dtype of y."""
    return np.random.default_rng(5).standard_normal(np.shape(y)).astype(y.dtype)[()]


def frozen(thing):
    """Anything saved, as values that can be compared byte for byte."""
    if isinstance(thing, dict):
        return {key: frozen(value) for key, value in thing.items()}
    if isinstance(thing, tuple | list):
        return [frozen(value) for value in thing]
    if isinstance(thing, np.ndarray | np.generic):
        return thing.dtype.str, thing.shape, thing.tobytes()
    if isinstance(thing, np.random.Generator):
        return str(thing.bit_generator.state)
    return thing


def close(a, b):
    """Equal up to float64 rounding."""
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
