"""The arrays of numbers in a file of MATLAB 5 (.mat). Imports `system`, `errors`.

Not by scipy.io.loadmat, which a damaged file can crash. After 128 bytes of header the file is a row of elements, each a
type, a length, so many bytes. One that zlib has packed holds another; an array has four: its class, its shape, its
name, its numbers, in Fortran's order. Text, structs and objects are left out.
"""

import math
import struct
import zlib

import numpy as np

from vitnp.errors import InputError
from vitnp.system import reading

HEADER, SIGNATURE = 128, b"\x00\x01IM"  # the last bytes of the header, in this byte order
ARRAY, PACKED = 14, 15  # types of elements
NUMBERS = {1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8", 12: "<i8", 13: "<u8"}
CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
COMPLEX = 8  # a flag of an array
ADVICE = "fetch it again"


def read(path):
    """{name: array} of the file. Raises InputError for a damaged file, another kind of file, and a too large one."""
    reading.need_regular(path, ADVICE)
    with reading.named(path, advice=ADVICE):
        data, most = memoryview(path.read_bytes()), reading.most_unpacked(path)
        if data[HEADER - len(SIGNATURE) : HEADER] != SIGNATURE:
            raise InputError(f"{path} is no file of MATLAB 5; save it with MATLAB's save -v7, or {ADVICE}")
        found, at = {}, HEADER
        while at < len(data):
            kind, body, at = element(data, at)
            if kind == PACKED:
                packed = zlib.decompressobj()
                unpacked = packed.decompress(body, most + 1)
                if len(unpacked) > most:
                    raise InputError(f"{path} would become more than {most:,} bytes; {ADVICE}")
                if not packed.eof:
                    raise EOFError("it ends within an array")
                kind, body, _ = element(memoryview(unpacked), 0)
            if kind == ARRAY:
                found |= array(body)
    return found


def element(data, at):
    """(type, bytes, where the next one begins) of an element; one of at most four bytes has them within its length."""
    kind, size = struct.unpack_from("<II", data, at)
    if short := kind >> 16:
        kind, size, start, end = kind & 0xFFFF, short, at + 4, at + 8
    else:
        start = at + 8
        end = start + size + (0 if kind == PACKED else -size % 8)
    if start + size > len(data) or (short and short > 4):
        raise EOFError("it ends within an array")
    return kind, data[start : start + size], end


def array(data):
    """{name: array} of an element, empty for what is none of real numbers."""
    _, flags, at = element(data, 0)
    _, sides, at = element(data, at)
    _, name, at = element(data, at)
    if flags[0] not in CLASSES or flags[1] & COMPLEX:
        return {}
    kind, numbers, _ = element(data, at)
    shape, values = np.frombuffer(sides, "<i4").tolist(), np.frombuffer(numbers, NUMBERS[kind])
    if min(shape, default=-1) < 0 or math.prod(shape) != len(values):
        raise ValueError(f"an array {shape} of {len(values):,} numbers")
    return {str(name, "latin-1"): values.astype(CLASSES[flags[0]], copy=False).reshape(shape, order="F")}
