"""The whole model: what its parts do not show one by one."""

import numpy as np
import pytest
from cases import CASES, MODELS, generator, model_point

import vitnp
from vitnp import tree, vit
from vitnp.engine import loss
from vitnp.models import preset
from vitnp.ops import dropout


@pytest.mark.parametrize("fields", MODELS.values(), ids=MODELS)
def test_shapes(fields):
    config = preset("tiny", **fields)
    images, p = model_point(config, batch_size=9)
    logits, saved = vit.forward(images, p, config)
    assert logits.shape == (9, config.num_classes or config.representation_size or config.hidden_size)
    assert len(saved.blocks) == config.num_layers
    assert (saved.class_token is None) == (config.classifier == "gap") == ("class_token" not in p)
    if config.position_embedding == "1d" and config.position_at != "every-layer":
        assert p["position"]["E_pos"].shape == (config.num_tokens, config.hidden_size)


def test_the_leaves_of_ti_16():
    """As the released checkpoints: 200 arrays, in the order of the slides."""
    names = [name for name, _ in tree.leaves(vit.init(None, preset("Ti/16")))]
    assert len(names) == 200
    assert names[:4] == ["project.W", "project.b", "class_token.cls", "position.E_pos"]
    assert names[4:20] == [
        f"blocks.0.{name}"
        for name in "norm_1.gamma norm_1.beta attention.W_Q attention.b_Q attention.W_K attention.b_K attention.W_V "
        "attention.b_V attention.W_O attention.b_O norm_2.gamma norm_2.beta feed_forward.W1 feed_forward.b1 "
        "feed_forward.W2 feed_forward.b2".split()
    ]
    assert names[-4:] == ["norm.gamma", "norm.beta", "classify.head.W", "classify.head.b"]


@pytest.mark.parametrize("fields", MODELS.values(), ids=MODELS)
def test_the_way_back_part_by_part(fields):
    """From the classifier down, each block for itself, the image last; joined, the tree of `backward`, in p's order."""
    config = preset("tiny", **fields)
    images, p = model_point(config)
    logits, saved = vit.forward(images, p, config, rng=generator())
    dlogits = np.random.default_rng(0).standard_normal(logits.shape)
    *parts, (last, dimages) = vit.backward_parts(dlogits, saved)
    class_token = ["class_token"] * (config.classifier == "token")
    position = ["position"] * (config.position_embedding in ("1d", "2d"))
    blocks = [f"blocks.{i}" for i in reversed(range(config.num_layers))]
    assert [name for name, _ in parts] == ["classify", "norm", *blocks, *position, *class_token, "project"]
    assert last == "images"
    dp = tree.from_leaves(reversed(parts))
    expected_dimages, expected = vit.backward(dlogits, saved)
    np.testing.assert_array_equal(dimages, expected_dimages)
    for grads in (dp, expected):
        assert list(grads) == list(p)
        assert list(grads["blocks"]) == list(range(config.num_layers))
        assert grads["classify"].keys() == p["classify"].keys()
        assert [name for name, _ in tree.leaves(grads)] == [name for name, _ in tree.leaves(p)]
    tree.map(np.testing.assert_array_equal, dp, expected)


def test_backward_takes_nothing_out_of_saved():
    case = CASES["vit"]
    y, saved = case.forward(case.x, case.p)
    first, second = (case.backward(np.ones_like(y), saved) for _ in range(2))
    assert len(saved.blocks) == 2
    np.testing.assert_array_equal(first[0], second[0])
    tree.map(np.testing.assert_array_equal, first[1], second[1])


def test_uint8_images_are_scaled():
    config = preset("tiny")
    _, p = model_point(config)
    images = np.random.default_rng(0).integers(0, 256, (2, *config.image_size, 3), dtype=np.uint8)
    from_bytes, saved = vit.forward(images, p, config)
    from_floats, _ = vit.forward((images / 127.5) - 1.0, p, config)
    np.testing.assert_allclose(from_bytes, from_floats, rtol=1e-12)
    dimages, _ = vit.backward(np.ones_like(from_bytes), saved)
    assert dimages.dtype == np.float64  # the gradient of the scaled image


def test_dropout_only_with_a_generator():
    config = preset("tiny", dropout_rate=0.5, attention_dropout_rate=0.5)
    images, p = model_point(config)
    still = vit.forward(images, p, config)[0]
    np.testing.assert_array_equal(still, vit.forward(images, p, preset("tiny"))[0])
    dropped = vit.forward(images, p, config, rng=generator(0))[0]
    assert np.abs(dropped - still).max() > 0.01
    np.testing.assert_array_equal(dropped, vit.forward(images, p, config, rng=generator(0))[0])
    assert np.abs(dropped - vit.forward(images, p, config, rng=generator(1))[0]).max() > 0.01


def test_dropout_stands_where_the_paper_puts_it(monkeypatch):
    """After the positions and after every dense layer except Q, K, V: 1 + 3 draws a block, none in the head."""
    config = preset("tiny", dropout_rate=0.5)
    images, p = model_point(config)

    shapes = []
    draw = dropout.draw

    def counting(like, shape, *, rate, rng):
        keep = draw(like, shape, rate=rate, rng=rng)
        if keep is not None:
            shapes.append(shape)
        return keep

    monkeypatch.setattr(dropout, "draw", counting)
    vit.forward(images, p, config, rng=np.random.default_rng(0))
    assert shapes == [(2, 31, 28), *((2, 31, 28), (2, 31, 20), (2, 31, 28)) * 2]


def test_without_positions_the_class_token_sees_a_bag_of_patches():
    """Exchange the first and the last row of patches: the same logits if E_pos is 0, others if not."""
    config = preset("tiny")
    images, p = model_point(config)
    exchanged = images.copy()
    P = config.patch_size
    exchanged[:, :P], exchanged[:, -P:] = images[:, -P:], images[:, :P]
    logits, moved = (vit.forward(x, p, config)[0] for x in (images, exchanged))
    assert np.abs(logits - moved).max() > 0.01
    p["position"]["E_pos"][:] = 0.0
    logits, moved = (vit.forward(x, p, config)[0] for x in (images, exchanged))
    np.testing.assert_allclose(moved, logits, rtol=1e-11, atol=1e-12)


def test_a_step_down_the_gradient_lowers_the_loss():
    config = preset("tiny")
    images, p = model_point(config)
    labels = np.array([1, 4])
    before, dp = vitnp.loss_and_grads(images, labels, p, config, workers=1)
    p = tree.map(lambda a, da: a - 0.01 * da, p, dp)
    assert loss.forward(vit.forward(images, p, config)[0], labels)[0] < before


def test_float32_agrees_with_float64():
    """The worst logit of the tiny model within a few float32 roundings."""
    case = CASES["vit"]
    y, _ = case.forward(case.x, case.p)
    single, _ = case.forward(case.x.astype(np.float32), tree.map(lambda a: a.astype(np.float32), case.p))
    np.testing.assert_allclose(single, y, rtol=1e-5, atol=1e-5)
