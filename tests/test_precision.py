"""float16: each op to the rounding it must make, the model to what those add up to, and the logic of the loss scale.

u = 2⁻¹¹ is half a unit in the last place of float16: rounding a number once changes it by at most u of itself, or
2⁻²⁵ below float16's smallest normal number. NumPy computes float16 slowly but rightly, so no GPU is needed here.
"""

import math

import numpy as np
import pytest
from cases import CASES, generator, model_point

import vitnp
from vitnp import tree
from vitnp.backend.half import wide
from vitnp.backend.tiles import tiled
from vitnp.engine import loss, precision
from vitnp.engine.precision import GOOD_STEPS, LARGEST, LossScale
from vitnp.errors import InputError
from vitnp.models import preset
from vitnp.ops import gelu, linear, softmax
from vitnp.steps import s6_layer_norm
from vitnp.training import optim

U, SMALLEST = 2.0**-11, 2.0**-25
F32 = 1e-5  # what float32 adds to it, relative to the largest number


def numbers(*shape, scale=1.0):
    """Values that float16 holds exactly, in float16 and in float64."""
    x = (scale * generator(sum(shape)).standard_normal(shape)).astype("float16")
    return x, x.astype("float64")


def rounded(got, exact, roundings=1):
    """got is float16, and `exact` rounded so many times."""
    assert got.dtype == np.float16
    bound = roundings * (U * abs(exact) + SMALLEST) + F32 * abs(exact).max()
    assert (abs(got - exact) <= bound).all(), abs((got - exact) / bound).max()


def test_softmax_rounds_once():
    x, exact = numbers(3, 50, scale=100.0)  # exp(100) is far beyond float16
    rounded(softmax.forward(x)[0], softmax.forward(exact)[0])
    y, exact_y = numbers(3, 50)
    rounded(softmax.backward(x, y), softmax.backward(exact, exact_y))


@pytest.mark.parametrize("form", ["tanh", "erf"])
def test_gelu_rounds_once(form):
    x, exact = numbers(4, 400, scale=200.0)  # 300² and 300³ are beyond float16
    dy, exact_dy = numbers(4, 400)
    rounded(gelu.forward(x, form=form)[0], gelu.forward(exact, form=form)[0])
    for got, want in zip(
        gelu.again_and_backward(dy, (x, form)), gelu.again_and_backward(exact_dy, (exact, form)), strict=True
    ):
        rounded(got, want)


def test_layer_norm_takes_its_statistics_in_float32():
    x, exact = numbers(2, 7, 768, scale=300.0)  # the squares of most are beyond float16
    (gamma, exact_gamma), (beta, exact_beta) = numbers(768), numbers(768, scale=0.5)
    y, saved = s6_layer_norm.forward(x, {"gamma": gamma, "beta": beta}, eps=1e-6)
    want, exact_saved = s6_layer_norm.forward(exact, {"gamma": exact_gamma, "beta": exact_beta}, eps=1e-6)
    rounded(y, want)
    dy, exact_dy = numbers(2, 7, 768, scale=8000.0)  # as with a loss scale; some dy·gamma is beyond float16
    dx = s6_layer_norm.normalize_backward(dy, *saved[:2], gamma=gamma)
    exact_dx = s6_layer_norm.normalize_backward(exact_dy, *exact_saved[:2], gamma=exact_gamma)
    # x̂ and 1/std were rounded when they were saved: x̂·along_x_hat counts both, the product with 1/std once more
    assert abs(dx - exact_dx).max() <= 4 * U * abs(exact_dx).max()


def test_a_sum_does_not_stop_growing():
    x = np.ones((5000, 3), np.float16)
    assert x.sum(0)[0] == 2048.0, "NumPy's own sum does: 2048 + 1 is 2048 in float16"
    np.testing.assert_array_equal(
        linear.bias_gradient(x), np.full(3, 5000.0)
    )  # a matrix product adds in float32
    np.testing.assert_array_equal(linear.weight_gradient(x, x), np.full((3, 3), 5000.0))


def test_the_loss_is_float32():
    logits, exact = numbers(6, 10, scale=30.0)
    labels = np.arange(6)
    value, saved = loss.forward(logits, labels, label_smoothing=0.1)
    want, exact_saved = loss.forward(exact, labels, label_smoothing=0.1)
    assert value.dtype == np.float32
    assert abs(value - want) <= 1e-5 * want
    rounded(loss.backward(8.0, saved), loss.backward(8.0, exact_saved))


@pytest.mark.parametrize(
    "case", [c for c in CASES.values() if c.name.startswith("vit") and c.name != "vit and loss"]
)
def test_every_model_in_float16(case):
    """Forward and backward against float64 from the same, exactly held, values; everything stays float16.

    An activation passes about 12 roundings a block and 6 around the blocks, a gradient twice as many; each is at
    most u of the largest number there, and in these small models none is amplified much.
    """
    p = precision.cast(case.p, "float16")
    x = case.x.astype("float16")
    y, saved = case.forward(x, p)
    exact_p = precision.cast(p, "float64")
    exact, exact_saved = case.forward(x.astype("float64"), exact_p)
    dy, exact_dy = numbers(*y.shape)
    dx, dp = case.backward(dy, saved)
    exact_dx, exact_dp = case.backward(exact_dy, exact_saved)
    assert {str(a.dtype) for a in (y, dx, *(leaf for _, leaf in tree.leaves(dp)))} == {"float16"}
    roundings = 12 * len(case.p["blocks"]) + 6
    assert abs(y - exact).max() <= roundings * U * abs(exact).max()
    largest = max(abs(leaf).max() for _, leaf in tree.leaves(exact_dp))
    tree.map(
        lambda ours, want: np.testing.assert_allclose(ours, want, rtol=0, atol=2 * roundings * U * largest),
        dp,
        exact_dp,
    )
    assert abs(dx - exact_dx).max() <= 2 * roundings * U * abs(exact_dx).max()


@pytest.mark.parametrize(
    "name", [name for name in CASES if name.startswith(("bit", "hybrid", "efficientnet", "cnn", "rnn"))]
)
def test_every_other_model_in_float16(name):
    """As above, but for the gradients: where float16 gives a ReLU or a maximum another sign, they are others."""
    case = CASES[name]
    x, p = case.x.astype("float16"), precision.cast(case.p, "float16")
    exact_x, exact_p = x.astype("float64"), precision.cast(p, "float64")
    y, saved = case.forward(x, p)
    exact, exact_saved = case.forward(exact_x, exact_p)
    dy, exact_dy = numbers(*y.shape)
    dx, dp = case.backward(dy, saved)
    exact_dx, exact_dp = case.backward(exact_dy, exact_saved)
    leaves = [("images", dx), *tree.leaves(dp)]
    want = dict([("images", exact_dx), *tree.leaves(exact_dp)])
    assert {a.dtype.name for a in (y, *(leaf for _, leaf in leaves))} == {"float16"}
    assert abs(y - exact).max() <= 12 * U * abs(exact).max()
    apart = sum(float(((leaf - want[leaf_name]) ** 2).sum()) for leaf_name, leaf in leaves)
    size = sum(float((leaf**2).sum()) for leaf in want.values())
    assert apart <= 0.1**2 * size


def test_float32_and_float64_are_left_alone():
    x = generator().standard_normal((2, 3))
    assert wide(x) is x
    assert tiled(lambda a: a)(x) is x
    p = {"W": x}
    assert precision.cast(p, "float64")["W"] is x


def test_the_scale_grows_and_falls():
    scale = LossScale()
    assert scale == (65536.0, 0)
    for _ in range(GOOD_STEPS - 1):
        scale = scale.after(1.0)
    assert scale == (65536.0, GOOD_STEPS - 1)
    assert scale.after(3.0) == (131072.0, 0)
    assert scale.after(math.inf) == (32768.0, 0)
    assert scale.after(math.nan) == (32768.0, 0)
    assert LossScale(LARGEST, GOOD_STEPS - 1).after(1.0) == (LARGEST, 0)
    assert LossScale(2.0).after(math.inf) == (1.0, 0)
    with pytest.raises(InputError, match="smaller lr"):
        LossScale(1.0).after(math.inf)


def small_model():
    """A tiny model's images, labels, float32 parameters and configuration."""
    config = preset("tiny")
    images, p = model_point(config, 10)
    return images.astype("float32"), generator().integers(0, 13, 10), precision.cast(p, "float32"), config


def in_float16(images, labels, p, config, scale):
    """Loss and gradients as a training in float16 computes them."""
    half = precision.cast(p, "float16")
    loss, dp = vitnp.loss_and_grads(images, labels, half, config, workers=1, loss_scale=scale.value)
    return loss, precision.unscaled(dp, scale)


def test_the_scale_saves_small_gradients():
    """A loss 2⁻²⁰ as large has gradients that float16 cannot hold; with the scale they are those of float32."""
    images, labels, p, config = small_model()
    _, want = vitnp.loss_and_grads(images, labels, p, config, workers=1, loss_scale=2.0**-20)
    lost = vitnp.loss_and_grads(
        images, labels, precision.cast(p, "float16"), config, workers=1, loss_scale=2.0**-20
    )[1]
    saved = in_float16(images, labels, p, config, LossScale(2.0**10))[1]
    saved = tree.map(lambda g: g * 2.0**-20, saved)
    zeros = {name: (leaf == 0).mean() for name, leaf in tree.leaves(lost)}
    assert max(zeros.values()) > 0.5, "without a scale most of some leaf is lost"
    largest = max(abs(leaf).max() for _, leaf in tree.leaves(want))
    tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=2 * 42 * U * largest), saved, want)
    assert {str(leaf.dtype) for _, leaf in tree.leaves(saved)} == {"float32"}


def train(steps, mixed):
    """The losses of a few AdamW steps, and what is left of the scale."""
    images, labels, p, config = small_model()
    state, scale, losses = optim.init(p), LossScale(2.0**24), []
    for _ in range(steps):
        if mixed:
            with np.errstate(over="ignore", invalid="ignore"):
                value, dp = in_float16(images, labels, p, config, scale)
                norm = optim.clip(dp, 1.0)
            scale = scale.after(norm)
        else:
            value, dp = vitnp.loss_and_grads(images, labels, p, config, workers=1)
            norm = optim.clip(dp, 1.0)
        if math.isfinite(norm):
            losses.append(float(value))
            optim.update(p, dp, state, lr=3e-3)
    assert {str(leaf.dtype) for _, leaf in tree.leaves(p)} == {"float32"}
    return losses, scale


def test_training_in_float16_follows_float32():
    """The first steps overflow at this scale and are left out; after that the losses are float32's to 1%."""
    mixed, scale = train(30, True)
    exact, _ = train(30, False)
    skipped = 30 - len(mixed)
    assert skipped >= 1
    assert scale.value == 2.0 ** (24 - skipped)
    assert scale.good_steps == len(mixed)
    np.testing.assert_allclose(mixed, exact[: len(mixed)], rtol=1e-2)
    assert mixed[-1] < 0.7 * mixed[0]
