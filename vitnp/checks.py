"""What may come in: one clear line for each image or label that cannot be used. Imports `backend`, `errors`."""

import numpy as np

from vitnp.backend import array_module
from vitnp.errors import InputError


def check_images(images, config, dtype):
    """The images (B, Hᵢ, Wᵢ, C) as the model takes them, in `dtype`.

    uint8, values 0…255, becomes x/127.5 − 1, values −1…1 (as the released code); a float image is taken
    as it is. Raises InputError for other integers, a wrong shape, NaN or infinity.
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
    return scaled(images, dtype)


def scaled(images, dtype):
    """uint8 scaled to [−1, 1], floats unchanged, in `dtype`; InputError for anything else or not finite."""
    if images.dtype == np.uint8:
        return images.astype(dtype) / 127.5 - 1.0
    if images.dtype.kind not in "fc":
        raise InputError(
            f"images have dtype {images.dtype}; give uint8 (0…255, scaled here to [−1, 1]) or floats "
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
    if shape == (batch_size, num_classes) and labels.dtype.kind == "f":
        return
    if shape != (batch_size,) or labels.dtype.kind not in "iu":
        raise InputError(f"labels have shape {shape} and dtype {labels.dtype}; need {want}")
    if array_module(labels) is np and not (0 <= labels.min() and labels.max() < num_classes):
        raise InputError(
            f"labels run from {labels.min()} to {labels.max()}; the model has {num_classes} classes, "
            f"so need 0 to {num_classes - 1}"
        )
