"""Files that are broken, hostile or another model's: one line that names the file and the array, and nothing done."""

import json
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
import safetensors.numpy
from checkpoint_files import (
    PRE_LOGITS,
    TOKEN,
    arrays_of,
    path_of,
    random_model,
    safetensors_file,
    text,
    torch_save,
)

from vitnp import InputError, weights
from vitnp.errors import one_line
from vitnp.ops import positions
from vitnp.system import pickles, placeholders
from vitnp.weights import kinds
from vitnp.weights.vit.names import names

SIZE = {"image_size": TOKEN.image_size}


def refused(path, *parts, **options):
    """load ends in one line that names the file and holds every part; the line."""
    with pytest.raises(InputError) as caught:
        weights.load(path, **SIZE, **options)
    message = str(caught.value)
    assert message.isprintable(), message
    for part in (str(path), *parts):
        assert part in message, message
    return message


# ---- files that are not whole ----


@pytest.mark.parametrize("name", ["vitnp", "google", "timm", "huggingface", "model.pth"])
@pytest.mark.parametrize("part", [0.2, 0.6, 0.999])
def test_a_truncated_file(tmp_path, name, part):
    if name == "model.pth":
        path = tmp_path / name
        torch_save(path, arrays_of(tmp_path, "timm", TOKEN))
    else:
        path = path_of(tmp_path, name)
        arrays_of(tmp_path, name, TOKEN)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    refused(path, "cut off or damaged")


@pytest.mark.parametrize("name", ["model.npz", "model.pth"])
def test_a_flipped_bit(tmp_path, name):
    path = tmp_path / name
    if name == "model.pth":
        torch_save(path, arrays_of(tmp_path, "timm", TOKEN))
    else:
        weights.save(path, random_model(TOKEN), TOKEN)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    refused(path, "cut off or damaged", "CRC")


@pytest.mark.parametrize("content", [b"hello, this is text\n", b"\0" * 99])
def test_not_a_file_of_weights(tmp_path, content):
    (tmp_path / "notes.txt").write_bytes(content)
    refused(tmp_path / "notes.txt", "is not a file of weights; need .npz, .safetensors")


def test_a_folder_and_a_missing_file(tmp_path):
    refused(tmp_path, "is a folder without a file of weights; name a file of weights")
    refused(tmp_path / "none.npz", "cannot read", "No such file")


def test_a_torch_file_from_before_the_zip(tmp_path):
    (tmp_path / "old.pth").write_bytes(pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2) + b" " * 20)
    refused(tmp_path / "old.pth", "bare pickle", ".safetensors")


# ---- headers that lie ----


def npy(shape, dtype="<f4", data=b"\0" * 16):
    """An .npy with a header of its own."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (npy((10**12,)), "has 16 bytes, too few or too many for float32 (1000000000000,)"),
        (npy((3,)), "has 16 bytes, too few"),
        (npy((-2, -2)), "has 16 bytes, too few"),
        (npy((4,), dtype="|O"), "is an array of Python objects"),
        (npy("__import__('os')"), "is not an array"),
        (npy("("), "is not an array"),
        (npy("(" * 5000), "is not an array"),
        (npy("(3L,)"), "has 16 bytes, too few or too many for float32 (3,)"),
        (b"\x93NUMPY\x07\x00" + b" " * 99, "is not an array"),
        (b"not an array", "is not an array"),
    ],
)
def test_an_npz_whose_header_lies(tmp_path, member, words):
    path = tmp_path / "model.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("embedding/kernel.npy", member)
    refused(path, "embedding/kernel", words)


@pytest.mark.parametrize(
    ("compressed", "size", "words"),
    [(10, None, "claims"), (None, 10**6, "claims 1000000 bytes"), (10**8, 10**8, "claims 100000000 bytes")],
    ids=["as stored", "unpacked", "both, more than the file"],
)
def test_a_zip_whose_directory_lies_about_a_size(tmp_path, compressed, size, words):
    path = tmp_path / "model.npz"
    weights.save(path, random_model(TOKEN), TOKEN)
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")  # the first record of the central directory: sizes are at 20 and 24
    for at, claimed in ((20, compressed), (24, size)):
        if claimed:
            data[entry + at : entry + at + 4] = struct.pack("<I", claimed)
    path.write_bytes(data)
    refused(path, "project.W", words)


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_packed_as_no_library_does(tmp_path, kind):
    path = tmp_path / "model.npz"
    with zipfile.ZipFile(path, "w", kind) as file:
        file.writestr("cls.npy", npy((4,)))
    data = bytearray(path.read_bytes())
    data[50:60] = b"\xff" * 10
    path.write_bytes(data)
    refused(path, "packed as neither NumPy nor PyTorch does")


def test_a_stacked_array_without_axes(tmp_path):
    arrays = arrays_of(tmp_path, "google", TOKEN) | {"Transformer/encoderblock/x": np.float32(1.0)}
    np.savez(tmp_path / "model.npz", **arrays)
    refused(tmp_path / "model.npz", "Transformer/encoderblock/x is unexpected")


def test_more_blocks_than_arrays(tmp_path):
    """In seconds, and not after writing down the names of so many blocks."""
    arrays = arrays_of(tmp_path, "vitnp", TOKEN)
    given = json.loads(str(arrays["vitnp.config"])) | {"num_layers": 999}
    np.savez(tmp_path / "model.npz", **(arrays | {"vitnp.config": np.array(json.dumps(given))}))
    refused(tmp_path / "model.npz", "too few for the 999 blocks of its configuration")


def test_an_image_size_beyond_all_memory(tmp_path, monkeypatch):
    arrays_of(tmp_path, "vitnp", TOKEN)

    def full(*args, **options):
        raise MemoryError

    monkeypatch.setattr(positions, "resized", full)
    with pytest.raises(InputError, match="image_size 400000x400000 needs more memory than there is"):
        weights.load(tmp_path / "vitnp.npz", image_size=400_000)


def test_a_first_block_that_is_missing_is_listed_whole(tmp_path):
    """Every array by inspect; the one line of load has the first three."""
    arrays = arrays_of(tmp_path, "google", TOKEN)
    first = [name for name in arrays if "encoderblock_0/" in name]
    np.savez(tmp_path / "model.npz", **{name: arrays[name] for name in arrays if name not in first})
    assert weights.inspect(tmp_path / "model.npz", **SIZE).missing == first
    message = refused(tmp_path / "model.npz", "encoderblock_0/LayerNorm_0/scale is missing", "lists them")
    assert f"and {2 * len(first) - 3} more" in message


def test_an_empty_axis(tmp_path):
    arrays = arrays_of(tmp_path, "google", TOKEN) | {"embedding/kernel": np.zeros((0, 8, 3, 192), "f4")}
    np.savez(tmp_path / "model.npz", **arrays)
    refused(tmp_path / "model.npz", "embedding/kernel is (0, 8, 3, 192), need 4 axes, none of them empty")


def test_an_array_of_objects(tmp_path):
    np.savez(tmp_path / "model.npz", **{"embedding/kernel": np.array([{"x": 1}], dtype=object)})
    refused(tmp_path / "model.npz", "embedding/kernel is an array of Python objects")


HEADERS = {
    "more than the file has": '{"x": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}}',
    "a shape of another size": '{"x": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}',
    "an offset behind the end": '{"x": {"dtype": "F32", "shape": [2], "data_offsets": [800, 808]}}',
    "an offset before the start": '{"x": {"dtype": "F32", "shape": [2], "data_offsets": [-8, 0]}}',
    "two in one place": (
        '{"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, '
        '"y": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}'
    ),
    "a dtype that is none": '{"x": {"dtype": "F99", "shape": [2], "data_offsets": [0, 8]}}',
    "no JSON": '{"x": ',
    "a list": '{"x": [1, 2]}',
    "not UTF-8": b'{"\xff": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}',
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_safetensors_header_that_lies(tmp_path, header):
    safetensors_file(tmp_path / "model.safetensors", header, b"\0" * 8)
    refused(tmp_path / "model.safetensors", "cut off or damaged")


def test_a_safetensors_header_longer_than_the_file(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", 2**40) + b"{" + b" " * 50)
    refused(tmp_path / "model.safetensors", "cut off or damaged")


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (("0", 0, (9,), (1,)), "reaches number 8 of a storage of 4"),
        (("0", 0, (10**9, 10**9), (0, 0)), "in a storage of 4; save it with contiguous()"),
        (("0", 3, (2,), (1,)), "reaches number 4 of a storage of 4"),
        (("0", 0, (2, 2), (3, 1)), "reaches number 4 of a storage of 4"),
        (("0", 0, (2,), (-1,)), "of whole numbers; the file is damaged"),
        (("0", -1, (2,), (1,)), "is damaged"),
        (("0", 0, (2,), (1, 1)), "has shape (2,) and strides (1, 1)"),
        (("7", 0, (2,), (1,)), "has no storage 7"),
        (("../data.pkl", 0, (2,), (1,)), "has no storage"),
        (("0", 0, (2**62, 0), (1, 1)), "of whole numbers"),
        (("0", 0, (1,), (2**70,)), "of whole numbers"),
    ],
)
def test_a_tensor_outside_its_storage(tmp_path, tensor, words):
    torch_save(tmp_path / "model.pth", {"cls_token": np.zeros(4, "f4")}, tensor=tensor)
    refused(tmp_path / "model.pth", "cls_token", words)


# ---- pickles with code ----

CODE = {
    "os.system": b"cposix\nsystem\n({command}tR0",
    "builtins.eval": b"c__builtin__\neval\n({command}tR0",
    "by STACK_GLOBAL": text("posix") + text("system") + b"\x93({command}tR0",
    "by INST": b"({command}iposix\nsystem\n0",
    "by OBJ": b"(cposix\nsystem\n{command}o0",
    "by NEWOBJ": b"csubprocess\nPopen\n({command}t\x810",
    "a dotted name": text("collections") + text("OrderedDict.__init__.__globals__") + b"\x930",
    "a call of what is admitted": b"ctorch._utils\n_rebuild_tensor_v2\n({command}tR0",
    "an attribute of what is admitted": b"ctorch._utils\n_rebuild_tensor_v2\nN}"
    + text("function")
    + b"Ns\x86b0",
    "the class of what is admitted": b"ccollections\nOrderedDict\nN}" + text("__class__") + b"Ns\x86b0",
    "a storage that is a file": b"("
    + text("module")
    + b"ctorch\nFloatStorage\n"
    + text("0")
    + text("x")
    + b"NtQ0",
}


@pytest.mark.parametrize("code", CODE.values(), ids=CODE)
def test_a_pickle_with_code_is_refused_before_anything_runs(tmp_path, code):
    witness = tmp_path / "witness"
    command = text(f"touch {witness}")
    path = tmp_path / "model.pth"
    torch_save(path, arrays_of(tmp_path, "timm", TOKEN), extra=code.replace(b"{command}", command))
    refused(path, "pickle")
    assert not witness.exists()
    torch_save(path, arrays_of(tmp_path, "timm", TOKEN))
    weights.load(path, **SIZE)  # and nothing that the reader keeps was changed


def nested(levels, pair=b"%b%b\x86"):
    """(x, x) of (x, x) of …, each in the memo; pair makes one of two."""
    made = (pair % (b"h%c" % i, b"h%c" % i) + b"q%c0" % (i + 1) for i in range(levels))
    return b"K\x01q\x000" + b"".join(made) + b"h%c" % levels


NEST = nested(45)
STORAGE = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu") + b"K\x01tQ"
TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n(" + STORAGE + b"K\x00]%ba](K\x01%betR"


@pytest.mark.parametrize("place", ["a shape", "a storage", "a storage of five"])
def test_a_tuple_whose_text_has_no_end_is_not_shown(tmp_path, place):
    opcodes = {
        "a shape": b"ctorch._utils\n_rebuild_tensor_v2\n(" + STORAGE + b"K\x00(" + NEST + b"t(K\x01ttR",
        "a storage": NEST + b"Q",
        "a storage of five": b"(" + NEST + b"K\x01K\x01K\x01K\x01tQ",
    }[place]  # fmt: skip
    with zipfile.ZipFile(tmp_path / "model.pth", "w") as file:
        file.writestr("a/data.pkl", b"\x80\x02}" + text("x") + opcodes + b"s.")
        file.writestr("a/data/0", bytes(8))
    assert len(refused(tmp_path / "model.pth")) < 300


KEYS = {  # of 22 levels, which are 4 million visits: without the refusal the test fails, and does not wait
    "doubled": nested(22),
    "doubled by DUP": b"K\x01" + b"2\x86" * 22,
    "doubled in sets that are fixed": nested(22, b"(%bK\x02\x86%bK\x03\x86\x91"),
    "said to be a list": nested(22, b"%b%b\x86(e"),
    "said to be a dict": nested(22, b"%b%b\x86(u"),
    "behind a mark": nested(22, b"%b%b\x86(0"),
    "behind what is taken away": nested(22, b"%b%b\x86(NN1"),
    "in the shape of a tensor": nested(22, TENSOR),
    "deep": b"K\x01" + b"\x85" * 2000,
    "long": b"(" + b"K\x01" * 1001 + b"t",
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_whose_hash_has_no_end_is_refused(tmp_path, key):
    with zipfile.ZipFile(tmp_path / "model.pth", "w") as file:
        file.writestr("a/data.pkl", b"\x80\x04}" + key + b"Ns.")
        file.writestr("a/data/0", bytes(8))
    assert len(refused(tmp_path / "model.pth", "pickle")) < 300


def test_tuples_of_a_thousand_things_and_lists_of_any_number_are_read(tmp_path):
    saved = {(1,) * 999: [(i, (i,)) for i in range(5000)], (2, (3, 4)): {"x": ()}}
    for protocol in range(6):
        assert pickles.load(pickle.dumps(saved, protocol), {}) == saved


def test_names_without_end_are_refused(tmp_path):
    """Each of them takes memory."""
    many = b"".join(b"cmine\nx%d\n0" % i for i in range(placeholders.MOST + 1))
    torch_save(tmp_path / "model.pth", {"x": np.ones(3, "f4")}, extra=many)
    refused(tmp_path / "model.pth", "asks for more than 1,000 names")


def test_a_call_that_fails_is_named_as_the_file_has_it(tmp_path):
    torch_save(
        tmp_path / "model.pth", {}, extra=CODE["a call of what is admitted"].replace(b"{command}", text("x"))
    )
    refused(tmp_path / "model.pth", "torch._utils._rebuild_tensor_v2 is called with something else")


def test_a_pickled_object_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "model.pth", "w") as file:
        file.writestr("archive/data.pkl", b"\x80\x02}" + text("net") + b"cmine.models\nNet\n)\x81}bs.")
    refused(
        tmp_path / "model.pth", "an object of the class mine.models.Net, under net", "save model.state_dict()"
    )


@pytest.mark.parametrize(
    ("saved", "words"),
    [
        ([1, 2], "holds a list; need a dict of tensors"),
        ({"epoch": 3}, "no tensors, only epoch"),
        ("x", "holds a str"),
    ],
)
def test_a_pickle_without_a_state_dict(tmp_path, saved, words):
    with zipfile.ZipFile(tmp_path / "model.pth", "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps(saved, protocol=2))
    refused(tmp_path / "model.pth", words)


@pytest.mark.parametrize(
    ("data", "compression", "words"),
    [
        (b"", zipfile.ZIP_STORED, "damaged pickle"),
        (b"\x80\x02}", zipfile.ZIP_STORED, "damaged pickle"),
        (b"\x80\x02}r\xff\xff\xff\x7f.", zipfile.ZIP_STORED, "LONG_BINPUT 2147483647"),
        (b"\x80\x02}." * 100, zipfile.ZIP_DEFLATED, "is compressed, which torch.save never does"),
    ],
)
def test_a_damaged_pickle(tmp_path, data, compression, words):
    with zipfile.ZipFile(tmp_path / "model.pth", "w", compression) as file:
        file.writestr("archive/data.pkl", data)
    refused(tmp_path / "model.pth", words)


def test_big_endian(tmp_path):
    torch_save(tmp_path / "model.pth", {"cls_token": np.zeros(4, "f4")})
    with zipfile.ZipFile(tmp_path / "model.pth", "a") as file:
        file.writestr("archive/byteorder", "big")
    refused(tmp_path / "model.pth", "big-endian")


# ---- another model, or parts of two ----


def test_missing_unexpected_and_misshapen_all_at_once(tmp_path):
    arrays = arrays_of(tmp_path, "timm", TOKEN)
    arrays["blocks.1.mlp.fc3.bias"] = arrays.pop("blocks.1.mlp.fc2.bias")
    arrays["norm.weight"] = arrays["norm.weight"][1:]
    path = tmp_path / "model.safetensors"
    wrong = [
        "blocks.1.mlp.fc2.bias is missing",
        "blocks.1.mlp.fc3.bias is unexpected",
        "norm.weight is (191,), need (192,)",
    ]
    safetensors.numpy.save_file(arrays, path)
    refused(path, "; ".join(wrong))
    del arrays["head.weight"]
    safetensors.numpy.save_file(arrays, path)
    refused(path, "head.weight is missing", "and 1 more; vitnp weights inspect lists them")
    found = weights.inspect(path, **SIZE)
    assert found.missing == ["blocks.1.mlp.fc2.bias", "head.weight"]
    assert found.unexpected == ["blocks.1.mlp.fc3.bias"]
    assert found.misshapen == ["norm.weight is (191,), need (192,)"]
    assert len(found.wrong) == 4


@pytest.mark.parametrize("part", ["W", "b"])
@pytest.mark.parametrize(
    ("format", "config", "layer"),
    [
        ("google", PRE_LOGITS, "head"),
        ("google", PRE_LOGITS, "pre_logits"),
        ("timm", TOKEN, "head"),
        ("huggingface", TOKEN, "head"),
        ("torchvision", PRE_LOGITS, "head"),
        ("torchvision", PRE_LOGITS, "pre_logits"),
    ],
)
def test_half_a_head_asks_for_the_other_half(tmp_path, format, config, layer, part):
    """One array of the layer is missing; the other is not one too many. A head without b has one of zeros."""
    if (layer, part) == ("head", "b"):
        return
    arrays, name = arrays_of(tmp_path, format, config), names(format, 0)[f"classify.{layer}.{part}"]
    del arrays[name]
    path = path_of(tmp_path, format)
    if format == "google":
        np.savez(path, **arrays)
    else:
        safetensors.numpy.save_file(arrays, path)
    refused(path, f": {name} is missing")
    found = weights.inspect(path, **SIZE)
    assert found.wrong == [f"{name} is missing"]
    for field in ("num_classes", "representation_size"):
        assert getattr(found.config, field) == getattr(config, field)


def test_two_models_in_one_file(tmp_path):
    both = arrays_of(tmp_path, "timm", TOKEN) | arrays_of(tmp_path, "torchvision", TOKEN)
    path = tmp_path / "both.safetensors"
    safetensors.numpy.save_file(both, path)
    refused(path, "more than one model", "patch_embed.proj.weight (timm)", "conv_proj.weight (torchvision)")
    refused(path, "conv_proj.weight is unexpected", format="timm")


def test_one_model_in_two_spellings(tmp_path):
    arrays = arrays_of(tmp_path, "google", TOKEN)
    old = "Transformer/encoderblock_0/LayerNorm_2/scale"
    arrays[old.replace("_2/", "_1/")] = arrays[old]
    np.savez(tmp_path / "model.npz", **arrays)
    refused(tmp_path / "model.npz", old, old.replace("_2/", "_1/"), "are the same array")


def test_a_block_of_a_larger_model(tmp_path):
    arrays = arrays_of(tmp_path, "google", TOKEN)
    name = "Transformer/encoderblock_1/MultiHeadDotProductAttention_1/query/kernel"
    arrays[name] = np.zeros((192, 4, 48), "f4")
    np.savez(tmp_path / "model.npz", **arrays)
    refused(tmp_path / "model.npz", f"{name} is (192, 4, 48), need (192, 3, 64)")


def test_a_missing_block(tmp_path):
    arrays = arrays_of(tmp_path, "google", TOKEN)
    arrays = {name.replace("encoderblock_1", "encoderblock_999999999"): a for name, a in arrays.items()}
    np.savez(tmp_path / "model.npz", **arrays)
    refused(tmp_path / "model.npz", "encoderblock_1/LayerNorm_0/scale is missing")
    found = weights.inspect(tmp_path / "model.npz", **SIZE)
    assert found.missing == [name.replace("999999999", "1") for name in found.unexpected]
    assert len(found.missing) == 16


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("blocks.0.mlp.w12.weight", "SwiGLU"),
        ("blocks.0.mlp.fc1_g.weight", "SwiGLU"),
        ("linear_head.weight", "a head on the class token beside the mean"),
        ("dist_token", "a distilled DeiT"),
        ("blocks.0.attn.q_norm.weight", "qk_norm"),
        ("blocks.0.attn.q_bias", "EVA"),
        ("blocks.0.attns.0.norm.weight", "parallel blocks"),
        ("blocks.0.attn.relative_position_bias_table", "BEiT"),
        ("layers.0.blocks.0.attn.relative_position_bias_table", "Swin"),
        ("rope_embed.periods", "DINOv3"),
        ("head.0.running_mean", "a BatchNorm"),
        ("fc_norm.weight", "a LayerNorm before its pooling and one after it"),
    ],
)
def test_another_kind_of_vit_is_named(tmp_path, name, words):
    family = "google" if "/" in name else "timm"
    arrays = arrays_of(tmp_path, family, TOKEN) | {name: np.zeros(3, "f4")}
    path = path_of(tmp_path, family)
    if family == "google":
        np.savez(path, **arrays)
    else:
        safetensors.numpy.save_file(arrays, path)
    refused(path, name, words)


def test_no_vit_at_all(tmp_path):
    np.savez(tmp_path / "other.npz", **{"conv1/kernel": np.zeros(3), "conv2/kernel": np.zeros(3)})
    refused(tmp_path / "other.npz", "conv1/kernel, conv2/kernel", "no patch projection of a ViT")


@pytest.mark.parametrize("name", ["embedding/kernel", "Transformer/encoderblock_0/MlpBlock_3/Dense_0/bias"])
def test_an_array_that_tells_the_sizes(tmp_path, name):
    arrays = arrays_of(tmp_path, "google", TOKEN)
    np.savez(tmp_path / "model.npz", **(arrays | {name: arrays[name].reshape(-1, 2)}))
    refused(tmp_path / "model.npz", f"{name} is ({arrays[name].size // 2}, 2), need", "tells the sizes")
    del arrays[name]
    np.savez(tmp_path / "model.npz", **arrays)
    # another block tells as much, and so it is one array among all that are wrong
    message = refused(
        tmp_path / "model.npz", f"{name} is missing" if "Dense" in name else "no patch projection"
    )
    assert "tells the sizes" not in message


def test_positions_that_are_missing(tmp_path):
    arrays = arrays_of(tmp_path, "google", TOKEN)
    del arrays["Transformer/posembed_input/pos_embedding"]
    np.savez(tmp_path / "model.npz", **arrays)
    refused(tmp_path / "model.npz", "pos_embedding is missing; it tells the sizes of a ViT (google)")


@pytest.mark.parametrize("dtype", ["i8", "c16", "U3", "?", np.longdouble])
def test_wrong_dtypes(tmp_path, dtype):
    arrays = arrays_of(tmp_path, "google", TOKEN)
    arrays["cls"] = arrays["cls"].astype(dtype)
    np.savez(tmp_path / "model.npz", **arrays)
    refused(tmp_path / "model.npz", f"cls is {np.dtype(dtype).name}, need floats")


@pytest.mark.parametrize("dtype", ["i8", "u1"])
def test_wrong_dtypes_in_safetensors(tmp_path, dtype):
    arrays = arrays_of(tmp_path, "timm", TOKEN)
    arrays["cls_token"] = arrays["cls_token"].astype(dtype)
    path = path_of(tmp_path, "timm")
    safetensors.numpy.save_file(arrays, path)
    refused(path, f"cls_token is {np.dtype(dtype).name}, need floats")


@pytest.mark.parametrize("format", ["vitnp", "google", "timm"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite(tmp_path, format, value):
    p = random_model(TOKEN)
    p["norm"]["beta"][3:5] = value
    p["blocks"][1]["attention"]["W_V"][0, 0] = value
    path = path_of(tmp_path, format)
    weights.save(path, p, TOKEN, format=format)
    message = refused(path, "does not hold the", "NaN or infinite")
    found = weights.inspect(path, **({} if format == "vitnp" else SIZE))
    assert len(found.not_finite) == 2
    assert [sentence.partition(" holds ")[2] for sentence in found.not_finite] == [
        "1 values that are NaN or infinite",
        "2 values that are NaN or infinite",
    ]
    said = f"{path} does not hold the {format} model it names: {'; '.join(found.not_finite)}"
    assert message == one_line(said)


def test_a_head_of_two_minds(tmp_path):
    arrays = arrays_of(tmp_path, "google", TOKEN)
    np.savez(tmp_path / "model.npz", **(arrays | {"head/bias": np.zeros(9, "f4")}))
    refused(tmp_path / "model.npz", "head/kernel is (192, 13), need (192, 9)")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id2label": {"0": "cat", "1": "dog"}}, "num_classes 13, the config.json beside it says 2"),
        ({"hidden_size": 768}, "hidden_size 192, the config.json beside it says 768"),
        ({"num_attention_heads": 5}, "hidden_size 192 is not divisible by num_heads 5"),
        ({"image_size": [16, 16]}, "position_embeddings is (1, 31, 192), need (1, 5, 192)"),
        ({"image_size": "big"}, ""),
        ({"layer_norm_eps": "small"}, ""),
        ({"hidden_act": "relu"}, "hidden_act is 'relu'"),
        ({"id2label": 7}, "config.json"),
    ],
)
def test_a_config_json_of_another_model(tmp_path, change, words):
    arrays_of(tmp_path, "huggingface", TOKEN)
    given = json.loads((tmp_path / "config.json").read_text()) | change
    (tmp_path / "config.json").write_text(json.dumps(given))
    (tmp_path / "preprocessor_config.json").unlink()
    with pytest.raises(InputError) as caught:
        weights.load(tmp_path / "huggingface.safetensors")
    assert words in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("format", ["huggingface", "torchvision"])
def test_the_json_files_are_named_where_there_are_some(tmp_path, format):
    arrays_of(tmp_path, format, TOKEN)
    message = refused(path_of(tmp_path, format), "num_heads 5", num_heads=5)
    assert ("with config.json and preprocessor_config.json beside it" in message) == (format == "huggingface")


@pytest.mark.parametrize("content", ["{", "[1]", "\0", "[" * 100_000])
def test_a_config_json_that_is_none(tmp_path, content):
    arrays_of(tmp_path, "huggingface", TOKEN)
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(InputError, match=r"config\.json"):
        weights.load(tmp_path / "huggingface.safetensors")
    with pytest.raises(InputError, match=r"config\.json"):
        weights.class_names(tmp_path / "huggingface.safetensors")


@pytest.mark.parametrize(
    "config",
    ['{"hidden_size": "x"}', '{"widht": 3}', "[]", "{", '{"preprocessing": {"meen": 1}}', "[" * 100_000],
)
def test_a_configuration_inside_that_is_none(tmp_path, config):
    np.savez(tmp_path / "model.npz", **{"vitnp.config": np.array(config)})
    refused(tmp_path / "model.npz", "vitnp.config is no configuration")


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ({"position_embedding": "3d"}, 'position_embedding is "3d"; did you mean'),
        ({"num_heads": 5}, r"hidden_size \d+ is not divisible by num_heads 5"),
        ({"gelu": "relu"}, 'gelu is "relu"; choose tanh or erf'),
    ],
)
def test_a_bad_field_is_not_the_files_fault(tmp_path, field, words):
    weights.save(tmp_path / "model.npz", random_model(TOKEN), TOKEN)
    with pytest.raises(InputError, match=f"^{words}"):
        weights.load(tmp_path / "model.npz", **field)


def test_names_that_a_terminal_would_obey(tmp_path):
    np.savez(tmp_path / "model.npz", **{"embedding/kernel\x1b[2J\n": np.zeros(3)})
    refused(tmp_path / "model.npz", r"'embedding/kernel\x1b[2J\n'")


def test_unknown_format_and_fields(tmp_path):
    weights.save(tmp_path / "model.npz", random_model(TOKEN), TOKEN)
    with pytest.raises(InputError, match='format "jax" is unknown; choose vitnp, google'):
        weights.load(tmp_path / "model.npz", format="jax")
    with pytest.raises(InputError, match='format "jax" is unknown'):
        weights.save(tmp_path / "model.npz", random_model(TOKEN), TOKEN, format="jax")
    with pytest.raises(InputError, match='"gleu" is unknown; did you mean gelu'):
        weights.load(tmp_path / "model.npz", gleu="erf")
    with pytest.raises(InputError, match=r"has no vitnp\.config"):
        np.savez(tmp_path / "other.npz", x=np.zeros(3))
        weights.load(tmp_path / "other.npz", format="vitnp")


# ---- saving: all or nothing ----


@pytest.mark.parametrize(
    ("format", "name", "ending"),
    [("timm", "model.npz", r"\.safetensors"), ("google", "model.safetensors", r"\.npz")],
)
def test_the_ending_says_the_format(tmp_path, format, name, ending):
    with pytest.raises(InputError, match=f"to be a file of {format}; give it a name that ends in {ending}$"):
        weights.save(tmp_path / name, random_model(TOKEN), TOKEN, format=format)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("format", ["google", "timm", "huggingface"])
def test_a_full_disk_leaves_the_old_files(tmp_path, format, monkeypatch):
    path = path_of(tmp_path, format)
    weights.save(path, random_model(TOKEN), TOKEN, format=format)
    before = {file: (tmp_path / file).read_bytes() for file in os.listdir(tmp_path)}

    def full(*args, **options):
        if format != "google":
            raise safetensors.SafetensorError("Io: No space left on device")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    monkeypatch.setattr(safetensors.numpy, "save_file", full)
    with pytest.raises(InputError, match=r"cannot write .*No space left"):
        weights.save(path, random_model(TOKEN), TOKEN, format=format)
    assert {file: (tmp_path / file).read_bytes() for file in os.listdir(tmp_path)} == before


@pytest.mark.parametrize("format", ["google", "timm", "huggingface"])
def test_no_folder_to_save_into(tmp_path, format):
    with pytest.raises(InputError, match=r"cannot write .*No such file"):
        weights.save(path_of(tmp_path / "none", format), random_model(TOKEN), TOKEN, format=format)


def test_a_config_json_of_something_else_is_not_written_over(tmp_path):
    (tmp_path / "config.json").write_text('{"compilerOptions": {}}')
    with pytest.raises(InputError, match=r"config\.json belongs to something else"):
        weights.save(path_of(tmp_path, "huggingface"), random_model(TOKEN), TOKEN, format="huggingface")
    assert os.listdir(tmp_path) == ["config.json"]


def test_two_readings_of_a_file_give_arrays_of_their_own(tmp_path):
    """Which may be written to."""
    torch_save(tmp_path / "model.pth", {"x": np.arange(4, dtype="f4")})
    first, second = kinds.read(tmp_path / "model.pth"), kinds.read(tmp_path / "model.pth")
    first["x"] += 1.0
    assert np.array_equal(second["x"], np.arange(4))


def test_letters_beyond_unicode(tmp_path):
    """NumPy makes a string of any 32-bit numbers; Python's own code ends in a SystemError on it."""
    text = np.frombuffer(np.full(300, 0x20202020, "<u4").tobytes(), "<U300")[0:1].reshape(())
    np.savez(tmp_path / "model.npz", **{"vitnp.config": text, "x": np.ones(3)})
    with pytest.raises(InputError, match=r"vitnp\.config has a letter beyond Unicode"):
        weights.load(tmp_path / "model.npz")
