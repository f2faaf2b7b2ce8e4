"""Write the golden files of DINOv2 and DeiT-III into tests/golden, where no PyTorch is needed.

Run once, in the environment of `make parity`: python tests/parity/make_golden_dinov2.py [DINOV2], where DINOV2 is a
checkout of facebookresearch/dinov2 for the file of its own code. Each NAME is a folder with the weights as the library
writes them, and expected.npz: images_HxW (1, H, W, 3), the tokens_HxW after the last norm and, with a head, logits_HxW.
All float32; norms, biases, LayerScale and positions are random. Where a processor belongs to the model, photo is a
picture and pixels what it makes of it.
"""

import json
import pathlib
import shutil
import sys

import conftest  # noqa: F401  (declares what torchvision lacks beside a CPU build)
import numpy as np
import safetensors.torch
import timm.models.vision_transformer
import torch
import transformers
from families import Case, as_torch, timm_vit

GOLDEN = pathlib.Path(__file__).parent.parent / "golden"
DINOV2 = {"embed_dim": 12, "depth": 2, "num_heads": 3, "mlp_ratio": 2, "init_values": 0.5, "num_classes": 0}
DEIT3 = {
    "embed_dim": 15,
    "depth": 2,
    "num_heads": 5,
    "mlp_ratio": 2,
    "init_values": 0.5,
    "no_embed_class": True,
}
PHOTO = np.random.default_rng(5).integers(0, 256, (44, 61, 3), dtype=np.uint8)
FACTORS = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}


def images_of(size):
    """The images (1, H, W, 3) of a size."""
    return np.random.default_rng(1).standard_normal((1, *size, 3)).astype(np.float32)


def expected(path, results, **more):
    """Write {(H, W): {what: tensor}} and other arrays beside the weights."""
    arrays = dict(more)
    for (height, width), found in results.items():
        arrays[f"images_{height}x{width}"] = images_of((height, width))
        for what, value in found.items():
            arrays[f"{what}_{height}x{width}"] = value.detach().numpy()
    np.savez_compressed(path.parent / "expected.npz", **arrays)
    print(f"{path.parent.name}: {sum(file.stat().st_size for file in path.parent.iterdir()):,} bytes")


def folder(name):
    """An empty folder of the golden files."""
    path = GOLDEN / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    return path


def huggingface():
    """Made for 28x28 pixels, 7x7 patches of 4; its processor makes 16x16."""
    path = folder("dinov2_huggingface") / "model.safetensors"
    sizes = {"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "mlp_ratio": 2}
    config = transformers.Dinov2Config(**sizes, image_size=28, patch_size=4)
    model = Case("dinov2", "huggingface", lambda: transformers.Dinov2Model(config), {}).model(torch.float32)
    model.save_pretrained(path.parent)
    crop = {"size": {"shortest_edge": 20}, "crop_size": {"height": 16, "width": 16}}
    processor = transformers.BitImageProcessorPil(**crop, **FACTORS)
    processor.save_pretrained(path.parent)
    given = json.loads((path.parent / "preprocessor_config.json").read_text())
    given["image_processor_type"] = "BitImageProcessor"  # as in the published files
    (path.parent / "preprocessor_config.json").write_text(json.dumps(given, indent=2) + "\n")
    results = {
        size: {"tokens": model(as_torch(images_of(size), torch.float32)).last_hidden_state}
        for size in ((16, 16), (28, 28), (12, 32))
    }
    pixels = processor(PHOTO, return_tensors="np")["pixel_values"][0].transpose(1, 2, 0)
    expected(path, results, photo=PHOTO, pixels=pixels.astype(np.float32))


def resized(model, size, **options):
    """timm's model with the weights of another one, at another image size."""
    new = timm_vit(**options, img_size=size)().eval()
    state = timm.models.vision_transformer.checkpoint_filter_fn(dict(model.state_dict()), new)
    new.load_state_dict(state, strict=True)
    return new


def timms(model, sizes, **options):
    """{size: tokens and logits} of timm's model."""
    found = {}
    for size in sizes:
        at, x = resized(model, size, **options), as_torch(images_of(size), torch.float32)
        tokens = at.forward_features(x)
        found[size] = {"tokens": tokens} | ({"logits": at(x)} if at.num_classes else {})
    return found


def timm_dinov2():
    """With the config.json that timm writes beside it."""
    path = folder("dinov2_timm") / "model.safetensors"
    options = DINOV2 | {"patch_size": 4}
    model = Case("dinov2", "timm", timm_vit(**options, img_size=28), {}).model(torch.float32)
    safetensors.torch.save_file(model.state_dict(), path)
    how = {"mean": FACTORS["image_mean"], "std": FACTORS["image_std"], "interpolation": "bicubic"}
    how |= {"input_size": [3, 28, 28], "crop_pct": 1.0, "crop_mode": "center", "num_classes": 0}
    given = {"architecture": "vit_small_patch14_dinov2", "num_classes": 0, "global_pool": "token"}
    arguments = {"img_size": [28, 28], "num_heads": 3}
    (path.parent / "config.json").write_text(
        json.dumps(given | {"model_args": arguments, "pretrained_cfg": how}, indent=2) + "\n"
    )
    expected(path, timms(model, [(28, 28), (20, 20), (12, 36)], **options))


def deit3():
    """timm's names, and those of DeiT-III's own files, wrapped as there: one model, one expected.npz each."""
    options = DEIT3 | {"patch_size": 4}
    model = Case("deit3", "timm", timm_vit(**options, img_size=24), {}).model(torch.float32)
    path = folder("deit3_timm") / "model.safetensors"
    safetensors.torch.save_file(model.state_dict(), path)
    expected(path, timms(model, [(24, 24), (16, 32)], **options))
    path = folder("deit3_own") / "deit_3.pth"
    state = {
        name.replace(".ls1.gamma", ".gamma_1").replace(".ls2.gamma", ".gamma_2"): value
        for name, value in model.state_dict().items()
    }
    torch.save({"model": state}, path)
    expected(path, timms(model, [(24, 24)], **options))


def own(checkout):
    """DINOv2's own code, with blocks in chunks: positions are resized by a scale factor with 0.1 added."""
    sys.path.insert(0, checkout)
    from dinov2.models.vision_transformer import DinoVisionTransformer

    sizes = {name: DINOV2[name] for name in ("embed_dim", "depth", "num_heads", "mlp_ratio", "init_values")}
    build = {"img_size": 28, "patch_size": 4, "block_chunks": 2} | sizes
    model = Case("dinov2", "timm", lambda: DinoVisionTransformer(**build), {}).model(torch.float32)
    path = folder("dinov2_own") / "dinov2.pth"
    torch.save(model.state_dict(), path)
    results = {}
    for size in ((28, 28), (16, 16), (12, 32)):
        found = model.forward_features(as_torch(images_of(size), torch.float32))
        tokens = torch.cat([found["x_norm_clstoken"][:, None], found["x_norm_patchtokens"]], dim=1)
        results[size] = {"tokens": tokens}
    expected(path, results)


if __name__ == "__main__":
    huggingface()
    timm_dinov2()
    deit3()
    if len(sys.argv) > 1:
        own(sys.argv[1])
