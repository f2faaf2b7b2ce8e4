"""Google's released JAX code and this one, on the same weights and images: the same logits, loss and gradients.

golden/google_*.npz were made by that code (Flax 0.12, JAX 0.10, float32); each name's `weights` is a checkpoint as it
writes them, `expected` what it computes from it.
"""

import pathlib

import numpy as np
import pytest

from vitnp import vit, weights
from vitnp.engine import loss
from vitnp.weights.vit.names import spell

GOLDEN = pathlib.Path(__file__).parent / "golden"
NAMES = ("google_token", "google_gap", "google_prelogits", "google_linen_names")


def close(got, want):
    """Within float32's 1e-5 of the largest number in `want`."""
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-5 * np.abs(want).max())


@pytest.mark.parametrize("name", NAMES)
def test_logits_loss_and_every_gradient(name, tmp_path):
    with np.load(GOLDEN / f"{name}.expected.npz") as file:
        expected = dict(file.items())
    images = expected["images"]
    p, config = weights.load(GOLDEN / f"{name}.weights.npz", image_size=images.shape[1:3])
    logits, saved = vit.forward(images, p, config)
    close(logits, expected["logits"])
    value, saved_loss = loss.forward(logits, expected["labels"])
    close(value, expected["loss"])
    dimages, dp = vit.backward(loss.backward(1.0, saved_loss), saved)
    close(dimages, expected["images_grad"])

    weights.save(tmp_path / "gradients.npz", dp, config, format="google")
    want = {spell("google", key[5:]): value for key, value in expected.items() if key.startswith("grad/")}
    with np.load(tmp_path / "gradients.npz") as file:
        assert set(file) == set(want)
        for key, gradient in want.items():
            assert file[key].shape == gradient.shape
            if key.endswith(
                "key/bias"
            ):  # 0 but for rounding: softmax does not see a constant added to its scores
                assert max(np.abs(file[key]).max(), np.abs(gradient).max()) < 1e-6
            else:
                close(file[key], gradient)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("google_token", {"image_size": (32, 48), "num_heads": 3, "num_layers": 2, "mlp_dim": 32}),
        ("google_gap", {"image_size": (32, 32), "num_heads": 2, "classifier": "gap", "num_classes": 5}),
        ("google_prelogits", {"patch_size": 14, "num_heads": 4, "representation_size": 20}),
        ("google_linen_names", {"image_size": (16, 16), "num_heads": 4, "patch_size": 4}),
    ],
)
def test_the_configuration_is_read_off_the_arrays(name, fields):
    _, config = weights.load(GOLDEN / f"{name}.weights.npz", image_size=fields.get("image_size"))
    assert {field: getattr(config, field) for field in fields} == fields
    assert (config.gelu, config.layer_norm_eps) == ("tanh", 1e-6)
    assert config.position_interpolation == "bilinear-aligned"


def test_loading_at_another_size_is_scipys_zoom_of_the_grid():
    import scipy.ndimage

    path = GOLDEN / "google_linen_names.weights.npz"
    p, _ = weights.load(path)
    q, config = weights.load(path, image_size=(24, 32))
    assert config.grid == (6, 8)
    grid = p["position"]["E_pos"][1:].reshape(4, 4, -1)
    want = scipy.ndimage.zoom(grid, (6 / 4, 8 / 4, 1), order=1)
    np.testing.assert_allclose(q["position"]["E_pos"][1:].reshape(6, 8, -1), want, atol=1e-6)
    assert np.array_equal(q["position"]["E_pos"][0], p["position"]["E_pos"][0])
