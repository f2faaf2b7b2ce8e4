"""EfficientNet: what timm's tf_ model computed in evaluation and in training, its statistics after a step included.

golden/README.md says what made the files.
"""

import functools
import pathlib

import numpy as np
import pytest
from checkpoint_files import same

from vitnp import models, tree, weights
from vitnp.engine import loss
from vitnp.training import statistics
from vitnp.weights import kinds, saving

GOLDEN = pathlib.Path(__file__).parent / "golden" / "timm_efficientnet_small"
TOLD = {"strides": (1, 2, 1), "image_size": (13, 18), "stochastic_depth_rate": 0.0, "dropout_rate": 0.0}
MODES = pytest.mark.parametrize("mode", ["evaluation", "training"])


@functools.cache
def golden():
    """(p, config, what timm computed)."""
    with np.load(f"{GOLDEN}.expected.npz") as file:
        expected = dict(file)
    return *weights.load(f"{GOLDEN}.weights.safetensors", **TOLD), expected


def assert_near(ours, theirs, tolerance, scale=0.0):
    """max|ours − theirs| ≤ tolerance·max|theirs|, or of the scale where that is more."""
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= tolerance * max(np.abs(theirs).max(), scale)


def passes(mode, dtype):
    """(logits, loss, dimages, dp under timm's names, the batch's statistics) of our model."""
    p, config, expected = golden()
    p, rng = tree.map(np.dtype(dtype).type, p), np.random.default_rng(0) if mode == "training" else None
    logits, saved = models.of(config).forward(expected["images"].astype(dtype), p, config, rng)
    found = models.statistics(saved, config)
    value, saved_loss = loss.forward(logits, expected["labels"])
    dimages, dp = models.of(config).backward(loss.backward(1.0, saved_loss), saved)
    return logits, value, dimages, saving.to_file("timm", dp, config), found


@MODES
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-5), ("float64", 2e-7)])
def test_logits_loss_and_every_gradient(mode, dtype, tolerance):
    expected = golden()[2]
    logits, value, dimages, dp, _ = passes(mode, dtype)
    assert_near(logits, expected[f"{mode}/logits"], tolerance)
    assert value == pytest.approx(expected[f"{mode}/loss"], rel=tolerance)
    assert_near(dimages, expected[f"{mode}/images_grad"], tolerance)
    theirs = {
        name.rpartition("grad/")[2]: a for name, a in expected.items() if name.startswith(f"{mode}/grad/")
    }
    statistics = {name for name in dp if "running_" in name or name.endswith("num_batches_tracked")}
    assert dp.keys() - statistics == theirs.keys()
    for name, gradient in theirs.items():
        # 0 but for rounding for a β whose map goes to another BatchNorm alone: compared with the γ beside it.
        beside = np.abs(theirs[name.replace(".bias", ".weight")]).max() if ".bn" in name else 0.0
        assert_near(dp[name], gradient, tolerance, beside)


def test_the_running_statistics_after_a_step():
    p, config, expected = golden()
    assert config.batch_norm_momentum == 0.99
    p = tree.map(np.float64, p)
    statistics.follow(p, passes("training", "float64")[-1], config.batch_norm_momentum)
    moved = saving.to_file("timm", p, config)
    after = {name.removeprefix("after/"): a for name, a in expected.items() if name.startswith("after/")}
    assert len(after) == sum("running_" in name for name in moved)
    for name, value in after.items():
        assert_near(moved[name], value, 1e-7)


def test_in_evaluation_the_running_statistics_are_used_and_stay():
    p, _, _ = golden()
    before = tree.map(np.copy, p)
    assert passes("evaluation", "float32")[-1] == {}
    assert same(p, before)


def test_what_is_written_is_what_was_read(tmp_path):
    p, config, _ = golden()
    path = tmp_path / "written" / "model.safetensors"
    path.parent.mkdir()
    weights.save(path, p, config, format="timm")
    ours, theirs = kinds.read(path), kinds.read(f"{GOLDEN}.weights.safetensors")
    assert ours.keys() == theirs.keys()
    for name, array in theirs.items():
        assert ours[name].dtype == array.dtype
        assert np.array_equal(ours[name], array)
    q, found = weights.load(path)
    assert found == config
    assert same(p, q)


def test_the_configuration_is_read_off_the_arrays():
    config = golden()[1]
    assert (config.stem_channels, config.channels, config.head_channels) == (4, (4, 8, 12), 12)
    assert (config.units, config.kernels, config.expansions) == ((1, 2, 1), (3, 3, 5), (1, 2, 2))
    assert (config.squeeze_ratio, config.in_channels, config.num_classes) == (0.25, 3, 5)
