"""BiT and the hybrid against the released code and timm, on the same weights and images: every number of a step.

The files of `golden` are those of Google's JAX hybrid, its PyTorch BiT, and timm's models of both kinds. They are read
here by a table of names of this test's own, so that a mistake in the readers of weights is not made twice.
"""

import dataclasses
import pathlib
import re

import numpy as np
import pytest

from vitnp import loss_and_grads, models, tree
from vitnp.engine import loss
from vitnp.models import bit, hybrid
from vitnp.weights import kinds
from vitnp.weights.vit.names import names

GOLDEN = pathlib.Path(__file__).parent / "golden"
AS_GOOGLE = {"stem_width": 32, "num_classes": 7, "hidden_size": 24, "num_layers": 2, "num_heads": 3}
AS_TIMM = {"group_norm_eps": 1e-5, "kernel_eps": 1e-8, "kernel_eps_at": "variance", "gelu": "erf"}
CONFIGS = {
    "google_hybrid": hybrid.Config(image_size=(37, 50), stem_units=(2, 1), mlp_dim=32, **AS_GOOGLE),
    "google_hybrid_stem": hybrid.Config(
        image_size=(32, 48),
        stem_width=32,
        stem_units=(),
        patch_size=4,
        hidden_size=16,
        num_layers=1,
        num_heads=2,
        mlp_dim=24,
        num_classes=5,
        representation_size=10,
    ),
    "timm_hybrid_small": hybrid.Config(
        image_size=(36, 52), stem_units=(1, 2), mlp_dim=36, **AS_GOOGLE, **AS_TIMM
    ),
    "bit_r_small": bit.Config(image_size=(40, 52), width=32, units=(2, 1, 1), num_classes=7),
    "timm_bit_small": bit.Config(image_size=(38, 47), width=32, units=(1, 2), num_classes=6, kernel_eps=1e-8),
}
NAMES = pytest.mark.parametrize("name", CONFIGS)

# Pieces of our names and what stands there in the files, one after the other; {n+1}: the number, counted from 1.
GOOGLE = (
    (r"^stem\.root\.conv\.", "conv_root/"),
    (r"^stem\.root\.norm\.", "gn_root/"),
    (r"^stem\.stages\.(\d+)\.(\d+)\.", "block{0}/unit{1}/"),
    (r"/conv_shortcut\.", "/conv_proj/"),
    (r"/norm_shortcut\.", "/gn_proj/"),
    (r"/conv_(\d)\.", r"/conv\1/"),
    (r"/norm_(\d)\.", r"/gn\1/"),
    (r"/W$", "/kernel"),
    (r"/gamma$", "/scale"),
    (r"/beta$", "/bias"),
)
BIT = (
    (r"^root\.conv\.W", "resnet/root_block/standardized_conv2d/kernel"),
    (r"^stages\.(\d+)\.(\d+)\.", "resnet/block{0}/unit0{1}/"),
    (r"conv_shortcut\.W", "a/proj/standardized_conv2d/kernel"),
    *((f"conv_{i}.W", f"{letter}/standardized_conv2d/kernel") for i, letter in enumerate("abc", 1)),
    *((f"norm_{i}\\.", f"{letter}/group_norm/") for i, letter in enumerate("abc", 1)),
    (r"^norm\.", "resnet/group_norm/"),
    (r"^classify\.head\.W", "resnet/head/conv2d/kernel"),
    (r"^classify\.head\.b", "resnet/head/conv2d/bias"),
)
TIMM = (
    (r"^stem\.", "patch_embed.backbone."),
    (r"root\.", "stem."),
    (r"stages\.(\d+)\.(\d+)\.", r"stages.\1.blocks.\2."),
    (r"(conv|norm)_shortcut", r"downsample.\1"),
    (r"(conv|norm)_(\d)", r"\1\2"),
    (r"^classify\.head", "head.fc"),
    (r"\.(W|gamma)$", ".weight"),
    (r"\.(b|beta)$", ".bias"),
)


def their_name(name, of):
    """The name in the file of one of our leaves; those of a hybrid's ViT are the tables' of `weights`."""
    config = CONFIGS[of]
    if config.family == "hybrid" and not name.startswith("stem."):
        return names(of.partition("_")[0], config.num_layers)[name]
    for pattern, theirs in BIT if of.startswith("bit") else TIMM if of.startswith("timm") else GOOGLE:
        if "{0}" in theirs:
            name = re.sub(
                pattern, lambda m, form=theirs: form.format(*(int(n) + 1 for n in m.groups())), name
            )
        else:
            name = re.sub(pattern, theirs, name)
    return name


def as_ours(name, theirs, shape, of):
    """Their array in our layout: Google's have it but for axes of 1, timm's are turned round."""
    if of.startswith("timm"):
        if name.rpartition(".")[2] in ("W_Q", "W_K", "W_V", "b_Q", "b_K", "b_V"):
            theirs = np.split(theirs, 3)["QKV".index(name[-1])]
        if theirs.ndim == 4:
            theirs = theirs.transpose(2, 3, 1, 0)
        elif theirs.ndim == 2:
            theirs = theirs.T
    return theirs.reshape(shape)


def read(of, dtype):
    """(p, what the library computed, as the same tree for the gradients, config)."""
    config = CONFIGS[of]
    path = next(GOLDEN.glob(f"{of}.weights.*"))
    file = kinds.read(path)
    with np.load(GOLDEN / f"{of}.expected.npz") as expected:
        expected = dict(expected)
    shapes = models.of(config).init(None, config)
    found = {name: their_name(name, of) for name, _ in tree.leaves(shapes)}
    assert set(found.values()) == set(file), "every array of the file is read"
    assert {f"grad/{name}" for name in file} == {name for name in expected if name.startswith("grad/")}

    def of_ours(prefix, arrays, dtype):
        return tree.map(
            lambda name, leaf: as_ours(name, arrays[prefix + found[name]], leaf.shape, of).astype(dtype),
            tree.names(shapes),
            shapes,
        )

    return of_ours("", file, dtype), expected, of_ours("grad/", expected, "float64"), config


def near(got, want, tolerance, name):
    """To `tolerance` of the largest number of the array."""
    assert got.shape == want.shape, name
    assert abs(got - want).max() <= tolerance * abs(want).max(), name


@NAMES
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-5), ("float32", 2e-5)])
def test_logits_loss_and_every_gradient(name, dtype, tolerance):
    p, expected, gradients, config = read(name, dtype)
    images, labels = expected["images"].astype(dtype), expected["labels"]
    model = models.of(config)
    logits, saved = model.forward(images, p, config)
    near(logits, expected["logits"], tolerance, "logits")
    value, saved_loss = loss.forward(logits, labels)
    assert abs(value - expected["loss"]) <= tolerance * expected["loss"]
    dimages, dp = model.backward(loss.backward(1.0, saved_loss), saved)
    near(dimages, expected["images_grad"], tolerance, "images")
    largest = max(abs(leaf).max() for _, leaf in tree.leaves(gradients))
    for leaf, want in tree.leaves(gradients):
        got = tree.get(dp, leaf)
        assert got.dtype == dtype
        if leaf.endswith("b_K"):  # 0 but for rounding: softmax does not see a constant added to its scores
            assert max(abs(got).max(), abs(want).max()) < 1e-6 * largest
        else:
            near(got, want, tolerance, leaf)


@NAMES
def test_over_threads(name):
    p, expected, gradients, config = read(name, "float32")
    value, dp = loss_and_grads(expected["images"], expected["labels"], p, config, workers=2, recompute=True)
    assert value == pytest.approx(expected["loss"], rel=2e-5)
    for leaf, want in tree.leaves(gradients):
        if not leaf.endswith("b_K"):
            near(tree.get(dp, leaf), want, 2e-5, leaf)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("bit_r_small", {"kernel_eps": 1e-8}),
        ("bit_r_small", {"group_norm_eps": 1e-6}),
        ("timm_bit_small", {"kernel_eps": 1e-10}),
        ("google_hybrid", {"kernel_eps_at": "variance"}),
        ("google_hybrid", {"group_norm_eps": 1e-5}),
        ("timm_hybrid_small", {"kernel_eps": 1e-5, "kernel_eps_at": "std"}),
        ("timm_hybrid_small", {"gelu": "tanh"}),
    ],
)
def test_another_arithmetic_shows(name, fields):
    """So the files are not blind to what the libraries do differently."""
    p, expected, _, config = read(name, "float64")
    config = dataclasses.replace(config, **fields)
    logits = models.of(config).forward(expected["images"].astype("float64"), p, config)[0]
    assert abs(logits - expected["logits"]).max() > 2e-5 * abs(expected["logits"]).max()
