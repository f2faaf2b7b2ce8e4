"""SVHN's cropped digits (Netzer et al., 2011): train_32x32.mat and test_32x32.mat, MATLAB 5. Imports `draw`, `system`.

X (32, 32, 3, n) uint8, y (n, 1) 1 … 10, of which 10 is the digit 0.
"""

import io
import struct
import zlib

import numpy as np

from vitnp.data.vtab import draw
from vitnp.errors import InputError
from vitnp.system import reading

FILES = ("train_32x32.mat", "test_32x32.mat")
HEADER, SIGNATURE = 128, b"\x00\x01IM"  # of a file of MATLAB 5, in this byte order
COMPRESSED = 15  # the type of an element that zlib has packed
ADVICE = "fetch it again"


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
    import scipy.io

    with reading.named(path, advice=ADVICE):
        try:
            found = scipy.io.loadmat(io.BytesIO(unpacked(path)), variable_names=("X", "y"))
        except (OSError, scipy.io.matlab.MatReadError) as problem:
            raise ValueError(problem) from None
    if missing := [name for name in ("X", "y") if name not in found]:
        raise InputError(f"{path} has no array {missing[0]}; need X and y, as SVHN is published")
    images, labels = found["X"], found["y"]
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[:3] != (32, 32, 3):
        raise InputError(f"{path}: X is {images.dtype} {images.shape}; need uint8 (32, 32, 3, n)")
    if labels.shape != (images.shape[3], 1) or labels.dtype.kind not in "iu":
        raise InputError(
            f"{path}: y is {labels.dtype} {labels.shape}; need a whole number for each of {images.shape[3]:,} images"
        )
    if labels.size and not 1 <= labels.min() <= labels.max() <= 10:
        raise InputError(
            f"{path} has labels from {labels.min()} to {labels.max()}; need 1 to 10, of which 10 is 0"
        )
    return np.ascontiguousarray(images.transpose(3, 0, 1, 2)), labels[:, 0].astype(np.intp) % 10


def unpacked(path):
    """The bytes of the file with its packed elements unpacked, at most `reading.most_unpacked` of them.

    So no size that the file claims is reserved before the bytes are there.
    """
    reading.need_regular(path, ADVICE)
    most, data = reading.most_unpacked(path), path.read_bytes()
    if data[HEADER - 4 : HEADER] != SIGNATURE:
        raise InputError(f"{path} is no file of MATLAB 5; save it with MATLAB's save -v7, or {ADVICE}")
    parts, size, at = [data[:HEADER]], 0, HEADER
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        element, at = data[at : at + 8 + length], at + 8 + length
        if kind == COMPRESSED:
            packed = zlib.decompressobj()
            element = packed.decompress(element[8:], most - size + 1)
            if len(element) <= most - size and not packed.eof:
                raise EOFError("it ends within an array")
        size += len(element)
        if size > most:
            raise InputError(f"{path} would become more than {most:,} bytes; {ADVICE}")
        parts.append(element)
    return b"".join(parts)
