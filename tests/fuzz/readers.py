"""Files of weights read a second time and as plainly as can be: what vitnp accepts has to hold these numbers.

They trust the file, so they are called only for one that vitnp has accepted.
"""

import io
import json
import pickle
import zipfile

import numpy as np

from fuzz.judge import Wrong

SAFETENSORS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
STORAGES = {"DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2", "BFloat16Storage": "<u2"}


def arrays(data):
    """{name: array} of a file of weights, bfloat16 as float32."""
    try:
        return safetensors(data) if data[:2] != b"PK" else of_zip(data)
    except Wrong:
        raise
    except Exception as problem:
        raise Wrong(f"accepted, and another reader has a {type(problem).__name__}") from problem


def of_zip(data):
    """A zip of .npy, or of torch.save."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        members = file.namelist()
        once(members, "a zip")
        programs = [name for name in members if name.endswith("/data.pkl")]
        if programs:
            return torch(file, programs[0])
        return {
            name.removesuffix(".npy"): np.lib.format.read_array(io.BytesIO(file.read(name)))
            for name in members
        }


def once(names, where):
    """Raise Wrong where a name is there twice: which one counts is not said."""
    if len(set(names)) < len(names):
        raise Wrong(f"accepted with the same name twice in {where}")


def safetensors(data):
    """The header's JSON, then the numbers."""

    def unique(pairs):
        once([name for name, _ in pairs], "a header")
        return dict(pairs)

    size = int.from_bytes(data[:8], "little")
    header, found = json.loads(data[8 : 8 + size], object_pairs_hook=unique), {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, stop = entry["data_offsets"]
            dtype, numbers = entry["dtype"], data[8 + size + start : 8 + size + stop]
            array = widened(np.frombuffer(numbers, SAFETENSORS.get(dtype, "u1")), dtype)
            found[name] = array.reshape(entry["shape"] if dtype in SAFETENSORS else -1)
    return found


def widened(numbers, dtype):
    """bfloat16 as float32: its upper half."""
    if not dtype.startswith("BF"):
        return numbers
    return (numbers.astype("<u4") << 16).view("<f4")


class Unpickler(pickle.Unpickler):
    """Tensors as (storage's bytes, type, offset, shape, strides)."""

    def __init__(self, program, read):
        super().__init__(io.BytesIO(program))
        self.read = read

    def find_class(self, module, name):
        if name == "OrderedDict":
            return Dict
        if name == "_rebuild_tensor_v2":
            return lambda storage, offset, shape, strides, *rest: (*storage, offset, shape, strides)
        if name == "_rebuild_parameter":
            return lambda tensor, *rest: tensor
        return name if name in STORAGES else Unknown

    def persistent_load(self, pid):
        return self.read(pid[2]), pid[1]


class Dict(dict):
    """An OrderedDict."""

    def __setstate__(self, state):
        pass


class Unknown:
    """What stands for any other class; it takes everything."""

    def __init__(self, *args):
        pass

    def __setstate__(self, state):
        pass

    def __setitem__(self, key, value):
        pass

    def __call__(self, *args):
        return self

    append = extend = add = __init__


def torch(file, program):
    """The tensors of a state dict, number by number."""
    folder = program.removesuffix("data.pkl")
    saved = Unpickler(file.read(program), lambda key: file.read(f"{folder}data/{key}")).load()
    found = {}
    for name, tensor in saved.items():
        if isinstance(name, str) and isinstance(tensor, tuple) and len(tensor) == 5:
            data, kind, offset, shape, strides = tensor
            dtype = np.dtype(STORAGES.get(kind, "u1"))
            flat = widened(np.frombuffer(data, dtype, len(data) // dtype.itemsize), kind)
            array = np.empty(shape, flat.dtype)
            for place in np.ndindex(*shape):
                array[place] = flat[
                    offset + sum(i * stride for i, stride in zip(place, strides, strict=True))
                ]
            found[name] = array
    return found
