"""The encoder: eq. 2 and 3 of the paper, L times."""

import numpy as np
import pytest
from cases import CASES, generator

from vitnp import gradcheck, tree
from vitnp.blocks import encoder
from vitnp.models import preset
from vitnp.ops import dropout
from vitnp.steps import s5_attention, s6_layer_norm, s7_feed_forward


def test_the_block_is_equations_2_and_3():
    config, case = preset("tiny"), CASES["block"]
    z, p = case.x, case.p

    def norm(x, name):
        return s6_layer_norm.forward(x, p[name], eps=config.layer_norm_eps)[0]

    z1 = s5_attention.forward(norm(z, "norm_1"), p["attention"], num_heads=config.num_heads)[0] + z
    z2 = s7_feed_forward.forward(norm(z1, "norm_2"), p["feed_forward"])[0] + z1
    np.testing.assert_array_equal(case.forward(z, p)[0], z2)


@pytest.mark.parametrize("read", [slice(0, 1), slice(1, 3)])
def test_the_rows_that_are_read_are_those_of_the_whole_block(read):
    """Forward and backward; nothing of the other rows is computed but the keys and the values."""
    config, case = preset("tiny"), CASES["block"]
    whole, saved_whole = encoder.block_forward(case.x, case.p, config=config)
    y, saved = encoder.block_forward(case.x, case.p, config=config, read=read)
    np.testing.assert_allclose(y, whole[:, read], rtol=1e-13, atol=1e-13)
    dy = np.random.default_rng(0).standard_normal(y.shape)
    dwhole = np.zeros_like(whole)
    dwhole[:, read] = dy
    dx, dp = encoder.block_backward(dy, saved)
    expected_dx, expected_dp = encoder.block_backward(dwhole, saved_whole)
    np.testing.assert_allclose(dx, expected_dx, rtol=1e-12, atol=1e-12)
    tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12), dp, expected_dp)
    n, N = y.shape[1], whole.shape[1]
    assert n == len(range(N)[read]) < N
    assert saved.attention.K.shape[2] == saved.attention.V.shape[2] == N
    assert saved.attention.A.shape[2:] == (n, N)
    tokens = [saved.attention.x, saved.attention.concat, saved.norm_2[1], saved.feed_forward[0]]
    assert [a.shape[1] for a in tokens] == [n] * len(tokens)


def test_all_blocks_but_the_last_compute_every_row():
    case, N = CASES["encoder of 3, first row"], CASES["encoder of 3"].x.shape[1]
    y, saved = case.forward(case.x, case.p)
    assert y.shape[1] == 1
    assert [block.attention.Q.shape[2] for block in saved] == [N, N, 1]


def test_shapes_of_the_slide():
    config = preset("B/16", num_layers=1)
    p = encoder.init(np.random.default_rng(0), config, "float32")
    y, _ = encoder.forward(np.ones((1, 197, 768), np.float32), p, config=config)
    assert y.shape == (1, 197, 768)


@pytest.mark.parametrize(("name", "count"), [("B/16", 7_087_872), ("L/16", 12_596_224), ("H/14", 19_677_440)])
def test_parameters_of_a_block(name, count):
    config = preset(name)
    D, M = config.hidden_size, config.mlp_dim
    assert count == 4 * D * D + 4 * D + 2 * D * M + M + D + 4 * D
    assert tree.count(encoder.init_block(None, config, "float32")) == count


def test_a_block_with_silent_branches_is_the_identity():
    """With W_O, b_O, W2 and b2 zero only the residuals are left, forward and backward."""
    config, case = preset("tiny"), CASES["block"]
    p = tree.map(np.copy, case.p)
    for part, names in (("attention", ("W_O", "b_O")), ("feed_forward", ("W2", "b2"))):
        for name in names:
            p[part][name][:] = 0.0
    y, saved = encoder.block_forward(case.x, p, config=config)
    np.testing.assert_array_equal(y, case.x)
    dx, _ = encoder.block_backward(case.x, saved)
    np.testing.assert_array_equal(dx, case.x)


def test_the_stack_is_its_blocks_in_order():
    config, case = preset("tiny", num_layers=3), CASES["encoder of 3"]
    x = case.x
    for i in range(3):
        x, _ = encoder.block_forward(x, case.p[i], config=config)
    y, saved = case.forward(case.x, case.p)
    np.testing.assert_array_equal(y, x)
    assert len(saved) == 3
    assert list(case.p) == [0, 1, 2]


def test_stochastic_depth_leaves_out_a_branch_or_scales_it():
    """Image 0 is left without attention, image 1 without feed-forward network; what stays is times 1/(1 − rate)."""
    config, case, rate = preset("tiny"), CASES["block"], 0.3
    z, p = case.x, case.p
    y, saved = encoder.block_forward(z, p, config=config, rng=generator(), depth_rate=rate)
    assert [kept.ravel().tolist() for kept, _ in (saved.depth_1, saved.depth_2)] == [
        [False, True],
        [True, False],
    ]

    def attended(z):
        a, _ = s6_layer_norm.forward(z, p["norm_1"], eps=config.layer_norm_eps)
        return s5_attention.forward(a, p["attention"], num_heads=config.num_heads)[0] / (1 - rate)

    def fed(z):
        f, _ = s6_layer_norm.forward(z, p["norm_2"], eps=config.layer_norm_eps)
        return s7_feed_forward.forward(f, p["feed_forward"])[0] / (1 - rate)

    want = np.concatenate([z[:1] + fed(z[:1]), z[1:] + attended(z[1:])])
    np.testing.assert_allclose(y, want, rtol=1e-13, atol=1e-13)
    still, _ = encoder.block_forward(z, p, config=config, depth_rate=rate)
    np.testing.assert_array_equal(still, case.forward(z, p)[0])


@pytest.mark.parametrize(("layers", "rates"), [(1, [0.0]), (2, [0.0, 0.4]), (5, [0.0, 0.1, 0.2, 0.3, 0.4])])
def test_the_rate_of_stochastic_depth_rises_with_the_blocks(layers, rates, monkeypatch):
    """From 0 to the field's, alike for both branches of a block; a generator draws one number per image and branch."""
    config = preset("tiny", num_layers=layers, stochastic_depth_rate=0.4)
    assert config.stochastic_depth_rates == pytest.approx(rates)
    asked = []

    def spy(x, shape, *, rate, rng):
        asked.append((rate, shape))

    monkeypatch.setattr(dropout, "draw", spy)
    p = gradcheck.random_like(encoder.init(None, config, "float64"), generator(1))
    encoder.forward(CASES["block"].x, p, config=config, rng=generator())
    asked = [rate for rate, shape in asked if shape == (2, 1, 1)]
    assert asked == pytest.approx(np.repeat(rates, 2))


def test_the_way_back_block_by_block():
    """The last first, each with its own gradients and the gradient at its input."""
    case = CASES["encoder of 3"]
    y, saved = case.forward(case.x, case.p)
    dx = dy = np.random.default_rng(0).standard_normal(y.shape)
    expected = []
    for i in (2, 1, 0):
        dx, dp = encoder.block_backward(dx, saved[i])
        expected.append((i, dx, dp))
    parts = list(encoder.backward_parts(dy, list(saved)))
    assert [i for i, _, _ in parts] == [2, 1, 0]
    for (_, dx, dp), (_, expected_dx, expected_dp) in zip(parts, expected, strict=True):
        np.testing.assert_array_equal(dx, expected_dx)
        tree.map(np.testing.assert_array_equal, dp, expected_dp)
    encoder.backward(dy, saved)
    assert len(saved) == 3  # nothing was taken out
