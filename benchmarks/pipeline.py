"""Draws docs/pictures/pipeline.png and its Korean version: ViT-B/16 with what is in it, forward and back.

    python benchmarks/pipeline.py [--photos DIR] [--out DIR]

The weights are untrained (seed 0), and the head's, which would start at zero, are random too, so that every gradient
has a size. The photo is scikit-image's cat, the label "tabby cat" of ImageNet.
"""

import argparse
from pathlib import Path

import few_colors
import numpy as np
from photos import found
from PIL import Image

from vitnp import preset, show, trace, vit
from vitnp.data import preprocess
from vitnp.training.place import writable

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
TABBY = 281
COLORS = 255


def main(arguments=None):
    """Both pictures, in few colors."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--photos", metavar="DIR", help="a folder that has chelsea.png")
    parser.add_argument("--out", type=Path, default=PICTURES, metavar="DIR", help="default docs/pictures")
    args = parser.parse_args(arguments)
    config = preset("B/16")
    image = preprocess.load(found("chelsea.png", args.photos), config)[None]
    rng = np.random.default_rng(0)
    p = vit.init(rng, config)
    head = p["classify"]["head"]["W"]
    head[...] = rng.normal(0, 0.02, head.shape)
    t = trace(image, p, config, labels=np.array([TABBY]))
    for lang, folder in (("en", args.out), ("ko", args.out / "ko")):
        path = show.save(show.diagram(config, t=t, lang=lang), writable(folder) / "pipeline.png")
        with Image.open(path) as picture:
            size = few_colors.save(picture, path, COLORS)
        print(f"{path}  {size:,} bytes")


if __name__ == "__main__":
    main()
