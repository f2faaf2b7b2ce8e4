"""BiT and the hybrid: what Google's released code and timm computed, agreed with to float32's 2e-5.

golden/README.md says what made the files.
"""

import pathlib

import numpy as np
import pytest
from checkpoint_files import path_of, same

from vitnp import models, tree, weights
from vitnp.engine import loss
from vitnp.weights import kinds, saving

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
def test_logits_loss_and_every_gradient(name):
    p, config, expected = load(name)
    model = models.of(config)
    logits, saved = model.forward(expected["images"], p, config)
    assert_near(logits, expected["logits"])
    value, saved_loss = loss.forward(logits, expected["labels"])
    assert value == pytest.approx(expected["loss"], rel=2e-5)
    dimages, dp = model.backward(loss.backward(1.0, saved_loss), saved)
    assert_near(dimages, expected["images_grad"])
    ours = saving.to_file(FORMATS[name], dp, config)
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


@EVERY
def test_what_is_written_is_what_was_read(name, tmp_path):
    p, config, _ = load(name)
    path = path_of(tmp_path, FORMATS[name])
    weights.save(path, p, config, format=FORMATS[name])
    ours, theirs = kinds.read(path), kinds.read(GOLDEN / name)
    assert ours.keys() == theirs.keys()
    for key, array in theirs.items():
        assert ours[key].shape == array.shape or ours[key].shape == (1, 1, 1, *array.shape)
        assert np.array_equal(ours[key].reshape(array.shape), array)


@EVERY
def test_every_format_gives_the_same_model_back(name, tmp_path):
    p, config, _ = load(name)
    for format in ("vitnp", "google", "timm"):
        if format == "timm" and getattr(config, "representation_size", None):
            continue
        path = path_of(tmp_path, format)
        weights.save(path, p, config, format=format)
        heads = {"num_heads": 3} if config.family == "hybrid" and format == "timm" else {}
        q, found = weights.load(path, image_size=config.image_size, **heads)
        assert same(p, q)
        assert found == config or format == "google", format


@EVERY
def test_inspect_finds_nothing_wrong(name):
    found = weights.inspect(GOLDEN / name, image_size=load(name)[1].image_size, **TOLD[name])
    assert (found.format, found.wrong, found.questions) == (FORMATS[name], [], [])
    assert sum(np.prod(shape) for _, _, shape, _ in found.arrays) == tree.count(load(name)[0])


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("bit_r_small", {"units": (2, 1, 1), "width": 32, "num_classes": 7, "image_size": (40, 52)}),
        ("google_hybrid", {"stem_units": (2, 1), "stem_width": 32, "patch_size": 1, "num_heads": 3}),
        (
            "google_hybrid_stem",
            {"stem_units": (), "patch_size": 4, "representation_size": 10, "num_heads": 2},
        ),
        ("timm_bit_small", {"units": (1, 2), "width": 32, "num_classes": 6, "image_size": (38, 47)}),
        ("timm_hybrid_small", {"stem_units": (1, 2), "stem_width": 32, "patch_size": 1, "mlp_dim": 36}),
    ],
)
def test_the_configuration_is_read_off_the_arrays(name, fields):
    _, config, _ = load(next(file for file in TOLD if file.startswith(f"{name}.")))
    assert {field: getattr(config, field) for field in fields} == fields
    assert config.groups == 32


@pytest.mark.parametrize(
    ("name", "norm", "kernel", "at", "gelu"),
    [
        ("bit_r_small.weights.npz", 1e-5, 1e-10, None, None),
        ("google_hybrid.weights.npz", 1e-6, 1e-5, "std", "tanh"),
        ("timm_bit_small.weights.safetensors", 1e-5, 1e-8, None, None),
        ("timm_hybrid_small.weights.safetensors", 1e-5, 1e-8, "variance", "erf"),
    ],
)
def test_the_constants_are_the_librarys(name, norm, kernel, at, gelu):
    _, config, _ = load(name)
    assert (config.group_norm_eps, config.kernel_eps) == (norm, kernel)
    assert (getattr(config, "kernel_eps_at", None), getattr(config, "gelu", None)) == (at, gelu)
