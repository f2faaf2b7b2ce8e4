"""An image file preprocessed as in a model's training: resize, crop, mean and standard deviation.

The numbers are `config.preprocessing`, which the format of the weights and its config.json determine; docs/weights.md
has the source of each. For an untrained model `vitnp walk` crops its photo alone: see `photo.load`. Imports its
neighbors, `inputs`, `errors`.
"""

import numpy as np

from vitnp.data import augment, photo
from vitnp.errors import InputError
from vitnp.inputs.images import MOST_PIXELS, scaled

MOST_NARROW = 2**24  # pixels after the resize, of a picture that is many times as long as wide


def load(path, config):
    """The image at `path` as float32 (Hᵢ, Wᵢ, C), ready for the model. Raises InputError if it is not an image."""
    return apply(photo.read(path, in_channels=config.in_channels), config, name=path)


def apply(image, config, *, name="the picture"):
    """A Pillow image with the model's channels → resized and cropped, (x/255 − mean)/std, float32 (Hᵢ, Wᵢ, C)."""
    how = config.preprocessing
    height, width = config.image_size
    size = resized(image.size[::-1], config)
    enough = 16 * height * width / how.crop_fraction**2
    if size[0] * size[1] > min(MOST_PIXELS, max(MOST_NARROW, enough)):
        raise InputError(
            f"{name} is {image.width}x{image.height}, so narrow that it would become {size[1]}x{size[0]}; crop it first"
        )
    with photo.within_memory(name):
        x = _antialiased(image, size, how) if how.antialias else _sampled(image, size, how)
    top, left = _corner(size, config)
    return scaled(x[top : top + height, left : left + width], how)


def need_filter(how):
    """Raise InputError for a `Preprocessing` whose resize is not known."""
    if how.resize_filter != "bilinear" and not how.antialias:
        raise InputError(
            f'resize_filter "{how.resize_filter}" without antialias is not known; say antialias=True, or '
            "--set preprocessing.antialias=true"
        )


def random_part(image, config, rng, crop="inception_crop"):
    """A random part of a Pillow image, resized once to the model's size: as `apply` gives. crop: of `augment.BOXES`."""
    height, width = config.image_size
    box = augment.BOXES[crop](image.size, rng)
    part = image.resize((width, height), box=box, resample=2)  # 2: bilinear
    return scaled(_pixels(part), config.preprocessing)


def resized(size, config):
    """(height, width) of an image of `size` after the resize: image_size/crop_fraction, or the size that covers it."""
    how = config.preprocessing
    height, width = (int(side / how.crop_fraction) for side in config.image_size)
    if not how.keep_aspect_ratio:
        return height, width
    # torchvision rounds down for squares, timm to the nearest for others
    whole = int if height == width else round
    if height * size[1] >= width * size[0]:  # the height determines the scale
        return height, whole(height * size[1] / size[0])
    return whole(width * size[0] / size[1]), width


def seen(size, config):
    """(top, left, height, width) of the part that the model sees of an image of `size`, in pixels of that image."""
    whole = resized(size, config)
    down, across = (old / new for old, new in zip(size, whole, strict=True))
    top, left = _corner(whole, config)
    height, width = config.image_size
    return top * down, left * across, height * down, width * across


def _corner(size, config):
    """(top, left) of the center crop, in a resized image of `size`."""
    # Python's round goes to the even neighbor at ½, as in torchvision's crop.
    whole = round if config.preprocessing.crop_rounding == "nearest" else int
    return tuple(whole((old - new) / 2) for old, new in zip(size, config.image_size, strict=True))


def _antialiased(image, size, how):
    """Pillow's resize, as in torchvision and timm: a smaller result has a wider filter; values are rounded to 0…255."""
    from PIL import Image

    resized = image.resize(size[::-1], Image.Resampling[how.resize_filter.upper()])
    return _pixels(resized)


def _sampled(image, size, how):
    """TensorFlow's resize: interpolates between the two nearest pixels on each axis; values are not rounded."""
    need_filter(how)
    x = _pixels(image)  # whole numbers until the first axis is sampled: a quarter of the memory
    for axis, new in enumerate(size):
        old = x.shape[axis]
        place = ((np.arange(new) + 0.5) * (old / new) - 0.5).clip(0, old - 1)
        low = place.astype(int)
        part = (place - low).astype(np.float32).reshape(-1, *[1] * (2 - axis))
        x = x.take(low, axis) * (1.0 - part) + x.take(np.minimum(low + 1, old - 1), axis) * part
    return x


def _pixels(image):
    """A Pillow image, RGB or gray, as uint8 (height, width, C)."""
    x = np.asarray(image)
    return x.reshape(*x.shape[:2], -1)
