"""Draws docs/pictures/augment.png and its Korean version: RandAugment's sixteen operations on one photo.

    python benchmarks/augment_picture.py [--photos DIR] [--out DIR]

Each operation alone at magnitude 9, and randaugment(2,9) as it draws two of them. The photo is scikit-image's cat.
"""

import argparse
from pathlib import Path

import few_colors
import numpy as np
from photos import found
from PIL import Image

from vitnp import preset, show
from vitnp.data import augment, preprocess
from vitnp.data.augment.random_policy import OPERATIONS
from vitnp.inputs.images import Preprocessing, scaled
from vitnp.show import page
from vitnp.show.styling import SMALL
from vitnp.training.place import writable

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
MAGNITUDE, COLUMNS, WIDTH, COLORS = 9, 6, 1024, 255


def drawn(image, lang):
    """The figure: the photo, each operation, and two operations by chance."""
    say = page.in_language(lang)
    tiles = {say("the photo", "원본 사진"): image}
    for seed, (name, change) in enumerate(OPERATIONS.items()):
        pixels = change(augment.to_bytes(image), MAGNITUDE / 10, np.random.default_rng(seed))
        tiles[name] = scaled(pixels, Preprocessing())
    tiles["randaugment(2,9)"] = augment.randaugment(image, np.random.default_rng(3))
    figure = page.blank(height=7.0)
    for axes, (name, tile) in zip(page.panels(figure, len(tiles), COLUMNS), tiles.items(), strict=True):
        axes.imshow(page.picture(tile[0]))
        axes.set_title(name, fontsize=SMALL)
        axes.set_axis_off()
    return page.finished(
        figure,
        say(
            "A photo of a cat, the same photo after each of RandAugment's sixteen operations, and after two of them, "
            "ShearY and Equalize.",
            "고양이 사진, RandAugment의 연산 16가지를 하나씩 적용한 사진, ShearY와 Equalize를 이어서 적용한 사진.",
        ),
    )


def main(arguments=None):
    """Both pictures, in few colors."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--photos", metavar="DIR", help="a folder that has chelsea.png")
    parser.add_argument("--out", type=Path, default=PICTURES, metavar="DIR", help="default docs/pictures")
    args = parser.parse_args(arguments)
    image = preprocess.load(found("chelsea.png", args.photos), preset("B/16"))[None]
    for lang, folder in (("en", args.out), ("ko", args.out / "ko")):
        path = show.save(drawn(image, lang), writable(folder) / "augment.png")
        with Image.open(path) as picture:
            # spread: bands of color would look like Posterize
            size = few_colors.save(picture, path, COLORS, width=WIDTH, spread=True)
        print(f"{path}  {size:,} bytes")


if __name__ == "__main__":
    main()
