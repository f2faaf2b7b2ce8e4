"""Files for the tests of the checkpoints: arrays as another library would have them, and .pth files byte by byte."""

import pickle
import struct
import zipfile

import numpy as np

from vitnp import gradcheck, models, preset, tree, weights
from vitnp.weights import kinds

PUBLISHED = {"hidden_size": 192, "num_heads": 3}  # a width whose heads are known
TOKEN = preset("tiny", **PUBLISHED, representation_size=None)
GAP = preset("tiny", **PUBLISHED, representation_size=None, classifier="gap")
PRE_LOGITS = preset("tiny", **PUBLISHED)


def random_model(config, dtype=np.float32):
    """Random parameters, no two alike."""
    p = gradcheck.random_like(models.of(config).init(None, config), np.random.default_rng(0))
    return tree.map(lambda leaf: leaf.astype(dtype), p)


def path_of(folder, format):
    """A file name with the ending that the format has."""
    return folder / f"{format}.{'npz' if format in ('vitnp', 'google') else 'safetensors'}"


def arrays_of(folder, format, config):
    """{name: array} of a random model in a format."""
    weights.save(path_of(folder, format), random_model(config), config, format=format)
    return kinds.read(path_of(folder, format))


def same(p, q):
    """Whether two trees have the same names in the same order, dtypes and bits."""
    pairs = zip(tree.leaves(p), tree.leaves(q), strict=True)
    return all(m == n and a.dtype == b.dtype and np.array_equal(a, b) for (m, a), (n, b) in pairs)


def torch_save(path, arrays, extra=b"", tensor=None):
    """A .pth of {name: float32 array} as torch.save writes it; `extra` are opcodes that run before the dict is made.

    tensor, if given, is (storage key, offset, shape, strides), said of every array in place of the truth.
    """
    pickle, storages = b"\x80\x02" + extra + b"}(", {}
    for key, (name, array) in enumerate(arrays.items()):
        strides = tuple(stride // 4 for stride in array.strides)
        told = tensor or (str(key), 0, array.shape, strides)
        pickle += text(name) + tensor_opcodes(*told, count=array.size)
        storages[str(key)] = np.ascontiguousarray(array, "<f4").tobytes()
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", pickle + b"u.")
        for key, data in storages.items():
            file.writestr(f"archive/data/{key}", data)


def saved_file(path, value):
    """A .pth of nested dicts as torch.save writes it: arrays are float32 tensors, bytes are opcodes as they are."""
    storages = []
    program_file(path, opcodes(value, storages), storages)


def program_file(path, program, storages):
    """A .pth of these opcodes, which push one value, and these arrays as storages "0", "1", …"""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", b"\x80\x02" + program + b".")
        for key, array in enumerate(storages):
            file.writestr(f"archive/data/{key}", np.ascontiguousarray(array, "<f4").tobytes())


def opcodes(value, storages):
    """The opcodes that push a value; the arrays in it are added to the storages."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict):
        pairs = (opcodes(key, storages) + opcodes(inner, storages) for key, inner in value.items())
        return b"}(" + b"".join(pairs) + b"u"
    if isinstance(value, np.ndarray):
        storages.append(value)
        strides = tuple(stride // 4 for stride in value.strides)
        return tensor_opcodes(str(len(storages) - 1), 0, value.shape, strides, count=value.size)
    return pickle.dumps(value, 2)[2:-1]


def tensor_opcodes(key, offset, shape, strides, *, count):
    """torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, False, OrderedDict())."""
    storage = (
        b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu") + number(count) + b"tQ"
    )
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + number(offset)
        + b"("
        + b"".join(map(number, shape))
        + b"t("
        + b"".join(map(number, strides))
        + b"t\x89ccollections\nOrderedDict\n)RtR"
    )


def text(value):
    """The opcode that pushes a string."""
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value):
    """The opcode that pushes an integer."""
    if -(2**31) <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    return b"\x8a\x10" + value.to_bytes(16, "little", signed=True)


def safetensors_file(path, header, data=b""):
    """A .safetensors with any header, bytes or str."""
    header = header if isinstance(header, bytes) else header.encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)
