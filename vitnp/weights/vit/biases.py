"""Dense layers without a bias, which is the same as one of zeros. Imports `errors`, `stored`, `names`.

timm's qkv_bias=False and proj_bias=False, CLIP's projection of the patches, a head without a bias.
"""

import re

import numpy as np

from vitnp.errors import some_of
from vitnp.weights.stored import Stored
from vitnp.weights.vit.names import block_of, names

DENSE = r"^(project|blocks\.0\.(attention|feed_forward)|classify\.head)\.b[QKVO_12]*$"
ATTENTION = {f"blocks.0.attention.b_{letter}" for letter in "QKV"}


def with_zeros(family, stored, spelled):
    """(stored, spelled, notes) with zeros for the biases that no layer of their kind has.

    spelled: {name in `names.TABLES`: name in the file}. One block's bias that is missing is a damaged file's.
    """
    theirs = names(family, 1)
    blocks = sorted({block_of(family, name) for name in spelled} - {None})
    absent = {
        ours: _pairs(theirs, ours, blocks, spelled)
        for ours in theirs
        if theirs[ours] and re.search(DENSE, ours)
    }
    absent = {ours: pairs for ours, pairs in absent.items() if pairs}
    if not absent.keys() >= ATTENTION:  # one or two of the three: another kind of attention
        absent = {ours: pairs for ours, pairs in absent.items() if ours not in ATTENTION}
    zeros = {bias: _zeros(family, ours, stored[spelled[W]]) for ours in absent for bias, W in absent[ours]}
    if not zeros:
        return stored, spelled, []
    kinds = dict.fromkeys(pairs[0][0] for pairs in absent.values())
    note = f"without a bias, as if it were zeros: {some_of(list(kinds))}"
    return stored | zeros, spelled | {name: name for name in zeros}, [note]


def _pairs(theirs, ours, blocks, spelled):
    """[(name of the bias, name of its matrix), …] of the layers of a kind, [] where one of them has a bias."""
    before, dot, leaf = ours.rpartition(".")
    pairs = [(theirs[ours], theirs[f"{before}{dot}W{leaf[1:]}"])]
    if ours.startswith("blocks.0."):  # the first 0 in its name is the block's
        pairs = [tuple(name.replace("0", str(i), 1) for name in pairs[0]) for i in blocks]
    pairs = [(bias, W) for bias, W in pairs if W in spelled]
    return [] if any(bias in spelled for bias, _ in pairs) else pairs


def _zeros(family, ours, matrix):
    """The zeros for a layer of this matrix, that as the file has it."""
    shape = matrix.shape[:1]
    if family == "google":
        shape = matrix.shape[1:] if ours in ATTENTION else matrix.shape[-1:]
    return Stored(shape, np.dtype("f4"), lambda: np.zeros(shape, "f4"))
