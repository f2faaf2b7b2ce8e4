"""vitnp's own file: what is written comes back exactly, and what is broken is refused in one line."""

import dataclasses
import os
import zipfile

import numpy as np
import pytest

import vitnp
from vitnp import InputError, gradcheck, tree, vit, weights
from vitnp.weights.native import CONFIG, config_array


@pytest.fixture
def model():
    config = vitnp.preset("tiny", gelu="erf", classifier="gap")
    return gradcheck.random_like(vit.init(None, config), np.random.default_rng(0)), config


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_round_trip_is_exact(tmp_path, model, dtype):
    p, config = tree.map(lambda a: a.astype(dtype), model[0]), model[1]
    weights.save(tmp_path / "model.npz", p, config)
    again, config_again = weights.load(tmp_path / "model.npz")
    assert config_again == config
    assert [name for name, _ in tree.leaves(again)] == [name for name, _ in tree.leaves(p)]
    for (_, a), (_, b) in zip(tree.leaves(p), tree.leaves(again), strict=True):
        assert a.dtype == b.dtype
        assert np.array_equal(a, b)


@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
def test_both_headers_of_an_npy(tmp_path, model, version):
    """NumPy writes the second where the first is too short."""
    p, config = model
    path = tmp_path / "model.npz"
    with zipfile.ZipFile(path, "w") as file:
        for name, array in {**dict(tree.leaves(p)), CONFIG: config_array(config)}.items():
            with file.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, np.asarray(array), version=version)
    again, _ = weights.load(path)
    for name, leaf in tree.leaves(p):
        np.testing.assert_array_equal(tree.get(again, name), leaf, err_msg=name)


def test_save_takes_a_name_as_it_is_and_leaves_nothing_beside_it(tmp_path, model):
    weights.save(tmp_path / "model", *model)
    assert os.listdir(tmp_path) == ["model"]


def test_a_failed_save_keeps_the_old_file(tmp_path, model, monkeypatch):
    path = tmp_path / "model.npz"
    weights.save(path, *model)
    before = path.read_bytes()

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(InputError, match=r"cannot write .*No space left"):
        weights.save(path, *model)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.npz"]


def test_no_such_folder(tmp_path, model):
    with pytest.raises(InputError, match="cannot write"):
        weights.save(tmp_path / "no" / "model.npz", *model)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*No such file"):
        weights.load(tmp_path / "none.npz")


@pytest.mark.parametrize("content", [b"", b"hello\n", b"PK\x03\x04 cut off"])
def test_not_a_checkpoint(tmp_path, content):
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"model\.npz"):
        weights.load(path)


def test_truncated_file(tmp_path, model):
    path = tmp_path / "model.npz"
    weights.save(path, *model)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"model\.npz"):
        weights.load(path)


def test_a_pickle_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    np.savez(path, a=np.array([{"x": 1}], dtype=object))
    with pytest.raises(InputError, match=r"model\.npz"):
        weights.load(path)


def test_every_wrong_array_is_named_at_once(tmp_path, model):
    p, config = model
    p["norm"]["extra"] = p["norm"].pop("beta")
    p["position"]["E_pos"] = p["position"]["E_pos"][1:]
    np.savez(tmp_path / "model.npz", **dict(tree.leaves(p)), **{CONFIG: config_array(config)})
    with pytest.raises(InputError) as caught:
        weights.load(tmp_path / "model.npz")
    message = str(caught.value)
    for part in (
        "norm.beta is missing",
        "norm.extra is unexpected",
        "position.E_pos is (29, 28), need (30, 28)",
    ):
        assert part in message
    assert "\n" not in message


def test_save_compares_the_tree_with_the_configuration(tmp_path, model):
    p, config = model
    changes = {
        "norm.extra is unexpected": lambda p: p["norm"].update(extra=p["norm"]["beta"]),
        "norm.beta is missing": lambda p: p["norm"].pop("beta"),
        "project.b is (27,), need (28,)": lambda p: p["project"].update(b=p["project"]["b"][1:]),
        "project.W is float128, need floats": lambda p: p["project"].update(
            W=p["project"]["W"].astype(np.longdouble)
        ),
        "norm.gamma is int64, need floats": lambda p: p["norm"].update(gamma=p["norm"]["gamma"].astype(int)),
    }
    for format, name in (("vitnp", "model.npz"), ("timm", "model.safetensors")):
        for part, change in changes.items():
            wrong = tree.map(lambda leaf: leaf, p)
            change(wrong)
            with pytest.raises(InputError) as caught:
                weights.save(tmp_path / name, wrong, config, format=format)
            assert part.replace("float128", np.dtype(np.longdouble).name) in str(caught.value)
    for change in changes.values():
        change(p)
    with pytest.raises(InputError, match=r"and 2 more$"):
        weights.save(tmp_path / "model.npz", p, config)
    p["norm"]["beta"] = p["norm"].pop("extra")
    with pytest.raises(InputError, match=r"blocks\.1\.norm_1\.gamma is unexpected"):
        weights.save(tmp_path / "model.npz", model[0], dataclasses.replace(config, num_layers=1))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("path", [None, 3, ["model.npz"], np.array(["a", "b"])], ids=str)
def test_what_is_no_path(model, path):
    for call in (
        lambda: weights.save(path, *model),
        lambda: weights.load(path),
        lambda: weights.inspect(path),
    ):
        with pytest.raises(
            InputError, match=r"cannot (read|write) .*, which is no name of a file; give a path"
        ):
            call()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: None, "p is a NoneType without arrays"),
        (lambda p: tree.map(np.ma.masked_array, p), "p is a MaskedArray; need a plain array"),
        (lambda p: tree.map(lambda leaf: leaf.astype(">f4"), p), "project.W is >f4, need floats of"),
        (lambda p: p | {"norm": {"gamma": [1.0], "beta": None}}, "norm.gamma is list, need"),
    ],
)
def test_what_is_not_saved(tmp_path, model, change, said):
    p, config = model
    with pytest.raises(InputError, match=said):
        weights.save(tmp_path / "model.npz", change(p), config)
    assert not list(tmp_path.iterdir())


def test_class_names_are_names(tmp_path):
    config = vitnp.preset("tiny", representation_size=None)
    p = vit.init(None, config)
    with pytest.raises(InputError, match="class_names is 13; need a list of names"):
        weights.save(tmp_path / "m.safetensors", p, config, format="huggingface", class_names=13)
    with pytest.raises(InputError, match=r"class_names is \[0, 1, .*; need a list of names"):
        weights.save(tmp_path / "m.safetensors", p, config, format="huggingface", class_names=[*range(13)])
    with pytest.raises(InputError, match=r"format \['vitnp'\] is unknown"):
        weights.save(tmp_path / "m.npz", p, config, format=["vitnp"])
