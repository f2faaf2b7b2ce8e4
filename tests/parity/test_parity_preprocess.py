"""Pictures through each library's own evaluation transform, and through ours with its profile."""

import numpy as np
import pytest
import timm.data
import torch
import torchvision
import transformers
from PIL import Image

from vitnp import ViTConfig
from vitnp.data import preprocess
from vitnp.weights.vit.profiles import PROFILES

SIZES = [(427, 640), (640, 427), (224, 224), (100, 131), (37, 900)]


def picture(height, width):
    """Noise over a slope: every frequency, so that another filter shows."""
    values = np.random.default_rng(0).integers(0, 156, (height, width, 3))
    return Image.fromarray((values + np.linspace(0, 99, width)[:, None]).astype(np.uint8))


def ours(image, family, image_size=(224, 224)):
    config = ViTConfig(image_size=image_size, preprocessing=PROFILES[family]["preprocessing"])
    return preprocess.apply(image, config).transpose(2, 0, 1)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("family", "image_size", "options"),
    [
        ("timm", 224, {"crop_pct": 0.9}),
        ("timm", (224, 448), {"crop_pct": 0.9}),
        ("timm-384", 384, {"crop_pct": 1.0}),
        (
            "timm-imagenet",
            224,
            {"crop_pct": 0.9, "mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)},
        ),
    ],
)
def test_timm(size, family, image_size, options):
    options = {"mean": (0.5,) * 3, "std": (0.5,) * 3} | options
    theirs = timm.data.create_transform(image_size, interpolation="bicubic", **options)
    image = picture(*size)
    image_size = image_size if isinstance(image_size, tuple) else (image_size, image_size)
    np.testing.assert_allclose(ours(image, family, image_size), theirs(image).numpy(), atol=1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_huggingface(size):
    image = picture(*size)
    theirs = transformers.ViTImageProcessorPil()(image, return_tensors="np")["pixel_values"][0]
    np.testing.assert_allclose(ours(image, "huggingface"), theirs, atol=1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_torchvision(size):
    image = picture(*size)
    theirs = torchvision.models.ViT_B_16_Weights.IMAGENET1K_V1.transforms()(image)
    np.testing.assert_allclose(ours(image, "torchvision"), theirs.numpy(), atol=1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_the_released_code(size):
    """tf.image.resize has PyTorch's bilinear formula: half-pixel centers, no antialias."""
    image = picture(*size)
    x = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)[None].double()
    theirs = torch.nn.functional.interpolate(x, size=(224, 224), mode="bilinear", align_corners=False)
    np.testing.assert_allclose(ours(image, "google"), theirs[0].numpy() / 127.5 - 1.0, atol=1e-5)
