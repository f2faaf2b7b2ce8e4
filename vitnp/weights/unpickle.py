"""The .pth, .pt and .bin of torch.save read without PyTorch, and without running anything. Imports `errors`, `system`.

Such a file is a zip: `data.pkl` says what there is, one stored member a storage holds the numbers. A pickle is a
program, so this reader lets it call three things, all of them ours: one makes a dict, one a Tensor record, one
takes the tensor out of a Parameter. Any other name it asks for ends the reading before a call is made.
"""

import math
import zipfile
from typing import NamedTuple

import numpy as np

from vitnp.errors import InputError
from vitnp.system import pickles
from vitnp.system.pickles import Call, Damaged, Refused

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
CHUNK = 2**18  # bytes
WRAPPINGS = ("state_dict", "model")  # {"state_dict": …, "epoch": …}, as training scripts save


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

    def function(self, items=()):
        return Dict(items)


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
MOST = 2**60  # of any number: times 8 bytes it is still one of NumPy's


def storage(pid):
    """("storage", type, key, device, count) → (dtype, key)."""
    kind, dtype, key, _, _ = pid
    if kind != "storage" or dtype not in STORAGES.values() or not isinstance(key, str):
        raise Refused("a storage of another kind")  # not shown: a small tuple can have a text without end
    return dtype, key


def read(path, file):
    """{name: array} of the open zip; InputError, naming file and tensor, for what is refused or damaged."""
    members = {member.filename: member for member in file.infolist()}
    pickles = [name for name in members if name.endswith("/data.pkl")]
    folder = pickles[0].removesuffix("data.pkl")
    if any(member.compress_type != zipfile.ZIP_STORED for member in members.values()):
        raise InputError(f"{path} is compressed, which torch.save never does; save it as .safetensors")
    if f"{folder}byteorder" in members and file.read(f"{folder}byteorder") != b"little":
        raise InputError(f"{path} was saved on a big-endian machine; save it as .safetensors")
    saved = _unpickled(path, file.read(pickles[0]))
    storages = {}
    return {
        name: _array(path, file, members, folder, name, tensor, storages)
        for name, tensor in _state_dict(path, saved).items()
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
    """{name: Tensor} of what was pickled: the dict itself, or the one under "state_dict" or "model"."""
    for key in WRAPPINGS:
        if isinstance(saved, dict) and isinstance(saved.get(key), dict):
            saved = saved[key]
    if not isinstance(saved, dict):
        raise InputError(f"{path} holds a {type(saved).__name__}; need a dict of tensors, a state_dict()")
    return {
        name: value for name, value in saved.items() if isinstance(name, str) and isinstance(value, Tensor)
    }


def _array(path, file, members, folder, name, tensor, storages):
    """One tensor as an array, a view of its storage; its place in the storage is checked first."""
    dtype, key, offset, shape, strides = tensor
    numbers = (offset, *shape, *strides)
    if not all(isinstance(n, int) and 0 <= n < MOST for n in numbers):
        # They are not shown: a small pickle can hold a number, or a tuple of tuples, of any length.
        raise InputError(
            f"{path}: {name} has no shape, strides and offset of whole numbers; the file is damaged"
        )
    if len(shape) != len(strides):
        raise InputError(f"{path}: {name} has shape {shape} and strides {strides}; the file is damaged")
    if key not in storages:
        member = members.get(f"{folder}data/{key}")
        if member is None:
            raise InputError(f"{path}: {name} has no storage {key}; the file is damaged")
        with file.open(member) as stream:
            storages[key] = take(stream, member.file_size)
    itemsize = np.dtype(dtype).itemsize
    count = len(storages[key]) // itemsize
    last = offset + sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
    if math.prod(shape) and last >= count:
        raise InputError(f"{path}: {name} reaches number {last} of a storage of {count}; the file is damaged")
    if math.prod(shape) > count:  # an expanded tensor: made whole, a small file could ask for all the memory
        raise InputError(f"{path}: {name} is {shape}, in a storage of {count}; save it with contiguous()")
    storage = storages[key][: count * itemsize].view(dtype)[offset:]
    view = np.lib.stride_tricks.as_strided(storage, shape, [n * itemsize for n in strides])
    return view if view.flags.forc else view.copy()  # places that share a number would be written to together


def take(stream, size):
    """The next `size` bytes of a stream as a writable array, in pieces that stay in the cache between two copies."""
    taken = np.empty(size, "u1")
    for start in range(0, size, CHUNK):
        piece = taken[start : start + CHUNK]
        if stream.readinto(piece) != len(piece):
            raise EOFError("the file ends too early")
    return taken
