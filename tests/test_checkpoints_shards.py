"""Models in several files, folders of weights, and files that are none: loaded, or named for what they are."""

import json
import os
import zipfile

import numpy as np
import pytest
import safetensors.numpy
from checkpoint_files import TOKEN, arrays_of, random_model, same, saved_file

from vitnp import InputError, weights
from vitnp.commands.cli import main
from vitnp.weights import kinds, shards

SIZE = {"image_size": TOKEN.image_size}
NAMES = [f"model-{i:05}-of-00003.safetensors" for i in (1, 2, 3)]
INDEX = "model.safetensors.index.json"


def refused(path, *parts, **options):
    with pytest.raises(InputError) as caught:
        weights.load(path, **SIZE, **options)
    message = str(caught.value)
    assert len(message) <= 300, message
    assert message.isprintable(), message
    for part in parts:
        assert part in message, message


@pytest.fixture
def folder(tmp_path):
    """A folder as save_pretrained writes it, its model in three shards."""
    arrays = arrays_of(tmp_path, "huggingface", TOKEN)
    (tmp_path / "huggingface.safetensors").unlink()
    names, weight_map = sorted(arrays), {}
    for i, file in enumerate(NAMES):
        part = names[i::3]
        safetensors.numpy.save_file({name: arrays[name] for name in part}, tmp_path / file)
        weight_map |= dict.fromkeys(part, file)
    (tmp_path / INDEX).write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": weight_map}))
    return tmp_path


def change(folder, **files):
    """Write the index with its first arrays in other files."""
    given = json.loads((folder / INDEX).read_text())
    for name, file in zip(given["weight_map"], files.values(), strict=False):
        given["weight_map"][name] = file
    (folder / INDEX).write_text(json.dumps(given))


@pytest.mark.parametrize("name", ["", INDEX, *NAMES])
def test_the_index_the_folder_or_any_shard_is_the_whole_model(folder, name):
    p, config = weights.load(folder / name, **SIZE)
    assert same(p, random_model(TOKEN))
    assert config == weights.load(folder / INDEX)[1], "with the config.json beside it"
    notes = weights.inspect(folder / name).notes
    assert any("all of them are read" in note for note in notes) == (name in NAMES)
    assert weights.class_names(folder / name) == weights.class_names(folder / INDEX)


def test_shards_of_torch(tmp_path):
    arrays = arrays_of(tmp_path, "timm", TOKEN)
    names = sorted(arrays)
    (tmp_path / "timm.safetensors").unlink()
    for i in (1, 2):
        saved_file(
            tmp_path / f"pytorch_model-0000{i}-of-00002.bin",
            {name: arrays[name] for name in names[i - 1 :: 2]},
        )
    assert same(weights.load(tmp_path, **SIZE)[0], random_model(TOKEN)), "without an index, too"
    (tmp_path / "pytorch_model-00001-of-00002.bin").unlink()
    refused(tmp_path, "is shard 2 of 2, without pytorch_model-00001-of-00002.bin; download all shards")


def test_the_commands_take_a_folder(folder, capsys):
    assert main(["weights", "inspect", str(folder)]) == 0
    assert "huggingface" in capsys.readouterr().out
    assert (
        main(["weights", "convert", str(folder / NAMES[1]), str(folder / "new.npz"), "--format", "vitnp"])
        == 0
    )
    assert main(["info", "--weights", str(folder / INDEX)]) == 0


def test_a_shard_that_is_missing_or_another(folder):
    (folder / NAMES[1]).rename(folder / "aside")
    for name in ("", INDEX, NAMES[0]):
        refused(folder / name, INDEX, f"needs {NAMES[1]}, which is not beside it")
    (folder / INDEX).rename(folder / "x")
    refused(folder / NAMES[0], f"is shard 1 of 3, without {NAMES[1]}")
    (folder / "x").rename(folder / INDEX)
    safetensors.numpy.save_file({"y": np.ones(3, "f4")}, folder / NAMES[1])
    refused(folder, "does not fit", "is in one of them alone")


@pytest.mark.parametrize(
    "file",
    [
        "../aside",
        "/etc/passwd",
        "sub/x",
        "..",
        ".",
        "",
        "a\\b",
        "C:x",
        "a\0b",
        "a\x1b[2J",
        "link",
        "x" * 5000,
    ],
)
def test_an_index_never_leaves_its_folder(folder, file):
    outside = folder.parent / f"{folder.name}-outside"
    outside.mkdir()
    (outside / "x").write_bytes((folder / NAMES[0]).read_bytes())
    os.symlink(outside / "x", folder / "link")
    change(folder, first=file)
    refused(folder / INDEX, INDEX, "download it")


def test_links_as_the_hubs_cache_has_them(folder):
    blobs, snapshot = folder / "blobs", folder / "snapshots"
    blobs.mkdir()
    snapshot.mkdir()
    for i, name in enumerate([*NAMES, INDEX]):
        (folder / name).rename(blobs / str(i))
        os.symlink(blobs / str(i), snapshot / name)
    assert same(weights.load(snapshot, **SIZE)[0], random_model(TOKEN))


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", '{"weight_map": 5}', '{"weight_map": {}}', '{"weight_map": {"x": 3}}', "[" * 10**5],
)
def test_an_index_that_is_none(folder, content):
    (folder / INDEX).write_text(content)
    refused(folder, INDEX, "is no index of shards", "download it again")


def test_too_many(folder, monkeypatch):
    monkeypatch.setattr(shards, "MOST", 5)
    refused(folder, "arrays, more than 5")
    monkeypatch.undo()
    monkeypatch.setattr(shards, "MOST_SHARDS", 2)
    refused(folder, "it names 3 files, more than 2")
    (folder / INDEX).unlink()
    refused(folder / NAMES[0], "is shard 1 of 3, which is no number of shards")


# ---- folders ----


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin", "last.ckpt", "model.npz"])
def test_a_folder_with_one_file_of_weights(tmp_path, name):
    arrays = arrays_of(tmp_path, "timm", TOKEN)
    (tmp_path / "timm.safetensors").unlink()
    if name.endswith(".npz"):
        weights.save(tmp_path / name, random_model(TOKEN), TOKEN)
    elif name.endswith(".safetensors"):
        safetensors.numpy.save_file(arrays, tmp_path / name)
    else:
        saved_file(tmp_path / name, arrays)
    for other in ("training_args.bin", "optimizer.pt", "rng_state_0.pth", ".hidden.npz", "notes.txt"):
        (tmp_path / other).write_bytes(b"\0")
    assert same(weights.load(tmp_path, **SIZE)[0], random_model(TOKEN))
    (tmp_path / "other.pth").write_bytes(b"")
    refused(tmp_path, "holds several files of weights", name, "other.pth", "name one of them")


def test_an_index_names_the_shards_beside_it_whatever_they_are_called(folder):
    text = (folder / INDEX).read_text()
    for name, free in zip(NAMES, ("a.safetensors", "b.safetensors", "c.safetensors"), strict=True):
        (folder / name).rename(folder / free)
        text = text.replace(name, free)
    (folder / INDEX).write_text(text)
    assert same(weights.load(folder, **SIZE)[0], random_model(TOKEN))
    (folder / "d.safetensors").write_bytes(b"")
    refused(folder, f"holds several files of weights: {INDEX}; d.safetensors; name one of them")


@pytest.mark.parametrize(
    "name",
    [
        "sampler.bin",
        "sampler_1.bin",
        "dl_state_dict.bin",
        "zero_pp_rank_0_mp_rank_00_optim_states.pt",
        "bf16_zero_pp_rank_1_mp_rank_00_optim_states.pt",
        "optimizer_1.bin",
        "random_states_0.pkl",
    ],
)
def test_what_accelerate_and_deepspeed_save_beside_the_weights(tmp_path, name):
    arrays_of(tmp_path, "timm", TOKEN)
    (tmp_path / name).write_bytes(b"\0")
    assert shards.meant(tmp_path) == str(tmp_path / "timm.safetensors")


@pytest.mark.parametrize(
    ("name", "what"),
    [("_METADATA", "Orbax"), ("saved_model.pb", "TensorFlow"), ("flax_model.msgpack", "Flax"), ("a.txt", "")],
)
def test_a_folder_without_one(tmp_path, name, what):
    (tmp_path / name).write_bytes(b"x")
    refused(tmp_path, "is a folder without a file of weights", what)


# ---- files that are none ----

TAR = b"a".ljust(257, b"\0") + b"ustar\0"
KINDS = {
    "x.safetensors": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "a pointer of Git LFS"),
    "x.pth": (b"\n<!DOCTYPE html><html><body>404", "a web page"),
    "page.bin": (b"<html>", "a web page"),
    "empty.pth": (b"", "is empty"),
    "x.h5": (b"\x89HDF\r\n\x1a\n", "HDF5"),
    "one.npy": (b"\x93NUMPY\x01\x00v\x00{", "a single array of NumPy"),
    "x.gguf": (b"GGUF\x03\0\0\0", "GGUF"),
    "x.gz": (b"\x1f\x8b\x08\0\0\0\0\0\0\0", "packed by gzip"),
    "x.xz": (b"\xfd7zXZ\0\0", "packed by xz"),
    "x.tar": (TAR, "a tar archive"),
    "x.index": (b"\0\0\0\0\x08\x01", "a checkpoint of TensorFlow"),
    "x.data-00000-of-00001": (b"\x01\x02" * 9, "a checkpoint of TensorFlow"),
    "flax_model.msgpack": (b"\x81\xa6params\x80", "a Flax model in MessagePack"),
    "config.json": (b'{\n  "hidden_size": 192\n}', "a JSON text"),
    "x.png": (b"\x89PNG\r\n\x1a\n", "a picture"),
    "x.pkl": (b"\x80\x04}.", "a bare pickle"),
    "old.pth": (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "before PyTorch 1.6"),
    "x.txt": (b"hello, this is text", "is not a file of weights; need .npz, .safetensors"),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_another_kind_of_file_is_named(tmp_path, name):
    content, what = KINDS[name]
    (tmp_path / name).write_bytes(content)
    refused(tmp_path / name, what)


ZIPS = {
    "TorchScript": ["m/data.pkl", "m/constants.pkl", "m/code/__torch__.py", "m/data/0"],
    "torch.export": ["m/serialized_exported_program.json", "m/version"],
    "Keras": ["metadata.json", "config.json", "model.weights.h5"],
    "a zip of other files, weights/model.pth": ["weights/model.pth", "weights/a.txt"],
}


@pytest.mark.parametrize("what", ZIPS)
@pytest.mark.parametrize("packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_another_kind_of_zip_is_named(tmp_path, what, packed):
    with zipfile.ZipFile(tmp_path / "x.pt", "w", packed) as file:
        for name in ZIPS[what]:
            file.writestr(name, b"x")
    refused(tmp_path / "x.pt", what)


def test_inspect_says_the_same(tmp_path, capsys):
    for name, (content, what) in KINDS.items():
        (tmp_path / name).write_bytes(content)
        assert main(["weights", "inspect", str(tmp_path / name)]) == 2
        line = capsys.readouterr().err
        assert what in line and len(line) <= 330


def test_reading_a_folder_as_a_file(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        kinds.read(tmp_path)
