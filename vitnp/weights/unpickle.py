"""The .pth, .pt and .bin of torch.save read without PyTorch, and without running anything. Imports `errors`, `system`,
`rebuilt`, `saved`, `stored`.

Such a file is a zip: `data.pkl` says what there is, one stored member a storage holds the numbers. A pickle is a
program, so this reader lets it call only what `rebuilt` has. Any other name becomes a placeholder, which does nothing.
"""

import functools
import math
import os
import zipfile

import numpy as np

from vitnp.errors import InputError, quoted, shown
from vitnp.system import pickles
from vitnp.system.pickles import Damaged, Refused
from vitnp.system.placeholders import Placeholders
from vitnp.weights import saved
from vitnp.weights.rebuilt import ADMITTED, storage
from vitnp.weights.stored import Stored, are_counts, called, check_names, take

MOST_AXES = 32


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
    pairs, unread = saved.tensors(path, _unpickled(path, file.read(found[0])))
    check_names(path, [name for name, _ in pairs] + [name for name, _ in unread])
    for name, tensor in pairs:
        _check(path, members, folder, name, tensor)
    if sum(_bytes(tensor) for _, tensor in pairs) > 2 * os.path.getsize(path):
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
        for name, tensor in pairs
    } | {
        name: Stored((), np.dtype(object), functools.partial(_refuse, path, name, what))
        for name, what in unread
    }


def _refuse(path, name, what):
    """Raise InputError for a tensor whose numbers are not read."""
    raise InputError(
        f"{path}: {quoted(name)} is {what}; save the model's state_dict() in float32, as .safetensors"
    )


def _unpickled(path, data):
    """What the pickle makes: dicts, lists, numbers, Tensor records, placeholders."""
    try:
        return pickles.load(data, ADMITTED, persistent=storage, unknown=Placeholders())
    except Refused as problem:
        raise InputError(
            f"{path} is refused: its pickle asks for {problem}, which no weights need; "
            "save the model's state_dict() as .safetensors"
        ) from None
    except Damaged as problem:
        raise InputError(f"{path} holds a damaged pickle ({problem})") from None


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
