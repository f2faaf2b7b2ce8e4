"""BiT and the hybrid of timm: its models' files are read by `load`, ours by timm; logits and gradients agree."""

import functools
import json

import numpy as np
import pytest
import safetensors.torch
import timm
import torch
from families import Case, as_torch
from timm.layers import StdConv2d, StdConv2dSame
from timm.models import resnetv2
from timm.models.vision_transformer import VisionTransformer
from timm.models.vision_transformer_hybrid import HybridEmbed

from vitnp import models, preset, tree, weights
from vitnp.weights import saving


def bit(layers, **options):
    """As `resnetv2_*_bit` is built, half as wide."""
    conv = functools.partial(StdConv2d, eps=1e-8)
    sizes = {"width_factor": 0.5, "num_classes": 5, "stem_type": "fixed", "conv_layer": conv}
    return lambda: resnetv2.ResNetV2(layers, **sizes | options)


def hybrid(layers, *, img_size, patch_size=1, in_chans=3, **options):
    """As `vit_*_r*` is built, half as wide; layers None: the root alone."""

    def build():
        conv = functools.partial(StdConv2dSame, eps=1e-8)
        how = {"preact": False, "stem_type": "same", "conv_layer": conv}
        if layers is None:
            backbone = resnetv2.create_resnetv2_stem(in_chans, 32, **how)
        else:
            sizes = {"width_factor": 0.5, "num_classes": 0, "global_pool": "", "in_chans": in_chans}
            backbone = resnetv2.ResNetV2(layers, **sizes, **how)
        embed = functools.partial(HybridEmbed, backbone=backbone)
        sizes = {"embed_dim": 24, "depth": 2, "num_heads": 3, "mlp_ratio": 40 / 24, "num_classes": 5}
        more = {"img_size": img_size, "patch_size": patch_size, "in_chans": in_chans, "embed_layer": embed}
        return VisionTransformer(**sizes | more | options)

    return build


def told(height, width, **more):
    return {"image_size": (height, width)} | more


HEADS = {"num_heads": 3}
CASES = [
    Case("bit, odd", "timm", bit((1, 2)), told(37, 46)),
    Case("bit, three stages", "timm", bit((2, 1, 1)), told(33, 20)),
    Case("bit, gray, no head", "timm", bit((1,), in_chans=1, num_classes=0), told(19, 23)),
    Case("bit, one pixel", "timm", bit((1, 1)), told(1, 9)),
    Case("hybrid, odd", "timm", hybrid((1, 2), img_size=(37, 50)), told(37, 50, **HEADS)),
    Case("hybrid, three stages", "timm", hybrid((2, 1, 1), img_size=(33, 47)), told(33, 47, **HEADS)),
    Case("hybrid, root alone", "timm", hybrid(None, img_size=(32, 48), patch_size=4), told(32, 48, **HEADS)),
    Case("hybrid, gray", "timm", hybrid((1,), img_size=(18, 21), in_chans=1), told(18, 21, **HEADS)),
]


def close(got, want, tolerance, name):
    """max|got − want| ≤ tolerance·max|want|."""
    assert got.shape == want.shape
    error = np.abs(got - want).max() / np.abs(want).max()
    assert error <= tolerance, f"{name}: {error:.1e}"


def both(case, folder, dtype):
    """(timm's model, p, config, images) of a file that timm wrote, and of random images."""
    model, path = case.model(dtype), folder / "weights.safetensors"
    safetensors.torch.save_file(model.state_dict(), path)
    p, config = weights.load(path, **case.overrides)
    assert config.family == case.name.partition(",")[0]
    images = np.random.default_rng(0).standard_normal((2, *config.image_size, config.in_channels))
    return model, p, config, images.astype("f8" if dtype == torch.float64 else "f4")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_logits_in_float32(tmp_path, case):
    model, p, config, images = both(case, tmp_path, torch.float32)
    ours = models.of(config).forward(images, p, config)[0]
    close(ours, model(as_torch(images, torch.float32)).detach().numpy(), 2e-5, "logits")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_logits_and_every_gradient_in_float64(tmp_path, case):
    """In float32 a value next to a kink of ReLU may be on either side of it, and its gradient there or not."""
    model, p, config, images = both(case, tmp_path, torch.float64)
    x = as_torch(images, torch.float64).requires_grad_()
    theirs = model(x)
    ours, saved = models.of(config).forward(images, p, config)
    close(ours, theirs.detach().numpy(), 1e-12, "logits")
    cotangent = np.random.default_rng(1).standard_normal(ours.shape)
    theirs.backward(torch.from_numpy(cotangent))
    dimages, dp = models.of(config).backward(cotangent, saved)
    close(dimages, x.grad.numpy().transpose(0, 2, 3, 1), 1e-12, "image")
    gradients = saving.to_file("timm", dp, config)
    want = {name: parameter.grad.numpy() for name, parameter in model.named_parameters()}
    assert gradients.keys() == want.keys()
    for name, gradient in want.items():
        got = gradients[name]
        if name.endswith("attn.qkv.bias"):  # a key's is 0: softmax cancels it
            D = len(got) // 3
            got, gradient = np.delete(got, range(D, 2 * D)), np.delete(gradient, range(D, 2 * D))
        close(got, gradient, 1e-12, name)


@pytest.mark.parametrize(
    ("name", "theirs", "size"),
    [("R50x1", "resnetv2_50x1_bit", (65, 65)), ("R+Ti/16", "vit_tiny_r_s16_p8_224", (224, 224))],
)
def test_timm_reads_a_published_size_with_our_config_json(tmp_path, name, theirs, size):
    told = weights.PROFILES["timm-hybrid"] if "+" in name else {"kernel_eps": 1e-8}
    config = preset(name, num_classes=7, image_size=size, **told)
    p = models.of(config).init(np.random.default_rng(0), config)
    p["classify"]["head"]["W"] += np.random.default_rng(1).standard_normal(
        p["classify"]["head"]["W"].shape, "f4"
    )
    weights.save(tmp_path / "model.safetensors", p, config, format="timm")
    assert json.loads((tmp_path / "config.json").read_text())["architecture"] == theirs
    model = timm.create_model(f"local-dir:{tmp_path}", pretrained=True).eval()
    assert sum(parameter.numel() for parameter in model.parameters()) == tree.count(p)
    images = np.random.default_rng(2).standard_normal((1, *size, 3), "f4")
    with torch.no_grad():
        want = model(as_torch(images, torch.float32)).numpy()
    got = models.of(config).forward(images, p, config)[0]
    close(got, want, 2e-5, "logits")
    assert weights.load(tmp_path / "model.safetensors")[1] == config
