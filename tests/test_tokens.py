"""`vitnp.tokens`: all tokens after the last LayerNorm, in batches and on threads."""

import numpy as np
import pytest
from cases import model_point
from strict import STRICT

import vitnp
from vitnp import InputError, preset, tree, vit
from vitnp.backend.arrays import to_device, to_host
from vitnp.models import below_head


def model():
    config = preset("tiny")
    images, p = model_point(config)
    return np.concatenate([images, images + 0.5, images - 0.5]), p, config


@pytest.mark.parametrize(
    "how", [{}, {"batch_size": 2}, {"batch_size": 4, "workers": 2}, {"workers": 1}], ids=str
)
def test_they_are_those_of_the_trace(how):
    images, p, config = model()
    z = vitnp.tokens(images, p, config, **how)
    assert z.shape == (len(images), config.num_patches + 1, config.hidden_size)
    np.testing.assert_allclose(z, vitnp.trace(images, p, config)["norm"], rtol=1e-12, atol=1e-13)


def test_the_head_is_not_asked():
    """A head of zeros, and none: the same tokens; without one and pre-logits, row 0 is what forward gives."""
    images, p, config = model()
    z = vitnp.tokens(images, p, config)
    zeros = p | {"classify": tree.map(np.zeros_like, p["classify"])}
    np.testing.assert_array_equal(vitnp.tokens(images, zeros, config), z)
    bare, without = below_head(p, config)
    np.testing.assert_array_equal(vitnp.tokens(images, bare, without), z)
    config = preset("tiny", num_classes=0, representation_size=None)
    p = p | {"classify": {}}
    y = vit.forward(images, p, config)[0]
    np.testing.assert_allclose(vitnp.tokens(images, p, config)[:, 0], y, rtol=1e-12, atol=1e-13)


def test_without_a_class_token_there_is_a_row_a_patch():
    config = preset("tiny", classifier="gap", representation_size=None, num_classes=0)
    images, p = model_point(config)
    z = vitnp.tokens(images, p, config)
    assert z.shape[1] == config.num_patches
    np.testing.assert_allclose(z.mean(axis=1), vit.forward(images, p, config)[0], rtol=1e-12)


def test_on_a_device():
    images, p, config = model()
    z = to_host(vitnp.tokens(images, to_device(p, STRICT), config, batch_size=2))
    np.testing.assert_allclose(z, vitnp.tokens(images, p, config), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda images, p, config: (images[0], p, config), "add the batch axis"),
        (lambda images, p, config: (images * np.nan, p, config), "NaN or infinite"),
        (lambda images, p, config: (images, {}, config), "."),
        (lambda images, p, config: (images, p, preset("mlp-tiny")), "family mlp has no tokens"),
    ],
    ids=["one image", "NaN", "no parameters", "an MLP"],
)
def test_what_has_none_is_refused(change, said):
    with pytest.raises(InputError, match=said):
        vitnp.tokens(*change(*model()))
