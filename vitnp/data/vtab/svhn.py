"""SVHN's cropped digits (Netzer et al., 2011): train_32x32.mat and test_32x32.mat, MATLAB 5. Imports `draw`, `matlab`.

X (32, 32, 3, n) uint8, y (n, 1) 1 … 10, of which 10 is the digit 0.
"""

import numpy as np

from vitnp.data.vtab import draw, matlab
from vitnp.errors import InputError

FILES = ("train_32x32.mat", "test_32x32.mat")


def is_there(folder):
    """Whether the folder has one of the two files."""
    return any((folder / name).is_file() for name in FILES)


def read(folder, seed):
    """(800 images to train, 200 to choose by, the test images), each (uint8 (n, 32, 32, 3), digits)."""
    for name in FILES:
        if not (folder / name).is_file():
            raise InputError(f"{folder} has no {name}; SVHN needs {' and '.join(FILES)}")
    (images, labels), test = (arrays(folder / name) for name in FILES)
    rows = draw.rows(len(labels), seed, folder)
    return *((images[part], labels[part]) for part in rows), test


def arrays(path):
    """(images (n, 32, 32, 3), digits (n,)) of one file. Raises InputError for anything else in it."""
    found = matlab.read(path)
    if missing := [name for name in ("X", "y") if name not in found]:
        raise InputError(f"{path} has no array {missing[0]}; need X and y, as SVHN is published")
    images, labels = found["X"], found["y"]
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[:3] != (32, 32, 3):
        raise InputError(f"{path}: X is {images.dtype} {images.shape}; need uint8 (32, 32, 3, n)")
    if labels.shape != (images.shape[3], 1):
        raise InputError(
            f"{path}: y is {labels.dtype} {labels.shape}; need a number for each of {images.shape[3]:,} images"
        )
    if not np.isin(labels, range(1, 11)).all():
        raise InputError(
            f"{path} has labels from {labels.min()} to {labels.max()}; need 1 to 10, of which 10 is 0"
        )
    return np.ascontiguousarray(images.transpose(3, 0, 1, 2)), labels[:, 0].astype(np.intp) % 10
