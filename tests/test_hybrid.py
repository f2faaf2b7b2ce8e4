"""The hybrid: its published sizes, its gradients, its options, and what is said where fields do not fit."""

import dataclasses

import numpy as np
import pytest
from generic_models import alike, generic, products_of_a_run

from vitnp import InputError, loss_and_grads, preset, tree
from vitnp.analysis import cost
from vitnp.blocks import resnet
from vitnp.commands.gradcheck import check_model
from vitnp.models import hybrid, vit
from vitnp.ops import conv

TINY = preset("hybrid-tiny")
# (preset, pixels): parameters with 1,000 classes, and the tokens. Those of the released code's tests, and by hand.
COUNTS = {
    ("R+Ti/16", 224): (6_337_704, 50),
    ("R26+S/32", 224): (36_431_912, 50),
    ("R26+B/32", 224): (101_383_976, 50),
    ("R50+B/16", 224): (98_659_112, 197),
    ("R50+B/16", 384): (98_950_952, 577),
    ("R50+B/32", 224): (110_945_832, 50),
    ("R50+L/16", 224): (316_483_624, 197),
    ("R50+L/32", 224): (328_994_856, 50),
}
STEMS = {"R+Ti/16": 9_536, "R26+S/32": 13_946_176, "R50+B/16": 11_894_848, "R50+L/32": 23_508_032}


@pytest.mark.parametrize(("name", "size"), COUNTS)
def test_parameters(name, size):
    config = preset(name, image_size=size)
    p = hybrid.init(None, config)
    assert (tree.count(p), config.num_tokens) == COUNTS[name, size]
    if name in STEMS:
        assert tree.count(p["stem"]) == STEMS[name]


def test_every_preset_has_its_count_here():
    assert set(hybrid.PRESETS) - {name for name, _ in COUNTS} == {
        *("hybrid-tiny", "hybrid-digits", "hybrid-fashion")
    }
    assert hybrid.Config() == preset("R50+B/16")


def test_the_sizes_of_the_tiny_one_all_differ():
    height, width = TINY.image_size
    sizes = [height, width, TINY.in_channels, TINY.hidden_size, TINY.num_heads, TINY.mlp_dim]
    sizes += [TINY.num_classes, TINY.stem_width, TINY.map_channels, TINY.num_layers, TINY.head_dim]
    assert len(set(sizes)) == len(sizes)
    assert TINY.grid == (4, 6)


def test_the_grid_is_that_of_the_feature_map():
    for name, size, grid, channels in (
        ("R50+B/16", 224, (14, 14), 1024),
        ("R50+B/16", (200, 384), (13, 24), 1024),
        ("R50+L/32", 224, (7, 7), 2048),
        ("R+Ti/16", 224, (7, 7), 64),
    ):
        config = preset(name, image_size=size)
        assert config.grid == grid
        assert config.map_channels == channels
        assert config.patch_dim == channels * config.patch_size**2


# ---- gradients ----


@pytest.mark.parametrize(
    "fields",
    [
        {"num_layers": 1},
        {"stem_units": (), "patch_size": 4, "image_size": (29, 45), "num_layers": 1},
        {"kernel_eps_at": "variance", "gelu": "erf", "num_layers": 1, "dropout_rate": 0.2},
    ],
)
def test_every_gradient(fields):
    """Each leaf and the image, by the complex step and by differences."""
    config = dataclasses.replace(TINY, **fields)
    report = check_model(config, seeds=(1,))
    assert report.ok, f"\n{report}"
    assert report.worst[0] <= 1e-12 and report.worst[1] <= 1e-6
    assert [leaf.name for leaf in report.leaves][1:] == [n for n, _ in tree.leaves(hybrid.init(None, config))]


@pytest.mark.parametrize("pixels", [1, 5, 30])
def test_in_parts_of_every_size(pixels, monkeypatch):
    images, p = generic(TINY)
    labels = np.array([1, 6, 0])
    value, want = loss_and_grads(images, labels, p, TINY, workers=1)
    monkeypatch.setattr(conv, "PIXELS", pixels)
    again, dp = loss_and_grads(images, labels, p, TINY, workers=1)
    assert again == pytest.approx(value, rel=1e-12)
    alike(dp, want)


# ---- what is kept ----


def test_what_nobody_reads_may_be_left_out():
    images, p = generic(TINY)
    (y, saved), (less, saved_less) = (hybrid.forward(images, p, TINY, whole=whole) for whole in (True, False))
    np.testing.assert_allclose(less, y, rtol=1e-11)
    dy = np.random.default_rng(1).standard_normal(y.shape)
    (dx, dp), (dx_less, dp_less) = hybrid.backward(dy, saved), hybrid.backward(dy, saved_less)
    alike(dp_less | {"x": dx_less}, dp | {"x": dx})
    counts = [sum(hybrid.multiply_adds(TINY, whole=whole).values()) for whole in (True, False)]
    assert counts[0] > counts[1]


# ---- counts ----


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"stem_units": (), "patch_size": 4, "image_size": (29, 45)},
        {"stem_units": (2, 1, 2), "groups": 1, "representation_size": 11},
        {"image_size": (33, 20), "num_classes": 0, "classifier": "gap"},
    ],
)
def test_multiply_adds_are_those_of_a_run(fields, monkeypatch):
    config = dataclasses.replace(TINY, **fields)
    assert products_of_a_run(config, monkeypatch) == sum(cost.multiply_adds(config).values())


def test_multiply_adds_of_a_published_size():
    """In all 21.5·10⁹; the stem's are a ResNet-50's of three stages."""
    found = cost.multiply_adds(preset("R50+B/16"))
    stem = {name: count for name, count in found.items() if name.startswith("stem")}
    assert list(stem) == ["stem root", "stem stage 1", "stem stage 2", "stem stage 3"]
    assert stem["stem root"] == 112 * 112 * 7 * 7 * 3 * 64
    assert sum(found.values()) == 21_535_358_976


# ---- what a model is made of ----


def test_from_the_feature_map_on_it_is_a_vit():
    """The map as an image of so many channels: the same bits."""
    images, p = generic(TINY)
    x, _ = resnet.root_forward(images, p["stem"]["root"], TINY.how)
    x, _ = resnet.stages_forward(x, p["stem"]["stages"], TINY.how, pre=False)
    assert x.shape == (3, *TINY.map_size, TINY.map_channels)
    fields = {
        name: getattr(TINY, name)
        for name in "hidden_size num_layers num_heads mlp_dim num_classes patch_size".split()
    }
    of_map = vit.ViTConfig(image_size=TINY.map_size, in_channels=TINY.map_channels, **fields)
    rest = {name: leaf for name, leaf in p.items() if name != "stem"}
    np.testing.assert_array_equal(hybrid.forward(images, p, TINY)[0], vit.forward(x, rest, of_map)[0])


def test_initial_weights():
    """A unit's last scale is 0, so that at first a unit is ReLU of its shortcut; the head is 0."""
    config = preset("R50+B/16", stem_units=(2, 1), image_size=32, num_layers=1)
    p = hybrid.init(np.random.default_rng(0), config)
    for name, leaf in tree.leaves(p["stem"]):
        assert leaf.dtype == "float32", name
        if leaf.ndim == 4:
            assert leaf.std() == pytest.approx(np.prod(leaf.shape[:3]) ** -0.5, rel=0.1), name
        else:
            value = 1.0 if name.endswith("gamma") and ".norm_3." not in name else 0.0
            np.testing.assert_array_equal(leaf, value, err_msg=name)
    x = np.random.default_rng(1).standard_normal((1, 8, 8, 256)).astype("float32")
    unit = resnet.UnitInput(x, p["stem"]["stages"][0][1], config.how, 1, False)
    np.testing.assert_array_equal(resnet.unit_forward(unit)[0], np.maximum(x, 0))
    images = np.random.default_rng(1).standard_normal((2, 32, 32, 3))
    np.testing.assert_array_equal(hybrid.forward(images, p, config)[0], 0.0)


# ---- configurations ----


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        (
            "hybrid-tiny",
            {"groups": 4},
            "a width of 6 channels is not divisible by 4 groups; use a width of 8, or groups 2",
        ),
        ("hybrid-tiny", {"stem_units": (0,)}, "stem_units is 0; need a whole number of at least 1"),
        ("hybrid-tiny", {"stem_units": 2}, "stem_units is 2; need the number of units of each stage"),
        ("hybrid-tiny", {"kernel_eps_at": "var"}, 'kernel_eps_at is "var"; choose variance or std'),
        ("hybrid-tiny", {"kernel_eps": 0.0}, "kernel_eps is 0.0; need a finite number above 0"),
        ("hybrid-tiny", {"stem_width": 2**20 * 6}, "numbers, more than any memory; use smaller sizes"),
        ("hybrid-tiny", {"hidden_size": 21}, "hidden_size 21 is not divisible by num_heads 5"),
        (
            "R+Ti/16",
            {"image_size": 225},
            "the feature map of image_size 225x225, 57x57 places, is not divisible by patch_size 8; "
            "use an image_size of multiples of 32, such as 224x224",
        ),
        ("R+Ti/16", {"image_size": 16}, "4x4 places, is not divisible by patch_size 8; use an image_size of"),
        ("hybrid-tiny", {"patch_size": 3}, "use an image_size of multiples of 24, such as 24x48"),
    ],
)
def test_what_does_not_fit_is_said(name, fields, said):
    with pytest.raises(InputError) as problem:
        preset(name, **fields)
    assert said in str(problem.value)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("R+Ti/16", {"image_size": (224, 225)}),
        ("R+Ti/16", {"image_size": (16, 500)}),
        ("R+Ti/16", {"image_size": (1, 1)}),
        ("hybrid-tiny", {"patch_size": 3}),
        ("hybrid-tiny", {"patch_size": 50}),
        ("hybrid-tiny", {"patch_size": 7, "stem_units": (1, 1, 1), "image_size": (300, 1)}),
    ],
)
def test_the_advice_for_an_image_size_works(name, fields):
    with pytest.raises(InputError) as problem:
        preset(name, **fields)
    height, width = str(problem.value).rpartition("such as ")[2].split("x")
    assert preset(name, **fields | {"image_size": (int(height), int(width))}).num_patches >= 1


def test_images_and_parameters_of_another_model():
    images, p = generic(TINY)
    with pytest.raises(InputError, match="images are 28x46; the model needs 29x46"):
        hybrid.forward(images[:, :28], p, TINY)
    with pytest.raises(InputError, match="stem"):
        hybrid.forward(images, {name: leaf for name, leaf in p.items() if name != "stem"}, TINY)
    with pytest.raises(InputError, match=r"config is BiTConfig.*need a HybridConfig"):
        hybrid.forward(images, p, preset("bit-tiny"))
    y, saved = hybrid.forward(images, p, TINY)
    with pytest.raises(InputError, match="dy has shape"):
        hybrid.backward(y[:2], saved)
