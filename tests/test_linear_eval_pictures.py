"""`vitnp linear-eval` sees a picture as `vitnp predict` does: the model's channels, resize, mean and deviation."""

import numpy as np
import pytest
from PIL import Image

from vitnp import data, vit
from vitnp.analysis import linear_eval
from vitnp.commands import linear_eval as command
from vitnp.data import preprocess
from vitnp.inputs.images import Preprocessing
from vitnp.models.vit.config import ViTConfig

IMAGENET = Preprocessing(
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
    resize_filter="bicubic",
    antialias=True,
    crop_fraction=0.5,
    keep_aspect_ratio=True,
)


@pytest.mark.parametrize(("channels", "how"), [(3, IMAGENET), (1, Preprocessing())])
def test_pictures_are_prepared_as_the_model_wants_them(tmp_path, channels, how):
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for i in range(3):
            pixels = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{i}.png")
    sizes = {
        "patch_size": 8,
        "hidden_size": 8,
        "num_layers": 1,
        "num_heads": 1,
        "mlp_dim": 8,
        "num_classes": 2,
    }
    config = ViTConfig(image_size=(16, 16), in_channels=channels, preprocessing=how, **sizes)
    p = vit.init(rng, config)
    source = data.fitted(data.opened(str(tmp_path)), config).test
    found = command.features(source, np.arange(2), p, config, 1)
    images = np.stack([preprocess.load(path, config) for path in source.paths])
    np.testing.assert_allclose(found, linear_eval.features(images, p, config), rtol=1e-4, atol=1e-5)
