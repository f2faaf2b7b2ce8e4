"""The .pth, .pt and .bin of torch.save read without PyTorch, and without running anything. Imports `errors`, `system`,
`stored`.

Such a file is a zip: `data.pkl` says what there is, one stored member a storage holds the numbers. A pickle is a
program, so this reader lets it call three things, all of them ours: one makes a dict, one a Tensor record, one
takes the tensor out of a Parameter. Any other name it asks for ends the reading before a call is made.
"""

import functools
import math
import os
import zipfile
from typing import NamedTuple

import numpy as np

from vitnp.errors import InputError, quoted, shown
from vitnp.system import pickles
from vitnp.system.pickles import Call, Damaged, Refused
from vitnp.weights.stored import Stored, are_counts, called, check_names, take

STORAGES = {
    ("torch", "DoubleStorage"): "<f8",
    ("torch", "FloatStorage"): "<f4",
    ("torch", "HalfStorage"): "<f2",
    ("torch", "BFloat16Storage"): "V2",
    ("torch", "LongStorage"): "<i8",
    ("torch", "IntStorage"): "<i4",
    ("torch", "ShortStorage"): "<i2",
    ("torch", "CharStorage"): "i1",
    ("torch", "ByteStorage"): "u1",
    ("torch", "BoolStorage"): "?",
}
MOST_AXES = 32
# {"state_dict": …, "epoch": …}, as training scripts save; DINOv2's has a teacher, the model that is published.
WRAPPINGS = ("state_dict", "model", "teacher")


class Tensor(NamedTuple):
    """What the pickle says of one tensor; counts are in elements."""

    dtype: str
    key: str  # of the storage
    offset: int
    shape: tuple
    strides: tuple


class Dict(dict):
    """An OrderedDict whose attributes, `_metadata` in a state dict, are thrown away."""

    __slots__ = ()

    def __setstate__(self, state):
        pass


class MakeDict(Call):
    """A dict, of which the attributes are thrown away."""

    __slots__ = ()
    stands_for = ("collections", "OrderedDict")

    def function(self):
        return Dict()


class MakeTensor(Call):
    """A Tensor; what comes after the strides (gradient, hooks) is left unread."""

    __slots__ = ()
    stands_for = ("torch._utils", "_rebuild_tensor_v2")

    def function(self, storage, offset, shape, strides, *rest):
        dtype, key = storage
        if type(shape) is not tuple or type(strides) is not tuple:  # what is in a list was not counted
            raise TypeError
        return Tensor(dtype, key, offset, shape, strides)


class TakeTensor(Call):
    """The Tensor in a Parameter."""

    __slots__ = ()
    stands_for = ("torch._utils", "_rebuild_parameter")

    def function(self, tensor, *rest):
        return tensor


ADMITTED = {call.stands_for: call() for call in (MakeDict, MakeTensor, TakeTensor)}


def storage(pid):
    """("storage", type, key, device, count) → (dtype, key)."""
    kind, dtype, key, _, _ = pid
    if kind != "storage" or dtype not in STORAGES.values() or not isinstance(key, str):
        raise Refused("a storage of another kind")  # not shown: a small tuple can have a text without end
    return dtype, key


def arrays(path, file):
    """{name: Stored} of the open zip; InputError, naming file and tensor, for what is refused or damaged."""
    members = {member.filename: member for member in file.infolist()}
    found = [name for name in members if name.endswith("/data.pkl")]
    folder = found[0].removesuffix("data.pkl")
    if len(found) > 1:
        raise InputError(f"{path} holds {quoted(found[0])} and {quoted(found[1])}; save one model in a file")
    if any(member.compress_type != zipfile.ZIP_STORED for member in members.values()):
        raise InputError(f"{path} is compressed, which torch.save never does; save it as .safetensors")
    if f"{folder}byteorder" in members and file.read(f"{folder}byteorder") != b"little":
        raise InputError(f"{path} was saved on a big-endian machine; save it as .safetensors")
    saved = _state_dict(path, _unpickled(path, file.read(found[0])))
    check_names(path, list(saved))
    for name, tensor in saved.items():
        _check(path, members, folder, name, tensor)
    if sum(_bytes(tensor) for tensor in saved.values()) > 2 * os.path.getsize(path):
        raise InputError(f"{path} says that many tensors share their numbers; save each with contiguous()")

    @functools.cache
    def numbers(key):
        member = members[f"{folder}data/{key}"]
        with file.open(member) as stream:
            return take(stream, member.file_size)

    used = set()  # the storages of which one tensor is a view

    def read(tensor):
        view = _view(numbers(tensor.key), tensor)
        # Places that share a number would be written to together.
        if tensor.key in used or not view.flags.forc:
            return view.copy()
        used.add(tensor.key)
        return view

    return {
        name: Stored(tensor.shape, np.dtype(tensor.dtype), functools.partial(read, tensor))
        for name, tensor in saved.items()
    }


def _unpickled(path, data):
    """What the pickle makes: dicts, lists, numbers and Tensor records."""
    try:
        return pickles.load(data, STORAGES | ADMITTED, persistent=storage)
    except Refused as problem:
        raise InputError(
            f"{path} is refused: its pickle asks for {problem}, and only tensors and containers are read; "
            "save its state_dict() as .safetensors"
        ) from None
    except Damaged as problem:
        raise InputError(f"{path} holds a damaged pickle ({problem})") from None


def _state_dict(path, saved):
    """{name: Tensor} of what was pickled: the dict itself, or the one under one of the `WRAPPINGS`."""
    for key in WRAPPINGS:
        if isinstance(saved, dict) and isinstance(saved.get(key), dict):
            saved = saved[key]
    if not isinstance(saved, dict):
        raise InputError(f"{path} holds a {type(saved).__name__}; need a dict of tensors, a state_dict()")
    return {
        name: value for name, value in saved.items() if isinstance(name, str) and isinstance(value, Tensor)
    }


def _bytes(tensor):
    return math.prod(tensor.shape) * np.dtype(tensor.dtype).itemsize


def _check(path, members, folder, name, tensor):
    """Raise InputError for a tensor that does not lie within its storage."""
    dtype, key, offset, shape, strides = tensor
    where = f"{path}: {quoted(name)}"
    if not are_counts((offset, *shape, *strides)):
        # They are not shown: a small pickle can hold a number, or a tuple of tuples, of any length.
        raise InputError(f"{where} has no shape, strides and offset of whole numbers; the file is damaged")
    if len(shape) != len(strides) or len(shape) > MOST_AXES:
        raise InputError(
            f"{where} has shape {shown(shape)} and strides {shown(strides)}; the file is damaged"
        )
    member = members.get(f"{folder}data/{key}")
    if member is None:
        raise InputError(f"{where} has no storage {called(key)}; the file is damaged")
    count = member.file_size // np.dtype(dtype).itemsize
    last = offset + sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
    if math.prod(shape) and last >= count:
        raise InputError(f"{where} reaches number {last} of a storage of {count}; the file is damaged")
    if math.prod(shape) > count:  # an expanded tensor: made whole, a small file could ask for all the memory
        raise InputError(f"{where} is {shown(shape)}, in a storage of {count}; save it with contiguous()")


def _view(numbers, tensor):
    """The tensor's numbers where they stand in those of its storage."""
    dtype = np.dtype(tensor.dtype)
    whole = numbers[: len(numbers) // dtype.itemsize * dtype.itemsize].view(dtype)
    strides = [n * dtype.itemsize for n in tensor.strides]
    return np.lib.stride_tricks.as_strided(whole[tensor.offset :], tensor.shape, strides)
