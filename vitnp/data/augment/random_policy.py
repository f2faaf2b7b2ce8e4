"""RandAugment (Cubuk et al., 2020): a few operations drawn at random for each image, all of one magnitude.

N layers, M the magnitude. As in the released code (TensorFlow's `autoaugment.py`, Noisy Student's `randaugment.py`),
each layer draws one of the sixteen operations with equal probability and with replacement, and M/10 is the strength:
10 is the largest that AutoAugment used, and up to 30 the ranges are extrapolated. (torchvision divides by 30.)
"""

import re

import numpy as np

from vitnp.data.augment import operations as of
from vitnp.data.augment.simple import cutout
from vitnp.errors import InputError, shown
from vitnp.inputs.images import Preprocessing, scaled

MOST_LAYERS, MOST_MAGNITUDE = 16, 30
# Of a side, at strength 1: Noisy Student's for 32x32 images. Its code for ImageNet has 100 and 40 pixels, for any size.
SHARE = 1 / 8


def sign(x, rng):
    """+1 or −1 for each image, with probability ½ each."""
    return 2.0 * rng.integers(2, size=len(x)) - 1.0


def enhanced(strength):
    """The factor of a blend: 0.1 at strength 0, 1.9 at strength 1."""
    return strength * 1.8 + 0.1


# (bytes (n, H, W, C), strength, generator) → bytes. Amounts that must be whole are rounded down. Beyond strength
# 2, Posterize would keep more than 8 bits; beyond 1, Solarize would begin above 255: both then change nothing.
OPERATIONS = {
    "AutoContrast": lambda x, s, rng: of.autocontrast(x),
    "Equalize": lambda x, s, rng: of.equalize(x),
    "Invert": lambda x, s, rng: of.invert(x),
    "Rotate": lambda x, s, rng: of.rotate(x, s * 30.0 * sign(x, rng)),  # degrees
    "Posterize": lambda x, s, rng: of.posterize(x, min(int(s * 4), 8)),  # bits that stay
    "Solarize": lambda x, s, rng: of.solarize(x, int(s * 256)),  # a threshold
    "SolarizeAdd": lambda x, s, rng: of.solarize_add(x, int(s * 110)),
    "Color": lambda x, s, rng: of.color(x, enhanced(s)),
    "Contrast": lambda x, s, rng: of.contrast(x, enhanced(s)),
    "Brightness": lambda x, s, rng: of.brightness(x, enhanced(s)),
    "Sharpness": lambda x, s, rng: of.sharpness(x, enhanced(s)),
    "ShearX": lambda x, s, rng: of.shear(x, s * 0.3 * sign(x, rng), axis=1),
    "ShearY": lambda x, s, rng: of.shear(x, s * 0.3 * sign(x, rng), axis=0),
    "TranslateX": lambda x, s, rng: of.translate(x, s * SHARE * x.shape[2] * sign(x, rng), axis=1),
    "TranslateY": lambda x, s, rng: of.translate(x, s * SHARE * x.shape[1] * sign(x, rng), axis=0),
    "Cutout": lambda x, s, rng: cutout(x, rng, half=int(s * SHARE * min(x.shape[1:3])), fill=of.GRAY),
}


def randaugment(images, rng, *, layers=2, magnitude=9):
    """`layers` operations, one after the other, drawn for each image: (n, Hᵢ, Wᵢ, C) → the same shape, float32.

    Values −1 … 1 become bytes 0 … 255, rounded, because the operations are defined on bytes, and then values again.
    The magnitude is 0 … 30. The images that drew the same operation are changed together.
    """
    x = of.to_bytes(images)
    for drawn in rng.integers(len(OPERATIONS), size=(layers, len(x))):
        for number, change in enumerate(OPERATIONS.values()):
            chosen = np.flatnonzero(drawn == number)
            if len(chosen):
                x[chosen] = change(x[chosen], magnitude / 10, rng)
    return scaled(x, Preprocessing())


def strength(name):
    """{"layers": 2, "magnitude": 27} of "randaugment(2,27)". Raises InputError for another form or range."""
    found = re.fullmatch(r"randaugment\((\d{1,2}),(\d{1,2})\)", name.replace(" ", ""), re.ASCII)
    layers, magnitude = map(int, found.groups()) if found else (0, 0)
    if not 1 <= layers <= MOST_LAYERS or magnitude > MOST_MAGNITUDE:
        raise InputError(
            f"augment has {shown(name)}; need randaugment(LAYERS,MAGNITUDE) of 1 to {MOST_LAYERS} layers and a "
            f"magnitude of 0 to {MOST_MAGNITUDE}, such as randaugment(2,9)"
        )
    return {"layers": layers, "magnitude": magnitude}
