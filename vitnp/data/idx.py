"""MNIST and Fashion-MNIST: 28x28 gray pictures in IDX files (LeCun et al., 1998; Xiao et al., 2017).

An IDX file holds two bytes 0, the type of number (8: uint8), the number of axes, the length of each axis (4 bytes, big
endian), then the numbers. Imports `sources`, `published`, `errors`.
"""

import gzip
import math
import zlib

import numpy as np

from vitnp.data.published import File, find
from vitnp.data.sources import ArraySource, DataSet
from vitnp.errors import InputError

NAMES = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")
NAMES += tuple(name.replace("train", "t10k") for name in NAMES)
MD5 = {
    "mnist": (
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ),
    "fashion-mnist": (
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ),
}
PLACES = {
    "mnist": "https://ossci-datasets.s3.amazonaws.com/mnist",
    "fashion-mnist": "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
}
CLASSES = {
    "mnist": tuple("0123456789"),
    "fashion-mnist": (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
}  # fmt: skip


def load(dataset, folder=None):
    """The `DataSet` called "mnist" or "fashion-mnist": 60,000 training images (28, 28, 1) and 10,000 test images."""
    files = [File(f"{PLACES[dataset]}/{name}", md5) for name, md5 in zip(NAMES, MD5[dataset], strict=True)]
    train_images, train_labels, test_images, test_labels = find(dataset, files, folder)
    train, test = (source(*pair) for pair in ((train_images, train_labels), (test_images, test_labels)))
    return DataSet(train, test, CLASSES[dataset])


def source(images_path, labels_path):
    """The `Source` of a file of images and a file of labels."""
    images, labels = read(images_path, axes=3), read(labels_path, axes=1)
    if len(images) != len(labels):
        raise InputError(
            f"{images_path} has {len(images):,} images, {labels_path} {len(labels):,} labels; "
            "they are not of one set: fetch both again"
        )
    if labels.max(initial=0) > 9:
        raise InputError(f"{labels_path} has the label {labels.max()}; need 0 to 9")
    return ArraySource(images[..., None], labels)


def read(path, *, axes):
    """The uint8 array in an IDX file, compressed by gzip or not. Raises InputError for another type or a cut file."""
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with (gzip.open if packed else open)(path, "rb") as file:
            data = file.read()
    except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
        raise InputError(f"{path} is damaged ({problem}); fetch it again") from None
    except OSError as problem:
        raise InputError(f"{path} cannot be read ({problem.strerror or problem})") from None
    start = 4 + 4 * axes
    if data[:4] != bytes((0, 0, 8, axes)):
        raise InputError(
            f"{path} begins with {data[:4].hex(' ') or 'nothing'}; need 00 00 08 {axes:02x}, an IDX file of uint8 "
            f"with {axes} axes"
        )
    if len(data) < start:
        raise InputError(f"{path} ends after {len(data)} bytes, within its own header; fetch it again")
    shape = tuple(int(n) for n in np.frombuffer(data, ">u4", axes, 4))
    if math.prod(shape) != len(data) - start:
        raise InputError(
            f"{path} says {' x '.join(f'{n:,}' for n in shape)} and holds {len(data) - start:,} numbers; "
            "it was cut short or is damaged: fetch it again"
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
