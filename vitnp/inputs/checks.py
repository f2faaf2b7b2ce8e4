"""Labels, parameters and generators that do not fit, in one clear line. Imports `backend`, `errors`, `tree`."""

import functools
import numbers

from vitnp import tree
from vitnp.backend.arrays import on_host
from vitnp.errors import InputError, some_of


def check_labels(labels, batch_size, num_classes):
    """Raise InputError unless labels are integers (B,) in 0…classes − 1, or soft targets (B, classes)."""
    want = f"integers of shape ({batch_size},) or probabilities of shape ({batch_size}, {num_classes})"
    shape = getattr(labels, "shape", None)
    if shape is None:
        raise InputError(f"labels are a {type(labels).__name__}; need an array: {want}")
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
    if hasattr(leaf, "dtype"):
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


@functools.lru_cache
def shapes(init, config):
    """The tree of the shapes of the parameters that a model's init makes."""
    return tree.shapes(init(None, config))


def check_parameters(p, init, config):
    """Raise InputError unless p has the shapes that init makes: another tree might run, and be wrong."""
    if wrong := misfits(p, shapes(init, config)):
        raise InputError(f"p is not the tree of this configuration: {some_of(wrong)}")


def check_part(part, count):
    """(first, B) of the part that `count` images are of a batch; None is the whole batch."""
    if part is None:
        return 0, count
    pair = tuple(part) if isinstance(part, tuple | list) else ()
    whole = len(pair) == 2 and all(isinstance(number, numbers.Integral) for number in pair)
    if not whole or not 0 <= pair[0] <= pair[0] + count <= pair[1]:
        raise InputError(
            f"part is {part} and there are {count} images; need (first, B), 0 ≤ first and first + images ≤ B"
        )
    return pair


def check_generator(rng, *, needed=False):
    """Raise InputError for a seed, or anything else, in place of a generator; None is none, unless one is needed."""
    if (rng is not None or needed) and not hasattr(rng, "integers"):
        raise InputError(f"rng is {rng!r}; need a generator, such as np.random.default_rng(0)")
