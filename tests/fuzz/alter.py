"""Bytes, JSON, arrays and zips changed by chance: functions that Hypothesis's `draw` makes choices for."""

import functools
import io
import json
import struct
import warnings
import zipfile

import numpy as np
from hypothesis import strategies as st

from fuzz import nasty

# (offset, bytes) of the fields of a zip's central entry: versions, flags, method, CRC, both sizes, lengths, offset
FIELDS = ((4, 2), (6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (42, 4))
DTYPES = ("f2", "f8", ">f4", "c8", "i4", "u1", "?", "S3", "U3", "M8[s]", "V4", "g", [("a", "f4")])
# What the header of a .npy may say, as the text that it is.
DESCRIPTIONS = (
    "'<f8'",
    "'|O'",
    "'<c8'",
    "'<U1000000000'",
    "'V0'",
    "[('a', '<f4')]",
    "'f4,f4'",
    "1",
    "'(2,)f4'",
)
SHAPES = ("()", "(1,)", "(-1,)", "(True,)", "(2.0,)", "(0, 9999999999)", "3", "'a'", "(((1,),),)")
SHAPES += (f"({nasty.LONG},)", f"({nasty.LONGER},)")


def one_of(draw, things):
    """One of them, by chance."""
    return draw(st.sampled_from(things))


def some_bytes(draw, data):
    """The bytes with one to three changes: set, cut, left out, put in, doubled, a number in place of another."""
    data = bytearray(data)
    for _ in range(draw(st.integers(1, 3))):
        if not data:
            break
        last = len(data) - 1
        place = draw(
            st.integers(0, last) | st.integers(0, min(last, 300)) | st.integers(max(0, last - 300), last)
        )
        count = one_of(draw, (1, 2, 4, 8, 100))
        how = one_of(draw, ("set", "cut", "leave out", "put in", "double", "number"))
        if how == "set":
            data[place] = draw(st.integers(0, 255))
        elif how == "cut":
            del data[place:]
        elif how == "leave out":
            del data[place : place + count]
        elif how == "put in":
            data[place:place] = draw(st.binary(min_size=1, max_size=8)) * one_of(draw, (1, 1, 1000))
        elif how == "double":
            data[place:place] = data[place : place + count]
        else:
            width, order = one_of(draw, (1, 2, 4, 8)), one_of(draw, ("little", "big"))
            number = one_of(draw, nasty.WHOLE) & (256**width - 1)
            data[place : place + width] = number.to_bytes(width, order)
    return bytes(data)


def places(value, here=()):
    """The path of every value in JSON, the whole first."""
    yield here
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in pairs:
        yield from places(inside, (*here, key))


def some_json(draw, value):
    """JSON as text, with one or two values replaced, left out, doubled or put in."""
    value, texts = json.loads(json.dumps(value)), {}
    for number in range(draw(st.integers(1, 2))):
        path, mark = one_of(draw, list(places(value))), f"@{number}"
        old = functools.reduce(lambda whole, key: whole[key], path, value)
        alike = nasty.JSON_NUMBERS if isinstance(old, int | float) else nasty.JSON
        texts[f'"{mark}"'] = new = one_of(draw, alike) if draw(st.booleans()) else one_of(draw, nasty.JSON)
        if not path:
            return new
        inside, key = functools.reduce(lambda whole, key: whole[key], path[:-1], value), path[-1]
        hows = (
            ("replace", "replace", "leave out", "double", "put in")
            if isinstance(inside, dict)
            else ("replace",)
        )
        how = one_of(draw, hows)
        if how == "leave out":
            del inside[key]
        elif how == "put in":
            inside[one_of(draw, nasty.SHORT)] = mark
        else:
            if how == "double":  # the same key twice: the old value, then the new one
                texts[f'"{mark}"'] = f"{json.dumps(inside[key])}, {json.dumps(key)}: {new}"
            inside[key] = mark
    text = json.dumps(value)
    for mark, new in texts.items():
        text = text.replace(mark, new)
    return text


def some_array(draw, array):
    """The array with other numbers, another dtype, shape or order, all of which NumPy can write."""
    how = one_of(draw, ("number", "dtype", "shape", "order", "one", "empty", "objects"))
    if how == "number" and array.size and array.dtype.kind == "f":
        array = array.copy()
        array.flat[draw(st.integers(0, array.size - 1))] = one_of(
            draw, (0.0, np.nan, np.inf, -np.inf, 1e30, 1e-42)
        )
    elif how == "dtype":
        array = as_type(array, np.dtype(one_of(draw, DTYPES)))
    elif how == "shape":
        flat = array.reshape(-1)
        array = one_of(draw, (array[None], flat, array.T, flat[:1], flat[:1].reshape(())))
    elif how == "order":
        array = np.asfortranarray(array)
    elif how == "one":
        array = np.zeros((1,) * array.ndim, array.dtype)
    elif how == "empty":
        array = np.zeros(one_of(draw, ((0,), (0, 2**40))), "f4")
    else:
        array = np.array([1, "a"], object)
    return array


def as_type(array, dtype):
    """The array in another dtype; zeros where there is no such conversion."""
    plain = array.dtype.kind in "fiu" and dtype.kind in "fiucb"
    return array.astype(dtype) if plain else np.zeros(array.shape, dtype)


def npy(array):
    """The array as the bytes of a .npy."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), allow_pickle=True)
    return file.getvalue()


def some_npy(draw, data):
    """The bytes of a .npy with a changed header or a changed array."""
    how = one_of(draw, ("array", "header", "bytes"))
    if how == "bytes":
        return some_bytes(draw, data)
    array = np.lib.format.read_array(io.BytesIO(data))
    if how == "array":
        return npy(some_array(draw, array))
    descr = one_of(draw, (repr(array.dtype.str), *DESCRIPTIONS))
    shape = one_of(draw, (str(array.shape), *SHAPES))
    order = one_of(draw, ("False", "True", "0", "None"))
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"
    text = one_of(draw, (text, text[:-3], "(" * 5000, f"{{'descr': {descr}}}", text.replace(":", "=")))
    header = text.encode() + b"\n"
    body = data[10 + int.from_bytes(data[8:10], "little") :]
    if len(header) < 2**16:
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body
    return b"\x93NUMPY\x02\x00" + struct.pack("<I", len(header)) + header + body


def unzipped(data):
    """[(name, bytes)] of a zip."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return [(member.filename, file.read(member)) for member in file.infolist()]


def zipped(members, methods=None):
    """The zip of [(name, bytes)]; methods: {name: how it is compressed}."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w") as file,
        warnings.catch_warnings(action="ignore"),
    ):  # of a name that is there twice
        for name, data in members:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.filename = name  # ZipInfo would cut a name at its first null
            file.writestr(info, data, (methods or {}).get(name, zipfile.ZIP_STORED))
    return out.getvalue()


def some_zip(draw, data, change, most=None):
    """A zip with a change of its members, of its directory, or of its bytes.

    change(draw, name, bytes) alters a member; most is the name of the one that is altered half of the time.
    """
    members = dict(unzipped(data))
    if most and draw(st.booleans()):
        return zipped((members | {most: change(draw, most, members[most])}).items())
    how, name = one_of(draw, ("member", "names", "directory", "bytes")), one_of(draw, list(members))
    if how == "member":
        return zipped((members | {name: change(draw, name, members[name])}).items())
    if how == "names":
        return zipped(*some_members(draw, list(members.items()), list(members).index(name)))
    return some_directory(draw, data) if how == "directory" else some_bytes(draw, data)


def some_members(draw, members, i):
    """(members, methods) with member i renamed, doubled, left out, packed, or with very many beside it."""
    (name, inside), methods = members[i], {}
    how = one_of(draw, ("rename", "double", "leave out", "exchange", "pack", "many"))
    if how == "rename":
        members[i] = one_of(draw, nasty.NAMES), inside
    elif how == "double":
        members.append((name, one_of(draw, [data for _, data in members])))
    elif how == "leave out":
        del members[i]
    elif how == "exchange":
        j = draw(st.integers(0, len(members) - 1))
        members[i], members[j] = (name, members[j][1]), (members[j][0], inside)
    elif how == "pack":
        methods[name] = one_of(draw, (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
        members[i] = name, inside + b"\0" * one_of(draw, (0, 4_000_000))
    else:
        members += [(f"{number}.npy", npy(np.zeros(0, "f4"))) for number in range(one_of(draw, (10, 1000)))]
    return members, methods


def some_directory(draw, data):
    """A zip whose directory says something else of one member: a nasty number, or what it says of another."""
    data = bytearray(data)
    starts, start = [], data.find(b"PK\x01\x02")
    while start >= 0:
        starts.append(start)
        start = data.find(b"PK\x01\x02", start + 4)
    if not starts:
        return bytes(data)
    entry, (offset, width) = one_of(draw, starts), one_of(draw, FIELDS)
    if draw(st.booleans()):
        other = one_of(draw, starts)
        fields = ((offset, width),) if draw(st.booleans()) else FIELDS[4:7] + FIELDS[-1:]  # over each other
        for offset, width in fields:
            data[entry + offset : entry + offset + width] = data[other + offset : other + offset + width]
    else:
        number = one_of(draw, nasty.WHOLE) & (256**width - 1)
        data[entry + offset : entry + offset + width] = number.to_bytes(width, "little")
    return bytes(data)
