"""The pictures that mini/14 learned from: crops of thirteen photos, and emoji put on them.

Who made them, and under which license, is in docs/mini.md. china.jpg, grace_hopper.jpg, motorcycle_left.png and every
fifth emoji are left out, for the measurements.
"""

import io
import json
import tarfile

import numpy as np
from PIL import Image

PHOTOS = {  # how often a crop is of it
    "astronaut.png": 4,
    "chelsea.png": 4,
    "coffee.png": 4,
    "flower.jpg": 4,
    "rocket.jpg": 4,
    "camera.png": 2,
    "brick.png": 1,
    "clock_motion.png": 1,
    "coins.png": 1,
    "grass.png": 1,
    "gravel.png": 1,
    "hubble_deep_field.jpg": 1,
    "retina.jpg": 1,
}
HELD_OUT = ("china.jpg", "grace_hopper.jpg", "motorcycle_left.png")
LEFT_OUT = ("Component", "Flags", "Symbols")  # the emoji's groups without objects
EVERY = 5  # the emoji 0, 5, 10 … are held out
EMOJI = 0.5  # of the pictures have one to three emoji
PLAIN = 0.3  # of these stand on one color
AREA, RATIO = (0.12, 1.0), (3 / 4, 4 / 3)  # of a crop: its share of the photo, its width ÷ height
EMOJI_SIDE = (0.3, 0.9)  # of the picture's


def emoji(path):
    """The emoji of objects in the package's archive, 64x64 with an alpha channel, in the order of its list."""
    with tarfile.open(path) as archive:
        listed = json.load(archive.extractfile("package/emoji.json"))
        names = [one["image"] for one in listed if one["category"] not in LEFT_OUT and one["has_img_google"]]
        files = (archive.extractfile(f"package/img/google/64/{name}").read() for name in names)
        return [Image.open(io.BytesIO(file)).convert("RGBA") for file in files]


def crop(rng, photo, side):
    """A square picture of a random part of a photo; half of them mirrored."""
    width, height = photo.size
    area, ratio = rng.uniform(*AREA) * width * height, np.exp(rng.uniform(*np.log(RATIO)))
    w, h = (min(round(np.sqrt(area * r)), most) for r, most in ((ratio, width), (1 / ratio, height)))
    left, top = rng.integers(width - w + 1), rng.integers(height - h + 1)
    picture = photo.resize((side, side), Image.Resampling.BICUBIC, (left, top, left + w, top + h))
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else picture


def with_emoji(rng, picture, found):
    """The picture, or one color, with one to three emoji on it."""
    side = picture.width
    if rng.random() < PLAIN:
        picture = Image.new("RGB", picture.size, tuple(int(c) for c in rng.integers(256, size=3)))
    for _ in range(rng.integers(1, 4)):
        one = found[rng.integers(len(found))]
        size = round(side * rng.uniform(*EMOJI_SIDE))
        one = one.resize((size, size), Image.Resampling.BICUBIC)
        place = rng.integers(-size // 4, side - size + size // 4 + 1, size=2)
        picture.paste(one, tuple(int(c) for c in place), one)
    return picture


def crops(photos, found, count, side, seed):
    """Yield `count` pictures (side, side, 3) uint8; each has a seed of its own, so fewer are the first of more.

    photos: {name of PHOTOS: picture}; found: the emoji to learn from.
    """
    names, weights = zip(*PHOTOS.items(), strict=True)
    for i in range(count):
        rng = np.random.default_rng([seed, side, i])
        name = rng.choice(names, p=np.array(weights) / sum(weights))
        picture = crop(rng, photos[name], side)
        if rng.random() < EMOJI:
            picture = with_emoji(rng, picture, found)
        yield np.asarray(picture)
