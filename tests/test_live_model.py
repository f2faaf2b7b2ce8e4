"""The model of the live page: the trained digits weights of the package, and what the page is given of a model."""

import dataclasses
import json

import command_line
import numpy as np
import pytest
import sklearn.datasets

from vitnp import models, tree, vit, weights
from vitnp.course.page import live
from vitnp.errors import InputError
from vitnp.weights.published import BOX

SMALL = models.preset("digits", hidden_size=6, num_layers=1, num_heads=2, mlp_dim=5)


@pytest.fixture(scope="module")
def digits():
    """(p, config)."""
    return weights.load("digits/2")


def drawn(config, dtype="float32"):
    """Parameters at random."""
    rng = np.random.default_rng(0)
    return tree.map(lambda leaf: rng.normal(0, 0.1, leaf.shape).astype(dtype), vit.init(None, config))


def test_the_file(digits):
    p, config = digits
    assert config == models.preset("digits")
    assert BOX["digits/2"].stat().st_size < 300_000
    assert {dtype for *_, dtype in weights.inspect("digits/2").arrays} == {"float16"}
    assert all(np.isfinite(leaf).all() for _, leaf in tree.leaves(p))


def test_commands_know_its_name(capsys, tmp_path):
    said = command_line.run(capsys, "walk", "--weights", "digits/2", "--brief")[1]
    assert "\ndigits/2 · " in said
    assert command_line.run(capsys, "weights", "inspect", "digits/2")[1].startswith("digits/2: ")


def test_its_data(digits):
    p, config = digits
    described, binary = live.live_data(p, config, "ko")
    json.dumps(described, allow_nan=False)
    assert described["lang"] == "ko" and described["accuracy"] == 357 / 360  # as docs/mini.md says
    assert described["config"]["image_size"] == (8, 8) and described["config"]["gelu"] == "tanh"
    for part, (name, leaf) in zip(described["parameters"], tree.leaves(p), strict=True):
        assert (part["name"], tuple(part["shape"])) == (name, leaf.shape)
        found = np.frombuffer(binary, "<f2", leaf.size, part["at"])
        np.testing.assert_array_equal(found.reshape(leaf.shape), leaf.astype(np.float16))
    shown = described["digits"]
    assert (shown["count"], shown["size"], len(shown["labels"])) == (360, 64, 360)
    pixels = np.frombuffer(binary, np.uint8, 360 * 64, shown["at"]).reshape(360, 64)
    images, labels = sklearn.datasets.load_digits(return_X_y=True)
    known = {tuple(image): label for image, label in zip(images.astype(int), labels, strict=True)}
    assert [known[tuple(image)] for image in pixels.astype(int)] == shown["labels"]


def test_the_accuracy_is_that_of_the_rounded_parameters(digits, monkeypatch):
    p, config = digits
    head = tree.map(
        lambda leaf: leaf * np.float32(1e-7), p["classify"]["head"]
    )  # float16 has no such numbers
    p = p | {"classify": {"head": head}}
    pixels, labels = (each[:30] for each in live.test_digits())
    monkeypatch.setattr(live, "test_digits", lambda: (pixels, labels))
    described, _ = live.live_data(p, config, "en")
    right = {}
    for dtype in ("float16", "float32"):
        rounded = tree.map(lambda leaf, dtype=dtype: leaf.astype(dtype).astype(np.float64), p)
        logits, _ = vit.forward(pixels[..., None] / 8.0 - 1, rounded, config)
        right[dtype] = (logits.argmax(axis=1) == labels).mean()
    assert described["accuracy"] == right["float16"] < right["float32"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mlp_dim": 40_000}, "of at most 500,000 parameters, and this one has 520,"),
        ({"image_size": (8, 16)}, "needs image_size (8, 8), and the model has (8, 16);"),
        ({"in_channels": 3}, "needs in_channels 1, and the model has 3;"),
        ({"num_classes": 11}, "needs num_classes 10, and the model has 11;"),
        ({"num_classes": 0}, "needs num_classes 10, and the model has 0;"),
        ({"multi_label": True}, "needs multi_label False, and the model has True;"),
        ({"classifier": "gap"}, "needs classifier token, and the model has gap;"),
        ({"num_registers": 2}, "needs num_registers 0, and the model has 2;"),
        ({"input_norm": True}, "needs input_norm False, and the model has True;"),
        (
            {"position_embedding": "sincos", "hidden_size": 8},
            "position_embedding 1d, and the model has sincos;",
        ),
        ({"position_at": "every-layer"}, "needs position_at stem, and the model has every-layer;"),
    ],
)
def test_what_the_page_cannot_run(change, said):
    config = dataclasses.replace(SMALL, **change)
    with pytest.raises(InputError) as problem:
        live.live_data(drawn(config), config, "en")
    text = str(problem.value)
    assert said in text and text.endswith(live.ADVICE) and "\n" not in text


def test_numbers_that_float16_cannot_hold():
    p = drawn(SMALL)
    p["project"]["b"][0] = 1e6
    with pytest.raises(InputError, match=r"project\.b of the model has a number that float16"):
        live.live_data(p, SMALL, "en")


def test_another_family():
    config = models.preset("R50x1")
    with pytest.raises(InputError, match="the live page runs a ViT, and this is a model of the family"):
        live.live_data({}, config, "en")
