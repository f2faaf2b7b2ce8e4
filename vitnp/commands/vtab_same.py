"""Whether the results in a folder of `vitnp vtab` are of these weights and these images: compared by checksums."""

import hashlib
import os
import zlib

import numpy as np

from vitnp.data.listing import composed
from vitnp.errors import InputError
from vitnp.system import reading
from vitnp.weights import fetch, shards

TAIL = 4096  # bytes at the end of a file; a PNG has the checksum of its pixels there


def of_weights(name):
    """The first 16 digits of the SHA-256 of a file of weights, of all its shards where it is in several."""
    path = fetch.resolve(name)
    sha = hashlib.sha256()
    for part in sorted(map(str, shards.parts(str(path)))) or [path]:
        with reading.named(part), open(part, "rb") as file:
            sha.update(hashlib.file_digest(file, "sha256").digest())
    return sha.hexdigest()[:16]


def of_images(dataset, folder, found=0):
    """A CRC of the labels and the images of a task, training and test, in their order, after `found`.

    Of images in files it has the names, the sizes and the last bytes: all that is fast enough for 70,000 test images.
    """
    for part in dataset[:2]:
        found = zlib.crc32(part.labels.astype("<i8").tobytes(), found)
        if part.files is None:
            found = zlib.crc32(np.ascontiguousarray(part.pixels), found)
        else:
            for path in part.paths:
                found = zlib.crc32(tail(path, os.path.relpath(path, folder)), found)
    return found


def tail(path, name):
    """The name of a file, its size and its last bytes."""
    with reading.named(path), open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - TAIL, 0))
        return f"{composed(name)} {size} ".encode() + file.read()


def need_same_images(name, there, here, out):
    """Raise InputError where the checksum of a task's images is another than that of the results in `out`."""
    if there != here:
        raise InputError(
            f"{out} holds results of other images or labels of {name} than its folder has now; name another folder "
            "with --out, or begin anew with --overwrite"
        )
