"""What Hugging Face, timm and DINOv2's own code computed with LayerScale, at the size of the positions and at others.

`tests/parity/make_golden_dinov2.py` made the files with those libraries; their norms, biases and λ are random.
"""

import pathlib
import shutil

import numpy as np
import pytest
from PIL import Image

from vitnp import tree, vit, weights
from vitnp.analysis.trace import trace
from vitnp.data import preprocess
from vitnp.inputs.images import Preprocessing
from vitnp.weights.vit.profiles import IMAGENET

GOLDEN = pathlib.Path(__file__).parent / "golden"
# The file; what it does not say, as its width is no published one; how positions are resized; the JSON's image size.
FILES = {
    "dinov2_huggingface/model.safetensors": ({}, "bicubic", (16, 16)),
    "dinov2_timm/model.safetensors": ({}, "bicubic-antialias", (28, 28)),
    "dinov2_own/dinov2.pth": ({"num_heads": 3}, "bicubic-offset", (28, 28)),
    "deit3_timm/model.safetensors": ({"num_heads": 5}, "bicubic-antialias", (24, 24)),
    "deit3_own/deit_3.pth": ({"num_heads": 5}, "bicubic", (24, 24)),
}
EVERY = pytest.mark.parametrize("name", FILES)


def expected(name):
    """{(H, W): {"images", "tokens", perhaps "logits": array}} of a golden file, and its other arrays."""
    found, others = {}, {}
    with np.load((GOLDEN / name).with_name("expected.npz")) as file:
        for key, value in file.items():
            what, _, size = key.partition("_")
            if size:
                found.setdefault(tuple(map(int, size.split("x"))), {})[what] = value
            else:
                others[key] = value
    return found, others


def assert_near(ours, theirs, tolerance=1e-5):
    """max|ours − theirs| ≤ 1e-5·max|theirs|."""
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= tolerance * np.abs(theirs).max()


def tokens(images, p, config):
    """All tokens after the last norm."""
    return np.stack([trace(image, p, config)["norm"][0] for image in images])


@EVERY
def test_tokens_and_logits_at_every_size(name):
    told, method, _ = FILES[name]
    for size, want in expected(name)[0].items():
        p, config = weights.load(GOLDEN / name, **told, image_size=size)
        assert (config.image_size, config.position_interpolation) == (size, method)
        assert_near(tokens(want["images"], p, config), want["tokens"])
        if "logits" in want:
            assert_near(vit.forward(want["images"], p, config)[0], want["logits"])


def test_another_way_to_resize_positions_can_be_chosen():
    """DINOv2's own file with Hugging Face's way, and the other way round: other tokens, and those of that code."""
    name, size = "dinov2_own/dinov2.pth", (16, 16)
    want = expected(name)[0][size]
    near = {}
    for method in ("bicubic", "bicubic-offset", "bicubic-antialias"):
        p, config = weights.load(GOLDEN / name, num_heads=3, image_size=size, position_interpolation=method)
        near[method] = np.abs(tokens(want["images"], p, config) - want["tokens"]).max()
    assert near["bicubic-offset"] < 1e-4 < 0.005 < min(near["bicubic"], near["bicubic-antialias"])


@EVERY
def test_the_size_that_a_file_is_used_at(name):
    """Hugging Face's DINOv2 takes what its processor makes; the others have the size of their positions."""
    told, _, size = FILES[name]
    assert weights.load(GOLDEN / name, **told)[1].image_size == size


@EVERY
def test_inspect_finds_nothing_wrong_and_says_what_it_is(name):
    found = weights.inspect(GOLDEN / name, **FILES[name][0])
    assert (found.wrong, found.questions) == ([], [])
    assert found.config.image_size == ((24, 24) if "deit3" in name else (28, 28))
    assert any(note.startswith("LayerScale is taken into") for note in found.notes)
    called = "DINOv2" if "dinov2" in name else "DeiT-III"
    assert any(called in note and FILES[name][1] in note for note in found.notes)
    folded = {row[0]: row[1] for row in found.arrays if "gamma" in row[0] or "lambda" in row[0]}
    assert len(folded) == 4
    assert set(folded.values()) == {
        f"blocks.{i}.{leaves}"
        for i in (0, 1)
        for leaves in (
            f"attention.W_O blocks.{i}.attention.b_O",
            f"feed_forward.W2 blocks.{i}.feed_forward.b2",
        )
    }
    left_out = [note for note in found.notes if "mask_token" in note]
    assert len(left_out) == (name.startswith(("dinov2_h", "dinov2_o")))
    assert any("no row for the class token" in note for note in found.notes) == ("deit3" in name)


def test_a_note_says_that_the_processor_asks_for_another_size():
    found = weights.inspect(GOLDEN / "dinov2_huggingface/model.safetensors")
    assert found.image_size == (16, 16)
    (note,) = [note for note in found.notes if note.startswith("used at")]
    assert "used at 16x16" in note
    assert "from 7x7 patches to 4x4; --image-size 28x28 keeps them" in note
    assert weights.load(GOLDEN / "dinov2_huggingface/model.safetensors", image_size=28)[1].grid == (7, 7)


def test_a_picture_through_the_processor_and_the_model():
    """BitImageProcessor: the shorter side to 20, the middle 16x16, ImageNet's mean and deviation."""
    _, others = expected("dinov2_huggingface/model.safetensors")
    config = weights.load(GOLDEN / "dinov2_huggingface/model.safetensors")[1]
    how = config.preprocessing
    assert how == Preprocessing(
        **IMAGENET,
        resize_filter="bicubic",
        antialias=True,
        crop_fraction=16 / 20,
        keep_aspect_ratio=True,
        crop_rounding="down",
    )
    ours = preprocess.apply(Image.fromarray(others["photo"]), config)
    np.testing.assert_allclose(ours, others["pixels"], atol=1e-6)
    config = weights.load(GOLDEN / "dinov2_huggingface/model.safetensors", image_size=28)[1]
    assert config.preprocessing == how, "another size keeps the crop's fraction"


@pytest.mark.parametrize(
    ("name", "crop", "rounding"),
    [
        ("dinov2_huggingface/model.safetensors", 224 / 256, "down"),
        ("dinov2_timm/model.safetensors", 1.0, "nearest"),
    ],
)
def test_without_the_json_the_kind_has_a_profile(tmp_path, name, crop, rounding):
    shutil.copy(GOLDEN / name, tmp_path)
    p, config = weights.load(tmp_path / "model.safetensors", num_heads=3)
    assert (config.image_size, config.layer_norm_eps, config.gelu) == ((28, 28), 1e-6, "erf")
    assert config.preprocessing == Preprocessing(
        **IMAGENET,
        resize_filter="bicubic",
        antialias=True,
        crop_fraction=crop,
        keep_aspect_ratio=True,
        crop_rounding=rounding,
    )
    want = expected(name)[0][28, 28]
    assert_near(tokens(want["images"], p, config), want["tokens"])


def test_layer_scale_is_taken_in_with_one_rounding():
    """λ·W of the file in float64, rounded to float32: the same bits."""
    name = "deit3_timm/model.safetensors"
    p, _ = weights.load(GOLDEN / name, num_heads=5)
    arrays = weights.kinds.read(GOLDEN / name)
    for i in (0, 1):
        for theirs, scale, ours in (
            ("attn.proj", "ls1", ("attention.W_O", "attention.b_O")),
            ("mlp.fc2", "ls2", ("feed_forward.W2", "feed_forward.b2")),
        ):
            gamma = arrays[f"blocks.{i}.{scale}.gamma"].astype(np.float64)
            W = (gamma[:, None] * arrays[f"blocks.{i}.{theirs}.weight"]).astype(np.float32)
            b = (gamma * arrays[f"blocks.{i}.{theirs}.bias"]).astype(np.float32)
            assert np.array_equal(tree.get(p, f"blocks.{i}.{ours[0]}"), W.T)
            assert np.array_equal(tree.get(p, f"blocks.{i}.{ours[1]}"), b)
