"""EfficientNets in timm's files: round trips, what is read off a file, what is taken or asked, what is refused."""

import dataclasses
import json
import re
import warnings

import numpy as np
import pytest
import safetensors.numpy
from checkpoint_files import path_of, random_model, same, torch_save

from vitnp import InputError, models, preset, tree, weights
from vitnp.errors import Assumed
from vitnp.inputs.images import Preprocessing
from vitnp.weights import described, families, kinds, loading, saving
from vitnp.weights.stored import Stored

STAGES = {"channels": (6, 9), "units": (1, 2), "kernels": (3, 5), "strides": (1, 2), "expansions": (1, 2)}
TINY = preset(
    "efficientnet-tiny", in_channels=3, stem_channels=4, **STAGES, head_channels=11, squeeze_ratio=0.25
)
SIZES = {"B0": 0.875, "B5": 0.934, "L2": 0.96}  # {size: crop_pct}; tests/parity asks timm for all of them
TOLD = {"strides": TINY.strides, "image_size": TINY.image_size, "batch_norm_momentum": 0.9}
TOLD |= {"preprocessing": TINY.preprocessing, "stochastic_depth_rate": 0.2}


def arrays_of(folder, config=TINY):
    """{name: array} of a random model as timm has it, without the config.json beside."""
    weights.save(path_of(folder, "timm"), random_model(config), config, format="timm")
    (folder / "config.json").unlink()
    return kinds.read(path_of(folder, "timm"))


def described_of(config, **told):
    """What a file of such a model says of itself, without the file."""
    p = models.of(config).init(None, config)
    stored = {name: Stored(a.shape, a.dtype, None) for name, a in saving.to_file("timm", p, config).items()}
    return described.describe("model.pth", stored, format="timm", **told)


def config_json(folder, **given):
    (folder / "config.json").write_text(json.dumps(given))


def refused(path, said, **told):
    with pytest.raises(InputError, match=said) as caught:
        weights.load(path, **told)
    assert len(str(caught.value)) <= 300
    assert "\n" not in str(caught.value)


# ---- there and back ----


@pytest.mark.parametrize("format", ["vitnp", "timm"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_round_trip(tmp_path, format, dtype):
    p = random_model(TINY, dtype)
    weights.save(path_of(tmp_path, format), p, TINY, format=format)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Assumed)  # config.json says all
        q, config = weights.load(path_of(tmp_path, format))
    assert config == TINY
    assert same(p, q)


@pytest.mark.parametrize("name", ["efficientnet-fashion", "efficientnet-digits", "EfficientNet-B3"])
def test_timms_config_json_says_all_that_the_arrays_do_not(tmp_path, name):
    config = preset(name)
    saved = dict(families.of(config).texts(tmp_path / "model.safetensors", "timm", config, None))
    (tmp_path / "config.json").write_text(saved[str(tmp_path / "config.json")])
    p = models.of(config).init(None, config)
    stored = {name: Stored(a.shape, a.dtype, None) for name, a in saving.to_file("timm", p, config).items()}
    found = described.describe(str(tmp_path / "model.safetensors"), stored)
    assert found.config == config
    assert (found.questions, found.taken) == ([], ())


def test_of_a_published_model_timms_own_words_say_all(tmp_path):
    row = weights.PROFILES["timm-efficientnet-b3"]
    config = preset("EfficientNet-B3", **row, stochastic_depth_rate=0.1)
    ((_, text),) = families.of(config).texts(tmp_path / "b3" / "model.safetensors", "timm", config, ["a"] * 3)
    given = json.loads(text)
    assert "vitnp" not in given
    assert (given["architecture"], given["label_names"]) == ("tf_efficientnet_b3", ["a"] * 3)
    assert given["model_args"]["drop_path_rate"] == 0.1


@pytest.mark.parametrize("format", ["google", "huggingface", "torchvision"])
def test_formats_without_a_place_for_it(tmp_path, format):
    said = f"^{format} has no place for an EfficientNet; save the model as vitnp or timm$"
    with pytest.raises(InputError, match=said):
        weights.save(path_of(tmp_path, format), random_model(TINY), TINY, format=format)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("conv_stem.weight", (4, 3, 3, 3)),
        ("bn1.running_var", (4,)),
        ("blocks.0.0.conv_dw.weight", (4, 1, 3, 3)),
        ("blocks.0.0.bn1.running_mean", (4,)),
        ("blocks.0.0.conv_pw.weight", (6, 4, 1, 1)),
        ("blocks.0.0.bn2.weight", (6,)),
        ("blocks.1.0.conv_pw.weight", (12, 6, 1, 1)),
        ("blocks.1.1.conv_dw.weight", (18, 1, 5, 5)),
        ("blocks.1.0.se.conv_reduce.weight", (1, 12, 1, 1)),
        ("blocks.1.1.se.conv_expand.bias", (18,)),
        ("blocks.1.1.conv_pwl.weight", (9, 18, 1, 1)),
        ("blocks.1.1.bn3.bias", (9,)),
        ("conv_head.weight", (11, 9, 1, 1)),
        ("bn2.num_batches_tracked", ()),
        ("classifier.weight", (7, 11)),
    ],
)
def test_names_and_shapes_are_timms(name, shape):
    assert saving.to_file("timm", models.of(TINY).init(None, TINY), TINY)[name].shape == shape


def test_counters_of_batches_are_written_as_zero_and_not_read(tmp_path):
    arrays = arrays_of(tmp_path)
    counters = [name for name in arrays if name.endswith("num_batches_tracked")]
    assert len(counters) == sum(name.endswith("running_mean") for name in arrays)
    assert all(arrays[name].dtype == np.int64 and arrays[name] == 0 for name in counters)
    arrays |= {name: np.array(117) for name in counters}
    safetensors.numpy.save_file(arrays, tmp_path / "counted.safetensors")
    assert same(weights.load(tmp_path / "counted.safetensors", **TOLD)[0], random_model(TINY))
    assert not any(
        "num_batches" in row[0] for row in weights.inspect(tmp_path / "counted.safetensors").arrays
    )


def test_every_leaf_of_a_published_size_has_a_name_of_its_own():
    config = preset("EfficientNet-B0")
    leaves = dict(tree.leaves(models.of(config).init(None, config)))
    want = loading.expected("timm", config)
    assert [ours for parts, _ in want.values() for ours in parts] == list(leaves)


def test_a_pth_behind_a_prefix_is_the_same_model(tmp_path):
    arrays = {name: a for name, a in arrays_of(tmp_path).items() if a.ndim}
    torch_save(tmp_path / "model.pth", {f"model.{name}": a for name, a in arrays.items()})
    p, config = weights.load(tmp_path / "model.pth", **TOLD)
    assert same(p, random_model(TINY))
    assert config == TINY


def test_a_new_head_and_another_size(tmp_path):
    arrays_of(tmp_path)
    p, config = weights.load(path_of(tmp_path, "timm"), num_classes=4, **TOLD | {"image_size": 21})
    assert (config.num_classes, config.image_size) == (4, (21, 21))
    assert not p["classify"]["head"]["W"].any()
    below, config = models.below_head(random_model(TINY), TINY)
    weights.save(tmp_path / "below.safetensors", below, config, format="timm")
    assert weights.load(tmp_path / "below.safetensors")[1] == config


# ---- what the arrays do not show ----


@pytest.mark.parametrize("size", SIZES)
def test_a_published_size_shows_itself(size):
    found = described_of(preset(f"EfficientNet-{size}"))
    how = Preprocessing(
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        resize_filter="bicubic",
        antialias=True,
        keep_aspect_ratio=True,
        crop_fraction=SIZES[size],
    )
    assert found.config == preset(f"EfficientNet-{size}", preprocessing=how)
    assert found.questions == []
    assert [name for name, _ in found.taken] == ["image_size", "padding", "batch_norm_eps", "preprocessing"]


def test_what_is_taken_is_said_in_one_line(tmp_path):
    arrays_of(tmp_path)
    told = {name: value for name, value in TOLD.items() if name != "preprocessing"}
    with pytest.warns(Assumed) as said:
        weights.load(path_of(tmp_path, "timm"), **told)
    (line,) = (str(warning.message) for warning in said)
    assert "the usual values are taken: padding (same), batch_norm_eps (0.001), preprocessing (" in line
    assert "another: --set batch_norm_eps=VALUE" in line


def test_strides_of_other_stages_are_asked(tmp_path):
    arrays_of(tmp_path)
    refused(
        path_of(tmp_path, "timm"), r"strides of its 2 stages; say them with strides= or --set strides=1,2$"
    )
    (question,) = weights.inspect(path_of(tmp_path, "timm")).questions
    assert "the strides of its 2 stages" in question


def test_strides_of_the_same_stages_in_another_width_are_taken_and_said():
    """As those of tf_efficientnet_b8, which the paper has not."""
    found = described_of(preset("EfficientNet-B0", head_channels=1000))
    assert found.taken[0] == ("strides", "1/2/2/2/1/2/1")
    assert found.questions == []


@pytest.mark.parametrize("ratio", [0.25, 0.5, 1 / 3, 0.1, 1.0, 0.01])
def test_the_squeeze_ratio_is_read_off_the_widths(ratio):
    config = dataclasses.replace(TINY, squeeze_ratio=ratio, stem_channels=24, channels=(17, 40))
    found = described_of(config, strides=config.strides).config
    shapes = [tree.names(models.of(one).init(None, one)) for one in (config, found)]
    assert shapes[0] == shapes[1]
    assert loading.expected("timm", config) == loading.expected("timm", found)


# ---- config.json ----


@pytest.mark.parametrize("name", ["tf_efficientnet_b0", "tf_efficientnet_l2_ns_475", "tf_efficientnet_b8_ap"])
def test_an_architecture_says_what_the_arrays_do_not(tmp_path, name):
    base = preset("EfficientNet-B0")
    fields = {field: getattr(base, field) for field in ("kernels", "expansions", "strides")}
    config = dataclasses.replace(TINY, **fields, channels=(8,) * 7, units=(1,) * 7)
    arrays_of(tmp_path, config)
    how = {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic", "crop_pct": 0.9}
    cfg = how | {"input_size": [3, 40, 50], "crop_mode": "center"}
    config_json(tmp_path, architecture=name, num_classes=7, pretrained_cfg=cfg)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Assumed)
        _, found = weights.load(path_of(tmp_path, "timm"))
    assert (found.image_size, found.strides, found.batch_norm_eps) == ((40, 50), (1, 2, 2, 2, 1, 2, 1), 1e-3)
    assert found.preprocessing == Preprocessing(
        resize_filter="bicubic", antialias=True, crop_fraction=0.9, keep_aspect_ratio=True
    )


def test_arguments_of_the_model(tmp_path):
    arrays_of(tmp_path)
    arguments = {
        "bn_eps": 0.01,
        "bn_momentum": 0.25,
        "drop_rate": 0.4,
        "drop_path_rate": 0.3,
        "pad_type": "same",
    }
    config_json(tmp_path, architecture="tf_efficientnet_b0", model_args=arguments)
    found = weights.inspect(path_of(tmp_path, "timm"), strides=TINY.strides).config
    assert (found.batch_norm_eps, found.batch_norm_momentum) == (0.01, 0.75)
    assert (found.dropout_rate, found.stochastic_depth_rate) == (0.4, 0.3)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"architecture": "efficientnet_b0"}, "b0: it pads all sides alike; only tf_efficientnet_. is built here"),
        ({"architecture": "tinynet_a"}, "tinynet_a: it pads all sides alike"),
        ({"architecture": "efficientnet_b1_pruned"}, "its units are pruned"),
        ({"architecture": "efficientnet_blur_b0"}, "blurs"),
        ({"architecture": "tf_efficientnet_b0", "model_args": {"pad_type": ""}}, "pad_type is ''"),
        ({"architecture": "tf_efficientnet_b0", "model_args": {"act_layer": "relu"}}, "act_layer is 'relu'"),
        ({"architecture": "tf_efficientnet_b0", "model_args": {"output_stride": 16}}, "output_stride is 16"),
        ({"num_classes": 8}, "the config.json beside it says 8"),
        ({"architecture": "tf_efficientnet_b0", "model_args": {"bn_momentum": "x"}}, "config.json cannot be used"),
    ],
)  # fmt: skip
def test_what_config_json_says_and_is_not_built(tmp_path, given, said):
    arrays_of(tmp_path)
    config_json(tmp_path, **given)
    refused(path_of(tmp_path, "timm"), said, strides=TINY.strides)


def test_an_unknown_architecture_is_said(tmp_path):
    arrays_of(tmp_path)
    config_json(tmp_path, architecture="tf_efficientnet_z9", vitnp={"strides": [1, 2]})
    with pytest.warns(Assumed, match="architecture 'tf_efficientnet_z9'"):
        weights.load(path_of(tmp_path, "timm"))


# ---- other models ----


def renamed(old, new):
    return lambda arrays: {re.sub(old, new, name): a for name, a in arrays.items()}


def without(pattern):
    return lambda arrays: {name: a for name, a in arrays.items() if not re.search(pattern, name)}


def beside(name, *shape):
    return lambda arrays: arrays | {name: np.ones(shape, "f4")}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (renamed(r"\.se\..*", r".skip_me"), "EfficientNet-Lite, MobileNet, MNASNet"),
        (without(r"blocks\.1\.1\.se\."), "EfficientNet-Lite, MobileNet, MNASNet"),
        (beside("blocks.1.0.conv_exp.weight", 12, 6, 3, 3), "EfficientNetV2: its fused units"),
        (renamed(r"conv_dw\.", "conv_dw.0."), "MixNet"),
        (beside("blocks.0.0.routing_fn.weight", 4, 4), r"CondConv \(efficientnet_cc\)"),
        (beside("conv_head.bias", 11), "MobileNetV3"),
        (beside("blocks.2.0.conv.weight", 9, 9, 1, 1), "MobileNetV3"),
        (beside("blocks.1.0.dw_start.conv.weight", 9, 1, 3, 3), "MobileNetV4"),
        (beside("blocks.1.0.ghost1.primary_conv.0.weight", 9, 9, 1, 1), "GhostNet"),
        (beside("blocks.1.0.conv_s2d.weight", 9, 9, 2, 2), "EfficientNet-X or -H"),
        (without(r"running_(mean|var)|num_batches"), "another norm than BatchNorm"),
        (beside("blocks.0.0.conv_dw.weight", 4, 2, 3, 3), "grouped kernels"),
        (beside("blocks.1.0.conv_dw.weight", 13, 1, 3, 3), "pruned, .* 13 channels, no whole multiple of 6"),
        (beside("blocks.0.0.se.conv_reduce.weight", 4, 4, 1, 1), "no common part of their units' inputs"),
        (without(r"^conv_head"), r"conv_head\.weight is missing; it tells the sizes of a timm EfficientNet"),
        (without(r"^blocks"), r"blocks\.0\.0\.conv_dw\.weight is missing"),
        (without(r"^blocks\.1\.1\.bn3\.weight"), r"blocks\.1\.1\.bn3\.weight is missing"),
        (beside("blocks.1.2.bn3.weight", 9), r"blocks\.1\.2\.conv_pw\.weight is missing"),
        (beside("classifier.weight", 7, 12), r"classifier\.weight is \(7, 12\), need \(7, 11\)"),
        (beside("bn1.running_var", 5), r"bn1\.running_var is \(5,\), need \(4,\)"),
        (beside("extra.weight", 5), r"extra\.weight is unexpected"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path, change, said):
    safetensors.numpy.save_file(change(arrays_of(tmp_path)), tmp_path / "m.safetensors")
    refused(tmp_path / "m.safetensors", said, **TOLD)


def test_units_fused_without_a_gate_are_edgetpus(tmp_path):
    arrays = beside("blocks.1.0.conv_exp.weight", 12, 6, 3, 3)(arrays_of(tmp_path))
    safetensors.numpy.save_file(without(r"\.se\.")(arrays), tmp_path / "m.safetensors")
    refused(tmp_path / "m.safetensors", "EfficientNet-EdgeTPU")
