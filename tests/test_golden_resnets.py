"""BiT and the hybrid: what Google's released code and timm computed, agreed with to float32's 2e-5.

golden/README.md says what made the files.
"""

import pathlib

import numpy as np
import pytest
from checkpoint_files import path_of

from vitnp import models, weights
from vitnp.engine import loss
from vitnp.weights import kinds

GOLDEN = pathlib.Path(__file__).parent / "golden"
# {file: what it does not say, beside the size of the images}
TOLD = {
    "bit_r_small.weights.npz": {},
    "google_hybrid.weights.npz": {},
    "google_hybrid_stem.weights.npz": {},
    "timm_bit_small.weights.safetensors": {},
    "timm_hybrid_small.weights.safetensors": {"num_heads": 3},
}
FORMATS = {name: "timm" if name.startswith("timm") else "google" for name in TOLD}
EVERY = pytest.mark.parametrize("name", TOLD)


def load(name, **more):
    """(p, config, what the library computed)."""
    with np.load(GOLDEN / f"{name.partition('.')[0]}.expected.npz") as file:
        expected = dict(file)
    size = expected["images"].shape[1:3]
    return *weights.load(GOLDEN / name, image_size=size, **TOLD[name], **more), expected


def assert_near(ours, theirs):
    """max|ours − theirs| ≤ 2e-5·max|theirs|, float32 on both sides."""
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype == np.float32
    assert np.abs(ours - theirs).max() <= 2e-5 * np.abs(theirs).max()


@EVERY
def test_logits_loss_and_every_gradient(name, tmp_path):
    p, config, expected = load(name)
    model = models.of(config)
    logits, saved = model.forward(expected["images"], p, config)
    assert_near(logits, expected["logits"])
    value, saved_loss = loss.forward(logits, expected["labels"])
    assert value == pytest.approx(expected["loss"], rel=2e-5)
    dimages, dp = model.backward(loss.backward(1.0, saved_loss), saved)
    assert_near(dimages, expected["images_grad"])
    path = path_of(tmp_path, FORMATS[name])
    weights.save(path, dp, config, format=FORMATS[name])
    ours = kinds.read(path)
    theirs = {key.removeprefix("grad/"): value for key, value in expected.items() if key.startswith("grad/")}
    assert ours.keys() == theirs.keys()
    for key, gradient in theirs.items():
        got = ours[key].reshape(gradient.shape)  # the norms of a stem (1, 1, 1, C) or (C,)
        if key.endswith(
            "key/bias"
        ):  # 0 but for rounding: softmax does not see a constant added to its scores
            assert max(np.abs(got).max(), np.abs(gradient).max()) < 1e-6
        else:
            assert_near(got, gradient)
