"""ViTs of three libraries, exported by both of PyTorch's exporters and read as ONNX: the numbers of ONNX Runtime."""

import numpy as np
import onnxruntime
import pytest
import torch
import transformers
from families import WORST, Case, huggingface_vit, timm_vit, torchvision_vit
from onnx_exports import export

from vitnp import trace, vit, weights
from vitnp.errors import InputError


class Only(torch.nn.Module):
    """A model that gives one tensor."""

    def __init__(self, model, pick):
        super().__init__()
        self.model, self.pick = model, pick

    def forward(self, image):
        return self.pick(self.model(image))


def random(build, pick=None):
    """The model with every parameter random, giving one tensor."""
    model = Case("", "", build, {}).model(torch.float32)
    return Only(model, pick) if pick else model


def timm_case(**options):
    sizes = {"img_size": (24, 16), "patch_size": 8} | options
    return lambda: (random(timm_vit(**sizes)), sizes["img_size"], "logits")


def huggingface_case(kind="ViTForImageClassification", pick="logits", **options):
    sizes = {"image_size": [24, 16], "patch_size": 4} | options
    what = {"logits": "logits", "pooler_output": "logits", "last_hidden_state": "tokens"}[pick]
    return lambda: (random(huggingface_vit(kind, **sizes), lambda y: getattr(y, pick)), (24, 16), what)


def dinov2(size, **options):
    sizes = {
        "hidden_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "mlp_ratio": 2,
        "patch_size": 4,
    }
    config = transformers.Dinov2Config(**sizes | options)
    return lambda: (
        random(lambda: transformers.Dinov2Model(config), lambda y: y.last_hidden_state),
        size,
        "tokens",
    )


def features(**options):
    model = timm_vit(img_size=(24, 16), patch_size=8, **options)
    return lambda: (Features(random(model)), (24, 16), "tokens")


class Features(torch.nn.Module):
    """A timm ViT's tokens."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):
        return self.model.forward_features(image)


CASES = {
    "timm": timm_case(),
    "timm, LayerScale, no qkv bias": timm_case(init_values=0.1, qkv_bias=False),
    "timm, DeiT-III": timm_case(init_values=0.1, no_embed_class=True),
    "timm, gap": timm_case(class_token=False, global_pool="avg", fc_norm=False),
    "timm, tanh, one head": timm_case(act_layer="gelu_tanh", num_heads=1),
    "timm, tokens": features(),
    "timm, dynamic size": timm_case(dynamic_img_size=True),
    "huggingface": huggingface_case(),
    "huggingface, pooler": huggingface_case("ViTModel", "pooler_output"),
    "huggingface, tokens": huggingface_case("ViTModel", "last_hidden_state", layer_norm_eps=1e-3),
    "DINOv2": dinov2((20, 20), image_size=20),
    "DINOv2, resized": dinov2((20, 12), image_size=36),
    "torchvision": lambda: (random(torchvision_vit(image_size=24, patch_size=8)), (24, 24), "logits"),
    "torchvision, pre-logits": lambda: (
        random(torchvision_vit(image_size=24, patch_size=8, representation_size=10)),
        (24, 24),
        "logits",
    ),
}
EXPORTS = {
    "TorchScript 11": {"dynamo": False, "opset": 11, "fused": False},
    "TorchScript 14, nothing folded": {"dynamo": False, "opset": 14, "folding": False},
    "TorchScript 17, any batch": {"dynamo": False, "opset": 17, "batch": "B"},
    "dynamo 18": {"dynamo": True, "opset": 18, "fused": False, "batch": 1},
    "dynamo 20, any batch": {"dynamo": True, "opset": 20, "batch": "B"},
    "dynamo 23": {"dynamo": True, "opset": 23},
}
# Where the older exporter has no operator for PyTorch's one function of attention, or for unflatten.
NOT_AT_11 = ("huggingface", "DINOv2", "torchvision")
PAIRS = [
    (case, how)
    for case in CASES
    for how in EXPORTS
    if how != "TorchScript 11" or not case.startswith(NOT_AT_11)
]


@pytest.mark.parametrize(("case", "how"), PAIRS)
def test_an_export_gives_the_numbers_of_onnx_runtime(tmp_path, case, how):
    model, size, what = CASES[case]()
    path = tmp_path / "vit.onnx"
    x = export(model, path, size, **EXPORTS[how])
    theirs = onnxruntime.InferenceSession(path).run(None, {"image": x.numpy()})[0]
    p, config = weights.load(path)
    images = x.numpy().transpose(0, 2, 3, 1)
    ours = vit.forward(images, p, config)[0] if what == "logits" else trace(images, p, config)["norm"]
    error = np.max(abs(ours - theirs)) / np.max(abs(theirs))
    WORST["ONNX exports"] = max(WORST.get("ONNX exports", 0), error)
    assert error < 1e-5


REFUSED = {
    "registers": (timm_case(reg_tokens=3), "registers"),
    "norm before the blocks": (timm_case(pre_norm=True), "a LayerNorm before the blocks"),
    "norm of queries and keys": (timm_case(qk_norm=True), "a norm inside a block"),
    "fc_norm": (timm_case(class_token=False, global_pool="avg"), "a LayerNorm of the mean of the tokens"),
    "QuickGELU": (timm_case(act_layer="quick_gelu"), "QuickGELU"),
    "ReLU": (timm_case(act_layer="relu"), "ReLU"),
    "SwiGLU": (dinov2((20, 20), image_size=20, use_swiglu_ffn=True), "SwiGLU"),
    "distillation token": (
        lambda: (
            random(
                lambda: transformers.DeiTForImageClassification(
                    transformers.DeiTConfig(
                        hidden_size=24, num_hidden_layers=1, num_attention_heads=3, intermediate_size=40,
                        image_size=[20, 12], patch_size=4,
                    )
                ),
                lambda y: y.logits,
            ),
            (20, 12),
            "logits",
        ),
        "distillation token",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", ["TorchScript 17, any batch", "dynamo 23"])
@pytest.mark.parametrize("name", REFUSED)
def test_another_kind_of_vit_is_refused_by_name(tmp_path, name, how):
    case, words = REFUSED[name]
    model, size, _ = case()
    export(model, tmp_path / "vit.onnx", size, **EXPORTS[how])
    with pytest.raises(InputError, match=words):
        weights.load(tmp_path / "vit.onnx")
