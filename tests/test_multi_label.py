"""Heads that do not choose one class among several: multi-label, a single class, regression, CLIP's projection."""

import json

import command_line
import numpy as np
import pytest
from checkpoint_files import random_model
from PIL import Image

from vitnp import InputError, loss_and_grads, preset, trace, vit, weights
from vitnp.data import preprocess
from vitnp.engine import probabilities

SMALL = preset("tiny", image_size=32, patch_size=8, representation_size=None, hidden_size=24, num_classes=4)
MULTI = preset("tiny", **{**vars(SMALL), "multi_label": True})
ONE = preset("tiny", **{**vars(SMALL), "num_classes": 1})


def saved(folder, config, format="huggingface", **changes):
    """The path of a random model, with changes in the config.json beside it, and of a picture."""
    path = folder / ("model.npz" if format in ("vitnp", "google") else "model.safetensors")
    weights.save(path, random_model(config), config, format=format)
    if changes:
        given = json.loads((folder / "config.json").read_text()) | changes
        (folder / "config.json").write_text(json.dumps(given))
    values = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(values).save(folder / "a.png")
    return path, folder / "a.png"


def test_softmax_or_the_sigmoid_of_each():
    z = np.array([[-800.0, 0.0, 1.0, 800.0]])
    np.testing.assert_allclose(probabilities.of(z, SMALL), [[0, 0, 0, 1]], atol=1e-300)
    expected = [[0, 0.5, 1 / (1 + np.exp(-1.0)), 1]]
    np.testing.assert_allclose(probabilities.of(z, MULTI), expected, rtol=1e-15)
    np.testing.assert_allclose(probabilities.of(z[:, 1:2], ONE), [[0.5]])
    assert probabilities.of(z.astype(np.float16), MULTI).dtype == np.float16


@pytest.mark.parametrize(("config", "problem"), [(SMALL, "multi_label_classification"), (ONE, None)])
def test_predict_says_each_class_on_its_own(capsys, tmp_path, config, problem):
    path, picture = saved(tmp_path, config, problem_type=problem)
    words = ("predict", picture, "--weights", path)
    status, out, _ = command_line.run(capsys, *words, "--json")
    report = json.loads(out)
    p, loaded = weights.load(path)
    z = vit.forward(preprocess.load(picture, loaded)[None], p, loaded)[0][0].astype(float)
    assert (status, report["independent"]) == (0, True)
    for guess in report["images"][0]["classes"]:
        assert guess["probability"] == pytest.approx(1 / (1 + np.exp(-z[guess["class"]])), rel=1e-5)
    assert "each class on its own" in command_line.run(capsys, *words)[1].splitlines()[0]
    assert "클래스마다 따로 판단" in command_line.run(capsys, *words, "--lang", "ko")[1].splitlines()[0]


@pytest.mark.parametrize("problem", [None, "single_label_classification"])
def test_one_class_of_several_is_softmax(capsys, tmp_path, problem):
    path, picture = saved(tmp_path, SMALL, problem_type=problem)
    _, out, _ = command_line.run(capsys, "predict", picture, "--weights", path, "--json")
    report = json.loads(out)
    assert report["independent"] is False
    assert sum(guess["probability"] for guess in report["images"][0]["classes"]) == pytest.approx(1)


def test_a_head_for_regression_gives_no_probabilities(capsys, tmp_path):
    path, picture = saved(tmp_path, SMALL, problem_type="regression")
    status, out, err = command_line.run(capsys, "predict", picture, "--weights", path)
    assert (status, out) == (2, "")
    assert "has a head for regression (problem_type), whose numbers are no probabilities" in err


def test_a_head_for_regression_stays_one_where_it_is_converted(capsys, tmp_path):
    path, picture = saved(tmp_path, SMALL, problem_type="regression")
    words = ("weights", "convert", path)
    for format, name in (("vitnp", "b.npz"), ("google", "b.npz"), ("timm", "b.safetensors")):
        status, _, err = command_line.run(capsys, *words, tmp_path / format / name, "--format", format)
        assert status == 2
        assert "no probabilities of classes; the new file cannot say so: add --num-classes N" in err
        assert not (tmp_path / format).exists()
    new = tmp_path / "new" / "model.safetensors"
    assert command_line.run(capsys, *words, new, "--format", "huggingface")[0] == 0
    assert weights.problem_type(new) == "regression"
    assert command_line.run(capsys, "predict", picture, "--weights", new)[0] == 2
    fresh = ("--format", "vitnp", "--num-classes", "3")
    assert command_line.run(capsys, *words, tmp_path / "b.npz", *fresh)[0] == 0


def test_save_refuses_a_problem_that_the_file_cannot_hold(tmp_path):
    p = random_model(SMALL)
    for format, problem in (("vitnp", "regression"), ("huggingface", "ranking")):
        name = tmp_path / ("b.npz" if format == "vitnp" else "b.safetensors")
        with pytest.raises(InputError, match="has no place for problem_type"):
            weights.save(name, p, SMALL, format=format, problem_type=problem)


def test_clips_projection_is_no_head(capsys, tmp_path):
    config = preset("tiny", **{**vars(SMALL), "num_classes": 512})
    named = {"architecture": "vit_base_patch16_clip_224", "num_classes": 512}
    path, picture = saved(tmp_path, config, "timm", **named)
    status, _, err = command_line.run(capsys, "predict", picture, "--weights", path)
    assert status == 2
    assert "has CLIP's projection in place of a head: 512 numbers that are no classes" in err
    path, picture = saved(tmp_path, config, "timm", **named, label_names=[str(i) for i in range(512)])
    assert command_line.run(capsys, "predict", picture, "--weights", path)[0] == 0


@pytest.mark.parametrize("format", ["vitnp", "timm", "huggingface"])
def test_files_that_keep_it(tmp_path, format):
    path, _ = saved(tmp_path, MULTI, format)
    assert weights.load(path)[1].multi_label
    if format == "huggingface":
        given = json.loads((tmp_path / "config.json").read_text())
        assert given["problem_type"] == "multi_label_classification"


@pytest.mark.parametrize("format", ["google", "torchvision"])
def test_files_that_lose_it(capsys, tmp_path, format):
    path, _ = saved(tmp_path, MULTI, "vitnp")
    out = tmp_path / ("b.npz" if format == "google" else "b.safetensors")
    _, text, _ = command_line.run(capsys, "weights", "convert", path, out, "--format", format)
    assert f"{format} has multi_label False unless told otherwise, this model True" in text
    assert "--set multi_label=True" in text


@pytest.mark.parametrize("config", [MULTI, ONE])
def test_such_a_head_is_not_trained(config):
    p, images = random_model(config), np.zeros((1, 32, 32, 3), np.float32)
    with pytest.raises(InputError, match="each class of the head stands alone"):
        loss_and_grads(images, np.array([0]), p, config)
    with pytest.raises(InputError, match="each class of the head stands alone"):
        trace(images, p, config, np.array([0]))
    assert trace(images, p, config, np.array([0]), of="logit").backward  # what speaks for a class
    p_of_classes = trace(images, p, config).probabilities
    assert (p_of_classes > 0).all()
    np.testing.assert_array_equal(p_of_classes, trace(images, p, config)["p"])


def test_walk_backward_refuses_it_before_anything_is_printed(capsys, tmp_path):
    path, picture = saved(tmp_path, MULTI, "vitnp")
    status, out, err = command_line.run(capsys, "walk", picture, "--weights", path, "--backward")
    assert (status, out) == (2, "")
    assert "give it a new head" in err


def test_a_new_head_chooses_one_class(tmp_path):
    path, _ = saved(tmp_path, MULTI, "vitnp")
    p, config = weights.load(path, num_classes=3)
    assert not config.multi_label
    assert np.isfinite(loss_and_grads(np.zeros((1, 32, 32, 3), np.float32), np.array([0]), p, config)[0])
