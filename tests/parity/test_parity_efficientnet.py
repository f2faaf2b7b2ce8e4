"""EfficientNet of timm (tf_): its models' files are read by `load`, ours by timm; what both compute agrees.

In evaluation logits and gradients; in training logits, gradients and the running statistics after one step.
"""

import functools
import inspect
import json
import warnings

import numpy as np
import pytest
import safetensors.torch
import timm
import torch
from efficientnets import build, random
from families import WORST, as_torch
from timm.models.efficientnet import EfficientNet
from torch import nn

from vitnp import InputError, models, preset, tree, weights
from vitnp.errors import Assumed
from vitnp.training import statistics
from vitnp.weights import saving
from vitnp.weights.efficientnet import profiles, said

STRIDED = {"strides": (1, 2, 1)}
DEEP = (
    "ds_r1_k5_s2_e1_c16_se0.5",
    "ir_r3_k3_s1_e6_c8_se0.5",
    "ir_r1_k3_s2_e3_c24_se0.5",
    "ir_r2_k5_s2_e2_c20_se0.5",
)
# {name: (() → timm's model, what `load` must be told)}
CASES = {
    "small": (build, STRIDED | {"image_size": (33, 46)}),
    "gray, without a head": (
        functools.partial(build, in_chans=1, num_classes=0),
        STRIDED | {"image_size": (16, 9), "preprocessing.mean": 0.5, "preprocessing.std": 0.5},
    ),
    "deep": (functools.partial(build, DEEP, 16, 40), {"strides": (2, 1, 2, 2), "image_size": (50, 37)}),
    "B0": (functools.partial(timm.create_model, "tf_efficientnet_b0", bn_momentum=0.01), {}),
}  # fmt: skip
EVERY = pytest.mark.parametrize("name", CASES)


def close(got, want, tolerance, what, name="", scale=None):
    """max|got − want| ≤ tolerance·scale, by default max|want|."""
    assert got.shape == want.shape, name
    error = np.abs(got - want).max() / (scale or np.abs(want).max())
    WORST[what] = max(error, WORST.get(what, 0.0))
    assert error <= tolerance, f"{what} {name}: {error:.1e}"


def both(name, folder, dtype, size=None, count=2):
    """(timm's model, p, config, images) of a file that timm wrote, and of random images."""
    build, told = CASES[name]
    model, path = random(build(), dtype), folder / "weights.safetensors"
    safetensors.torch.save_file(model.state_dict(), path)
    p, config = weights.load(path, **told | ({} if size is None else {"image_size": size}))
    images = np.random.default_rng(0).standard_normal((count, *config.image_size, config.in_channels))
    return model, p, config, images.astype("f8" if dtype == torch.float64 else "f4")


@EVERY
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_logits_in_evaluation(tmp_path, name, dtype):
    """B0 at its 224x224."""
    model, p, config, images = both(name, tmp_path, dtype)
    with torch.no_grad():
        want = model.eval()(as_torch(images, dtype)).numpy()
    single = dtype == torch.float32
    what = f"EfficientNet's logits in evaluation, {'float32' if single else 'float64'}"
    close(models.of(config).forward(images, p, config)[0], want, 2e-5 if single else 1e-12, what, name)


def gradients_agree(model, config, images, cotangent, forward):
    """Of one forward and backward on both sides: logits, the image's gradient, every parameter's."""
    mode = "training" if model.training else "evaluation"
    x = as_torch(images, torch.float64).requires_grad_()
    theirs = model(x)
    ours, saved = forward()
    close(ours, theirs.detach().numpy(), 1e-12, f"EfficientNet's logits in {mode}, float64")
    theirs.backward(torch.from_numpy(cotangent(ours.shape)))
    dimages, dp = models.of(config).backward(cotangent(ours.shape), saved)
    close(dimages, x.grad.numpy().transpose(0, 2, 3, 1), 1e-12, f"EfficientNet's image gradient in {mode}")
    gradients, want = saving.to_file("timm", dp, config), dict(model.named_parameters())
    for parameter, value in want.items():
        # In training the β of a map that goes to another BatchNorm alone has no influence: its gradient is 0 but for
        # rounding, and compared with that of the γ beside it.
        beside = want[parameter.replace(".bias", ".weight")].grad.numpy() if ".bn" in parameter else 0.0
        scale = max(np.abs(value.grad.numpy()).max(), np.abs(beside).max())
        what = f"EfficientNet's gradients in {mode}"
        close(gradients.pop(parameter), value.grad.numpy(), 1e-12, what, parameter, scale)
    return gradients


def cotangent(shape):
    return np.random.default_rng(1).standard_normal(shape)


@EVERY
def test_gradients_in_evaluation(tmp_path, name):
    model, p, config, images = both(name, tmp_path, torch.float64, size=(48, 64) if name == "B0" else None)
    forward = functools.partial(models.of(config).forward, images, p, config)
    gradients_agree(model.eval(), config, images, cotangent, forward)


@EVERY
def test_gradients_and_running_statistics_in_training(tmp_path, name):
    size = (48, 64) if name == "B0" else None
    model, p, config, images = both(name, tmp_path, torch.float64, size=size, count=3)
    told = {"dropout_rate": 0.0, "stochastic_depth_rate": 0.0, "image_size": config.image_size}
    p, config = weights.load(tmp_path / "weights.safetensors", **CASES[name][1] | told)
    assert config.batch_norm_momentum == 0.99
    found = {}

    def forward():
        y, saved = models.of(config).forward(images, p, config, np.random.default_rng(0))
        found.update(models.statistics(saved, config))
        return y, saved

    rest = gradients_agree(model.train(), config, images, cotangent, forward)
    assert not any(gradient.any() for gradient in rest.values())  # of the running statistics
    p = tree.map(np.copy, p)
    statistics.follow(p, found, config.batch_norm_momentum)
    after = model.state_dict()
    moved = saving.to_file("timm", p, config)
    for buffer in rest:
        if not buffer.endswith("num_batches_tracked"):
            close(moved[buffer], after[buffer].numpy(), 1e-12, "EfficientNet's running statistics", buffer)


@pytest.mark.parametrize("size", ["b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "l2"])
def test_every_published_size_is_timms(size):
    config = preset(f"EfficientNet-{size.upper()}")
    model = timm.create_model(f"tf_efficientnet_{size}", device="meta")
    p = models.of(config).init(None, config)
    assert models.count(p) == sum(parameter.numel() for parameter in model.parameters())
    theirs = {name: tuple(a.shape) for name, a in model.state_dict().items()}
    assert {name: a.shape for name, a in saving.to_file("timm", p, config).items()} == theirs
    row = profiles.PROFILES[f"timm-efficientnet-{size}"]
    assert {module.eps for module in model.modules() if isinstance(module, nn.BatchNorm2d)} == {
        row["batch_norm_eps"]
    }
    tag = (
        "ra_in1k" if size == "b8" else "ns_jft_in1k"
    )  # b8 is no noisy student, and its first tag has other means
    cfg, how = timm.get_pretrained_cfg(f"tf_efficientnet_{size}.{tag}").to_dict(), row["preprocessing"]
    want = (cfg["mean"], cfg["std"], cfg["interpolation"], cfg["crop_mode"] == "center")
    assert (how.mean, how.std, how.resize_filter, how.keep_aspect_ratio) == want
    assert (how.crop_fraction, row["image_size"]) == (cfg["crop_pct"], tuple(cfg["input_size"][1:]))


def test_every_argument_of_timms_model_is_known():
    names = inspect.signature(EfficientNet.__init__).parameters.keys() - {"self"}
    fields = said.ARGUMENTS
    assert not names - fields.used - fields.arrays - fields.idle - fields.only.keys()


@pytest.mark.parametrize("tag", ["b1.ap_in1k", "b8.ra_in1k", "l2.ns_jft_in1k_475"])
def test_the_config_json_that_timm_writes_says_all(tmp_path, tag):
    """At the widths of the published model, without its numbers."""
    cfg = timm.get_pretrained_cfg(f"tf_efficientnet_{tag}")
    model = build(("ds_r1_k3_s1_e1_c8_se0.25", *(f"ir_r1_k{k}_s1_e6_c8_se0.25" for k in (3, 5, 3, 5, 5, 3))))
    model.pretrained_cfg = cfg.to_dict() | {"num_classes": 5}
    timm.models.save_for_hf(model, tmp_path, safe_serialization=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Assumed)
        _, config = weights.load(tmp_path / "model.safetensors")
    assert (config.strides, config.batch_norm_eps) == ((1, 2, 2, 2, 1, 2, 1), 1e-3)
    how = config.preprocessing
    assert (*how.mean, *how.std) == (0.5, 0.5) if tag == "b1.ap_in1k" else (*cfg.mean, *cfg.std)
    assert (config.image_size, how.crop_fraction) == (cfg.input_size[1:], cfg.crop_pct)


def test_timm_reads_what_is_written(tmp_path):
    build = functools.partial(timm.create_model, "tf_efficientnet_b0", num_classes=7)
    safetensors.torch.save_file(random(build(), torch.float32).state_dict(), tmp_path / "theirs.safetensors")
    p, config = weights.load(tmp_path / "theirs.safetensors", image_size=(65, 48), dropout_rate=0.3)
    (tmp_path / "theirs.safetensors").unlink()
    weights.save(tmp_path / "model.safetensors", p, config, format="timm")
    assert "vitnp" not in json.loads((tmp_path / "config.json").read_text())
    model = timm.create_model(f"local-dir:{tmp_path}", pretrained=True).eval()
    assert (model.drop_rate, model.bn1.eps) == (0.3, 1e-3)
    assert model.bn1.momentum == pytest.approx(0.01)
    images = np.random.default_rng(2).standard_normal((1, 65, 48, 3), "f4")
    with torch.no_grad():
        want = model(as_torch(images, torch.float32)).numpy()
    got = models.of(config).forward(images, p, config)[0]
    close(got, want, 2e-5, "EfficientNet's logits, written here and read by timm")
    assert weights.load(tmp_path / "model.safetensors")[1] == config


# Models of timm with a first convolution of the same name, and a word of the refusal.
OTHERS = {
    "efficientnet_lite0": "EfficientNet-Lite",
    "tf_efficientnet_lite0": "EfficientNet-Lite",
    "efficientnet_es": "EdgeTPU",
    "tf_efficientnet_em": "EdgeTPU",
    "mobilenet_edgetpu_v2_s": "EdgeTPU",
    "tf_efficientnetv2_b0": "EfficientNetV2",
    "efficientnetv2_rw_t": "EfficientNetV2",
    "gc_efficientnetv2_rw_t": "EfficientNetV2",
    "tf_efficientnet_cc_b0_4e": "CondConv",
    "tf_mixnet_s": "MixNet",
    "mobilenetv1_100": "MobileNet",
    "mobilenetv2_100": "MobileNet",
    "mobilenetv3_small_100": "MobileNetV3",
    "tf_mobilenetv3_small_minimal_100": "MobileNetV3",
    "mobilenetv3_rw": "MobileNetV3",
    "fbnetv3_b": "MobileNetV3",
    "hardcorenas_a": "MobileNetV3",
    "lcnet_050": "MobileNetV3",
    "mobilenetv4_conv_small": "MobileNetV4",
    "mobilenetv4_hybrid_medium": "MobileNetV4",
    "ghostnet_050": "GhostNet",
    "ghostnetv3_050": "GhostNet",
    "mnasnet_small": "MNASNet",
    "semnasnet_050": "MNASNet",
    "spnasnet_100": "MNASNet",
    "fbnetc_100": "MNASNet",
    "efficientnet_b0_gn": "another norm",
    "efficientnet_b0_g16_evos": "grouped kernels",
    "efficientnet_b0_g8_gn": "another norm",
    "efficientnet_h_b5": "EfficientNet-X",
    "efficientnet_x_b3": "EfficientNet-X",
    "test_efficientnet": "EfficientNetV2",
    "efficientnet_b1_pruned": "pruned",
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_models_are_refused_by_name(tmp_path, name):
    model = timm.create_model(name)
    path = tmp_path / "model.safetensors"
    safetensors.torch.save_file(model.state_dict(), path)
    with pytest.raises(InputError, match=OTHERS[name]) as caught:
        weights.load(path)
    assert len(str(caught.value)) <= 300


@pytest.mark.parametrize("name", ["efficientnet_b0", "tinynet_e", "efficientnet_blur_b0"])
def test_models_with_the_same_arrays_are_refused_by_config_json(tmp_path, name):
    timm.models.save_for_hf(timm.create_model(name), tmp_path, safe_serialization=True)
    with pytest.raises(InputError, match=f"architecture is {name}: .*; only tf_efficientnet_. is built here"):
        weights.load(tmp_path / "model.safetensors")
    (tmp_path / "config.json").unlink()
    with pytest.warns(Assumed, match=r"padding \(same\), batch_norm_eps \(0.001\)"):
        weights.load(tmp_path / "model.safetensors")
