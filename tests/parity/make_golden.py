"""Write the golden files of timm, Hugging Face and torchvision into tests/golden, where no PyTorch is needed.

Run once, in the environment of `make parity`: python tests/parity/make_golden.py. Each NAME is a folder with the
weights as the library itself writes them, and expected.npz: images (B, Hᵢ, Wᵢ, C), labels, logits, the mean
cross-entropy, images_grad, and grad/<name in the file> for every parameter. All float32, from random weights.
"""

import pathlib
import shutil

import conftest  # noqa: F401  (declares what torchvision lacks beside a CPU build)
import numpy as np
import safetensors.torch
import torch
import transformers
from families import Case, as_torch, huggingface_vit, logits, timm_vit, torchvision_vit, write

GOLDEN = pathlib.Path(__file__).parent.parent / "golden"
TIMM = {"embed_dim": 12, "depth": 2, "num_heads": 3, "mlp_ratio": 20 / 12}
HUGGINGFACE = {"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 20}
TORCHVISION = {"hidden_dim": 12, "num_layers": 2, "num_heads": 3, "mlp_dim": 20}
NAMES = {"id2label": dict(enumerate(("ant", "bee", "cat", "dog", "eel")))}
GOLDENS = {
    "timm_token/weights.pth": timm_vit(**TIMM, img_size=(28, 42), patch_size=14),
    "timm_gap/weights.safetensors": timm_vit(
        **TIMM, img_size=24, patch_size=8, class_token=False, global_pool="avg", fc_norm=False
    ),
    "huggingface_token/model.safetensors": huggingface_vit(
        **HUGGINGFACE, **NAMES, image_size=[24, 16], patch_size=8
    ),
    "huggingface_pooler/pytorch_model.bin": huggingface_vit(
        "ViTModel", **HUGGINGFACE, image_size=16, patch_size=8, pooler=True
    ),
    "torchvision_token/weights.pth": torchvision_vit(**TORCHVISION, image_size=28, patch_size=14),
    "torchvision_prelogits/weights.pth": torchvision_vit(
        **TORCHVISION, image_size=24, patch_size=8, representation_size=10
    ),
}


def make(name, build):
    """One golden folder."""
    path = GOLDEN / name
    shutil.rmtree(path.parent, ignore_errors=True)
    path.parent.mkdir()
    case = Case(name, name.partition("_")[0], build, {})
    model = case.model(torch.float32)
    write(case, model, path)
    projection = next(p for p in model.parameters() if p.ndim == 4)
    size = getattr(model, "config", None)
    size = size.image_size if size else getattr(model, "image_size", None) or model.patch_embed.img_size
    size = (size, size) if isinstance(size, int) else tuple(size)
    if path.parent.name == "huggingface_token":
        sides = dict(zip(("height", "width"), size, strict=True))
        transformers.ViTImageProcessorPil(size=sides).save_pretrained(path.parent)
    rng = np.random.default_rng(1)
    images = rng.standard_normal((2, *size, projection.shape[1])).astype(np.float32)
    x = as_torch(images, torch.float32).requires_grad_()
    z = logits(model, x)
    labels = np.array([2, z.shape[1] - 1])
    loss = torch.nn.functional.cross_entropy(z, torch.from_numpy(labels))
    loss.backward()
    expected = {"images": images, "labels": labels, "logits": z.detach().numpy(), "loss": loss.item()}
    expected["images_grad"] = x.grad.numpy().transpose(0, 2, 3, 1)
    for parameter_name, gradient in gradients(case, model, path.parent).items():
        expected[f"grad/{parameter_name}"] = gradient.numpy()
    np.savez_compressed(path.parent / "expected.npz", **expected)
    print(f"{name}: {sum(file.stat().st_size for file in path.parent.iterdir()):,} bytes")


def gradients(case, model, folder):
    """{name in the file: gradient}: the gradients as a model of their own, written as the weights are."""
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(p.grad)
    path = folder / "gradients" / "model.safetensors"
    path.parent.mkdir()
    write(case, model, path)
    named = safetensors.torch.load_file(path)
    shutil.rmtree(path.parent)
    return named


if __name__ == "__main__":
    for name, build in GOLDENS.items():
        make(name, build)
