"""Configurations: exact sizes, the initial weights of the released code, and every value that is refused."""

import math
import re

import numpy as np
import pytest
import scipy.stats

from vitnp import PRESETS, InputError, ViTConfig, models, preset, tree, vit
from vitnp.ops import initializers

# ViT Table 1 counts these roughly; the 1000-class counts of B and L are those of torchvision's models.
# Those of S/14, B/14 and L/14 are timm's VisionTransformer's.
# name: no head, 1000 classes, pre-logits without head, 21843 classes with pre-logits, 1000 classes at 384 pixels
COUNTS = {
    "Ti/16": (5_524_416, 5_717_416, 5_561_472, 9_777_171, 5_790_376),
    "S/16": (21_665_664, 22_050_664, 21_813_504, 30_223_059, 22_196_584),
    "S/32": (22_493_952, 22_878_952, 22_641_792, 31_051_347, 22_915_432),
    "S/14": (21_619_584, 22_004_584, 21_767_424, 30_176_979, None),  # 384 is no multiple of 14
    "B/32": (87_455_232, 88_224_232, 88_045_824, 104_843_091, 88_297_192),
    "B/16": (85_798_656, 86_567_656, 86_389_248, 103_186_515, 86_859_496),
    "B/14": (85_706_496, 86_475_496, 86_297_088, 103_094_355, None),
    "L/32": (305_510_400, 306_535_400, 306_560_000, 328_949_075, 306_632_680),
    "L/16": (303_301_632, 304_326_632, 304_351_232, 326_740_307, 304_715_752),
    "L/14": (303_178_752, 304_203_752, 304_228_352, 326_617_427, None),
    "H/14": (630_764_800, 632_045_800, 632_404_480, 660_385_363, None),
}


def count(name, **fields):
    """Parameters of a preset; the arrays are shapes only."""
    config = preset(name, **fields)
    return tree.count(models.of(config).init(None, config))


@pytest.mark.parametrize("name", COUNTS)
def test_parameter_counts(name):
    D = preset(name).hidden_size
    no_head, head, pre_logits, large_head, at_384 = COUNTS[name]
    assert count(name, num_classes=0) == no_head
    assert count(name) == head
    assert count(name, num_classes=0, representation_size=D) == pre_logits
    assert count(name, num_classes=21843, representation_size=D) == large_head
    if at_384:
        assert count(name, image_size=384) == at_384


@pytest.mark.parametrize(
    ("name", "published"), [("S/14", 22_056_576), ("B/14", 86_580_480), ("L/14", 304_368_640)]
)
def test_parameter_counts_of_dinov2(name, published):
    """Its files at 518 pixels have LayerScale, two vectors per block, and a mask token more."""
    config = preset(name)
    more = (2 * config.num_layers + 1) * config.hidden_size
    assert count(name, num_classes=0, image_size=518) + more == published


def test_parameter_count_with_gap():
    """No class token and no position for it: 2·768 fewer."""
    assert count("B/16", classifier="gap") == 86_566_120 == COUNTS["B/16"][1] - 2 * 768


@pytest.mark.parametrize(("name", "millions"), [("B/16", 86), ("L/16", 307), ("H/14", 632)])
def test_table_1_of_the_paper(name, millions):
    assert count(name) / 1e6 == pytest.approx(millions, rel=0.015)


@pytest.mark.parametrize(
    ("name", "tokens"),
    [("B/16", 197), ("B/32", 50), ("L/16", 197), ("H/14", 257), ("Ti/8", 785), ("digits", 17)],
)
def test_tokens(name, tokens):
    assert preset(name).num_tokens == tokens
    assert preset(name, classifier="gap").num_tokens == tokens - 1


def test_the_default_is_b_16():
    assert ViTConfig() == preset("B/16")
    config = ViTConfig()
    assert (config.grid, config.num_patches, config.patch_dim, config.head_dim) == ((14, 14), 196, 768, 64)


def test_every_preset_has_a_model():
    for name in PRESETS:
        assert count(name) > 0
    assert preset("Ti/8").patch_size == 8


def test_counting_takes_no_memory():
    """Every drawn leaf is one number, seen everywhere; so the 2.5 GB of H/14 are counted in milliseconds."""
    p = vit.init(None, preset("H/14", num_classes=0))
    for name, leaf in tree.leaves(p):
        assert leaf.strides == (0,) * leaf.ndim or leaf.ndim == 1, name


def test_image_size():
    assert ViTConfig(image_size=32).image_size == (32, 32)
    wide = ViTConfig(image_size=[32, 64])
    assert wide.image_size == (32, 64)
    assert wide.grid == (2, 4)


# Initial weights, as the released code (flax): every bound is several standard deviations wide.


def test_xavier_uniform():
    W = initializers.xavier_uniform(np.random.default_rng(0), (300, 500), "float64")
    a = math.sqrt(6 / 800)
    assert a * 0.999 < W.max() <= a
    assert -a <= W.min() < -a * 0.999
    assert W.std() == pytest.approx(a / math.sqrt(3), rel=0.01)
    assert abs(W.mean()) < 5 * a / math.sqrt(3 * W.size)


def test_lecun_normal():
    """Cut off at two standard deviations of the uncut distribution, its own standard deviation √(1/I)."""
    W = initializers.lecun_normal(np.random.default_rng(0), (400, 500), "float64")
    std = math.sqrt(1 / 400)
    assert W.std() == pytest.approx(std, rel=0.01)
    cut = 2 * std / scipy.stats.truncnorm.std(-2, 2)
    assert 0.999 * cut < np.abs(W).max() <= cut
    assert abs(W.mean()) < 5 * std / math.sqrt(W.size)
    kept = scipy.stats.kstest(W.ravel()[:20_000] * 2 / cut, scipy.stats.truncnorm(-2, 2).cdf)
    assert kept.pvalue > 0.01


def test_initial_weights_of_a_model():
    """The right initializer at every leaf; each projection of the attention on its own."""
    p = vit.init(np.random.default_rng(0), preset("S/16", num_layers=2, representation_size=384), "float64")
    assert p["project"]["W"].std() == pytest.approx(math.sqrt(1 / 768), rel=0.02)
    assert p["classify"]["pre_logits"]["W"].std() == pytest.approx(math.sqrt(1 / 384), rel=0.02)
    assert p["position"]["E_pos"].std() == pytest.approx(0.02, rel=0.02)
    for block in p["blocks"].values():
        for name in ("W_Q", "W_K", "W_V", "W_O"):
            assert block["attention"][name].std() == pytest.approx(math.sqrt(2 / 768), rel=0.02)
        for name, width in (("W1", 384 + 1536), ("W2", 384 + 1536)):
            assert block["feed_forward"][name].std() == pytest.approx(math.sqrt(2 / width), rel=0.02)
        for name in ("b1", "b2"):
            assert block["feed_forward"][name].std() == pytest.approx(1e-6, rel=0.15)
    flat = dict(tree.leaves(p))
    zero = {name for name, leaf in flat.items() if (leaf == 0).all()}
    assert zero == {
        "project.b",
        "class_token.cls",
        "norm.beta",
        "classify.pre_logits.b",
        "classify.head.W",
        "classify.head.b",
        *(f"blocks.{i}.norm_{n}.beta" for i in range(2) for n in (1, 2)),
        *(f"blocks.{i}.attention.b_{name}" for i in range(2) for name in "QKVO"),
    }
    one = {name for name, leaf in flat.items() if (leaf == 1).all()}
    assert one == {"norm.gamma", *(f"blocks.{i}.norm_{n}.gamma" for i in range(2) for n in (1, 2))}
    drawn = [leaf.tobytes() for name, leaf in flat.items() if name not in zero | one]
    assert len(set(drawn)) == len(drawn)  # none is another's copy


def test_the_same_seed_gives_the_same_weights():
    first, second, other = (
        vit.init(np.random.default_rng(seed), preset("tiny"), "float64") for seed in (0, 0, 1)
    )
    tree.map(np.testing.assert_array_equal, first, second)
    assert not np.array_equal(first["project"]["W"], other["project"]["W"])


def test_float32_weights_are_float64_weights_rounded():
    single, double = (
        vit.init(np.random.default_rng(0), preset("tiny"), dtype) for dtype in ("float32", "float64")
    )
    for name, leaf in tree.leaves(single):
        assert leaf.dtype == np.float32
        np.testing.assert_array_equal(leaf, tree.get(double, name).astype(np.float32))


def test_shapes_without_a_generator_are_the_shapes_with_one():
    for fields in ({}, {"classifier": "gap"}, {"num_classes": 0}):
        config = preset("tiny", **fields)
        drawn, shapes = vit.init(np.random.default_rng(0), config), vit.init(None, config)
        assert tree.map(lambda a: (a.shape, a.dtype), drawn) == tree.map(lambda a: (a.shape, a.dtype), shapes)


def test_no_two_sizes_of_the_tiny_model_are_alike():
    """Or two exchanged axes, and a size taken for another, would go unseen in every check that uses it."""
    config = preset("tiny")
    (height, width), (rows, cols), N = config.image_size, config.grid, config.num_patches
    sizes = {
        "Hᵢ": height,
        "Wᵢ": width,
        "C": config.in_channels,
        "P": config.patch_size,
        "rows": rows,
        "columns": cols,
        "N": N,
        "tokens": config.num_tokens,
        "P·P·C": config.patch_dim,
        "distances": 2 * config.num_tokens - 1,
        "H": config.num_heads,
        "K": config.head_dim,
        "D": config.hidden_size,
        "M": config.mlp_dim,
        "L": config.num_layers,
        "pre-logits": config.representation_size,
        "classes": config.num_classes,
    }
    assert config.num_tokens == N + 1
    assert len(set(sizes.values())) == len(sizes), sizes


BAD_FIELDS = {
    "not divisible": ({"image_size": 225}, ["225x225", "patch_size 16", "224x224"]),
    "width not divisible": ({"image_size": (224, 230)}, ["224x230", "224x224"]),
    "height not divisible": ({"image_size": (230, 224)}, ["230x224", "224x224"]),
    "smaller than a patch": ({"image_size": 8}, ["8x8", "16x16"]),
    "heads": ({"num_heads": 7}, ["768", "num_heads 7", "multiple of 7"]),
    "three sides": ({"image_size": (224, 224, 3)}, ["(224, 224, 3)", "(height, width)"]),
    "a word for a size": ({"image_size": "224"}, ["image_size", "'224'", "whole number"]),
    "half a pixel": ({"image_size": 224.0}, ["image_size", "224.0", "whole number"]),
    "no pixels": ({"image_size": (0, 16)}, ["image_size is 0", "at least 1"]),
    "patch size 0": ({"patch_size": 0}, ["patch_size is 0", "at least 1"]),
    "no channels": ({"in_channels": 0}, ["in_channels is 0"]),
    "no width": ({"hidden_size": -768}, ["hidden_size is -768"]),
    "no layers": ({"num_layers": 0}, ["num_layers is 0"]),
    "true layers": ({"num_layers": True}, ["num_layers is True"]),
    "no heads": ({"num_heads": 0}, ["num_heads is 0"]),
    "mlp": ({"mlp_dim": 1.5}, ["mlp_dim is 1.5"]),
    "classes": ({"num_classes": -1}, ["num_classes is -1", "at least 0"]),
    "representation": ({"representation_size": 0}, ["representation_size is 0"]),
    "dropout of everything": ({"dropout_rate": 1.0}, ["dropout_rate is 1.0", "below 1"]),
    "stochastic depth of everything": (
        {"stochastic_depth_rate": 1},
        ["stochastic_depth_rate is 1", "below 1"],
    ),
    "negative dropout": ({"attention_dropout_rate": -0.1}, ["attention_dropout_rate is -0.1"]),
    "dropout NaN": ({"dropout_rate": math.nan}, ["dropout_rate is nan"]),
    "epsilon": ({"layer_norm_eps": 0.0}, ["layer_norm_eps is 0.0", "above 0"]),
    "classifier": ({"classifier": "mean"}, ['classifier is "mean"', "token or gap"]),
    "gelu": ({"gelu": "relu"}, ['gelu is "relu"', "tanh or erf"]),
}


@pytest.mark.parametrize(("fields", "said"), BAD_FIELDS.values(), ids=BAD_FIELDS)
def test_values_that_do_not_fit(fields, said):
    for make in (lambda: ViTConfig(**fields), lambda: preset("B/16", **fields)):
        with pytest.raises(InputError) as problem:
            make()
        message = str(problem.value)
        assert [part for part in said if part not in message] == []
        assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("B16", "B/16"),
        ("b/16", "B/16"),
        ("ViT-B/16", "B/16"),
        ("L-32", "L/32"),
        ("h/14", "H/14"),
        ("tinny", "tiny"),
    ],
)
def test_an_unknown_preset_names_the_near_ones(name, near):
    with pytest.raises(InputError) as problem:
        preset(name)
    message = str(problem.value)
    assert f'"{name}" is unknown' in message
    hint, _, rest = message.partition("? the ")
    assert near in hint.partition("did you mean ")[2].split(" or ")
    assert rest == f"{len(PRESETS)} names are in vitnp.PRESETS, and vitnp info --help lists them"


def test_a_preset_in_the_wrong_case_has_one_meaning():
    with pytest.raises(InputError, match=r"did you mean B/16\? the"):
        preset("b/16")


@pytest.mark.parametrize("name", ["", "resnet", None, 16])
def test_a_preset_near_nothing(name):
    with pytest.raises(InputError, match=r"is unknown; .*names are in vitnp.PRESETS"):
        preset(name)


def test_an_unknown_field():
    with pytest.raises(InputError, match='"classes" is unknown; did you mean num_classes'):
        preset("B/16", classes=10)


@pytest.mark.parametrize(
    "field",
    [{"dropout_rate": "0.1"}, {"dropout_rate": None}, {"layer_norm_eps": "1"}, {"layer_norm_eps": math.inf}],
)
def test_a_rate_that_is_no_number(field):
    (name,) = field
    with pytest.raises(InputError, match=f"{name} is"):
        ViTConfig(**field)


def test_numpy_integers_are_whole_numbers():
    assert ViTConfig(num_classes=np.int64(10)).num_classes == 10


def test_numpy_numbers_become_python_numbers():
    config = ViTConfig(num_classes=np.int64(10), layer_norm_eps=np.float32(0.5), image_size=np.int64(32))
    assert [type(v) for v in (config.num_classes, config.layer_norm_eps, *config.image_size)] == [
        int,
        float,
        int,
        int,
    ]


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (
            {"num_layers": 10**8},
            "num_layers is 100000000; need a whole number of at least 1 and at most 1,000",
        ),
        ({"hidden_size": 12 * 10**9}, "hidden_size is"),
        ({"layer_norm_eps": True}, "layer_norm_eps is True"),
        ({"dropout_rate": False}, "dropout_rate is False"),
        ({"preprocessing": {"foo": [1]}}, 'preprocessing field "foo" is unknown'),
        ({"preprocessing": {"maen": [1]}}, "did you mean mean"),
        ({"preprocessing": {"antialias": "no"}}, "antialias is 'no'; need True or False"),
    ],
)
def test_more_values_that_do_not_fit(field, message):
    with pytest.raises(InputError, match=re.escape(message)):
        ViTConfig(**field)
