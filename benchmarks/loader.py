"""How many JPEG files a second are read for training: the loader alone, at 224x224 pixels.

    python benchmarks/loader.py [--files 2048] [--batch 64] [--ahead 2]

It writes its own files into a temporary folder: the photo that comes with scikit-learn, cut at random to 500x375.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import sklearn.datasets
from PIL import Image

from vitnp import data


def write(folder, files):
    """JPEG files of two classes."""
    rng = np.random.default_rng(0)
    photos = [
        Image.fromarray(sklearn.datasets.load_sample_image(name)) for name in ("china.jpg", "flower.jpg")
    ]
    for i in range(files):
        photo = photos[i % 2]
        left, top = rng.integers(0, photo.width - 500), rng.integers(0, photo.height - 375)
        path = Path(folder) / ("china", "flower")[i % 2] / f"{i}.jpg"
        path.parent.mkdir(exist_ok=True)
        photo.crop((left, top, left + 500, top + 375)).save(path, quality=90)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=2048)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--ahead", type=int, default=2)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write(folder, args.files)
        for crops in (False, True):
            source = data.load("folder", folder=folder, image_size=224, crops=crops).train
            order = np.random.default_rng(0).permutation(len(source))
            start = time.perf_counter()
            batches = data.batches(source, order, batch_size=args.batch, seed=0, ahead=args.ahead)
            images = sum(len(labels) for _, labels in batches)
            seconds = time.perf_counter() - start
            what = "random crops" if crops else "as for evaluation"
            print(
                f"{what:20}{images / seconds:8,.0f} images/s, {os.cpu_count()} cores, {args.ahead} batches ahead"
            )


if __name__ == "__main__":
    main()
