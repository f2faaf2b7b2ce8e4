"""The kinds of file: .npz, .safetensors, the zip of torch.save, ONNX. Imports `errors`, `system`, its neighbors.

`opened` gives {name: Stored} and executes nothing of what it reads; `write_npz` and `write_safetensors` write beside
the file and rename, so that a full disk loses nothing.
"""

import contextlib
import os
import sys
import zipfile

import numpy as np

from vitnp.errors import InputError, shown
from vitnp.system import reading
from vitnp.system.writing import beside
from vitnp.weights import npz, other_kinds, shards, unpickle
from vitnp.weights.onnx import file as onnx
from vitnp.weights.stored import MOST, Stored, called, check_names

ADVICE = "name a file of weights"
# Of the numbers in .safetensors those that come near a ViT's; bfloat16 stays two raw bytes, as NumPy has it not.
SAFETENSORS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "V2", "I64": "<i8", "I32": "<i4"}


@contextlib.contextmanager
def opened(path, most=MOST):
    """{name: Stored} of the file, for a block in which they may be read; most: of how many.

    Raises InputError, with the file and where there is one the array, for whatever cannot be read.
    """
    path, found = reading.name_of(path), {}
    with contextlib.ExitStack() as stack:
        shards_of_it = shards.parts(path)
        for part, names in shards_of_it.items():
            one = _opened(part, stack, most)
            shards.check(path, part, names, one)
            check_names(path, [*found, *one], most)
            found |= one
        yield found if shards_of_it else _opened(path, stack, most)


def _opened(path, stack, most):
    """{name: Stored} of one file, open until the end of the stack."""
    reading.need_regular(path, ADVICE)
    with reading.named(path, advice=ADVICE), open(path, "rb") as file:
        start = file.read(other_kinds.START)
    with reading.named(path):
        if start.startswith(b"PK\x03\x04"):
            found = _zipped(path, stack.enter_context(zipfile.ZipFile(path)), most)
        elif start[8:9] == b"{":
            found = _safetensors(path, most)
        elif onnx.looks_like(start):
            found = {onnx.GRAPH: Stored((), np.dtype(object), lambda: onnx.parsed(path))}
        else:
            raise other_kinds.unknown(path, start)
    return {name: one._replace(read=_named(path, one.read)) for name, one in found.items()}


def read(path):
    """{name: array} of the file, the arrays writable; all of them, whatever they are. Raises as `opened` does.

    A training checkpoint has four for each parameter: itself, two moments, its average.
    """
    with opened(path, 4 * MOST) as found:
        return {name: stored.read() for name, stored in found.items()}


def text(path, name):
    """The string that an .npz holds under this name, read alone; None where there is none, or another kind of file.

    Raises InputError for what is no string, or cannot be read.
    """
    path = reading.name_of(path)
    reading.need_regular(path, ADVICE)
    if not zipfile.is_zipfile(path):
        return None
    with reading.named(path), zipfile.ZipFile(path) as file:
        npz.check_members(path, file, 4 * MOST)
        member = next((member for member in file.infolist() if member.filename == f"{name}.npy"), None)
        return member and string(path, name, npz.stored(path, file, name, member))


def string(path, name, stored):
    """The string that a Stored is. Raises InputError for an array of anything else."""
    if stored.dtype.kind != "U" or stored.shape or stored.dtype.itemsize > 4 * reading.MOST_TEXT:
        raise InputError(f"{path}: {name} is {called(stored.dtype)} {shown(stored.shape)}; need one text")
    text = stored.read().astype(stored.dtype.newbyteorder("="))
    if text.reshape(1).view(np.uint32).max(initial=0) > sys.maxunicode:  # NumPy makes a string of any number
        raise InputError(f"{path}: {name} has a letter beyond Unicode; save it again")
    return str(text)


def _named(path, read):
    """The same function, whose failures name the file."""

    def named_read():
        with reading.named(path):
            return read()

    return named_read


def _zipped(path, file, most):
    npz.check_members(path, file, most)
    other_kinds.check_zip(path, file.namelist())
    if any(name.endswith("/data.pkl") for name in file.namelist()):
        return unpickle.arrays(path, file)
    return npz.arrays(path, file)


def _safetensors(path, most):
    import safetensors

    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > reading.MOST_TEXT:
            raise ValueError(f"its header claims {length:,} bytes")
        header = reading.from_json(file.read(length).decode("utf-8"))
    header.pop("__metadata__", None)
    check_names(path, list(header), most)
    try:
        # The library that defines the format judges the header: sizes, offsets, overlaps, every byte used.
        with safetensors.safe_open(path, "numpy"):
            pass
    except safetensors.SafetensorError as problem:
        raise ValueError(problem) from None
    return {name: _in_safetensors(path, 8 + length, entry) for name, entry in header.items()}


def _in_safetensors(path, start, entry):
    # Read by NumPy and not by the library, which does not give bfloat16 as an array. Numbers of another kind, integers
    # for example, stay bytes, which no parameter is.
    known = entry["dtype"] in SAFETENSORS
    first, last = entry["data_offsets"]
    dtype = np.dtype(SAFETENSORS[entry["dtype"]] if known else "u1")
    shape = tuple(entry["shape"]) if known else (last - first,)

    def read():
        array = np.fromfile(path, dtype, (last - first) // dtype.itemsize, offset=start + first)
        return array.reshape(shape)

    return Stored(shape, dtype, read)


def write_npz(path, arrays):
    """Write {name: array}; InputError where that cannot be written."""
    with beside(path) as part, open(part, "wb") as file:
        np.savez(file, **arrays)


def write_safetensors(path, arrays):
    """Write {name: array}; InputError where that cannot be written."""
    import safetensors.numpy

    with beside(path) as part:
        open(part, "wb").close()  # so that a missing folder is said as it is everywhere
        mode = os.stat(part).st_mode  # the user's own; the package would let nobody else read the file
        whole = {name: np.asarray(array, order="C") for name, array in arrays.items()}
        try:
            safetensors.numpy.save_file(whole, part, metadata={"format": "pt"})  # transformers asks for it
        except safetensors.SafetensorError as problem:
            raise OSError(None, str(problem)) from None
        os.chmod(part, mode)
