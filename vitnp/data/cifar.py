"""CIFAR-10 and CIFAR-100: 32x32 color pictures (Krizhevsky, 2009), read from the published archives.

A binary archive holds records: the label (CIFAR-100: coarse, then fine) and 3,072 values, one plane per color. A Python
archive holds the same in pickles, which are read without running them. An archive may be unpacked. Imports `sources`,
`published`, `system`, `errors`.
"""

from pathlib import Path

import numpy as np

from vitnp.data.published import File, find
from vitnp.data.sources import ArraySource, DataSet
from vitnp.errors import InputError, one_line, shown
from vitnp.system import pickles, reading, tar

PLACE = "https://www.cs.toronto.edu/~kriz/"
BINARY = {
    "cifar10": File(f"{PLACE}cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"),
    "cifar100": File(f"{PLACE}cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8"),
}
PYTHON = {"cifar10": "cifar-10-python.tar.gz", "cifar100": "cifar-100-python.tar.gz"}
FOLDERS = {
    "cifar10": ("cifar-10-batches-bin", "cifar-10-batches-py"),
    "cifar100": ("cifar-100-binary", "cifar-100-python"),
}
# (training files, test files, file of the class names), binary and Python
FILES = {
    "cifar10": (
        ([f"data_batch_{i}.bin" for i in range(1, 6)], ["test_batch.bin"], "batches.meta.txt"),
        ([f"data_batch_{i}" for i in range(1, 6)], ["test_batch"], "batches.meta"),
    ),
    "cifar100": ((["train.bin"], ["test.bin"], "fine_label_names.txt"), (["train"], ["test"], "meta")),
}
CLASSES = {"cifar10": 10, "cifar100": 100}
LABELS, LABEL_NAMES = (b"fine_labels", b"labels"), (b"fine_label_names", b"label_names")
PIXELS = 3 * 32 * 32
MOST = 2**28  # bytes of an archive that is unpacked: all of CIFAR has 186,000,000
MOST_NAMES = 2**16  # bytes of the names of the classes


def load(dataset, folder=None):
    """The `DataSet` called "cifar10" or "cifar100": 50,000 training images (32, 32, 3) and 10,000 test images."""
    read, where = opened(dataset, folder)
    forms = [form for form, files in enumerate(FILES[dataset]) if read(files[0][0]) is not None]
    if not forms:
        raise InputError(f"{where} has neither {FILES[dataset][0][0][0]} nor {FILES[dataset][1][0][0]}")
    form = forms[0]
    train, test, names = FILES[dataset][form]

    def part(name):
        data = read(name)
        if data is None:
            raise InputError(f"{where} has no {name}; it is not whole: fetch it again")
        return records(f"{where}: {name}", data, dataset) if form == 0 else pickled(f"{where}: {name}", data)

    def source(parts):
        images, labels = (np.concatenate(arrays) for arrays in zip(*map(part, parts), strict=True))
        if labels.max(initial=0) >= CLASSES[dataset]:
            raise InputError(
                f"{where} has the label {labels.max()}; {dataset} has {CLASSES[dataset]} classes"
            )
        return ArraySource(np.ascontiguousarray(images.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)), labels)

    return DataSet(source(train), source(test), class_names(where, read(names), names, form, dataset))


def opened(dataset, folder):
    """(a function: a member's name → its bytes or None, the path it reads) of an archive or its unpacked folder."""
    folder = Path(folder) if folder else None
    if folder:
        for unpacked in (folder, *(folder / name for name in FOLDERS[dataset])):
            if any((unpacked / files[0][0]).is_file() for files in FILES[dataset]):
                return lambda name, there=unpacked: _bytes(there / name), unpacked
    archive = folder / PYTHON[dataset] if folder else None
    if archive is None or not archive.is_file():
        (archive,) = find(dataset, [BINARY[dataset]], folder)
    wanted = {name for train, test, names in FILES[dataset] for name in (*train, *test, names)}
    return tar.members(archive, wanted, most=MOST).get, archive


def is_there(dataset, folder):
    """Whether the folder has the set's files, packed or not."""
    archives = [BINARY[dataset].name, PYTHON[dataset]]
    packed = [name for archive in archives for name in (archive, archive.removesuffix(".gz"))]
    unpacked = [f"{place}/{files[0][0]}" for place in (".", *FOLDERS[dataset]) for files in FILES[dataset]]
    return any((folder / name).is_file() for name in (*packed, *unpacked))


def _bytes(path):
    if not path.is_file():
        return None
    with reading.named(path, advice="fetch it again"), path.open("rb") as file:
        data = file.read(MOST + 1)
    if len(data) > MOST:
        raise InputError(f"{path} has more than {MOST:,} bytes, which no file of CIFAR has; fetch it again")
    return data


def records(what, data, dataset):
    """The records of a binary file: images (n, 3072) and labels (n,), uint8."""
    labels = 1 if dataset == "cifar10" else 2  # the fine label comes last
    if not data or len(data) % (labels + PIXELS):
        raise InputError(
            f"{what} has {len(data):,} bytes; need records of {labels + PIXELS:,}: it was cut short, fetch it again"
        )
    rows = np.frombuffer(data, np.uint8).reshape(-1, labels + PIXELS)
    return rows[:, labels:], rows[:, labels - 1]


class Array:
    """A pickle's description of a NumPy array."""

    def __setstate__(self, state):
        _, self.shape, self.dtype, self.fortran, self.data = state


class Dtype:
    """A pickle's description of a dtype; only its name is kept."""

    def __init__(self, name, *rest):
        self.name = name

    def __setstate__(self, state):
        pass


class MakeArray(pickles.Call):
    """Makes an empty `Array`, which the pickle fills."""

    __slots__ = ()
    stands_for = ("numpy.core.multiarray", "_reconstruct")

    def function(self, *kind):
        return Array()


class MakeDtype(pickles.Call):
    """Makes a `Dtype`."""

    __slots__ = ()
    stands_for = ("numpy", "dtype")

    def function(self, name, *rest):
        return Dtype(name)


ADMITTED = {
    MakeArray.stands_for: MakeArray(),
    ("numpy._core.multiarray", "_reconstruct"): MakeArray(),
    MakeDtype.stands_for: MakeDtype(),
    ("numpy", "ndarray"): "ndarray",
}


def pickled(what, data):
    """The dict of a Python file: images (n, 3072) and labels (n,), uint8."""
    batch = unpickled(what, data)
    labels = next((batch[key] for key in LABELS if key in batch), None)
    array = batch.get(b"data")
    if not isinstance(labels, list) or not isinstance(array, Array):
        raise InputError(
            f"{what} has no data with labels; need {BINARY['cifar10'].name} or the Python archive"
        )
    n = len(labels)
    if (
        not all(isinstance(label, int) and 0 <= label < 256 for label in labels)
        or array.fortran
        or getattr(array.dtype, "name", None) not in (b"u1", "u1")
        or array.shape != (n, PIXELS)
        or not isinstance(array.data, bytes)
        or len(array.data) != n * PIXELS
    ):
        raise InputError(
            f"{what} has not {PIXELS:,} uint8 values for each of its {n:,} labels; fetch it again"
        )
    return np.frombuffer(array.data, np.uint8).reshape(n, PIXELS), np.array(labels, np.uint8)


def unpickled(what, data):
    """The dict in a pickle."""
    try:
        found = pickles.load(data, ADMITTED, encoding="bytes")
    except pickles.Refused as problem:
        raise InputError(f"{what} is refused: it asks for {problem}, and only arrays are read") from None
    except pickles.Damaged as problem:
        raise InputError(f"{what} is a damaged pickle ({problem}); fetch it again") from None
    if not isinstance(found, dict):
        raise InputError(f"{what} holds a {type(found).__name__}; need a dict of data and labels")
    return found


def class_names(where, data, name, form, dataset):
    """The names of the classes in the archive."""
    if data is None:
        raise InputError(f"{where} has no {name}, the names of the classes; fetch it again")
    if len(data) > MOST_NAMES:
        raise InputError(
            f"{where}: {name} has {len(data):,} bytes; the names of the classes are a few: fetch it again"
        )
    if form == 0:
        found = data.decode("utf-8", "replace").split()
    else:
        meta = unpickled(f"{where}: {name}", data)
        found = next((meta[key] for key in LABEL_NAMES if key in meta), [])
        found = found if isinstance(found, list) else []
        found = [n.decode("utf-8", "replace") if isinstance(n, bytes) else shown(n) for n in found]
    if len(found) != CLASSES[dataset]:
        raise InputError(f"{where}: {name} has {len(found)} names; {dataset} has {CLASSES[dataset]} classes")
    return tuple(one_line(name) for name in found)
