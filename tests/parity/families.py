"""The ViTs of timm, Hugging Face and torchvision: built with random weights, written and read by their own code."""

from collections.abc import Callable
from typing import NamedTuple

import safetensors.torch
import timm.models.vision_transformer
import torch
import torchvision.models.vision_transformer
import transformers

WORST = {}  # {what was compared: the largest relative error so far}, printed at the end by conftest.py


class Case(NamedTuple):
    """One small model, and what `load` must be told because the family's file does not say it."""

    name: str
    format: str
    build: Callable  # () → torch.nn.Module
    overrides: dict

    def model(self, dtype=torch.float64, seed=0):
        """The model with every parameter random: fresh weights have zeros and ones that hide mistakes."""
        model = self.build().to(dtype).eval()
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name, p in model.named_parameters():
                noise = torch.randn(p.shape, generator=generator, dtype=torch.float64)
                scale_of_a_norm = p.ndim == 1 and name.endswith("weight")
                p.copy_(1.0 + 0.2 * noise if scale_of_a_norm else noise * (0.3 if p.ndim == 1 else 0.2))
        return model

    @property
    def files(self):
        """The names a file of this family goes by."""
        if self.format == "huggingface":
            return ("model.safetensors", "pytorch_model.bin")
        return ("weights.safetensors", "weights.pth")


def write(case, model, path):
    """The model's own way to a file; Hugging Face's writes config.json beside it."""
    if case.format == "huggingface":
        model.save_pretrained(path.parent)  # always model.safetensors
        if path.suffix == ".bin":
            torch.save(safetensors.torch.load_file(path.parent / "model.safetensors"), path)
            (path.parent / "model.safetensors").unlink()
    elif path.suffix == ".safetensors":
        safetensors.torch.save_file(model.state_dict(), path)
    else:
        torch.save(model.state_dict(), path)


def read(case, model, path):
    """The file into a model of the same kind; a name too many, too few, or another shape is an error."""
    if case.format == "huggingface":
        options = {"config": model.config, "dtype": model.dtype, "output_loading_info": True}
        if isinstance(model, transformers.ViTModel):
            options["add_pooling_layer"] = model.pooler is not None
        read, report = type(model).from_pretrained(path.parent, **options)
        assert not any(report.values()), report
        return read.eval()
    state = safetensors.torch.load_file(path) if path.suffix == ".safetensors" else torch.load(path)
    model.load_state_dict(state, strict=True)
    return model


def as_torch(images, dtype):
    """(B, Hᵢ, Wᵢ, C) → (B, C, Hᵢ, Wᵢ)."""
    return torch.from_numpy(images.transpose(0, 3, 1, 2).copy()).to(dtype)


def logits(model, x):
    """Images (B, C, H, W) → logits, or the representation of a model without a head."""
    y = model(x)
    if isinstance(y, transformers.modeling_outputs.BaseModelOutputWithPooling):
        return y.last_hidden_state[:, 0] if y.pooler_output is None else y.pooler_output
    return getattr(y, "logits", y)


def timm_vit(**options):
    """A small one: D 24, M 40, 2 layers, 3 heads."""
    sizes = {"embed_dim": 24, "depth": 2, "num_heads": 3, "mlp_ratio": 40 / 24, "num_classes": 5}
    return lambda: timm.models.vision_transformer.VisionTransformer(**sizes | options)


def huggingface_vit(kind="ViTForImageClassification", *, pooler=None, **options):
    """The same size; `pooler` is for ViTModel."""
    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 40}
    config = transformers.ViTConfig(**sizes | {"num_labels": 5} | options)
    more = {} if pooler is None else {"add_pooling_layer": pooler}
    return lambda: getattr(transformers, kind)(config, **more)


def torchvision_vit(**options):
    """The same size; this library has square images only."""
    sizes = {"hidden_dim": 24, "num_layers": 2, "num_heads": 3, "mlp_dim": 40, "num_classes": 5}
    return lambda: torchvision.models.vision_transformer.VisionTransformer(**sizes | options)


HEADS = {"num_heads": 3}
WIDE = {"num_heads": 3, "image_size": (28, 42)}
CASES = [
    Case("timm, patch 14, wide", "timm", timm_vit(img_size=(28, 42), patch_size=14), WIDE),
    Case(
        "timm, patch 4, tall",
        "timm",
        timm_vit(img_size=(20, 8), patch_size=4),
        HEADS | {"image_size": (20, 8)},
    ),
    Case(
        "timm, gap",
        "timm",
        timm_vit(img_size=24, patch_size=8, class_token=False, global_pool="avg", fc_norm=False),
        HEADS,
    ),
    Case("timm, gray", "timm", timm_vit(img_size=16, patch_size=8, in_chans=1), HEADS),
    Case("timm, no head", "timm", timm_vit(img_size=16, patch_size=8, num_classes=0), HEADS),
    Case("timm, one head", "timm", timm_vit(img_size=16, patch_size=8, num_heads=1), {"num_heads": 1}),
    Case(
        "huggingface, patch 14, wide", "huggingface", huggingface_vit(image_size=[28, 42], patch_size=14), {}
    ),
    Case(
        "huggingface, pooler, no head",
        "huggingface",
        huggingface_vit("ViTModel", image_size=16, patch_size=8, pooler=True),
        {},
    ),
    Case(
        "huggingface, no pooler, no head",
        "huggingface",
        huggingface_vit("ViTModel", image_size=16, patch_size=8, pooler=False),
        {},
    ),
    Case(
        "huggingface, gray", "huggingface", huggingface_vit(image_size=16, patch_size=8, num_channels=1), {}
    ),
    Case(
        "huggingface, large epsilon",
        "huggingface",
        huggingface_vit(image_size=16, patch_size=8, layer_norm_eps=0.01),
        {},
    ),
    Case(
        "huggingface, tanh GELU",
        "huggingface",
        huggingface_vit(image_size=16, patch_size=8, hidden_act="gelu_pytorch_tanh"),
        {},
    ),
    Case("torchvision, patch 14", "torchvision", torchvision_vit(image_size=28, patch_size=14), HEADS),
    Case(
        "torchvision, pre-logits",
        "torchvision",
        torchvision_vit(image_size=16, patch_size=8, representation_size=10),
        HEADS,
    ),
]
