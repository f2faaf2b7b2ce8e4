"""A DINOv2 file as users have one: every command works on it, without a head, and converting it loses nothing."""

import dataclasses
import json
import pathlib
import re

import command_line
import numpy as np
import pytest
import safetensors.numpy
from PIL import Image
from test_golden_dinov2 import expected, tokens

from vitnp import tree, weights
from vitnp.data import preprocess
from vitnp.inputs.images import Preprocessing
from vitnp.weights import FORMATS, kinds

GOLDEN = pathlib.Path(__file__).parent / "golden"
HUGGINGFACE = GOLDEN / "dinov2_huggingface/model.safetensors"
TIMM = GOLDEN / "dinov2_timm/model.safetensors"
# Fields that are no library's default, as `--set` takes them.
UNUSUAL = {
    "preprocessing.crop_fraction": 0.875,
    "preprocessing.mean": (0.5, 0.25, 0.75),
    "preprocessing.std": (0.2, 0.3, 0.4),
    "preprocessing.resize_filter": "bicubic",
    "preprocessing.antialias": True,
    "preprocessing.keep_aspect_ratio": True,
}


@pytest.fixture
def folder(tmp_path):
    """A folder of two classes of small pictures, none of them a square."""
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(6):
            pixels = rng.integers(0, 256, (30 + i, 47, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pictures" / name / f"{i}.png")
    return tmp_path / "pictures"


@pytest.mark.parametrize("name", [HUGGINGFACE, TIMM], ids=["huggingface", "timm"])
def test_every_command_takes_it(capsys, tmp_path, folder, name):
    picture = folder / "a" / "0.png"
    status, said, err = command_line.run(
        capsys, "look", picture, "--weights", name, "--out", tmp_path / "look"
    )
    assert (status, err) == (0, "")
    assert said.startswith("the model has no head: gradients.png and the rollout for a class are left out\n")
    status, _, err = command_line.run(
        capsys, "linear-eval", "--weights", name, "--data", folder, "--shots", 2
    )
    assert (status, err) == (0, "")
    words = ["--init", name, "--data", folder, "--out", tmp_path / "run", "--steps", 2, "--batch-size", 2]
    words += ["--lr", 0.01, "--workers", 1, "--recipe", "cifar10-small"]
    status, _, err = command_line.run(capsys, "train", *words)
    assert status == 0, err
    assert weights.load(tmp_path / "run/model.npz")[1].num_classes == 2
    status, _, err = command_line.run(capsys, "predict", picture, "--weights", name)
    assert (status, err.count("\n")) == (2, 1)
    assert "has no head, so it knows no classes; " in err
    out = tmp_path / "attention.png"
    assert command_line.run(capsys, "predict", picture, "--weights", name, "--attention", out)[0] == 0
    assert out.exists()


def test_inspect_says_what_it_is(capsys):
    status, said, _ = command_line.run(capsys, "weights", "inspect", HUGGINGFACE)
    assert status == 0
    assert "shortest_edge" not in said
    for words in (
        "huggingface, 42 arrays",
        "crop_fraction 0.8, keep_aspect_ratio True",
        "blocks.0.attention.W_O b_O",
        "note: left out, as it is for pre-training alone: embeddings.mask_token",
        "note: taken to be Hugging Face's DINOv2: positions at another size are resized bicubic;",
        "note: LayerScale is taken into W_O, b_O, W2 and b2",
        "note: used at 16x16, as the JSON beside it says: positions are resized from 7x7 patches to 4x4",
        "nothing is missing",
    ):
        assert words in said
    assert re.search(r"image_size +\(28, 28\)", said)


def options(fields):
    """Words of a command line that set the fields."""
    texts = (f"{name}={','.join(map(str, v)) if isinstance(v, tuple) else v}" for name, v in fields.items())
    return [word for text in texts for word in ("--set", text)]


def of_every_size(path, **told):
    """The tokens of a picture that is prepared as the file says."""
    p, config = weights.load(path, **told)
    image = Image.fromarray(expected(HUGGINGFACE)[1]["photo"])
    return tokens(preprocess.apply(image, config)[None], p, config), config


@pytest.mark.parametrize(
    "extra", [{}, {"layer_norm_eps": 0.25, "gelu": "tanh", "position_interpolation": "bicubic-offset"}]
)
@pytest.mark.parametrize("crop", [0.875, 0.9], ids=str)
@pytest.mark.parametrize("format", FORMATS)
def test_what_is_converted_computes_the_same(capsys, tmp_path, format, crop, extra):
    """Its preprocessing field by field, its settings, and the tokens of a picture."""
    fields = UNUSUAL | {"preprocessing.crop_fraction": crop} | extra
    want, config = of_every_size(HUGGINGFACE, **fields)
    ending = "npz" if format in ("vitnp", "google") else "safetensors"
    out = tmp_path / "a new folder" / f"model.{ending}"
    status, said, err = command_line.run(
        capsys, "weights", "convert", HUGGINGFACE, out, "--format", format, *options(fields)
    )
    assert (status, err) == (0, "")
    told = {}
    if format in ("google", "torchvision"):  # which have no place for it: the last line says what to add
        words = re.search(r"^note: to use the file as this model: (.*)$", said, re.MULTILINE)[1].split()
        copy = tmp_path / "copy.npz"
        assert command_line.run(capsys, "weights", "convert", out, copy, "--format", "vitnp", *words)[0] == 0
        out = copy
    else:
        assert "unless told otherwise" not in said
    found, again = of_every_size(out, **told)
    assert dataclasses.asdict(again.preprocessing) == dataclasses.asdict(config.preprocessing)
    assert again == config
    np.testing.assert_allclose(found, want, rtol=0, atol=2e-6 * np.abs(want).max())


def test_the_options_for_a_file_that_cannot_say_its_size_or_heads(capsys, tmp_path):
    """A wide image, and a width of which one head would be the guess: the printed options make it the same model."""
    source, out, again = GOLDEN / "timm_token/weights.pth", tmp_path / "a.safetensors", tmp_path / "b.npz"
    words = ["--image-size", "28x42", "--set", "num_heads=1"]
    _, said, _ = command_line.run(
        capsys, "weights", "convert", source, out, "--format", "torchvision", *words
    )
    options = re.search(r"^note: to use the file as this model: (.*)$", said, re.MULTILINE)[1].split()
    assert options[:4] == words
    assert command_line.run(capsys, "weights", "convert", out, again, "--format", "vitnp", *options)[0] == 0
    want, config = weights.load(source, image_size=(28, 42), num_heads=1)
    p, found = weights.load(again)
    assert found == config
    for name, leaf in tree.leaves(want):
        assert np.array_equal(tree.get(p, name), leaf)


def test_converting_says_that_positions_were_resized(capsys, tmp_path):
    words = ["weights", "convert", HUGGINGFACE, tmp_path / "a.npz", "--format", "vitnp"]
    _, said, _ = command_line.run(capsys, *words)
    assert "note: used at 16x16" in said
    assert "--image-size 28x28 keeps them" in said
    _, said, _ = command_line.run(capsys, *words, "--image-size", "28x28")
    assert "used at" not in said
    p, config = weights.load(tmp_path / "a.npz")
    assert config.image_size == (28, 28)
    table = kinds.read(HUGGINGFACE)["embeddings.position_embeddings"][0]
    assert np.array_equal(p["position"]["E_pos"], table)


def test_names_of_the_classes_in_timms_config_json(capsys, tmp_path):
    source, out = GOLDEN / "huggingface_token/model.safetensors", tmp_path / "timm/model.safetensors"
    _, said, _ = command_line.run(capsys, "weights", "convert", source, out, "--format", "timm")
    assert "note" not in said
    assert weights.class_names(out) == "ant bee cat dog eel".split()
    p, config = weights.load(out)
    want, before = weights.load(source)
    assert config == before
    for name, leaf in tree.leaves(want):
        assert np.array_equal(tree.get(p, name), leaf)


@pytest.mark.parametrize(("first", "second"), [("timm", "huggingface"), ("huggingface", "timm")])
def test_the_config_json_of_another_library_is_not_written_over(capsys, tmp_path, first, second):
    words = ["weights", "convert", TIMM]
    assert command_line.run(capsys, *words, tmp_path / "a.safetensors", "--format", first)[0] == 0
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    for out in ("a.safetensors", "b.safetensors"):
        status, _, err = command_line.run(capsys, *words, tmp_path / out, "--format", second)
        assert status == 2
        assert "belongs to something else; save into another folder" in err
    status, _, err = command_line.run(capsys, *words, tmp_path / "b.safetensors", "--format", first)
    assert status == 2, "it is another model's"
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    assert command_line.run(capsys, *words, tmp_path / "a.safetensors", "--format", first)[0] == 0, "its own"


def test_no_folder_is_left_where_nothing_is_written(capsys, tmp_path):
    """A format without a place for the model, and a file that cannot be read."""
    out = tmp_path / "new/model.safetensors"
    gap = GOLDEN / "timm_gap/weights.safetensors"
    words = ["--format", "huggingface", "--set", "num_heads=3"]
    assert command_line.run(capsys, "weights", "convert", gap, out, *words)[0] == 2
    assert command_line.run(capsys, "weights", "convert", tmp_path / "no.npz", out, *words)[0] == 2
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    words = ["weights", "convert", HUGGINGFACE, tmp_path / "file/a.npz", "--format", "vitnp"]
    status, _, err = command_line.run(capsys, *words)
    assert (status, err.count("\n")) == (2, 1)
    assert "cannot write" in err


def test_one_field_of_the_files_own_preprocessing(capsys):
    words = ["--set", "preprocessing.antialias=false", "--set", "preprocessing.mean=[0.1, 0.2, 0.3]"]
    _, said, _ = command_line.run(capsys, "weights", "inspect", HUGGINGFACE, *words)
    assert "mean (0.1, 0.2, 0.3), std (0.229, 0.224, 0.225), resize_filter bicubic, antialias False" in said
    status, _, err = command_line.run(
        capsys, "weights", "inspect", HUGGINGFACE, "--set", "preprocessing.antialas=1"
    )
    assert status == 2
    assert 'preprocessing field "antialas" is unknown; did you mean antialias?' in err


def test_what_timm_writes_of_a_vitnp_model(tmp_path):
    """config.json in timm's words, which `create_model("local-dir:…")` reads."""
    p, config = weights.load(TIMM)
    weights.save(tmp_path / "model.safetensors", p, config, format="timm")
    given = json.loads((tmp_path / "config.json").read_text())
    assert given["pretrained_cfg"] == {
        "input_size": [3, 28, 28],
        "fixed_input_size": True,
        "interpolation": "bicubic",
        "crop_pct": 1.0,
        "crop_mode": "center",
        "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225],
        "num_classes": 0,
    }
    assert given["model_args"]["num_heads"] == 3
    assert "vitnp" not in given, "timm has words for all of it"
    assert "act_layer" not in given["model_args"]
    arrays = safetensors.numpy.load_file(tmp_path / "model.safetensors")
    assert not any("gamma" in name for name in arrays), "λ is 1"
    assert weights.load(tmp_path / "model.safetensors")[1].preprocessing == Preprocessing(
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        resize_filter="bicubic",
        antialias=True,
        keep_aspect_ratio=True,
    )
