"""What may come in: one clear line for images, labels, parameters and generators that do not fit.

Imports `backend`, `errors`, `tree`.
"""

import numpy as np

from vitnp import tree
from vitnp.backend import array_module
from vitnp.errors import InputError


def check_images(images, config, dtype):
    """The images (B, Hᵢ, Wᵢ, C) as the model takes them, in `dtype`.

    uint8, values 0…255, becomes (x/255 − mean)/std of config.preprocessing, by default −1…1; a float image is
    taken as it is. Raises InputError for other integers, a wrong shape, NaN or infinity.
    """
    height, width = config.image_size
    want = f"(B, {height}, {width}, {config.in_channels})"
    shape = getattr(images, "shape", None)
    if shape is None:
        raise InputError(f"images are a {type(images).__name__}; need an array of shape {want}")
    if len(shape) == 3:
        raise InputError(f"image has shape {shape}; need {want}: add the batch axis with image[None]")
    if len(shape) != 4:
        raise InputError(f"images have shape {shape}; need {want}")
    if shape[0] == 0:
        raise InputError(f"images have shape {shape}, an empty batch; give at least one image")
    if shape[3] != config.in_channels:
        raise InputError(
            f"images have {shape[3]} channels (shape {shape}); the model needs {config.in_channels}: "
            "the channels come last, RGB has 3"
        )
    if shape[1:3] != (height, width):
        raise InputError(
            f"images are {shape[1]}x{shape[2]}; the model needs {height}x{width}: resize them, "
            f"or make the model with image_size=({shape[1]}, {shape[2]})"
        )
    return scaled(images, dtype, config.preprocessing)


def scaled(images, dtype, preprocessing):
    """uint8 as (x/255 − mean)/std, floats unchanged, in `dtype`; InputError for anything else or not finite."""
    if images.dtype == np.uint8:
        xp = array_module(images)
        mean, std = (np.array(value) for value in (preprocessing.mean, preprocessing.std))
        # One division and one difference: mean and std 0.5 give exactly the released code's x/127.5 − 1.
        return images.astype(dtype) / xp.asarray(255.0 * std, dtype) - xp.asarray(mean / std, dtype)
    if images.dtype.kind not in "fc":
        raise InputError(
            f"images have dtype {images.dtype}; give uint8 (0…255, scaled here) or floats "
            "already scaled: convert with images.astype(np.uint8)"
        )
    # On a GPU this question would wait for the device, so there it is asked before the transfer.
    if array_module(images) is np and not np.isfinite(images).all():
        bad = int((~np.isfinite(images)).sum())
        raise InputError(f"images hold {bad} values that are NaN or infinite; every value must be finite")
    if images.dtype.kind == "f" and np.dtype(dtype).kind == "f":
        return images.astype(dtype, copy=False)
    return images  # complex, for the complex step


def check_labels(labels, batch_size, num_classes):
    """Raise InputError unless labels are integers (B,) in 0…classes − 1, or soft targets (B, classes)."""
    want = f"integers of shape ({batch_size},) or probabilities of shape ({batch_size}, {num_classes})"
    shape = getattr(labels, "shape", None)
    if shape is None:
        raise InputError(f"labels are a {type(labels).__name__}; need an array: {want}")
    if not batch_size:
        raise InputError("there are no labels, an empty batch; give at least one image and its label")
    on_host = array_module(labels) is np  # on a GPU, looking at values would wait for the device
    if shape == (batch_size, num_classes) and labels.dtype.kind == "f":
        if on_host and not (labels.min() >= 0 and abs(labels.sum(axis=1) - 1).max() < 1e-3):
            raise InputError(
                "soft labels are not probabilities; every row needs numbers of at least 0 that sum to 1"
            )
        return
    if shape != (batch_size,) or labels.dtype.kind not in "iu":
        raise InputError(f"labels have shape {shape} and dtype {labels.dtype}; need {want}")
    if on_host and (labels.min() < 0 or labels.max() >= num_classes):
        raise InputError(
            f"labels run from {labels.min()} to {labels.max()}; the model has {num_classes} classes, "
            f"so need 0 to {num_classes - 1}"
        )


def parameter_of(p):
    """One parameter of a model: all have its dtype, and are where it is. Raises InputError for what is no model."""
    try:
        return p["norm"]["gamma"]
    except (TypeError, LookupError):
        raise InputError(
            f"p is a {type(p).__name__} without norm.gamma; need a model's parameters, as vit.init or load gives them"
        ) from None


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


def check_parameters(p, want):
    """Raise InputError unless p is a tree of these shapes: another one might run, and be wrong."""
    if wrong := misfits(p, want):
        more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise InputError(f"p is not the tree of this configuration: {'; '.join(wrong[:3])}{more}")


def check_part(part, count):
    """(first, B) of the part that `count` images are of a batch; None is the whole batch."""
    first, B = part or (0, count)
    if not 0 <= first <= first + count <= B:
        raise InputError(
            f"part is {part} and there are {count} images; need 0 ≤ first and first + images ≤ B"
        )
    return first, B


def check_generator(rng, *, needed=False):
    """Raise InputError for a seed, or anything else, in place of a generator; None is none, unless one is needed."""
    if (rng is not None or needed) and not hasattr(rng, "integers"):
        raise InputError(f"rng is {rng!r}; need a generator, such as np.random.default_rng(0)")
