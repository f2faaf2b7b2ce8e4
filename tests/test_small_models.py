"""The small models that are compared with each other: as many parameters as the ViT of the same images, within 10%."""

import numpy as np
import pytest

from vitnp import models, preset, tree

OF = {
    "digits": ("mlp-digits", "cnn-digits", "rnn-digits", "bit-digits", "hybrid-digits"),
    "fashion": ("mlp-fashion", "cnn-fashion", "rnn-fashion", "bit-fashion", "hybrid-fashion"),
}
COUNTS = {
    "digits": 136_138,
    "mlp-digits": 125_578,
    "cnn-digits": 138_298,
    "rnn-digits": 137_706,
    "bit-digits": 135_786,
    "hybrid-digits": 141_630,
    "fashion": 139_018,
    "mlp-fashion": 138_970,
    "cnn-fashion": 137_458,
    "rnn-fashion": 139_610,
    "bit-fashion": 135_786,
    "hybrid-fashion": 144_510,
}


@pytest.mark.parametrize("name", COUNTS)
def test_parameters(name):
    config = preset(name)
    count = tree.count(models.of(config).init(None, config))
    assert count == COUNTS[name]
    vit = next(vit for vit in OF if name == vit or name in OF[vit])
    assert abs(count / COUNTS[vit] - 1) < 0.1
    assert (config.image_size, config.in_channels) == (preset(vit).image_size, 1)


@pytest.mark.parametrize("family", models.FAMILIES)
def test_every_family_has_one_for_each_set(family):
    for vit, others in OF.items():
        assert [name for name in (vit, *others) if preset(name).family == family], (vit, family)


@pytest.mark.parametrize("name", COUNTS)
def test_every_one_gives_logits(name):
    config = preset(name)
    model = models.of(config)
    p = model.init(np.random.default_rng(0), config)
    images = np.random.default_rng(1).standard_normal((2, *config.image_size, 1)).astype("float32")
    logits, saved = model.forward(images, p, config)
    assert logits.shape == (2, 10)
    dx, dp = model.backward(np.ones_like(logits), saved)
    assert dx.shape == images.shape and tree.count(dp) == COUNTS[name]
