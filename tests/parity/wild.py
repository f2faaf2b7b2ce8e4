"""Files of the ViT's neighbors as their own libraries write them: random weights, tiny sizes, their own outputs.

Every case has a `write(folder)` that gives the path of the file and what the model computes for IMAGES; for those that
are not built here, the words of the refusal.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import safetensors.torch
import timm
import torch
import torchvision.models.vision_transformer
import transformers
from families import as_torch

IMAGES = np.random.default_rng(24).normal(size=(2, 32, 32, 3))
TIMM = {
    "img_size": 32,
    "patch_size": 8,
    "embed_dim": 24,
    "depth": 2,
    "num_heads": 3,
    "mlp_ratio": 2,
    "num_classes": 5,
}
SIZES = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "image_size": 32,
    "patch_size": 8,
}
TEXT = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "vocab_size": 40,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
DECODER = {
    f"decoder_{name}": value for name, value in TEXT.items() if name[:5] not in ("vocab", "bos_t", "eos_t")
}


class Wild(NamedTuple):
    """One file of another library."""

    name: str
    write: Callable  # folder → (path, outputs)
    told: dict  # what `load` must be told without the JSON files
    words: str = ""  # of the refusal; "" for a file that is read
    json: bool = False  # whether the library writes JSON files that say all of `told`


def random(model, seed=0):
    """The model with every parameter random, in float64: fresh weights have zeros and ones that hide mistakes."""
    model, generator = model.double().eval(), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator, dtype=torch.float64)
            norm = p.ndim == 1 and name.endswith(("weight", "gamma", "gamma_1", "gamma_2", "lambda1"))
            p.copy_(1 + 0.2 * noise if norm else noise * 0.3)
    return model


@torch.no_grad()
def outputs(model):
    """What the model gives for IMAGES: logits, the pooled output, the class token, or the mean of all tokens."""
    x = as_torch(IMAGES, torch.float64)
    if isinstance(model, transformers.CLIPModel | transformers.SiglipModel):
        return outputs(model.vision_model)
    if isinstance(model, transformers.CLIPVisionModelWithProjection):
        return outputs(model.vision_model)
    if isinstance(model, transformers.ViTMAEForPreTraining | transformers.ViTForMaskedImageModeling):
        return outputs(model.vit)
    if isinstance(model, transformers.Dinov2WithRegistersBackbone):
        tokens = model.layernorm(model.encoder(model.embeddings(x)).last_hidden_state)
        return tokens[:, 0].numpy()
    if isinstance(model, transformers.ViTMAEModel):
        model.config.mask_ratio = 0.0
    y = model(x)
    if isinstance(y, torch.Tensor):
        return y.numpy()
    if hasattr(y, "logits"):
        return y.logits.numpy()
    if getattr(y, "pooler_output", None) is not None:
        return y.pooler_output.numpy()
    tokens = y.last_hidden_state
    return (tokens.mean(dim=1) if tokens.shape[1] == 16 else tokens[:, 0]).numpy()


def of_timm(name, architecture="vit_tiny_patch16_224", told=None, *, words="", change=None, **arguments):
    """A model of timm, with the config.json that timm writes."""

    def write(folder):
        sizes = {} if "depths" in arguments else TIMM  # Swin
        model = timm.create_model(architecture, **sizes | arguments)
        if change:
            change(model)
        model = random(model)
        if change:
            safetensors.torch.save_file(model.state_dict(), folder / "model.safetensors")
        else:
            timm.models.save_for_hf(model, folder, safe_serialization=True)
        return folder / "model.safetensors", None if words else outputs(model)

    told = {"num_heads": 3} | (told or {})
    return Wild(f"timm, {name}", write, told, words, json=change is None)


def of_huggingface(name, kind, config, told=None, *, words="", **fields):
    """A model of Hugging Face, with its config.json."""

    def write(folder):
        made = getattr(transformers, config)
        if config in ("CLIPConfig", "SiglipConfig"):
            settings = made(vision_config=SIZES | fields, text_config=TEXT, num_labels=5)
        else:
            settings = made(**{"num_labels": 5} | ({} if "depths" in fields else SIZES) | fields)  # Swin
        model = random(getattr(transformers, kind)(settings))
        model.save_pretrained(folder)
        return folder / "model.safetensors", None if words else outputs(model)

    told = {"num_heads": 3, "gelu": "erf", "layer_norm_eps": 1e-12} | (told or {})
    return Wild(f"Hugging Face, {name}", write, told, words, json=True)


def of_torchvision(name, heads, *, words=""):
    """A model of torchvision whose head a course has replaced."""

    def write(folder):
        sizes = {
            "image_size": 32,
            "patch_size": 8,
            "num_layers": 2,
            "num_heads": 3,
            "hidden_dim": 24,
            "mlp_dim": 40,
        }
        model = torchvision.models.vision_transformer.VisionTransformer(**sizes)
        heads(model)
        model = random(model)
        torch.save(model.state_dict(), folder / "model.pth")
        return folder / "model.pth", None if words else outputs(model)

    return Wild(f"torchvision, {name}", write, {"num_heads": 3}, words)


def with_head(layers):
    """f(model): the model's head is replaced by these layers' modules."""
    return lambda model: setattr(model, "head" if hasattr(model, "head") else "heads", layers())


def changed(case, name, change, told=None):
    """The same model under the names that change({name: tensor}) makes, without JSON files."""

    def write(folder):
        path, want = case.write(folder)
        state = change(safetensors.torch.load_file(path))
        for file in folder.iterdir():
            file.unlink()
        torch.save(state, folder / "model.pth")
        return folder / "model.pth", want

    return Wild(name, write, case.told | (told or {}))


linear = functools.partial(torch.nn.Linear, 24, 3)
