"""What timm, Hugging Face and torchvision computed on tiny models, agreed with to float32's 1e-5; no PyTorch here.

`tests/parity/make_golden.py` made the files with the libraries' own code.
"""

import json
import pathlib
import shutil

import numpy as np
import pytest

from vitnp import tree, vit, weights
from vitnp.engine import loss
from vitnp.weights import kinds

GOLDEN = pathlib.Path(__file__).parent / "golden"
# What these files do not say: timm's and torchvision's never the heads, timm's no sides that are not a square's.
TOLD = {
    "timm_token/weights.pth": {"num_heads": 3, "image_size": (28, 42)},
    "timm_gap/weights.safetensors": {"num_heads": 3},
    "huggingface_token/model.safetensors": {},
    "huggingface_pooler/pytorch_model.bin": {},
    "torchvision_token/weights.pth": {"num_heads": 3},
    "torchvision_prelogits/weights.pth": {"num_heads": 3},
}
EVERY = pytest.mark.parametrize("name", TOLD)


def load(name):
    """(p, config, what the library computed)."""
    p, config = weights.load(GOLDEN / name, **TOLD[name])
    with np.load(GOLDEN / name.partition("/")[0] / "expected.npz") as file:
        return p, config, dict(file)


def assert_near(ours, theirs):
    """max|ours − theirs| ≤ 1e-5·max|theirs|, float32 on both sides."""
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype == np.float32
    assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(theirs).max()


@EVERY
def test_logits_and_loss(name):
    p, config, expected = load(name)
    logits, _ = vit.forward(expected["images"], p, config)
    assert_near(logits, expected["logits"])
    value, _ = loss.forward(logits, expected["labels"])
    assert value == pytest.approx(expected["loss"], rel=1e-5)


@EVERY
def test_every_gradient_under_the_librarys_own_name(tmp_path, name):
    p, config, expected = load(name)
    logits, saved = vit.forward(expected["images"], p, config)
    _, saved_loss = loss.forward(logits, expected["labels"])
    dimages, dp = vit.backward(loss.backward(1.0, saved_loss), saved)
    assert_near(dimages, expected["images_grad"])
    path = tmp_path / "gradients.safetensors"
    weights.save(path, dp, config, format=name.partition("_")[0])
    ours = kinds.read(path)
    theirs = {key.removeprefix("grad/"): value for key, value in expected.items() if key.startswith("grad/")}
    assert ours.keys() == theirs.keys()
    for key, gradient in theirs.items():
        if key.endswith("key.bias"):  # the exact gradient is zero, since softmax cancels it
            assert (
                np.abs(ours[key] - gradient).max() < 1e-5 * np.abs(theirs[key.replace("key", "value")]).max()
            )
        else:
            assert_near(ours[key], gradient)


@EVERY
def test_what_is_written_is_what_was_read(tmp_path, name):
    p, config, _ = load(name)
    path = tmp_path / "model.safetensors"
    weights.save(path, p, config, format=name.partition("_")[0])
    ours, theirs = kinds.read(path), kinds.read(GOLDEN / name)
    assert ours.keys() == theirs.keys()
    for key in theirs:
        assert np.array_equal(ours[key], theirs[key])


@EVERY
def test_inspect_finds_nothing_wrong(name):
    found = weights.inspect(GOLDEN / name, **TOLD[name])
    assert found.format == name.partition("_")[0]
    assert found.wrong == []
    assert sum(np.prod(shape) for _, _, shape, _ in found.arrays) == tree.count(load(name)[0])


def test_a_hugging_face_file_without_its_config_is_still_read_as_one(tmp_path):
    shutil.copy(GOLDEN / "huggingface_pooler/pytorch_model.bin", tmp_path)
    p, config = weights.load(tmp_path / "pytorch_model.bin", num_heads=3)
    assert (config.layer_norm_eps, config.gelu, config.representation_size) == (1e-12, "erf", 12)
    _, _, expected = load("huggingface_pooler/pytorch_model.bin")
    assert_near(vit.forward(expected["images"], p, config)[0], expected["logits"])


def test_class_names_of_the_config_beside():
    assert (
        weights.class_names(GOLDEN / "huggingface_token/model.safetensors") == "ant bee cat dog eel".split()
    )
    assert json.loads((GOLDEN / "huggingface_token/config.json").read_text())["id2label"]["4"] == "eel"
    assert weights.class_names(GOLDEN / "timm_token/weights.pth") is None
