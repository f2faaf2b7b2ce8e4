"""Every case and every clause of the contract, by the functions that anybody can call on their own step."""

import functools
import itertools
import pathlib
import re

import numpy as np
import pytest
import scipy.special  # noqa: F401 (before `poisoned`: it loads what reads the docstring of np.empty)
from cases import CASES

import vitnp
from vitnp import tree
from vitnp.analysis.clauses import CLAUSES
from vitnp.analysis.results import run
from vitnp.backend import tiles
from vitnp.ops import conv

# The blocks in which the large arrays of a real model are treated, for the small ones here: as they are (none of
# these arrays fills one), of a few rows, which leave a shorter one at the end, and of less than a row. Of a whole
# model's arrays, which have the most rows, ten and five rows.
BLOCKS, MODEL_BLOCKS = (tiles.BLOCK, 50, 11), (tiles.BLOCK, 300, 150)
PIXELS = conv.PIXELS


def blocks(name):
    """The blocks for a case."""
    return MODEL_BLOCKS if name in CASES.models else BLOCKS


def holds(clause, case):
    """Fail, with the rows of the report, where the case breaks the clause. Not every case treats images one by one."""
    if clause == "batch" and not case.per_image:
        return
    rows = CLAUSES[clause](case.forward, case.backward, case.x, case.p)
    assert not rows, "\n" + "\n".join(map(str, rows))


CONTRACT = {clause: functools.partial(holds, clause) for clause in CLAUSES}


def poisoned(shape, dtype=float):
    """In place of `np.empty`: what nobody writes is NaN, and not by chance the number of an earlier call."""
    return np.full(shape, np.nan if np.dtype(dtype).kind in "fc" else 1, dtype)


def set_block(block, monkeypatch):
    """The size of the blocks, and how many pixels a convolution takes at a time: few, as these images are small."""
    monkeypatch.setattr(tiles, "BLOCK", block)
    monkeypatch.setattr(conv, "PIXELS", min(block, PIXELS))


def clauses_and_blocks(name):
    """Every clause in blocks of every size; but a model's gradients, which take the longest, in one size.

    Those in the other sizes are equal by `test_blocks_change_rounding_alone`.
    """
    for clause, block in itertools.product(CONTRACT, blocks(name)):
        if clause != "gradient" or block == tiles.BLOCK or name not in CASES.models:
            yield clause, block


@pytest.mark.parametrize(
    ("name", "clause", "block"), [(name, *at) for name in CASES for at in clauses_and_blocks(name)]
)
def test_contract(name, clause, block, monkeypatch):
    set_block(block, monkeypatch)
    monkeypatch.setattr(np, "empty", poisoned)
    CONTRACT[clause](CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_blocks_change_rounding_alone(name, monkeypatch):
    """y, dx and dp, whatever the size of the blocks: BLAS may add a row up otherwise where there are fewer rows."""
    case, results = CASES[name], []
    for block in blocks(name):
        set_block(block, monkeypatch)
        results.append(run(case.forward, case.backward, case.x, case.p))
    for result in results[1:]:
        tree.map(close, result, results[0])


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


# What is square by its nature, or made so to be looked at.
SQUARE = {"W_Q", "W_K", "W_V", "W_O"}
CONVOLUTIONAL = (  # kernels are square
    *("conv", "bottleneck", "resnet", "bit", "hybrid", "cnn"),
    *("depthwise", "mbconv", "efficientnet"),
)
TWICE = re.compile(
    r"conv_|(^|\.)1\.W$"
)  # and those inside a unit or a stage have as many channels before as after
MADE_SQUARE = ("linear, ", "vit, square", "vit, one patch")


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith(MADE_SQUARE)])
def test_no_two_sizes_of_a_case_are_alike(name):
    """Of x, of a leaf, and the batch's beside those of p: two exchanged axes are another shape or other numbers."""
    case = CASES[name]
    shapes = {"x": case.x.shape}
    for leaf, a in tree.leaves(case.p):
        is_kernel = a.ndim > 2 and name.startswith(CONVOLUTIONAL)
        shapes[leaf] = (
            a.shape[1:3] if is_kernel and TWICE.search(leaf) else a.shape[1:] if is_kernel else a.shape
        )
    for leaf, shape in shapes.items():
        if leaf.rpartition(".")[2] not in SQUARE and not leaf.startswith("layers."):  # of an MLP
            assert len(set(shape)) == len(shape), leaf
    if case.per_image:
        shapes.pop("x")
        sizes = {size for shape in shapes.values() for size in shape if "2x2" not in name}
        assert len(case.x) not in sizes


def close(a, b):
    """Equal up to float64 rounding."""
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
