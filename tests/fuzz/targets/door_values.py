"""What the arguments of the Python door are replaced with, and what has to come of it.

VALUES[kind of argument][name] = (the proper value → the one that is given, REFUSED | SAME | ANY).
"""

import decimal
import fractions
import os

import numpy as np

from fuzz import nasty
from vitnp import tree

REFUSED = "refused"  # no result may come of it
SAME = "same"  # refused, or the result of the proper value
ANY = "any"  # refused, or a result of finite numbers: what is right depends on the rest
FREE = "free"  # refused, or any result, such as NaN of NaN


def always(value):
    """The same value, whatever is proper."""
    return lambda proper: value


def changed(value):
    """An array like the proper one, whose first number is another."""

    def change(proper):
        array = np.array(proper, copy=True)
        array.flat[0] = value
        return array

    return change


def one_leaf(change):
    """A tree whose first array is changed."""

    def all_but_one(p):
        first = next(name for name, leaf in tree.leaves(p) if isinstance(leaf, np.ndarray))
        leaves = [(name, change(leaf) if name == first else leaf) for name, leaf in tree.leaves(p)]
        return tree.from_leaves(leaves)

    return all_but_one


def masked(array):
    """With its last number hidden."""
    mask = np.zeros(array.shape, bool)
    mask.flat[-1] = True
    return np.ma.masked_array(array, mask)


def spaced(array):
    """The same numbers, not beside each other in memory."""
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def frozen(array):
    """The same numbers, not to be written to."""
    array = array.copy()
    array.flags.writeable = False
    return array


class Broken:
    """An object whose every use fails."""

    def __getattr__(self, name):
        raise AttributeError(name)

    def __repr__(self):
        return "\x1b[31m" + "a" * 10_000


NOTHING = {
    "None": (always(None), REFUSED),
    "text": (always("a"), REFUSED),
    "long text": (always("\x1b[31m" * 50_000), REFUSED),
    "bytes": (always(b"a"), REFUSED),
    "dict": (always({}), REFUSED),
    "list": (always([]), REFUSED),
    "function": (always(len), REFUSED),
    "class": (always(int), REFUSED),
    "object": (always(Broken()), REFUSED),
    "set": (always({1}), REFUSED),
}
NOT_ARRAYS = NOTHING | {
    "number": (always(3), REFUSED),
    "no axes": (always(np.float32(3)), REFUSED),
    "nested lists": (lambda array: array.tolist(), SAME),
    "ragged lists": (always([[1.0], [1.0, 2.0]]), REFUSED),
}
SHAPES = {
    "one axis less": (lambda array: array[0], REFUSED),
    "one axis more": (lambda array: array[None], REFUSED),
    "turned": (lambda array: array.T, ANY),
    "empty": (lambda array: array[:0], REFUSED),
    "no numbers": (lambda array: np.zeros((*array.shape[:-1], 0), array.dtype), REFUSED),
    "broadcast": (lambda array: array.reshape(-1)[:1].reshape((1,) * array.ndim), REFUSED),
}
SAME_NUMBERS = {
    "spaced": (spaced, SAME),
    "read only": (frozen, SAME),
    "Fortran's order": (np.asfortranarray, SAME),
    "other bytes": (lambda array: array.astype(array.dtype.newbyteorder()), SAME),
    "masked": (masked, REFUSED),
    "objects": (lambda array: array.astype(object), SAME),
    "text numbers": (lambda array: array.astype(str), REFUSED),
    "record": (lambda array: np.zeros(array.shape, [("a", "f4")]), REFUSED),
    "dates": (lambda array: np.zeros(array.shape, "M8[s]"), REFUSED),
}
FLOATS = (
    NOT_ARRAYS
    | SHAPES
    | SAME_NUMBERS
    | {
        "NaN": (changed(np.nan), REFUSED),
        "infinity": (changed(np.inf), REFUSED),
        "complex": (lambda array: array + 1j, ANY),  # the complex step of the gradient check
        "1e300": (lambda array: np.full(array.shape, 1e300), REFUSED),
        "bool": (lambda array: array > 0, REFUSED),
        "int64": (lambda array: array.astype(np.int64), REFUSED),
        "float16": (lambda array: array.astype(np.float16), ANY),
        "float64": (lambda array: array.astype(np.float64), ANY),
        "longdouble": (lambda array: array.astype(np.longdouble), ANY),
    }
)
WIDE = ("NaN", "infinity", "1e300", "complex", "int64", "bool", "longdouble")
# What a training that diverges also gives: it is found there. Values of pictures are looked at by the model.
INSIDE = {name: (make, FREE if name in WIDE else right) for name, (make, right) in FLOATS.items()}
SHAPELESS = (*SHAPES, "number", "no axes", "int64", "bool", "1e300", "other bytes", "float16", "longdouble")
SHAPELESS += ("NaN", "infinity", "masked")
# Of any shape: the function that is checked decides.
POINTS = {name: (make, ANY if name in SHAPELESS else right) for name, (make, right) in FLOATS.items()}
LABELS = (
    NOT_ARRAYS
    | SHAPES
    | SAME_NUMBERS
    | {
        "too large": (changed(99), REFUSED),
        "negative": (changed(-1), REFUSED),
        "uint8": (lambda array: array.astype(np.uint8), SAME),
        "huge": (lambda array: np.full(array.shape, 2**63, np.uint64), REFUSED),
        "floats": (lambda array: array.astype(np.float32), REFUSED),
        "NaN": (lambda array: np.full(array.shape, np.nan), REFUSED),
        "bool": (lambda array: array > 0, REFUSED),
        "one too many": (lambda array: np.concatenate([array, array[:1]]), REFUSED),
        "one missing": (lambda array: array[:-1], REFUSED),
        "turned": (lambda array: array.T, SAME),
    }
)
# Of no model: nothing says how many classes there are; of no images there are no labels.
OTHER_LABELS = LABELS | {"too large": (changed(99), ANY), "no numbers": (LABELS["no numbers"][0], ANY)}
PICTURES = INSIDE | {"empty": (lambda array: array[:0], FREE)}
TREES = NOTHING | {
    "number": (always(3), REFUSED),
    "array": (always(np.ones(3, np.float32)), REFUSED),
    "one leaf missing": (lambda p: tree.from_leaves(list(tree.leaves(p))[1:]), REFUSED),
    "one leaf more": (lambda p: p | {"more": np.ones(3, np.float32)}, REFUSED),
    "leaf of another shape": (one_leaf(lambda leaf: np.ones((*leaf.shape, 1), leaf.dtype)), REFUSED),
    "leaf turned": (one_leaf(lambda leaf: np.array(leaf.reshape(leaf.shape[::-1]))), ANY),
    "leaf of one number": (one_leaf(lambda leaf: leaf.reshape(-1)[0]), REFUSED),
    "leaf a list": (one_leaf(lambda leaf: leaf.tolist()), REFUSED),
    "leaf None": (one_leaf(always(None)), REFUSED),
    "leaf of integers": (one_leaf(lambda leaf: leaf.astype(np.int64)), REFUSED),
    "leaf complex": (one_leaf(lambda leaf: leaf + np.complex64(1j)), ANY),  # the complex step
    "leaf of objects": (one_leaf(lambda leaf: leaf.astype(object)), REFUSED),
    "leaf masked": (one_leaf(masked), REFUSED),
    "leaf spaced": (one_leaf(spaced), SAME),
    "key of an integer": (lambda p: p | {3: np.ones(3, np.float32)}, REFUSED),
}
# What is right where nothing says which leaves there have to be.
OF_OTHER_TREES = ("one leaf missing", "one leaf more", "leaf of another shape", "key of an integer")
REALS = NOTHING | {
    "NaN": (always(float("nan")), REFUSED),
    "infinity": (always(float("inf")), ANY),
    "minus infinity": (always(float("-inf")), REFUSED),
    "-1": (always(-1.0), REFUSED),
    "True": (always(True), REFUSED),
    "10^400": (always(10**400), REFUSED),
    "10^5000": (always(int(nasty.LONGER[:4000]) ** 2), REFUSED),
    "complex": (always(1j), REFUSED),
    "array": (always(np.ones(3)), REFUSED),
    "float64": (lambda number: np.float64(number), ANY),
    "one number": (lambda number: np.array(float(number)), ANY),
    "fraction": (lambda number: fractions.Fraction(number), ANY),
    "decimal": (lambda number: decimal.Decimal(number), ANY),
}
WHOLE = NOTHING | {
    "0": (always(0), ANY),
    "-1": (always(-1), REFUSED),
    "True": (always(True), REFUSED),
    "1.5": (always(1.5), REFUSED),
    "NaN": (always(float("nan")), REFUSED),
    "10^400": (always(10**400), REFUSED),
    "10^5000": (always(int(nasty.LONGER[:4000]) ** 2), REFUSED),
    "int64": (lambda number: np.int64(number), SAME),
    "float": (lambda number: float(number), SAME),
    "array": (always(np.ones(3, int)), REFUSED),
}
OPTIONAL = {"None": (always(None), ANY)}  # of an argument that may be left out
CHOICES = {name: value for name, value in NOTHING.items() if name != "function"} | {
    "number": (always(1), REFUSED),
    "True": (always(True), REFUSED),
    "other case": (lambda name: name.upper(), REFUSED),
}
GENERATORS = NOTHING | {
    "seed": (always(0), REFUSED),
    "old": (always(np.random.RandomState(0)), REFUSED),
    "module": (always(np.random), REFUSED),
    "bits": (always(np.random.PCG64(0)), REFUSED),
}
FUNCTIONS = {name: value for name, value in NOTHING.items() if name not in ("function", "class")}


def empty(folder):
    """The folder, made."""
    folder.mkdir(exist_ok=True)
    return folder


PATHS = NOTHING | {
    "folder": (lambda path: empty(path.parent / "empty"), REFUSED),  # one with a file of weights is that file
    "missing": (lambda path: path.parent / "missing" / path.name, REFUSED),
    "long": (lambda path: path.parent / ("a" * 300 + path.suffix), REFUSED),
    "null": (lambda path: f"{path.parent}/\0{path.suffix}", REFUSED),
    "string": (str, SAME),
    "bytes": (lambda path: os.fsencode(path), SAME),
    "text": (always("a.npz"), ANY),
}
DTYPES = NOTHING | {
    "None": (always(None), ANY),
    "integers": (always("int32"), REFUSED),
    "class": (always(int), REFUSED),
}
SEEDS = NOTHING | {
    "number": (always(3), REFUSED),
    "negative": (always((-1,)), REFUSED),
    "twice": (always((0, 0)), ANY),
    "set": (always({1}), ANY),
    "bytes": (always(b"a"), ANY),
}
SHARES = NOTHING | {
    "number": (always(0.3), REFUSED),
    "above 1": (always((0.3, 1.5)), REFUSED),
    "falling": (always((0.6, 0.3)), REFUSED),
    "text in it": (always((0.3, "0.6")), REFUSED),
    "a list": (always([0.3]), ANY),
}
STATES = TREES | {
    "step negative": (lambda state: state | {"step": -1}, REFUSED),
    "step NaN": (lambda state: state | {"step": float("nan")}, REFUSED),
    "step text": (lambda state: state | {"step": "1"}, REFUSED),
}
VALUES = {
    "floats": FLOATS,
    "one image or more": FLOATS | {"one axis less": (FLOATS["one axis less"][0], ANY)},
    "features": FLOATS | {"1e300": (FLOATS["1e300"][0], ANY)},  # they stay float64
    "inside": INSIDE,
    "point": POINTS,
    "labels": LABELS,
    "labels of a source": OTHER_LABELS,
    "images of a source": PICTURES,
    "tree": TREES,
    "any tree": {
        name: (make, ANY if name in OF_OTHER_TREES else right) for name, (make, right) in TREES.items()
    },
    "real": REALS,
    "real or None": REALS | OPTIONAL,
    "whole": WHOLE,
    "whole or None": WHOLE | OPTIONAL,
    "choice": CHOICES,
    "dtype": DTYPES,
    "keep": CHOICES | {"nothing": (always("nothing"), REFUSED), "inputs": (always("inputs"), ANY)},
    "seeds": SEEDS,
    "shares": SHARES,
    "labels or None": LABELS | OPTIONAL,
    "state": STATES,
    "generator": GENERATORS,
    "generator or None": GENERATORS | OPTIONAL,
    "function": FUNCTIONS,
    "path": PATHS,
    "config": NOTHING | {"number": (always(3), REFUSED), "array": (always(np.ones(3)), REFUSED)},
}
