"""dSprites (Matthey et al., 2017): one .npz of 737,280 white shapes of 64x64. Imports `draw`, `system`, `errors`.

imgs (n, 64, 64) uint8 of 0 and 1, latents_classes (n, 6): color, shape, scale, orientation, x, y. Of its images, which
are 3 GB, only those that are drawn are kept. Its `metadata` are a pickle, which is never read.
"""

import contextlib
import math
import zipfile

import numpy as np

from vitnp.data.vtab import draw
from vitnp.errors import InputError
from vitnp.system import reading

LATENTS = {
    "dSpr-Loc": (4, 32),
    "dSpr-Ori": (3, 40),
}  # column and number of values, grouped to the task's 16 classes
TEST_SHARE = 0.1
LARGEST = 2**32  # bytes of an array, packed once: the images have three quarters
TIMES = 1032  # as many bytes deflate makes of one, at most
AT_ONCE = 4096  # images
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
ADVICE = "fetch it again"


def file_in(folder):
    """The .npz of the folder, or None."""
    found = sorted(path for path in folder.glob("*.npz") if path.is_file())
    if len(found) > 1:
        raise InputError(f"{folder} has {found[0].name} and {found[1].name}; leave the one of dSprites")
    return found[0] if found else None


def read(path, task, seed):
    """(800 images to train, 200 to choose by, a tenth to test with), each (uint8 (n, 64, 64, 1), labels)."""
    reading.need_regular(path, ADVICE)
    column, values = LATENTS[task.name]
    with reading.named(path, advice=ADVICE), zipfile.ZipFile(path) as file:
        with member(path, file, "latents_classes", "iu", 2) as (shape, dtype, stream):
            if shape[1] != 6 or math.prod(shape) * dtype.itemsize > reading.UNPACKED:
                raise InputError(f"{path}: latents_classes is {shape}; need (n, 6)")
            classes = np.frombuffer(stream.read(math.prod(shape) * dtype.itemsize), dtype).reshape(shape)[
                :, column
            ]
        if classes.size and not 0 <= classes.min() <= classes.max() < values:
            raise InputError(
                f"{path}: column {column} of latents_classes has {classes.min()} to {classes.max()}; need 0 to "
                f"{values - 1}"
            )
        labels = np.floor(classes / (values / task.classes)).astype(np.intp)
        others, tested = draw.apart(len(labels), TEST_SHARE)
        train, val = (others[rows] for rows in draw.rows(len(others), seed, path))
        with member(path, file, "imgs", "u", 3) as (shape, dtype, stream):
            if len(labels) != shape[0] or dtype != np.uint8:
                raise InputError(f"{path}: imgs is {dtype} {shape}; need uint8 ({len(labels)}, 64, 64)")
            images = rows_of(stream, shape, np.concatenate([train, val, tested]))
    if images.max(initial=0) > 1:
        raise InputError(f"{path}: imgs has the value {images.max()}; need 0 and 1, as dSprites is published")
    ends = np.cumsum([len(train), len(val)])
    images *= 255
    parts = np.split(images[..., None], ends)
    return tuple(zip(parts, (labels[train], labels[val], labels[tested]), strict=True))


@contextlib.contextmanager
def member(path, file, name, kinds, axes):
    """Yields (shape, dtype, the stream after its header) of an array of numbers in the open .npz."""
    if f"{name}.npy" not in file.namelist():
        raise InputError(
            f"{path} has no array {name}; need imgs and latents_classes, as dSprites is published"
        )
    info = file.getinfo(f"{name}.npy")
    most = info.compress_size * {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: TIMES}.get(
        info.compress_type, 0
    )
    if info.file_size > min(most, LARGEST):
        raise InputError(f"{path}: {name} claims {info.file_size:,} bytes; {ADVICE}")
    with file.open(info) as stream:
        shape, fortran_order, dtype = HEADERS[np.lib.format.read_magic(stream)](stream)
        size = info.file_size - stream.tell()
        right = dtype.kind in kinds and len(shape) == axes and not fortran_order
        if not right or math.prod(shape) * dtype.itemsize != size:
            raise InputError(
                f"{path}: {name} is {dtype} {shape} in {size:,} bytes, not as dSprites has it; {ADVICE}"
            )
        yield shape, dtype, stream


def rows_of(stream, shape, rows):
    """These rows (len(rows), H, W) of an array that is read in its order, some images at a time."""
    order, pixels = np.argsort(rows), math.prod(shape[1:])
    kept, ordered = np.empty((len(rows), *shape[1:]), np.uint8), rows[order]
    for first in range(0, shape[0], AT_ONCE):
        block = np.frombuffer(stream.read(min(AT_ONCE, shape[0] - first) * pixels), np.uint8).reshape(
            -1, *shape[1:]
        )
        start, end = np.searchsorted(ordered, [first, first + AT_ONCE])
        kept[order[start:end]] = block[ordered[start:end] - first]
    return kept
