"""The commands on files of BiT and of hybrids: those of Google, of timm and of vitnp's own."""

import pathlib

import command_line
import numpy as np
import pytest
from PIL import Image
from test_checkpoints_resnets import BIT, HYBRID, ROOT, random_model

from vitnp import preset, weights
from vitnp.backend.arrays import to_host
from vitnp.data import preprocess
from vitnp.engine.batch import predict
from vitnp.ops import softmax

GOLDEN = pathlib.Path(__file__).parent / "golden"
FILES = {
    "bit": [GOLDEN / "bit_r_small.weights.npz", "--image-size", "40x52"],
    "hybrid": [GOLDEN / "google_hybrid.weights.npz", "--image-size", "37x50"],
}
EITHER = pytest.mark.parametrize("name", FILES)


@pytest.fixture
def photo(tmp_path):
    """A picture of random pixels."""
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 70, 3), dtype=np.uint8)).save(path)
    return path


@EITHER
def test_predict(capsys, photo, name):
    file, *size = FILES[name]
    status, out, _ = command_line.run(capsys, "predict", photo, "--weights", file, *size, "--top", 1)
    assert status == 0
    p, config = weights.load(file, image_size=tuple(map(int, size[1].split("x"))))
    logits = to_host(predict(preprocess.load(photo, config)[None], p, config))[0].astype(np.float64)
    found = softmax.forward(logits)[0]
    assert f"{found.max():7.2%}  class {found.argmax()}" in out


@EITHER
def test_info(capsys, name):
    status, out, _ = command_line.run(capsys, "info", "--weights", *FILES[name])
    assert status == 0
    assert f"{weights.inspect(FILES[name][0]).config.family}" == name
    assert "units" in out


@EITHER
def test_what_needs_a_vit_says_so(capsys, photo, name):
    words = ["predict", photo, "--weights", *FILES[name], "--attention", "out.png"]
    status, _, err = command_line.run(capsys, *words)
    assert (status, err.count("\n")) == (2, 1)
    assert f"this is a model of the family {name}; name a ViT" in err


@EITHER
def test_linear_eval_and_training_from_a_file(capsys, tmp_path, name):
    file, _, size = FILES[name]
    _, out, _ = command_line.run(
        capsys, "linear-eval", "--weights", file, "--image-size", size, "--shots", 1, "--seeds", 1
    )
    assert "accuracy" in out
    run = tmp_path / "run"
    words = ["--data", "digits", "--init", file, "--image-size", size, "--steps", 1, "--batch-size", 2]
    words += ["--recipe", "digits", "--labels", "1%", "--set", "groups=16", "--out", run]
    assert command_line.run(capsys, "train", *words)[0] == 0
    _, config = weights.load(run / "model.npz")
    assert (config.family, config.num_classes, config.groups) == (name, 10, 16)


@pytest.mark.parametrize(
    "config", [BIT, HYBRID, ROOT, preset("bit-digits")], ids=["bit", "hybrid", "root", "gray"]
)
def test_the_options_that_convert_prints_make_it_the_same_model(capsys, tmp_path, config):
    weights.save(tmp_path / "a.npz", random_model(config), config)
    path = tmp_path / "b.npz"
    status, text, _ = command_line.run(
        capsys, "weights", "convert", tmp_path / "a.npz", path, "--format", "google"
    )
    assert status == 0
    options = text.partition("to use the file as this model: ")[2].split()
    assert "groups=" in " ".join(options)
    words = ["weights", "convert", path, tmp_path / "c.npz", "--format", "vitnp", *options]
    assert command_line.run(capsys, *words)[::2] == (0, "")
    assert weights.load(tmp_path / "c.npz")[1] == config


@EITHER
def test_inspect_says_which_family(capsys, name):
    _, out, _ = command_line.run(capsys, "weights", "inspect", FILES[name][0])
    assert f"  family                  {name}\n" in out
    _, out, _ = command_line.run(capsys, "weights", "inspect", GOLDEN / "google_token.weights.npz")
    assert "  family                  vit\n" in out


def test_the_fields_of_the_files_own_family_can_be_set(capsys):
    words = ["weights", "inspect", FILES["bit"][0], "--set"]
    assert "groups                  16\n" in command_line.run(capsys, *words, "groups=16")[1]
    status, _, err = command_line.run(capsys, *words, "num_heads=3")
    assert status == 2
    assert 'configuration field "num_heads" is unknown' in err
    assert "width, units, groups" in err
    hybrid = ["weights", "inspect", *FILES["hybrid"], "--set", "kernel_eps_at=variance"]
    assert "kernel_eps_at           variance\n" in command_line.run(capsys, *hybrid)[1]
