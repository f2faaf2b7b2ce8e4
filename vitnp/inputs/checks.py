"""What a model is given and does not fit, in one clear line. Imports `backend`, `errors`, `tree`."""

import functools
import numbers

import numpy as np

from vitnp import tree
from vitnp.backend.arrays import array_module, is_array, need_array, on_host
from vitnp.errors import InputError, quoted, shown, some_of

FLOATS = tuple(map(np.dtype, ("float16", "float32", "float64")))
COMPLEX = tuple(map(np.dtype, ("complex64", "complex128")))  # the parameters of a complex step


def check_labels(labels, batch_size, num_classes):
    """Raise InputError unless labels are integers (B,) in 0…classes − 1, or soft targets (B, classes)."""
    want = f"integers of shape ({batch_size},) or probabilities of shape ({batch_size}, {num_classes})"
    need_array("labels", labels, f": {want}")
    shape = labels.shape
    if not batch_size:
        raise InputError("there are no labels, an empty batch; give at least one image and its label")
    host = on_host(labels)  # on a GPU, looking at values would wait for the device
    if shape == (batch_size, num_classes) and labels.dtype.kind == "f":
        if host and not (labels.min() >= 0 and abs(labels.sum(axis=1) - 1).max() < 1e-3):
            raise InputError(
                "soft labels are not probabilities; every row needs numbers of at least 0 that sum to 1"
            )
        return
    if shape != (batch_size,) or labels.dtype.kind not in "iu":
        raise InputError(f"labels have shape {shape} and dtype {labels.dtype}; need {want}")
    if host and (labels.min() < 0 or labels.max() >= num_classes):
        raise InputError(
            f"labels run from {labels.min()} to {labels.max()}; the model has {num_classes} classes, "
            f"so need 0 to {num_classes - 1}"
        )


def parameter_of(p):
    """Any parameter of a model: it tells the dtype and the memory of all. Raises InputError for what is no model."""
    leaf = next((leaf for _, leaf in tree.leaves(p)), None) if isinstance(p, dict) else None
    if is_array(leaf):
        need_array("p", leaf)
        return leaf
    raise InputError(
        f"p is a {type(p).__name__} without arrays; need a model's parameters, as vit.init or weights.load gives them"
    )


def misfits(p, want):
    """What makes p another tree than one of these shapes, in words; [] where nothing does."""
    have = tree.shapes(p)
    if have == want:
        return []
    have, want = dict(tree.leaves(have)), dict(tree.leaves(want))
    wrong = [f"{name} is missing, need {shape}" for name, shape in want.items() if name not in have]
    wrong += [f"{name} is unexpected" for name in have if name not in want]
    differ = [name for name in have if name in want and have[name] != want[name]]
    return wrong + [f"{name} is {have[name]}, need {want[name]}" for name in differ]


def need_fit(what, wrong):
    """Raise InputError with the first of the `misfits`, if there are any."""
    if wrong:
        raise InputError(f"{what}: {some_of(wrong)}")


@functools.lru_cache
def shapes(init, config):
    """The tree of the shapes of the parameters that a model's init makes."""
    return tree.shapes(init(None, config))


@functools.lru_cache
def forms(init, config, kind, dtype):
    """The tree of the `tree.forms` of these parameters, as arrays of one type and one dtype."""
    if dtype not in (*FLOATS, *COMPLEX):
        raise InputError(f"p is {dtype}; need {' or '.join(map(str, FLOATS))}: p = precision.cast(p, ...)")
    return tree.map(lambda leaf: (kind, leaf.shape, dtype), init(None, config))


def check_parameters(p, init, config):
    """Raise InputError unless p is the tree that init makes: another one might run, and be wrong.

    Its leaves are plain arrays of one library and one dtype: floats, or complex numbers for the complex step.
    """
    like = parameter_of(p)
    if tree.forms(p) != forms(init, config, type(like), like.dtype):
        need_fit("p is not the tree of this configuration", misfits(p, shapes(init, config)))
        for name, leaf in tree.leaves(p):
            need_like(f"p.{name}", leaf, like)


def need_like(name, array, like):
    """Raise InputError unless it is an array of the library and the dtype of `like`."""
    need_array(name, array)
    need_library(name, array, like)
    if array.dtype != like.dtype:
        raise InputError(f"{name} is {array.dtype}, the others are {like.dtype}; cast all to one dtype")


def need_library(name, array, like):
    """Raise InputError unless the array is of the library of `like`."""
    if array_module(array) is not array_module(like):
        own, theirs = array_module(array).__name__, array_module(like).__name__
        raise InputError(
            f"{name} is an array of {own}, the others are of {theirs}; use backend.arrays.to_device"
        )


def check_floats(name, leaves, *, writable=True):
    """Raise InputError unless it is a tree of arrays, floats of one dtype and one library, that can be written into."""
    if not isinstance(leaves, dict):
        raise InputError(f"{name} is a {type(leaves).__name__}; need a nested dict of arrays")
    like = None
    for leaf_name, leaf in tree.leaves(leaves):
        # As the one before: nothing more to look at, which would take time.
        alike = like is not None and type(leaf) is np.ndarray and leaf.dtype is like.dtype
        if not (alike and (leaf.flags.writeable or not writable)):
            like = leaf if like is None else like
            check_leaf(f"{name}.{leaf_name}", leaf, like, writable)
    if like is None:
        raise InputError(f"{name} has no arrays; need at least one")


def check_leaf(name, leaf, like, writable):
    """The same of one leaf; like: an array that it has to be like."""
    if not is_array(leaf) or isinstance(leaf, np.generic) or leaf.dtype not in FLOATS:
        given = leaf.dtype if is_array(leaf) else f"a {type(leaf).__name__}"
        raise InputError(f"{name} is {given}; need an array of floats")
    need_like(name, leaf, like)
    if writable and on_host(leaf) and not leaf.flags.writeable:
        raise InputError(f"{name} cannot be written into; give a copy, such as tree.map(np.copy, …)")


def listed(name, value):
    """A list as an array, an array as it is. Raises InputError for what is neither, or a list that is no array."""
    if isinstance(value, list | tuple):
        try:
            value = np.asarray(value)
        except ValueError:
            raise InputError(f"{name} are a list of rows that are not alike; need an array") from None
    need_array(name, value)
    return value


def check_part(part, count):
    """(first, B) of the part that `count` images are of a batch; None is the whole batch."""
    if part is None:
        return 0, count
    pair = tuple(part) if isinstance(part, tuple | list) else ()
    whole = len(pair) == 2 and all(
        isinstance(number, numbers.Integral) and not isinstance(number, bool) for number in pair
    )
    if not whole or not 0 <= pair[0] <= pair[0] + count <= pair[1]:
        raise InputError(
            f"part is {shown(part)} and there are {count} images; need (first, B), 0 ≤ first and first + images ≤ B"
        )
    return int(pair[0]), int(pair[1])


def check_generator(rng, *, needed=False):
    """Raise InputError for a seed, or anything else, in place of a generator; None is none, unless one is needed."""
    if (rng is not None or needed) and not isinstance(rng, np.random.Generator):
        raise InputError(f"rng is {shown(rng)}; need a generator, such as np.random.default_rng(0)")


def check_draws(rng):
    """The same for what draws in a forward: a generator, or one of `backend.draws`."""
    if not hasattr(rng, "keep") or isinstance(rng, type):
        check_generator(rng)


def check_config(config, Config):
    """Raise InputError unless it is a configuration of this class's family, or of any that reads what the class does.

    By its name: a class is another object after a module was loaded anew, as in a notebook.
    """
    family = None if isinstance(config, type) else getattr(config, "family", None)
    known = isinstance(family, str) and family == getattr(Config, "family", family)
    if not known or Config.reads not in ("", getattr(config, "reads", None)):
        name = Config.__name__
        what = f"{'an' if name[0] in 'AEIO' else 'a'} {name}, such as vitnp.preset gives"
        reading = f" for a model that reads {Config.reads}" if Config.reads else ""
        raise InputError(f"config is {shown(config)}; need {what}{reading}")


def check_dtype(dtype):
    """Raise InputError unless initial parameters can have the dtype."""
    try:
        fits = np.dtype(dtype) in FLOATS and dtype is not None  # np.dtype(None) is float64
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise InputError(f"dtype is {quoted(dtype)}; need {' or '.join(map(str, FLOATS))}")
