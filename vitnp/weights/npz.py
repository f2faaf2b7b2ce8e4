"""The zip of NumPy and of torch.save, and the arrays in an .npz. Imports `errors`, `system`, `stored`."""

import io
import math
import os
import tokenize
import zipfile

import numpy as np

from vitnp.errors import InputError, shown
from vitnp.system import quiet, reading
from vitnp.weights.stored import Stored, are_counts, called, check_names, take

# What NumPy raises for a header that is none: it reads one as a Python expression.
HEADER_ERRORS = (
    ValueError,
    KeyError,
    TypeError,
    SyntaxError,
    tokenize.TokenError,
    RecursionError,
    OverflowError,
)
HEADERS = {
    b"\x93NUMPY\x01\x00": (2, np.lib.format.read_array_header_1_0),
    b"\x93NUMPY\x02\x00": (4, np.lib.format.read_array_header_2_0),
}  # how many bytes say the header's length, and its reader
LONGEST = 10_000  # bytes of a header, as in NumPy
LOCAL_HEADER = 30  # bytes before the name of a member, and so the least between two members


def check_members(path, file, most):
    """Raise for a zip that neither NumPy nor PyTorch wrote, for more than `most` members, and for false claims.

    A claim is false of more bytes than a member can have, or of bytes that are another's.
    """
    check_names(path, [member.filename.removesuffix(".npy") for member in file.infolist()], most)
    size, end, last = os.path.getsize(path), 0, ""
    for member in sorted(file.infolist(), key=lambda member: member.header_offset):
        name = member.filename
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InputError(
                f"{path} is packed as neither NumPy nor PyTorch does; save it again with numpy.savez"
            )
        if member.header_offset < end:
            raise zipfile.BadZipFile(f"{shown(name)} begins within {shown(last)}")
        end, last = member.header_offset + LOCAL_HEADER + member.compress_size, name
        # Deflate makes at most 1032 bytes of one; a larger claim would only take the memory.
        most = member.compress_size * (1 if member.compress_type == zipfile.ZIP_STORED else 1032)
        if member.file_size > most or end > size:
            raise zipfile.BadZipFile(f"{shown(name)} claims {member.file_size} bytes")
    if (total := sum(member.file_size for member in file.infolist())) > reading.most_unpacked(path):
        raise InputError(
            f"{path} has {size:,} bytes and would become {total:,}, nearly all alike; save it with numpy.savez"
        )


def arrays(path, file):
    """{name: Stored} of the open .npz."""
    members = {member.filename.removesuffix(".npy"): member for member in file.infolist()}
    return {name: stored(path, file, name, member) for name, member in members.items()}


def stored(path, file, name, member):
    """One member as a Stored; its header is compared with its size."""
    with file.open(member) as stream:
        shape, fortran_order, dtype = _header(path, name, stream)
        start = stream.tell()
    if dtype.hasobject:
        raise InputError(f"{path}: {called(name)} is an array of Python objects, which is never read")
    size = member.file_size - start
    if not are_counts(shape) or not dtype.itemsize or math.prod(shape) * dtype.itemsize != size:
        kind = f"{called(dtype)} {shown(shape)}"
        raise InputError(f"{path}: {called(name)} has {size} bytes, too few or too many for {kind}")

    def read():
        with file.open(member) as stream:
            take(stream, start)
            return np.ndarray(shape, dtype, take(stream, size), order="F" if fortran_order else "C")

    return Stored(shape, dtype, read)


def _header(path, name, stream):
    """(shape, whether in Fortran's order, dtype); the length is looked at before so many bytes are read."""
    try:
        count, read = HEADERS[stream.read(8)]
        length = stream.read(count)
        if int.from_bytes(length, "little") > LONGEST:
            raise ValueError("a header longer than NumPy reads")
        with quiet.warnings_of(
            r"numpy\.|vitnp\.weights\.npz"
        ):  # a header of Python 2, as (3L,), is read all the same
            return read(io.BytesIO(length + stream.read(int.from_bytes(length, "little"))))
    except HEADER_ERRORS as problem:
        what = " ".join(str(problem).split())[:80] or type(problem).__name__
        raise InputError(f"{path}: {called(name)} is not an array ({what})") from None
