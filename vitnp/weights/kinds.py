"""The kinds of file: NumPy's .npz, .safetensors, and the zip of torch.save. Imports `errors`, `system`, `unpickle`.

`read` gives {name: array} and executes nothing of what it reads; `write_npz` and `write_safetensors` write beside
the file and rename, so that a full disk loses nothing.
"""

import contextlib
import json
import math
import os
import struct
import tokenize
import warnings
import zipfile
import zlib

import numpy as np

from vitnp.errors import InputError
from vitnp.system.writing import beside
from vitnp.weights import unpickle

# What zipfile raises for damaged or encrypted files.
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError)
# What NumPy raises for a header that is none: it reads one as a Python expression.
HEADER_ERRORS = (ValueError, KeyError, TypeError, SyntaxError, tokenize.TokenError, RecursionError)
# Of the numbers in .safetensors those that come near a ViT's; bfloat16 stays two raw bytes, as NumPy has it not.
SAFETENSORS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "V2", "I64": "<i8", "I32": "<i4"}


def read(path):
    """{name: array} of the file, the arrays writable.

    Raises InputError, with the file and where there is one the array, for whatever cannot be read.
    """
    path = os.fspath(path)
    with _named(path):
        with open(path, "rb") as file:
            start = file.read(9)
        arrays = _read(path, start)
    for name in arrays:
        if not name.isprintable():  # it would be printed, and a terminal obeys some characters
            raise InputError(f"{path} holds an array called {name!r}; a name is made of letters and signs")
    return arrays


def text(path, name):
    """The string that an .npz holds under this name, read alone; None where there is none, or another kind of file.

    Raises InputError for a string that cannot be read.
    """
    path = os.fspath(path)
    if not zipfile.is_zipfile(path):
        return None
    with _named(path), zipfile.ZipFile(path) as file:
        for member in file.infolist():
            if member.filename == f"{name}.npy":
                _check_member(path, member)
                return str(_read_npy(path, file, member))
    return None


@contextlib.contextmanager
def _named(path):
    """What fails on a file raises InputError that names it."""
    try:
        yield
    except InputError:
        raise
    except OSError as problem:
        raise InputError(
            f"cannot read {path} ({problem.strerror or problem}); name a file of weights"
        ) from None
    except (*ZIP_ERRORS, ValueError, EOFError) as problem:
        raise InputError(f"{path} is cut off or damaged ({problem}); fetch or save it again") from None
    except MemoryError:
        raise InputError(f"{path} needs more memory than there is; it may be damaged") from None


def _read(path, start):
    if start.startswith(b"PK\x03\x04"):
        return _read_zip(path)
    if start[8:] == b"{":
        return _read_safetensors(path)
    if start.startswith(b"\x80"):
        raise InputError(
            f"{path} is a bare pickle, as torch.save wrote before PyTorch 1.6; save it again with a newer "
            "PyTorch, or better as .safetensors"
        )
    raise InputError(
        f"{path} is not a file of weights; need .npz, .safetensors or a .pth, .pt or .bin of torch.save"
    )


def _read_zip(path):
    with zipfile.ZipFile(path) as file:
        for member in file.infolist():
            _check_member(path, member)
        if any(name.endswith("/data.pkl") for name in file.namelist()):
            return unpickle.read(path, file)
        return {
            member.filename.removesuffix(".npy"): _read_npy(path, file, member) for member in file.infolist()
        }


def _check_member(path, member):
    """Raise for a file in a zip that neither NumPy nor PyTorch wrote, or that claims more bytes than it can have."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError(
            f"{path} is packed as neither NumPy nor PyTorch does; save it again with numpy.savez"
        )
    # Deflate makes at most 1032 bytes of one; a larger claim would only take the memory.
    most = member.compress_size * (1 if member.compress_type == zipfile.ZIP_STORED else 1032)
    if member.file_size > most or member.compress_size > os.path.getsize(path):
        raise zipfile.BadZipFile(f"{member.filename!r} claims {member.file_size} bytes")


def _read_npy(path, file, member):
    """One array of an .npz; its header is held against the size of the member before memory is taken."""
    name = member.filename.removesuffix(".npy")
    headers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    with file.open(member) as stream:
        try:
            with warnings.catch_warnings(
                action="ignore"
            ):  # a header of Python 2, as (3L,), is read all the same
                shape, fortran_order, dtype = headers[np.lib.format.read_magic(stream)](stream)
        except HEADER_ERRORS as problem:
            what = " ".join(str(problem).split())[:80] or type(problem).__name__
            raise InputError(f"{path}: {name} is not an array ({what})") from None
        if dtype.hasobject:
            raise InputError(f"{path}: {name} is an array of Python objects, which is never read")
        size = member.file_size - stream.tell()
        if math.prod(shape) * dtype.itemsize != size or min(shape, default=0) < 0:
            raise InputError(f"{path}: {name} has {size} bytes, too few or too many for {dtype} {shape}")
        taken = unpickle.take(stream, size)
    return np.ndarray(shape, dtype, taken, order="F" if fortran_order else "C")


def _read_safetensors(path):
    import safetensors

    try:
        # The library that defines the format judges the header: sizes, offsets, overlaps, every byte used.
        with safetensors.safe_open(path, "numpy"):
            pass
    except safetensors.SafetensorError as problem:
        raise InputError(f"{path} is cut off or damaged ({problem}); fetch or save it again") from None
    arrays = {}
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        header.pop("__metadata__", None)
        for name, entry in header.items():
            # Read by NumPy and not by the library, which does not give bfloat16 as an array.
            dtype = np.dtype(SAFETENSORS.get(entry["dtype"], "u1"))
            start, stop = entry["data_offsets"]
            file.seek(8 + size + start)
            array = np.fromfile(file, dtype, (stop - start) // dtype.itemsize)
            # Of another kind, an integer for example: bytes, which no parameter is.
            arrays[name] = array.reshape(entry["shape"]) if entry["dtype"] in SAFETENSORS else array
    return arrays


def write_npz(path, arrays):
    """Write {name: array}; InputError where that cannot be written."""
    with beside(path) as part, open(part, "wb") as file:
        np.savez(file, **arrays)


def write_safetensors(path, arrays):
    """Write {name: array}; InputError where that cannot be written."""
    import safetensors.numpy

    with beside(path) as part:
        open(part, "wb").close()  # so that a missing folder is said as it is everywhere
        whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        try:
            safetensors.numpy.save_file(whole, part, metadata={"format": "pt"})  # transformers asks for it
        except safetensors.SafetensorError as problem:
            raise OSError(None, str(problem)) from None
