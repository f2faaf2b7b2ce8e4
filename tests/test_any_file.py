"""`vitnp walk`, `info` and `gradcheck` of a file of weights in any format."""

import json
import pathlib

import command_line
import numpy as np
import pytest
from checkpoint_files import random_model
from PIL import Image

import vitnp
from vitnp import preset, tree, weights
from vitnp.commands.cli import main
from vitnp.data import photo, preprocess
from vitnp.steps import s4_position
from vitnp.weights.published import URLS

GOLDEN = pathlib.Path(__file__).parent / "golden"
NAMED = str(GOLDEN / "huggingface_token/model.safetensors")  # 24x16, classes ant, bee, cat, dog, eel
FILES = {  # and what of it the command line has to say
    "google_token.weights.npz": {"image_size": (32, 48)},
    "google_gap.weights.npz": {},
    "google_prelogits.weights.npz": {},
    "timm_token/weights.pth": {"image_size": (28, 42), "num_heads": 3},
    "torchvision_token/weights.pth": {"num_heads": 3},
    "huggingface_token/model.safetensors": {},
    "huggingface_pooler/pytorch_model.bin": {},
}


def told(file):
    """The words of the command line for what the file does not say."""
    for name, value in FILES[file].items():
        yield from (
            ["--image-size", "x".join(map(str, value))]
            if name == "image_size"
            else ["--set", f"{name}={value}"]
        )


@pytest.fixture
def picture(tmp_path):
    """A photo that is neither of a model's size nor square."""
    values = np.random.default_rng(0).integers(0, 256, (60, 41, 3), dtype=np.uint8)
    Image.fromarray(values).save(tmp_path / "a photo.png")
    return tmp_path / "a photo.png"


def saved(folder, **fields):
    """The path of a tiny model of ours with these fields."""
    config = preset("tiny", **fields)
    weights.save(folder / "model.npz", random_model(config), config)
    return folder / "model.npz"


def walked(capsys, *words):
    """The JSON of `vitnp walk`."""
    status, out, err = command_line.run(capsys, "walk", "--json", *words)
    assert (status, err) == (0, "")
    return json.loads(out)


@pytest.mark.parametrize("file", FILES)
def test_walk_predicts_what_predict_does(capsys, picture, file):
    """The same preprocessing and the same probability; every tensor is that of the trace of this picture."""
    path = GOLDEN / file
    p, config = weights.load(path, **FILES[file])
    labels = 0 if config.num_classes else None
    words = [picture, "--weights", path, *told(file)]
    report = walked(capsys, *words, *(["--backward"] if config.num_classes else []))
    assert report["wrong"] == []
    assert (report["model"], report["seed"]) == (str(path), None)
    t = vitnp.trace(preprocess.load(picture, config), p, config, labels=labels)
    tensors = {tensor["name"]: tensor for row in report["rows"] for tensor in row["tensors"]}
    for name in ("image", "z0", "norm"):
        assert tensors[name]["norm"] == pytest.approx(np.linalg.norm(t[name].astype(float)), rel=1e-6)
    if config.num_classes:
        _, out, _ = command_line.run(capsys, "predict", *words, "--json", "--top", 1)
        (best,) = json.loads(out)["images"][0]["classes"]
        assert report["prediction"]["class"] == best["class"]
        assert report["prediction"]["probability"] == pytest.approx(best["probability"], rel=1e-5)
        assert report["loss"] == pytest.approx(t.loss, rel=1e-6)


def test_walk_names_the_class_and_does_not_speak_of_random_weights(capsys, picture):
    _, out, _ = command_line.run(capsys, "predict", picture, "--weights", NAMED, "--json", "--top", 1)
    (best,) = json.loads(out)["images"][0]["classes"]
    line = f"predicted class {best['class']}, {best['name']}, p = {best['probability']:.4f}"
    out = command_line.run(capsys, "walk", picture, "--weights", NAMED, "--lang", "en")[1]
    assert line in out.splitlines()
    for word in ("random", "seed", "released at zero"):
        assert word not in out
    assert (
        f"예측 클래스 {best['class']}, {best['name']}, p"
        in command_line.run(capsys, "walk", picture, "--weights", NAMED, "--lang", "ko")[1]
    )


def test_walk_names_the_class_as_classes_txt_says(capsys, picture, tmp_path):
    path = saved(tmp_path)
    (tmp_path / "classes.txt").write_text("\n".join(f"thing {i}" for i in range(13)))
    found = walked(capsys, picture, "--weights", path)["prediction"]
    assert found["name"] == f"thing {found['class']}"
    (tmp_path / "classes.txt").unlink()
    assert walked(capsys, picture, "--weights", path)["prediction"] == found | {"name": None}


def test_walk_without_a_picture_takes_the_sample(capsys):
    _, config = weights.load(NAMED)
    x = preprocess.apply(photo.read_sample(), config)
    norm = walked(capsys, "--weights", NAMED)["rows"][0]["tensors"][0]["norm"]
    assert norm == pytest.approx(np.linalg.norm(x.astype(float)), rel=1e-6)


@pytest.mark.parametrize("how", ["none", "zeros"])
def test_walk_without_a_trained_head(capsys, picture, tmp_path, how):
    """No class is called predicted, and the line says why."""
    config = preset("tiny", **({"num_classes": 0} if how == "none" else {}))
    p = random_model(config)
    if how == "zeros":
        p["classify"]["head"] = tree.map(np.zeros_like, p["classify"]["head"])
    weights.save(tmp_path / "m.npz", p, config)
    report = walked(capsys, picture, "--weights", tmp_path / "m.npz")
    assert (report["prediction"], report["wrong"]) == (None, [])
    status, out, _ = command_line.run(capsys, "walk", picture, "--weights", tmp_path / "m.npz")
    assert status == 0
    said = {"none": "the model has no head", "zeros": "the head is all zeros, to be trained"}[how]
    assert said in out
    assert "predicted class " not in out


def test_info_of_a_file_is_that_of_its_configuration(capsys, tmp_path):
    path = saved(tmp_path)
    lines = command_line.run(capsys, "info", "--weights", path, "--batch", "4")[1].splitlines()
    preset_lines = command_line.run(capsys, "info", "tiny", "--batch", "4")[1].splitlines()
    assert lines[0] == f"ViTConfig for {path}"
    assert lines[1:] == preset_lines[1:]


@pytest.mark.parametrize("file", FILES)
def test_info_counts_the_parameters_of_any_format(capsys, file):
    status, out, _ = command_line.run(capsys, "info", "--weights", GOLDEN / file, *told(file))
    assert status == 0
    assert f"{tree.count(weights.load(GOLDEN / file, **FILES[file])[0]):,}" in out


def test_info_at_another_size(capsys):
    out = command_line.run(capsys, "info", "--weights", NAMED, "--image-size", "48x32", "--set", "gelu=tanh")[
        1
    ]
    assert "(48, 32)" in out
    assert "gelu                    tanh" in out


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("how", [["--at-once"], []], ids=["at once", "leaf by leaf"])
def test_gradcheck_at_a_files_weights(capsys, monkeypatch, file, how):
    """The point is the file's own weights."""
    seen = []
    real = vitnp.gradcheck.check_at_once, vitnp.gradcheck.check
    for name, check in zip(("check_at_once", "check"), real, strict=True):
        monkeypatch.setattr(
            vitnp.gradcheck,
            name,
            lambda f, b, x, p, check=check, **how: seen.append(p) or check(f, b, x, p, **how),
        )
    words = ["gradcheck", "--weights", GOLDEN / file, "--seeds", "1", "--batch", "1", *how, *told(file)]
    status, out, _ = command_line.run(capsys, *words)
    assert status == 0
    assert out.startswith(str(GOLDEN / file))
    assert out.endswith("is right along every direction\n" if how else "every gradient is right\n")
    p, _ = weights.load(GOLDEN / file, **FILES[file])
    tree.map(lambda a, b: np.testing.assert_array_equal(a.astype(float), b), p, seen[0])


@pytest.mark.parametrize("how", ["none", "zeros"])
def test_gradcheck_sees_a_mistake_below_a_head_that_is_not_trained(capsys, monkeypatch, tmp_path, how):
    """A head of zeros would stop every gradient, and a wrong one would pass."""
    config = preset("tiny", **({"num_classes": 0} if how == "none" else {}))
    p = random_model(config)
    if how == "zeros":
        p["classify"]["head"] = tree.map(np.zeros_like, p["classify"]["head"])
    weights.save(tmp_path / "m.npz", p, config)
    words = ["gradcheck", "--weights", tmp_path / "m.npz", "--at-once", "--seeds", "1"]
    status, out, _ = command_line.run(capsys, *words)
    assert (status, "small random numbers" in out) == (0, how == "zeros")
    real = s4_position.backward
    monkeypatch.setattr(
        s4_position, "backward", lambda dy, saved: (real(dy, saved)[0] * (1 + 1e-6), real(dy, saved)[1])
    )
    status, out, _ = command_line.run(capsys, *words)
    assert (status, "a gradient is WRONG" in out) == (1, True)


@pytest.mark.parametrize("model", ["digits", "mlp-digits", "tiny", "mlp-tiny", "cnn-tiny", "rnn-tiny"])
def test_gradcheck_at_once_of_a_preset(capsys, model):
    status, out, _ = command_line.run(capsys, "gradcheck", "--model", model, "--at-once", "--seeds", "2")
    assert status == 0
    assert [line.split()[:2] for line in out.splitlines()[2:4]] == [["seed", "0"], ["seed", "1"]]
    assert "leaves and the images at once, 2 directions" in out
    _, out, _ = command_line.run(capsys, "gradcheck", "--model", model, "--at-once", "--seeds", "1")
    assert "at once, 1 direction of" in out


def test_a_name_that_was_fetched(capsys, tmp_path, monkeypatch):
    name, url = "torchvision/vit_b_16", "https://example.org/tiny.npz"
    monkeypatch.setenv("VITNP_CACHE", str(tmp_path))
    monkeypatch.setitem(URLS, name, url)
    place = tmp_path / "example.org" / "tiny.npz"
    place.parent.mkdir()
    saved(place.parent).rename(place)
    for words in (["info"], ["walk"], ["gradcheck", "--seeds", "1", "--batch", "1"]):
        assert command_line.run(capsys, *words, "--weights", name)[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("walk --model tiny --weights {file}", "--weights says what the model is; leave out the name tiny"),
        ("info tiny --weights {file}", "leave out the name tiny"),
        ("gradcheck --weights {file} --model tiny", "leave out the name tiny"),
        ("walk --seed 3 --weights {file}", "--seed is of random weights"),
        ("info --from timm", "name the file with --weights"),
        (
            "info --weights nowhere.npz",
            "cannot read nowhere.npz (No such file or directory); name a file of weights",
        ),
        ("walk --weights {file} --set num_classes=3", "--set num_classes cannot be used here"),
        ("walk --weights {headless} --backward", "--backward needs a loss, and the model has no head"),
        ("gradcheck --model S/16", "give --at-once"),
        ("info {file}", "type vitnp info --weights "),
        ("walk --model {file}", "type vitnp walk --weights "),
        ("gradcheck --model torchvision/vit_b_16", "type vitnp gradcheck --weights torchvision/vit_b_16"),
    ],
)
def test_bad_options_are_one_line(capsys, tmp_path, words, said):
    files = {"file": saved(tmp_path)}
    (tmp_path / "headless").mkdir()
    files["headless"] = saved(tmp_path / "headless", num_classes=0)
    status, out, err = command_line.run(capsys, *words.format(**files).split())
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", ["info", "walk --model", "gradcheck --model"])
def test_the_advice_for_a_path_works(capsys, tmp_path, words):
    """Also where the path has a space."""
    import shlex

    folder = tmp_path / "two words"
    folder.mkdir()
    _, _, err = command_line.run(capsys, *words.split(), saved(folder))
    advice = err.rpartition("type vitnp ")[2]
    assert main(shlex.split(advice)) == 0


def test_from(capsys):
    """As for predict: the format that is named is the one that is read."""
    assert command_line.run(capsys, "info", "--weights", NAMED, "--from", "huggingface")[0] == 0
    status, _, err = command_line.run(capsys, "info", "--weights", NAMED, "--from", "google")
    assert (status, "google" in err) == (2, True)
