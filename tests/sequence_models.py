"""What the tests of the encoder–decoder share: small models, and sentences of several lengths."""

import numpy as np

from vitnp import gradcheck, preset, tree
from vitnp.inputs.sequences import END, PADDING, SPECIALS, START
from vitnp.models import transformer

V = 19
DROPOUTS = {"dropout_rate": 0.2, "attention_dropout_rate": 0.3, "inner_dropout_rate": 0.25}


def tiny(**fields):
    """The preset with changes."""
    return preset("transformer-tiny", **fields)


def parameters(config, seed=0, dtype="float64"):
    """Generic ones."""
    p = gradcheck.random_like(transformer.init(None, config, "float64"), np.random.default_rng(seed))
    return tree.map(lambda leaf: leaf.astype(dtype), p)


def writer(seed, **fields):
    """(config, p) of a model whose answers differ: few symbols, and logits of a table of their own."""
    config = tiny(**{"vocabulary_size": 8, "target_length": 9, "tied": "none", "norm": "pre"} | fields)
    return config, parameters(config, seed)


def sentences(lengths, seed=0, *, special=False, size=V):
    """Random symbols in rows of these lengths, padded; special: START before and END after them."""
    rng = np.random.default_rng(seed)
    ids = np.full((len(lengths), max(lengths) + 2 * special), PADDING)
    for row, length in zip(ids, lengths, strict=True):
        row[special : special + length] = rng.integers(SPECIALS, size, length)
        if special:
            row[0], row[length + 1] = START, END
    return ids


def pairs(sources=(7, 4, 2, 5), targets=(3, 5, 1, 4), seed=0):
    """(source, target): padded to different lengths on both sides."""
    return sentences(sources, seed), sentences(targets, seed + 1, special=True)


def one(ids, row, extra=0):
    """A row as a batch of one, without its padding, but for `extra` places."""
    length = (ids[row] != PADDING).sum()
    return np.pad(ids[row : row + 1, :length], ((0, 0), (0, extra)))
