"""Stochastic depth against timm: the rates of the blocks, and an encoder that drops the same branches."""

import numpy as np
import pytest
import timm
import torch
from timm.models.vision_transformer import VisionTransformer

from vitnp import tree, vit, weights
from vitnp.ops import dropout

SIZES = {"img_size": 16, "patch_size": 8, "embed_dim": 24, "depth": 4, "num_heads": 3, "num_classes": 5}
RATE, B = 0.5, 6


def test_numbers_and_gradients_of_a_training_step(tmp_path, monkeypatch):
    """Both in float32, with the masks that timm draws: logits, and the gradient of every leaf."""
    torch.manual_seed(0)
    model = VisionTransformer(**SIZES, drop_path_rate=RATE)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    torch.save(model.state_dict(), tmp_path / "timm.pth")
    p, config = weights.load(tmp_path / "timm.pth", num_heads=3, stochastic_depth_rate=RATE)
    theirs = [(block.drop_path1, block.drop_path2) for block in model.blocks]
    rates = [[getattr(path, "drop_prob", 0.0) for path in pair] for pair in theirs]
    np.testing.assert_allclose(rates, np.repeat(config.stochastic_depth_rates, 2).reshape(-1, 2), rtol=1e-6)

    masks = []

    def seen(module, given, output):
        kept = (output != 0).flatten(1).any(1).numpy()
        masks.append(kept[:, None, None])

    for path in (path for pair in theirs[1:] for path in pair):
        path.register_forward_hook(seen)
    images = np.random.default_rng(1).standard_normal((B, 16, 16, 3)).astype(np.float32)
    logits = model.train()(torch.tensor(images.transpose(0, 3, 1, 2)))
    dlogits = np.random.default_rng(2).standard_normal(logits.shape).astype(np.float32)
    logits.backward(torch.tensor(dlogits))
    assert 0 < np.mean(masks) < 1

    given = iter(masks)

    def draw(x, shape, *, rate, rng):
        return None if rate == 0 else next(given)

    monkeypatch.setattr(dropout, "draw", draw)
    y, saved = vit.forward(images, p, config, rng=np.random.default_rng(0))
    np.testing.assert_allclose(y, logits.detach().numpy(), rtol=1e-4, atol=1e-4)
    _, dp = vit.backward(dlogits, saved)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.grad)
    torch.save(model.state_dict(), tmp_path / "gradients.pth")
    expected, _ = weights.load(tmp_path / "gradients.pth", num_heads=3)
    largest = max(
        abs(leaf).max() for _, leaf in tree.leaves(expected)
    )  # some gradients are 0, as that of b_K
    for name, leaf in tree.leaves(dp):
        want = tree.get(expected, name)
        assert abs(leaf - want).max() <= 1e-5 * abs(want).max() + 1e-6 * largest, name


@pytest.mark.parametrize("depth", [1, 2, 12])
def test_rates_of_timm(depth):
    config = vit.Config(num_layers=depth, stochastic_depth_rate=0.1)
    expected = timm.layers.calculate_drop_path_rates(0.1, depth)
    np.testing.assert_allclose(config.stochastic_depth_rates, expected, rtol=1e-6)
