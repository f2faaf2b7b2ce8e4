"""Images as a model takes them, and the one clear line for those that do not fit. Imports `backend`, `errors`."""

import dataclasses
from typing import ClassVar

import numpy as np

from vitnp.backend.arrays import array_module, need_array, on_host, to_device
from vitnp.errors import InputError, need_int, need_real, shown
from vitnp.inputs.checks import check_config
from vitnp.inputs.config import ModelConfig
from vitnp.inputs.fields import Checked, assigned, boolean, choice, declared, real, whole

MOST_PIXELS = 2**27  # of a picture after the resize: 1.6 GB as float32, RGB
LARGEST = 1e6  # of a mean or a deviation of the values 0…1, and 1 over the smallest deviation


def size(value):
    """The image_size (height, width) in pixels; one number means a square. Raises InputError for anything else."""
    sides = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(sides) != 2:
        raise InputError(f"image_size is {shown(value)}; need (height, width)")
    return tuple(need_int("image_size", side, at_least=1) for side in sides)


def size_of(text):
    """(height, width) of "224" or "192x256"."""
    try:
        sides = [int(side) for side in text.lower().split("x")]
    except ValueError:
        sides = []
    if len(sides) not in (1, 2):
        raise InputError(f'--image-size "{text}" is not a size; write pixels, such as 224 or 192x256')
    return sides[0], sides[-1]


def overrides(image_size, assignments, Config):
    """{field of the class Config: value} of the texts that --image-size (or None) and --set gave."""
    given = {} if image_size is None else {"image_size": size_of(image_size)}
    return given | assigned(assignments, Config, option="--set", example="gelu=erf")


def per_channel(default, *, low):
    """A field for one number per channel, or one for all, from low to `LARGEST`; equal numbers are kept as one."""

    def check(name, value):
        value = tuple(value) if isinstance(value, tuple | list) else (value,)
        if not value:
            raise InputError(f"{name} is (); need a number per channel, or one for all")
        value = tuple(need_real(name, number, low=low, at_most=LARGEST) for number in value)
        return value[:1] if len(set(value)) == 1 else value  # so that equal ways are equal

    return declared(check, (default,))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preprocessing(Checked):
    """How a picture becomes the input of a model: x ← (x/255 − mean)/std, after a resize and a crop.

    image_size/crop_fraction is resized to, and its middle is cut out. antialias: the filter widens where it shrinks,
    as Pillow's does and TensorFlow's does not. keep_aspect_ratio: the shorter side is resized; without it both sides
    are stretched. crop_rounding: where the middle begins at half a pixel, "nearest" takes the even neighbor, as
    torchvision and timm do, "down" the first one, as Hugging Face does. The default is the released code's evaluation:
    stretched to image_size, values −1…1.
    Raises InputError for values that do not fit together.
    """

    called: ClassVar[str] = "preprocessing"
    prefix: ClassVar[str] = "preprocessing "
    mean: tuple[float, ...] = per_channel(0.5, low=-LARGEST)  # of the values 0…1
    std: tuple[float, ...] = per_channel(0.5, low=1 / LARGEST)
    resize_filter: str = choice("bilinear", "bicubic")
    antialias: bool = boolean(False)
    crop_fraction: float = real(1.0, open_at_low=True, at_most=1)
    keep_aspect_ratio: bool = boolean(False)
    crop_rounding: str = choice("nearest", "down")


def _preprocessing(name, value):
    """The `Preprocessing`, which may be given as a dict, as JSON has it."""
    if isinstance(value, dict):
        value = Preprocessing(**value)
    if not isinstance(value, Preprocessing):
        raise InputError(f"{name} is {shown(value)}; need an inputs.images.Preprocessing")
    return value


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageConfig(ModelConfig):
    """What every model of images has in its configuration; the default is ImageNet at 224 pixels.

    Raises InputError for values that do not fit together.
    """

    reads: ClassVar[str] = "images"
    image_size: tuple[int, int] = declared(lambda _, value: size(value), (224, 224))  # (height, width)
    in_channels: int = whole(3)  # C
    num_classes: int = whole(1000, at_least=0)  # 0: no head, the model returns the representation
    multi_label: bool = boolean(False)  # the classes are independent: σ of each logit, not softmax over them
    preprocessing: Preprocessing = declared(
        _preprocessing, Preprocessing(), kind="a preprocessing", of=Preprocessing
    )

    @property
    def seen(self):
        """What the model sees of an image, in words."""
        height, width = self.image_size
        return f"{height}x{width} pixels"  # as --image-size has it

    def fits(self):
        """Raise InputError where two fields do not fit together."""
        (height, width), part = self.image_size, self.preprocessing.crop_fraction
        if part < 1 and height * width > part * part * MOST_PIXELS:
            raise InputError(
                f"preprocessing crop_fraction {part:g} is too small for {self.seen}: a picture is resized to "
                f"image_size/crop_fraction, at most {MOST_PIXELS:,} pixels"
            )
        for name in ("mean", "std"):
            count = len(getattr(self.preprocessing, name))
            if count not in (1, self.in_channels):
                raise InputError(
                    f"preprocessing {name} has {count} numbers; "
                    f"need 1, or one for each of the {self.in_channels} channels"
                )


def check_memory(numbers):
    """Raise InputError for a parameter of more numbers than any memory holds."""
    if numbers > 2**40:
        raise InputError(
            f"a parameter would have {numbers:,} numbers, more than any memory; use smaller sizes"
        )


def check_images(images, config, dtype):
    """The images (B, Hᵢ, Wᵢ, C) as the model takes them, in `dtype`.

    uint8 pixels 0…255 become (x/255 − mean)/std with config.preprocessing, by default −1…1; floats are not changed.
    Raises InputError for other integers, a wrong shape, NaN or infinity.
    """
    check_shape(images, config)
    return values(images, config, dtype)


def for_batch(images, config, like):
    """Images of a fitting shape in the memory of `like`, an array of the model.

    On the host each thread's forward looks at the values of its own images. On a device that would wait, so there
    they are checked and scaled before they are sent.
    """
    check_shape(images, config)
    if on_host(images) and not on_host(like):
        images = values(images, config, like.dtype)
    return to_device(images, array_module(like))


def check_shape(images, config):
    """Raise InputError unless images are an array (B, Hᵢ, Wᵢ, C) of the configuration's sizes, B at least 1."""
    check_config(config, ImageConfig)
    height, width = config.image_size
    want = f"(B, {height}, {width}, {config.in_channels})"
    need_array("images", images, f" of shape {want}")
    shape = images.shape
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


def values(images, config, dtype):
    """uint8 pixels scaled, floats unchanged, in `dtype`. Raises InputError for other integers, NaN or infinity."""
    if images.dtype == np.uint8:
        return finite(scaled(images, config.preprocessing, dtype), images)
    if images.dtype.kind not in "fc":
        raise InputError(
            f"images have dtype {images.dtype}; give uint8 (0…255, scaled here) or floats "
            "already scaled: convert with images.astype(np.uint8)"
        )
    if images.dtype.kind == "c" or np.dtype(dtype).kind == "c":
        return finite(images, images)  # for the complex step
    with np.errstate(over="ignore"):  # what becomes infinite is refused
        return finite(images.astype(dtype, copy=False), images)


def finite(x, images):
    """x, what the model takes of these images. Raises InputError where a value of it is NaN or infinite."""
    # On a GPU this check would wait for the device; there it is made before the transfer.
    if not on_host(x) or np.isfinite(x).all():
        return x
    bad = ~np.isfinite(x)
    if np.isfinite(images[bad]).all():
        raise InputError(
            f"images hold {bad.sum()} values that are too large for {x.dtype}; scale them, by default to −1…1"
        )
    raise InputError(f"images hold {bad.sum()} values that are NaN or infinite; every value must be finite")


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
