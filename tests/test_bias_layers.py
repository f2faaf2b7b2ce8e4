"""Which layers commute with shifts and exchanges, and which weights an image chooses, with exact zeros."""

import functools

import numpy as np
import pytest
from strict import STRICT, Strict, wrap

from vitnp import InputError, gradcheck, models, preset, trace
from vitnp.analysis import bias
from vitnp.backend.arrays import to_device
from vitnp.models.layers import Layer, only_dx
from vitnp.ops import conv, gru, relu
from vitnp.steps import s5_attention

rng = np.random.default_rng


def whole_numbers(*shape, seed=0):
    """Small whole numbers as floats: sums and products of them are exact, so a zero is one."""
    return rng(seed).integers(-4, 5, shape).astype(float)


def attention_parameters(seed=1):
    """Generic parameters of step 5 for tokens of width 6."""
    return gradcheck.random_like(s5_attention.init(None, hidden_size=6, dtype="float64"), rng(seed))


# ---- shifts ----


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("by", [(1, 0), (0, -2), (3, 1)])
def test_a_convolution_in_a_circle_is_equivariant_everywhere(k, by):
    x, W = whole_numbers(2, 7, 8, 3), whole_numbers(k, k, 3, 4, seed=1)
    f = bias.convolution(W, around="circle")
    assert bias.equivariance_error(f, x, by) == 0.0
    zeros = bias.equivariance_error(bias.convolution(W), x, by)
    assert (zeros > 0.1) == (k > 1)
    inside = slice(k // 2, -(k // 2) or None)
    np.testing.assert_array_equal(f(x)[:, inside, inside], bias.convolution(W)(x)[:, inside, inside])


def test_the_mean_over_a_convolution_is_invariant():
    """Equivariance becomes invariance where the places are averaged; the zeros at the edge take part of it away."""
    x, W = whole_numbers(2, 8, 8, 3), whole_numbers(3, 3, 3, 4, seed=1)  # 64 places: their mean is exact too
    circle, zeros = (bias.mean_of(bias.convolution(W, around=around)) for around in ("circle", "zeros"))
    assert circle(x).shape == (2, 1, 1, 4)
    assert bias.equivariance_error(circle, x, (2, -3)) == 0.0
    assert bias.equivariance_error(zeros, x, (2, -3)) > 0.01


@pytest.mark.parametrize(("by", "exact"), [((2, -4), True), ((1, 0), False), ((0, 1), False)])
def test_a_stride_is_equivariant_for_whole_strides(by, exact):
    x = whole_numbers(2, 8, 12, 3)
    pooled = bias.equivariance_error(bias.max_pool(2), x, by, stride=2)
    strided = bias.convolution(whole_numbers(3, 3, 3, 4, seed=1), stride=2, around="circle")
    for error in (pooled, bias.equivariance_error(strided, x, by, stride=2)):
        assert error == 0.0 if exact else error > 0.1
    y = bias.max_pool(2)(x)
    assert y.shape == (2, 4, 6, 3) and y[1, 2, 3, 0] == x[1, 4:6, 6:8, 0].max()


def test_a_dense_layer_is_not_equivariant():
    x, W = whole_numbers(2, 4, 5, 3), whole_numbers(60, 40, seed=1)
    f = bias.dense(W)
    assert f(x).shape == (2, 4, 5, 2)
    np.testing.assert_array_equal(f(x)[1, 2, 3], x[1].ravel() @ W[:, 26:28])
    assert bias.equivariance_error(f, x, (0, 1)) > 0.1
    one = np.eye(60)  # the one dense layer that is a convolution: every pixel for itself
    assert bias.equivariance_error(bias.dense(one), x, (0, 1)) == 0.0


def test_a_recurrent_layer_is_equivariant_from_the_first_row_on():
    """Empty rows leave the state at 0 where the biases are 0: what follows is the same, one row later."""
    x = rng(0).standard_normal((2, 6, 3, 2))
    x[:, -1] = 0.0  # comes in at the top
    p = gru.init(rng(1), inputs=6, width=5, dtype="float64")
    f = bias.recurrent(p)
    np.testing.assert_array_equal(f(x)[:, :, 1], gru.forward(x.reshape(2, 6, 6), p)[0])
    assert bias.equivariance_error(f, x, (1, 0), margin=1) == 0.0
    assert bias.equivariance_error(f, x, (-1, 0), margin=1) > 0.01  # row 1 had come before, and now has not
    assert bias.equivariance_error(f, x, (0, 1)) > 0.01


def test_both_ways_of_going():
    x, W = whole_numbers(1, 6, 6, 1), whole_numbers(3, 3, 1, 1, seed=1)
    f = bias.convolution(W)
    of_moved, then_moved = bias.both_ways(f, x, (1, 2))
    np.testing.assert_array_equal(of_moved, f(np.roll(x, (1, 2), (1, 2))))
    np.testing.assert_array_equal(then_moved, np.roll(f(x), (1, 2), (1, 2)))
    assert bias.equivariance_error(f, x, (1, 2)) == abs(of_moved - then_moved).max() / abs(f(x)).max()


def test_attention_exchanges_its_tokens():
    x, order = rng(0).standard_normal((2, 12, 6)), rng(3).permutation(12)
    bare = bias.token_attention(attention_parameters(), num_heads=2)
    placed = bias.token_attention(attention_parameters(), num_heads=2, E_pos=rng(2).standard_normal((12, 6)))
    assert bias.permutation_error(bare, x, order) < 1e-14
    assert bias.permutation_error(placed, x, order) > 0.1
    assert bias.permutation_error(placed, x, np.arange(12)) == 0.0
    in_map = bias.attention(attention_parameters(), num_heads=2)
    np.testing.assert_array_equal(in_map(x.reshape(2, 3, 4, 6)).reshape(x.shape), bare(x))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: bias.convolution(np.zeros((3, 3, 1, 1)), around="ones"), "around is"),
        (lambda: bias.max_pool(0), "size is 0; need"),
        (lambda: bias.input_weights([], np.zeros((1, 2, 2, 1))), "there is no map to look at"),
        (
            lambda: bias.input_weights([kernel(np.ones((1, 1, 1, 2)))], np.ones((1, 2, 2, 1)), channel=2),
            "channel is 2",
        ),
        (lambda: bias.moved_attention(np.ones((3, 3)), np.ones((4, 4))), "A is (3, 3) and (4, 4); need"),
    ],
)
def test_layers_that_cannot_be(make, said):
    with pytest.raises(InputError) as problem:
        make()
    assert said in str(problem.value)


# ---- fixed weights ----


def kernel(W, *, relu_too=False):
    """A convolution as a `Layer`; relu_too: with a ReLU behind it."""

    def forward(x):
        y, saved = conv.forward(x, W, padding="same")
        z, opened = relu.forward(y)
        return (z, (saved, opened)) if relu_too else (y, (saved, None))

    def backward(dy, saved):
        dy = relu.backward(dy, saved[1]) if relu_too else dy
        return conv.input_gradient(dy, saved[0]), {}

    return Layer("conv", forward, only_dx(backward))


def test_a_convolution_has_the_same_weights_for_every_image():
    W, x = rng(0).standard_normal((3, 3, 2, 4)), rng(1).standard_normal((5, 6, 7, 2))
    found = bias.input_weights([kernel(W)], x, channel=3)
    want = np.zeros((6, 7, 2))
    want[2:5, 2:5] = W[..., 3]  # around the middle place (3, 3)
    for one in found:
        np.testing.assert_array_equal(one, want)
    assert bias.largest_change(found) == 0.0
    each = [bias.input_weights([kernel(W)], x, channel=channel) for channel in range(4)]
    np.testing.assert_allclose(bias.input_weights([kernel(W)], x, channel=None), sum(each), atol=1e-15)


def test_a_relu_makes_the_weights_of_two_layers_depend_on_the_image():
    W, V = rng(0).standard_normal((3, 3, 2, 4)), rng(2).standard_normal((3, 3, 4, 1))
    x = rng(1).standard_normal((5, 6, 7, 2))
    linear = bias.input_weights([kernel(W), kernel(V)], x)
    gated = bias.input_weights([kernel(W, relu_too=True), kernel(V)], x)
    assert bias.largest_change(linear) == 0.0
    assert bias.largest_change(gated) > 0.1
    assert bias.largest_change(np.array([[1.0, 2.0], [0.5, 4.0], [1.0, -1.0]])) == 5.0


def test_how_much_attention_moves():
    A = np.array([[[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]])
    B = np.array([[[0.25, 0.5, 0.25], [0.0, 0.0, 1.0]]])
    np.testing.assert_array_equal(bias.moved_attention(A, B), [[0.25, 1.0]])
    np.testing.assert_array_equal(bias.moved_attention(A, A), [[0.0, 0.0]])


# ---- effective receptive fields ----


def test_the_gradient_of_every_pixel_and_the_effective_area():
    dx = np.zeros((2, 3, 4, 2))
    dx[0, 1, 1] = 3.0, -3.0
    dx[1, 1, 2, 0] = -(6.0**0.5)
    dx[1, 0, 0, 1] = 6.0**0.5
    parts = bias.parts_of_gradient(dx)
    want = np.zeros((3, 4))
    want[1, 1], want[1, 2], want[0, 0] = 0.6, 0.2, 0.2
    np.testing.assert_allclose(parts, want, rtol=0, atol=1e-15)
    assert [bias.effective_area(want, share) for share in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)] == [
        1,
        1,
        2,
        2,
        3,
        3,
    ]
    assert bias.effective_area(np.full((3, 4), 1 / 12)) == 11
    with pytest.raises(InputError, match="squared gradient of the middle place is 0 in all"):
        bias.parts_of_gradient(np.zeros((1, 2, 2, 1)))
    with pytest.raises(InputError, match="share is 0"):
        bias.effective_area(parts, 0)


@pytest.mark.parametrize(
    ("name", "first", "names"),
    [
        ("bit-tiny", "root", ["root", "stages.0.0", "stages.0.1", "stages.1.0"]),
        (
            "hybrid-tiny",
            "stem.root",
            [
                "stem.root",
                "stem.stages.0.0",
                "stem.stages.1.0",
                "stem.stages.1.1",
                "project",
                "blocks.0",
                "blocks.1",
            ],
        ),
    ],
)
def test_the_receptive_field_of_residual_networks(name, first, names):
    """A root without a norm sees 7 + 2·2 pixels: the pool's 3 places, 2 apart. A GroupNorm sees the whole image."""
    config = preset(name, image_size=(44, 40))
    p = gradcheck.random_like(models.of(config).init(None, config, "float64"), rng(0))
    images = rng(1).standard_normal((4, 44, 40, config.in_channels))
    found = {layer: bias.extent(mask) for layer, mask in bias.receptive_fields(images, p, config)}
    assert [*found] == names
    assert found[first] == ((11, 11) if name == "bit-tiny" else (44, 40))
    assert {found[layer] for layer in names[1:]} == {(44, 40)}


def test_a_gate_sees_the_whole_image():
    """Of an EfficientNet the stem sees 3x3 pixels; every unit has squeeze-and-excite, a mean over all places."""
    config = preset("efficientnet-tiny", image_size=(24, 20))
    p = gradcheck.random_like(models.of(config).init(None, config, "float64"), rng(0))
    images = rng(1).standard_normal((4, 24, 20, config.in_channels))
    stem, *others = (bias.extent(mask) for _, mask in bias.receptive_fields(images, p, config))
    assert stem == (3, 3) and set(others) == {(24, 20)} and len(others) == 4


@pytest.mark.parametrize(
    ("name", "fields", "last", "tensor"),
    [
        ("bit-tiny", {}, "stages.1.0", "stages.1.0.output"),
        ("hybrid-tiny", {}, "blocks.1", "blocks.1.residual_2"),
        ("efficientnet-tiny", {}, "stages.1.1", "stages.1.1"),
        ("efficientnet-tiny", {}, "top", "feature_map"),
        ("cnn-tiny", {}, "stages.1.pool", "stages.1.map"),
        ("tiny", {"classifier": "gap"}, "project", "z0"),
        ("tiny", {}, "blocks.1", "blocks.1.residual_2"),
        ("tiny", {"position_at": "every-layer"}, "blocks.1", "blocks.1.residual_2"),
        ("tiny", {"position_embedding": "relative"}, "blocks.1", "blocks.1.residual_2"),
    ],
)
def test_the_layers_one_by_one_are_the_models(name, fields, last, tensor):
    """Their map is the one that a trace of the model has, and their backward its derivative."""
    config = preset(name, **fields)
    p = gradcheck.random_like(models.of(config).init(None, config, "float64"), rng(0))
    x = rng(1).standard_normal((2, *config.image_size, config.in_channels))
    ahead, step = rng(2).standard_normal(x.shape), 1e-6
    y, run = {0: x, 1: x + step * ahead, -1: x - step * ahead}, []
    for layer in models.of(config).layers(p, config):
        after = {where: layer.forward(value) for where, value in y.items()}
        y = {where: value for where, (value, _) in after.items()}
        run.append((layer, after[0][1]))
        if layer.name == last:
            break
    seen = trace(x, p, config)
    np.testing.assert_array_equal(y[0], seen[tensor])
    dy = dx = rng(3).standard_normal(y[0].shape)
    for layer, saved in reversed(run):
        dx = layer.backward(dx, saved)
    slope = ((y[1] - y[-1]) * dy).sum() / (2 * step)
    assert slope == pytest.approx((dx * ahead).sum(), rel=1e-6)


# ---- other libraries ----


def on_both(compute, *arrays):
    """What compute gives for NumPy's arrays, which must be what it gives for another library's."""
    here, there = compute(*arrays), compute(*map(wrap, arrays))
    both = (here, there) if isinstance(here, tuple) else ((here,), (there,))
    for one, other in zip(*both, strict=True):
        assert isinstance(other, Strict) == isinstance(one, np.ndarray)
        np.testing.assert_array_equal(other.a if isinstance(other, Strict) else other, one)
    return here


def test_every_measurement_takes_arrays_of_another_library():
    x, W = whole_numbers(2, 6, 8, 3), whole_numbers(3, 3, 3, 4, seed=1)
    on_both(lambda x: bias.moved(x, (1, -2), fill=0.5), x)
    on_both(lambda x: bias.rolled(x, (1, -2)), x)
    for how in ({}, {"around": "circle"}, {"stride": 2}):
        on_both(lambda x, W, how=how: bias.convolution(W, **how)(x), x, W)
    error = functools.partial(bias.equivariance_error, by=(0, 1))
    on_both(lambda x, W: error(bias.mean_of(bias.convolution(W)), x), x, W)
    on_both(lambda x: error(bias.max_pool(2), x), x)
    on_both(lambda x, W: error(bias.dense(W), x), x, whole_numbers(144, 48, seed=2))
    p = gru.init(rng(1), inputs=24, width=5, dtype="float64")
    assert error(bias.recurrent(to_device(p, STRICT)), wrap(x)) == error(bias.recurrent(p), x)
    on_both(lambda x, W: bias.input_weights([kernel(W)], x), x, W)
    A = abs(x) / abs(x).sum(-1, keepdims=True)
    on_both(lambda A: bias.moved_attention(A[0], A[1]), np.nan_to_num(A))
    on_both(bias.largest_change, x)
    on_both(bias.seen, x)
    on_both(bias.extent, (x > 2).any((0, 3)))
    on_both(bias.parts_of_gradient, x)
    on_both(bias.effective_area, bias.parts_of_gradient(x))
