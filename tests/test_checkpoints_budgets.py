"""Small files that ask for much: refused before anything is allocated, and a name twice is never taken once."""

import io
import json
import os
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
import safetensors.numpy
from checkpoint_files import (
    TOKEN,
    arrays_of,
    number,
    path_of,
    random_model,
    safetensors_file,
    tensor_opcodes,
    text,
    torch_save,
)

from vitnp import InputError, models, tree, vit, weights
from vitnp.models.vit.config import MOST_LAYERS
from vitnp.system import pickles, reading
from vitnp.weights import kinds, npz, stored

SIZE = {"image_size": TOKEN.image_size}
EMPTY = '{"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}'


def refused(path, *parts):
    """load ends in one line that names the file and holds every part, and takes no memory."""
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as caught:
            weights.load(path, **SIZE)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    message = str(caught.value)
    assert len(message) <= 300
    assert message.isprintable()
    for part in (str(path), *parts):
        assert part in message, message
    assert peak < 50e6


def npy(array):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(array))
    return stream.getvalue()


def header(shape):
    """The start of an .npy of float32 in that shape."""
    told = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(told)) + told


def zipped(path, members, compression=zipfile.ZIP_DEFLATED):
    """A zip of (name, bytes) pairs; a name may come twice."""
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in members:
            file.writestr(name, data)


def members_of(folder, format):
    """The (name, bytes) pairs of a random model's .npz."""
    return [(f"{name}.npy", npy(array)) for name, array in arrays_of(folder, format, TOKEN).items()]


# ---- what is not of the model is not read ----


@pytest.mark.parametrize("preset", models.PRESETS)
def test_a_tree_of_shapes_takes_no_memory(preset):
    config = models.preset(preset)
    shapes = models.of(config).init(None, config)
    assert all(set(leaf.strides) == {0} for _, leaf in tree.leaves(shapes))


@pytest.mark.parametrize("preset", ["tiny", "mlp-tiny", "cnn-tiny", "rnn-tiny"])
def test_a_tree_of_shapes_has_the_shapes(preset):
    config = models.preset(preset)
    real, shapes = (
        models.of(config).init(rng, config, "float64") for rng in (np.random.default_rng(0), None)
    )
    assert tree.shapes(real) == tree.shapes(shapes)
    assert {leaf.dtype for tree_ in (real, shapes) for _, leaf in tree.leaves(tree_)} == {np.dtype("float64")}
    assert all(leaf.flags.writeable for _, leaf in tree.leaves(real))
    if preset == "tiny":
        assert (shapes["norm"]["gamma"] == 1).all()
        assert not shapes["norm"]["beta"].any()


def test_an_array_that_the_model_has_not_is_not_read(tmp_path):
    bomb = header((2**23,)) + bytes(2**25)  # 32 MB in 33 kB
    zipped(tmp_path / "model.npz", [*members_of(tmp_path, "vitnp"), ("junk.npy", bomb)])
    refused(tmp_path / "model.npz", "junk is unexpected")


def test_nothing_is_read_of_a_file_that_does_not_fit(tmp_path, monkeypatch):
    read, take = [], npz.take
    monkeypatch.setattr(npz, "take", lambda stream, size: read.append(size) or take(stream, size))
    zipped(tmp_path / "model.npz", [*members_of(tmp_path, "google"), ("junk.npy", npy(np.zeros(3)))])
    read.clear()
    refused(tmp_path / "model.npz", "junk is unexpected")
    assert read == []


@pytest.mark.parametrize("field", [{"hidden_size": 2**20, "num_heads": 1}, {"num_classes": 2**24}], ids=str)
def test_a_configuration_of_a_larger_model(tmp_path, field):
    arrays = arrays_of(tmp_path, "vitnp", TOKEN)
    given = json.loads(str(arrays["vitnp.config"])) | field
    np.savez(tmp_path / "model.npz", **(arrays | {"vitnp.config": np.array(json.dumps(given))}))
    refused(
        tmp_path / "model.npz", f"need (192, {2**20})" if "hidden_size" in field else f"need (192, {2**24})"
    )


@pytest.mark.parametrize(
    "field", [{"hidden_size": 2**24, "mlp_dim": 2**24, "num_heads": 1}, {"image_size": 2**23}]
)
def test_a_parameter_that_no_memory_holds(field):
    for preset in ("tiny", "mlp-tiny"):
        known = {name: value for name, value in field.items() if name in vars(models.preset(preset))}
        with pytest.raises(InputError, match="numbers, more than any memory; use smaller sizes"):
            models.preset(preset, **known)


def test_a_header_of_gigabytes_is_not_read(tmp_path):
    long = b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**25) + bytes(2**25)
    zipped(tmp_path / "model.npz", [("cls.npy", long)])
    refused(tmp_path / "model.npz", "cls is not an array (a header longer than NumPy reads)")
    zipped(tmp_path / "model.npz", [("cls.npy", header((10**4000, 0)))])
    refused(tmp_path / "model.npz", "cls has 0 bytes, too few or too many for float32 (1000")
    zipped(tmp_path / "model.npz", [("cls.npy", header((2**60, 0)))])
    refused(tmp_path / "model.npz", "cls has 0 bytes, too few or too many for float32")


def test_a_safetensors_header_of_megabytes_is_not_read(tmp_path):
    length = reading.MOST_TEXT + 1
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", length) + b"{" + b" " * 99)
    refused(tmp_path / "model.safetensors", f"its header claims {length:,} bytes")


def test_zeros_that_would_take_all_memory(tmp_path, monkeypatch):
    """2 MB of them, packed, are 2 GB of numbers; those of a model are packed to nine tenths."""
    path = tmp_path / "model.npz"
    zipped(path, [("a.npy", npy(np.zeros(10**5)))])
    size = path.stat().st_size
    for unpacked, fits in ((800_128, True), (800_127, False)):
        monkeypatch.setattr(reading, "UNPACKED", unpacked)
        if fits:
            assert list(kinds.read(path)) == ["a"]
        else:
            refused(path, f"has {size:,} bytes and would become 800,128, nearly all alike")
    monkeypatch.setattr(reading, "TIMES", -(-800_128 // size))
    assert list(kinds.read(path)) == ["a"]


def test_members_over_each_other(tmp_path):
    zipped(tmp_path / "model.npz", [("a.npy", npy(np.zeros(10**6)))])
    data = (tmp_path / "model.npz").read_bytes()
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    second = data[start:end].replace(b"a.npy", b"b.npy")
    record = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, 2 * (end - start), start, 0)
    (tmp_path / "model.npz").write_bytes(data[:end] + second + record)
    refused(tmp_path / "model.npz", "is cut off or damaged")
    with (
        zipfile.ZipFile(tmp_path / "model.npz") as file,
        pytest.raises(zipfile.BadZipFile, match="begins within 'a"),
    ):
        npz.check_members(tmp_path / "model.npz", file, 9)


# ---- too many ----


def test_more_arrays_than_a_model_has(tmp_path):
    count = stored.MOST + 1
    zipped(tmp_path / "model.npz", [(f"{i}.npy", b"") for i in range(count)], zipfile.ZIP_STORED)
    refused(tmp_path / "model.npz", f"holds {count:,} arrays; need at most {stored.MOST:,}")
    entries = ",".join(f'"{i}": {EMPTY}' for i in range(count))
    safetensors_file(tmp_path / "model.safetensors", f"{{{entries}}}")
    refused(tmp_path / "model.safetensors", f"holds {count:,} arrays")
    assert len(kinds.read(tmp_path / "model.safetensors")) == count, "as a training checkpoint may have"


def test_the_deepest_model_has_fewer_arrays():
    most = {"num_layers": MOST_LAYERS, "position_embedding": "2d", "position_at": "every-layer"}
    p = vit.init(None, models.preset("tiny", **most))
    assert MOST_LAYERS < len(list(tree.leaves(p))) < stored.MOST


def test_blocks_stacked_without_end(tmp_path):
    arrays = arrays_of(tmp_path, "google", TOKEN)
    rows = {"Transformer/encoderblock/x": np.zeros((MOST_LAYERS + 1, 1), "u1")}
    np.savez(tmp_path / "model.npz", **arrays, **rows)
    refused(tmp_path / "model.npz", "has a row for each of 1,001 blocks; a ViT has at most 1,000")
    rows = {f"Transformer/encoderblock/x{i}": np.zeros((MOST_LAYERS, 1), "u1") for i in range(21)}
    np.savez(tmp_path / "model.npz", **arrays, **rows)
    refused(tmp_path / "model.npz", "holds more than 20,000 arrays when its blocks are taken apart")


def test_a_block_number_of_thousands_of_digits(tmp_path):
    name = f"blocks.{'9' * 5000}.norm1.weight"
    arrays = arrays_of(tmp_path, "timm", TOKEN) | {name: np.zeros(3, "f4")}
    safetensors.numpy.save_file(arrays, path_of(tmp_path, "timm"))
    refused(path_of(tmp_path, "timm"), "blocks.9999", "is unexpected")


def pth(path, opcodes, **storages):
    """A .pth with that pickle."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a/data.pkl", b"\x80\x04" + opcodes)
        for key, data in (storages or {"s0": bytes(16)}).items():
            file.writestr(f"a/data/{key[1:]}", data)


LARGE = [b"\x8a\x10" + ((2**61 - 1) * (i + 9)).to_bytes(16, "little") for i in range(pickles.MOST + 1)]
FEWER_STEPS = 2**14  # a million take seconds
PROGRAMS = {
    "more steps than a model takes": (b"]" * 2 * FEWER_STEPS, "more than 16,384 steps"),
    "large numbers, of one hash": (b"}(" + b"N".join(LARGE) + b"Nu.", "more than 1,000 keys"),
    "tuples": (
        b"}(" + b"".join(number(i) + b"\x85N" for i in range(pickles.MOST + 1)) + b"u.",
        "more than 1,000 keys that are tuples",
    ),
    "tuples in a set": (
        b"\x8f(" + b"".join(number(i) + b"\x85" for i in range(pickles.MOST + 1)) + b"\x90.",
        "more than 1,000 keys that are tuples",
    ),
    "digits without end": (b"L" + b"9" * 10**6 + b"L\n.", "damaged pickle"),
    "a memo of places that are not used": (b"}r\x09\x00\x00\x00.", "LONG_BINPUT 9"),
}


@pytest.mark.parametrize(("opcodes", "words"), PROGRAMS.values(), ids=PROGRAMS)
def test_a_pickle_that_would_take_all_time(tmp_path, monkeypatch, opcodes, words):
    monkeypatch.setattr(pickles, "MOST_STEPS", FEWER_STEPS)
    pth(tmp_path / "model.pth", opcodes)
    refused(tmp_path / "model.pth", words)


def test_a_thousand_large_numbers_are_read():
    """As a training script may keep the state of NumPy's generator."""
    data = b"\x80\x04](" + b"".join(LARGE[: pickles.MOST]) + b"e."
    assert len(pickles.load(data, {})) == pickles.MOST


def test_a_truth_in_a_shape(tmp_path):
    tensor = tensor_opcodes("0", 0, (1,), (1,), count=4).replace(b"(" + number(1) + b"t", b"\x88\x85", 1)
    pth(tmp_path / "model.pth", b"}" + text("x") + tensor + b"s.")
    refused(tmp_path / "model.pth", "has no shape, strides and offset of whole numbers")


def test_many_tensors_in_one_storage(tmp_path):
    tensors = (text(f"x{i}") + tensor_opcodes("0", 0, (64, 64), (1, 64), count=4096) for i in range(50))
    pth(tmp_path / "model.pth", b"}(" + b"".join(tensors) + b"u.", s0=bytes(4 * 4096))
    refused(tmp_path / "model.pth", "many tensors share their numbers")


def test_two_tensors_of_one_storage_get_memory_of_their_own(tmp_path):
    """Training would otherwise write to both."""
    tensors = (text(name) + tensor_opcodes("0", 0, (4,), (1,), count=4) for name in "ab")
    pth(tmp_path / "model.pth", b"}(" + b"".join(tensors) + b"u.", s0=np.arange(4, dtype="<f4").tobytes())
    found = kinds.read(tmp_path / "model.pth")
    assert found["a"].tolist() == found["b"].tolist() == [0, 1, 2, 3]
    assert not np.shares_memory(found["a"], found["b"])


# ---- a name twice ----


@pytest.mark.parametrize("second", ["project.b.npy", "project.b"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_in_a_zip(tmp_path, second):
    zipped(tmp_path / "model.npz", [*members_of(tmp_path, "vitnp"), (second, npy(np.ones(192, "f4")))])
    refused(tmp_path / "model.npz", 'holds "project.b" twice; save it again with every name once')


def test_a_name_twice_in_a_safetensors_header(tmp_path):
    safetensors_file(tmp_path / "model.safetensors", f'{{"x": {EMPTY}, "x": {EMPTY}}}')
    refused(tmp_path / "model.safetensors", 'has the name "x" twice')


def test_a_name_twice_in_a_configuration(tmp_path):
    arrays = arrays_of(tmp_path, "vitnp", TOKEN)
    given = str(arrays["vitnp.config"])[:-1] + ', "num_heads": 6}'
    np.savez(tmp_path / "model.npz", **(arrays | {"vitnp.config": np.array(given)}))
    refused(tmp_path / "model.npz", 'vitnp.config is no configuration (it has the name "num_heads" twice)')


def test_a_block_stacked_and_by_itself(tmp_path):
    name = "Transformer/encoderblock_0/LayerNorm_0/scale"
    arrays = arrays_of(tmp_path, "google", TOKEN)
    stack = {name.replace("_0", "", 1): np.ones((2, 192), "f4")}
    for both in (arrays | stack, stack | arrays):
        np.savez(tmp_path / "model.npz", **both)
        refused(tmp_path / "model.npz", "LayerNorm_0/scale", "twice: stacked, and by itself")


TWICE = {
    "at once": b"}(" + text("x") + b"K\x01" + text("x") + b"K\x02u.",
    "one after the other": b"}" + text("x") + b"K\x01s" + text("x") + b"K\x02s.",
    "by DICT": b"(" + text("x") + b"K\x01" + text("x") + b"K\x02d.",
    "from the memo": b"}q\x00" + text("x") + b"q\x01K\x01sh\x01K\x02s.",
    "in an OrderedDict": b"ccollections\nOrderedDict\n)R" + text("x") + b"K\x01s}b" + text("x") + b"K\x02s.",
    "of bytes": b"}(C\x01xK\x01C\x01xK\x02u.",
}


@pytest.mark.parametrize("opcodes", TWICE.values(), ids=TWICE)
def test_a_name_twice_in_a_pickle(tmp_path, opcodes):
    pth(tmp_path / "model.pth", opcodes)
    refused(tmp_path / "model.pth", "'x' is twice in a dict")


def test_two_models_in_one_torch_file(tmp_path):
    torch_save(tmp_path / "model.pth", {"x": np.zeros(3, "f4")})
    with zipfile.ZipFile(tmp_path / "model.pth", "a") as file:
        file.writestr("b/data.pkl", b"\x80\x02}.")
    refused(tmp_path / "model.pth", "archive/data.pkl", "b/data.pkl", "one model in a file")


# ---- configurations and paths ----


@pytest.mark.parametrize("value", [5.0, ["a", "b"], b"{}"], ids=repr)
def test_a_configuration_that_is_no_text(tmp_path, value):
    arrays = arrays_of(tmp_path, "vitnp", TOKEN)
    np.savez(tmp_path / "model.npz", **(arrays | {"vitnp.config": np.array(value)}))
    refused(tmp_path / "model.npz", "vitnp.config is", "need one text")


FIELDS = [
    {"layer_norm_eps": 10**400},
    {"preprocessing": {"mean": [10**400]}},
    {"preprocessing": {"mean": [[0.5]]}},
    {"preprocessing": {"std": [True]}},
    {"preprocessing": {"crop_fraction": 1e-320}},
    {"preprocessing": {"crop_fraction": 1e-4}},
    {"preprocessing": 5},
    {"image_size": [[8, 8], 8]},
    {"num_layers": True},
    {"hidden_size": None},
    {"gelu": ["tanh"]},
    {"family": {}},
    {"k" * 10**5: 1},
]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field!s:.40}")
def test_a_field_of_another_kind(tmp_path, field):
    arrays = arrays_of(tmp_path, "vitnp", TOKEN)
    given = json.loads(str(arrays["vitnp.config"])) | field
    np.savez(tmp_path / "model.npz", **(arrays | {"vitnp.config": np.array(json.dumps(given))}))
    refused(tmp_path / "model.npz", "vitnp.config is no configuration")


@pytest.mark.parametrize("path", ["a\0b.npz", "\ud800.npz", 5, None, ["x.npz"]], ids=repr)
def test_what_is_no_path(path):
    with pytest.raises(InputError, match=r"cannot write .* no name of a file; give a path"):
        weights.save(path, random_model(TOKEN), TOKEN)
    for ask in (weights.load, weights.inspect, weights.class_names, kinds.read):
        with pytest.raises(InputError, match=r"cannot read .* no name of a file; give a path"):
            ask(path)


def test_a_folder_in_the_place_of_the_part(tmp_path):
    (tmp_path / "x.npz.part").mkdir()
    (tmp_path / "y.npz").mkdir()
    for name in ("x.npz", "y.npz"):
        with pytest.raises(InputError, match=rf"cannot write .*{name} \(Is a directory\); name a folder"):
            weights.save(tmp_path / name, random_model(TOKEN), TOKEN)
    assert sorted(os.listdir(tmp_path)) == ["x.npz.part", "y.npz"], "and half a file is not left"


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "model.npz")
    refused(tmp_path / "model.npz", "is no regular file")


def test_a_file_larger_than_the_memory_is_named(tmp_path, monkeypatch):
    def full(*_):
        raise MemoryError

    arrays_of(tmp_path, "vitnp", TOKEN)
    monkeypatch.setattr(npz, "take", full)
    refused(path_of(tmp_path, "vitnp"), "needs more memory than there is")
