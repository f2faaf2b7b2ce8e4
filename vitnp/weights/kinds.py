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
from vitnp.weights import npz, unpickle
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
    path = reading.name_of(path)
    reading.need_regular(path, "name a file of weights")
    with reading.named(path, advice="name a file of weights"), open(path, "rb") as file:
        start = file.read(9)
    with reading.named(path), contextlib.ExitStack() as stack:
        if start.startswith(b"PK\x03\x04"):
            found = _zipped(path, stack.enter_context(zipfile.ZipFile(path)), most)
        elif start[8:] == b"{":
            found = _safetensors(path, most)
        elif onnx.looks_like(start):
            found = {onnx.GRAPH: Stored((), np.dtype(object), lambda: onnx.parsed(path))}
        else:
            raise InputError(_unknown(path, start))
        inside = stack.pop_all()
    with inside:
        yield {name: one._replace(read=_named(path, one.read)) for name, one in found.items()}


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


def _unknown(path, start):
    if start.startswith(b"\x80"):
        return (
            f"{path} is a bare pickle, as torch.save wrote before PyTorch 1.6; save it again with a newer "
            "PyTorch, or better as .safetensors"
        )
    hdf5 = "; HDF5 is the TF2 code's: take the .npz of the same model" if start.startswith(b"\x89HDF") else ""
    return f"{path} is not a file of weights; need .npz, .safetensors, .onnx or a .pth, .pt or .bin of torch.save{hdf5}"


def _zipped(path, file, most):
    npz.check_members(path, file, most)
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
        whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        try:
            safetensors.numpy.save_file(whole, part, metadata={"format": "pt"})  # transformers asks for it
        except safetensors.SafetensorError as problem:
            raise OSError(None, str(problem)) from None
        os.chmod(part, mode)
