"""Files that somebody else made: what reading one raises becomes one InputError that names it. Imports `errors`."""

import codecs
import contextlib
import gzip
import json
import math
import os
import stat
import struct
import tarfile
import tokenize
import zipfile
import zlib

from vitnp.errors import InputError, quoted, shown

UNPACKED, TIMES = 2**26, 64  # bytes: what is unpacked of a file, and how many times its own if that is more
MOST_TEXT = 2**24  # bytes of a text: the names of all classes of ImageNet-21k take a quarter
# What zipfile, tarfile, gzip, NumPy and json raise for bytes that they cannot use, and our own code for JSON of
# another kind than it needs. A file that vitnp wrote raises none of them.
DAMAGE = (
    *(ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RuntimeError, EOFError),
    *(
        gzip.BadGzipFile,
        SyntaxError,
        tokenize.TokenError,
        struct.error,
        zlib.error,
        zipfile.BadZipFile,
        tarfile.TarError,
    ),
)


@contextlib.contextmanager
def named(path, what=None, advice="fetch or save it again"):
    """What the block raises for a file becomes an InputError: the path, what is wrong, why, `advice`.

    what: words that say it of whatever goes wrong, also of an InputError; without it an InputError passes as it
    is, as the block's own name the file.
    """
    try:
        yield
    except DAMAGE as problem:
        if what is None and isinstance(problem, InputError):
            raise
        why = str(problem) or type(problem).__name__
        raise InputError(f"{path}{what or ' is cut off or damaged'} ({why}); {advice}") from problem
    except MemoryError:
        raise InputError(
            f"{path} needs more memory than there is; it may be damaged, or made for a larger machine"
        ) from None
    except OSError as problem:
        raise InputError(f"cannot read {path} ({problem.strerror or problem}); {advice}") from problem


def name_of(path, verb="read"):
    """The path as a string. Raises InputError for what is no path of a file; verb: what was to be done with it."""
    try:
        name = os.fsdecode(path)
        os.fsencode(name)  # not every string is the name of a file
    except (TypeError, UnicodeError):
        name = "\0"
    if "\0" in name:
        raise InputError(f"cannot {verb} {shown(path)}, which is no name of a file; give a path")
    return name


def need_regular(path, advice):
    """Raise InputError, with `advice`, for a pipe, which would be waited for, and for a device, which might never end.

    Of a path that is not there, or a folder, its reader says what is wrong.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InputError(f"{path} is no regular file; {advice}")


def text(path, advice="give a text file"):
    """The text of a file. Raises InputError, with `advice`, where it cannot be read, is too large or is no text."""
    path = name_of(path)
    need_regular(path, advice)
    with named(path, advice=advice), open(path, "rb") as file:
        data = file.read(MOST_TEXT + 1)
    if len(data) > MOST_TEXT:
        raise InputError(f"{path} has more than {MOST_TEXT:,} bytes; {advice}")
    try:
        return decoded(data)
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise InputError(f"cannot read {path} (it is not UTF-8 text: see line {line:,}); {advice}") from None


def decoded(data):
    """The text of bytes in UTF-8, or in UTF-16 as PowerShell writes it or UTF-32, without its byte-order marks.

    Raises UnicodeDecodeError for bytes in neither, and in UTF-16 without a mark, where every second is a NUL.
    """
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):  # one begins as that of UTF-16 does
        found = data.decode("utf-32")
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        found = data.decode("utf-16")
    else:
        found = data.decode("utf-8")
    if data[:2].count(0) == 1:
        raise UnicodeDecodeError("utf-8", data, 0, 1, "a NUL in the first two bytes")
    return found.lstrip("\ufeff")  # two programs may have put one in front


def most_unpacked(path):
    """How many bytes a file may hold when it is unpacked: numbers of models and pictures become a few times as many.

    Zeros become a thousand times as many: a small file could ask for all the memory.
    """
    return max(UNPACKED, TIMES * os.path.getsize(path))


def unpacked(path):
    """The open file, unpacked if gzip packed it."""
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return (gzip.open if packed else open)(path, "rb")


def from_json(text):
    """The value of a JSON text. Raises ValueError for no JSON, a name twice in an object, a number beyond float64."""
    try:
        return json.loads(
            text.removeprefix("\ufeff"), object_pairs_hook=_once, parse_float=_finite, parse_constant=_finite
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _once(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it has the name {quoted(twice)} twice")
    return found


def _finite(digits):
    if not math.isfinite(value := float(digits)):
        raise ValueError(f"it has the number {shown(digits)}, which is not finite")
    return value
