"""Images as a model takes them, and the one clear line for those that do not fit. Imports `backend`, `errors`."""

import dataclasses
import math

import numpy as np

from vitnp.backend.arrays import array_module
from vitnp.errors import InputError, need_choice


@dataclasses.dataclass(frozen=True)
class Preprocessing:
    """How a picture becomes the input of a model: x ← (x/255 − mean)/std, after a resize and a crop.

    The default is the released code's evaluation: stretched to image_size, values −1…1.
    Raises InputError for values that do not fit together.
    """

    mean: tuple[float, ...] = (0.5,)  # of the values 0…1; one for all channels, or one a channel
    std: tuple[float, ...] = (0.5,)
    resize_filter: str = "bilinear"  # or "bicubic"
    antialias: bool = False  # True: the filter widens where it shrinks, as Pillow's, not TensorFlow's, do
    crop_fraction: float = 1.0  # image_size/crop_fraction is resized to, and its middle is cut out
    keep_aspect_ratio: bool = False  # True: the shorter side is resized; False: both sides are stretched

    def __post_init__(self):
        for name in ("mean", "std"):
            value = getattr(self, name)
            value = tuple(value) if isinstance(value, tuple | list) else (value,)
            value = value[:1] if len(set(value)) == 1 else value  # so that equal ways are equal
            object.__setattr__(self, name, value)
            if not value or not all(isinstance(v, int | float) and math.isfinite(v) for v in value):
                raise InputError(f"preprocessing {name} is {value}; need a number a channel, or one for all")
        if not all(v > 0 for v in self.std):
            raise InputError(f"preprocessing std is {self.std}; need numbers above 0")
        for name in ("antialias", "keep_aspect_ratio"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"preprocessing {name} is {getattr(self, name)!r}; need True or False")
        need_choice("preprocessing resize_filter", self.resize_filter, ("bilinear", "bicubic"))
        if not (isinstance(self.crop_fraction, int | float) and 0 < self.crop_fraction <= 1):
            raise InputError(
                f"preprocessing crop_fraction is {self.crop_fraction!r}; need a number above 0 and at most 1"
            )


def check_images(images, config, dtype):
    """The images (B, Hᵢ, Wᵢ, C) as the model takes them, in `dtype`.

    uint8 pixels 0…255 become (x/255 − mean)/std with config.preprocessing, by default −1…1; floats are not changed.
    Raises InputError for other integers, a wrong shape, NaN or infinity.
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
    if images.dtype == np.uint8:
        return scaled(images, config.preprocessing, dtype)
    if images.dtype.kind not in "fc":
        raise InputError(
            f"images have dtype {images.dtype}; give uint8 (0…255, scaled here) or floats "
            "already scaled: convert with images.astype(np.uint8)"
        )
    # On a GPU this check would wait for the device; there it is made before the transfer.
    if array_module(images) is np and not np.isfinite(images).all():
        bad = int((~np.isfinite(images)).sum())
        raise InputError(f"images hold {bad} values that are NaN or infinite; every value must be finite")
    if images.dtype.kind == "f" and np.dtype(dtype).kind == "f":
        return images.astype(dtype, copy=False)
    return images  # complex, for the complex step


def scaled(pixels, preprocessing, dtype="float32"):
    """Pixels 0…255, uint8 or floats, (…, C) → (x/255 − mean)/std, in `dtype`.

    Divided, then centered, as torchvision and timm do (ToTensor, Normalize): the order decides the last bit. For
    mean = std = 0.5 the result is x/127.5 − 1 to the bit, because halving and doubling are exact.
    """
    return normalized(pixels.astype(dtype) / 255.0, preprocessing)


def normalized(x, preprocessing):
    """Values x 0…1 (…, C) → (x − mean)/std, in x's dtype."""
    xp = array_module(x)
    mean, std = (xp.asarray(value, x.dtype) for value in (preprocessing.mean, preprocessing.std))
    return (x - mean) / std
