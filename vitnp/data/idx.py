"""MNIST and Fashion-MNIST: 28x28 gray pictures in IDX files (LeCun et al., 1998; Xiao et al., 2017).

An IDX file holds two bytes 0, the type of number (8: uint8), the number of axes, the length of each axis (4 bytes, big
endian), then the numbers. Imports `sources`, `published`, `system`, `errors`.
"""

import math
import struct

import numpy as np

from vitnp.data.published import File, find
from vitnp.data.sources import ArraySource, DataSet
from vitnp.errors import InputError
from vitnp.system import reading

MOST = 2**28  # numbers in a file: six times those of MNIST
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
    with reading.named(path, advice="fetch it again"), reading.unpacked(path) as file:
        header = file.read(4 + 4 * axes)
        shape = _shape(path, header, axes)
        if math.prod(shape) > reading.most_unpacked(path):
            raise InputError(f"{path} says {_product(shape)}, too many for its size; fetch it again")
        data = file.read(math.prod(shape) + 1)  # one more than there should be
    if len(data) != math.prod(shape):
        held = f"more than {len(data) - 1:,}" if len(data) > math.prod(shape) else f"{len(data):,}"
        raise InputError(
            f"{path} says {_product(shape)} and holds {held} numbers; it was cut short or is damaged: fetch it again"
        )
    return np.frombuffer(data, np.uint8).reshape(shape)


def _shape(path, header, axes):
    """The lengths of the axes, which are known before anything else is read."""
    if header[:4] != bytes((0, 0, 8, axes)):
        raise InputError(
            f"{path} begins with {header[:4].hex(' ') or 'nothing'}; need 00 00 08 {axes:02x}, an IDX file of uint8 "
            f"with {axes} axes"
        )
    if len(header) < 4 + 4 * axes:
        raise InputError(f"{path} ends after {len(header)} bytes, within its own header; fetch it again")
    shape = struct.unpack(f">{axes}I", header[4:])
    if not 0 < math.prod(shape) <= MOST:
        raise InputError(f"{path} says {_product(shape)}; need at least 1 number and at most {MOST:,}")
    return shape


def _product(shape):
    return " x ".join(f"{n:,}" for n in shape)
