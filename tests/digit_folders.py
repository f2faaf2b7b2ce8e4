"""scikit-learn's digits written out as folders of PNG files, as someone's own pictures would lie: one a class.

    python tests/digit_folders.py DIR

A scan's 0 … 16 becomes 0, 16, …, 240, 255 (all but the last are 16 times the value): every value has its own byte.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from vitnp.data import digits


def write(folder, *, seed=0, most=None):
    """DIR/train/CLASS/NNNN.png and DIR/val/CLASS/NNNN.png of the split by `seed`; returns its `DataSet`.

    Of each the first `most` pictures, where not all are needed: 100 have every class in them.
    """
    dataset = digits.load(seed)
    for name, source in (("train", dataset.train), ("val", dataset.test)):
        rows = range(min(len(source), most or len(source)))
        for i, image, label in zip(rows, source.images(rows), source.labels, strict=False):
            path = Path(folder) / name / dataset.class_names[label] / f"{i:04}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(bytes_of(image)[..., 0]).save(path)
    return dataset


def bytes_of(image):
    """Values −1 … 1 in sixteenths → uint8."""
    return np.minimum(np.rint((image + 1.0) * 8.0) * 16.0, 255.0).astype(np.uint8)


if __name__ == "__main__":
    write(sys.argv[1])
