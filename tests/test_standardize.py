"""Weight standardization: every output channel's kernel gets mean 0 and variance 1."""

import numpy as np
import pytest

from vitnp.ops import standardize

FORMS = {"variance": 1e-10, "std": 1e-5}  # and the ε of BiT and of Google's hybrid
U = 2.0**-11  # half a unit in the last place of float16
EVERY = pytest.mark.parametrize("form", FORMS)


def point(seed=0, scale=0.3):
    """A random kernel and dy."""
    rng = np.random.default_rng(seed)
    return scale * rng.standard_normal((3, 3, 4, 7)) + 0.1, rng.standard_normal((3, 3, 4, 7))


def backward(W, dy, **how):
    """dW."""
    return standardize.backward(dy, standardize.forward(W, **how)[1])


@EVERY
@pytest.mark.parametrize("eps", [1e-10, 1e-5, 0.1])
def test_channel_by_channel(form, eps):
    W, _ = point()
    y, _ = standardize.forward(W, eps=eps, form=form)
    for o in range(W.shape[3]):
        w = W[..., o]
        below = np.sqrt(np.var(w) + eps) if form == "variance" else np.std(w) + eps
        np.testing.assert_allclose(y[..., o], (w - w.mean()) / below, rtol=1e-12, atol=1e-14)


def test_the_form_of_bit_is_the_default():
    W, _ = point()
    want, _ = standardize.forward(W, eps=0.1, form="variance")
    np.testing.assert_array_equal(standardize.forward(W, eps=0.1)[0], want)


@EVERY
def test_the_laws_of_its_gradient(form):
    """A shift of a kernel changes nothing, nor does its scale: Σ dW = 0, Σ dW·W = 0, and of 2W the half of dW."""
    W, dy = point()
    how = {"form": form, "eps": 1e-14}
    dW = backward(W, dy, **how)
    size = abs(dW).sum(axis=(0, 1, 2))
    assert (abs(dW.sum(axis=(0, 1, 2))) < 1e-13 * size).all()
    assert (abs((dW * W).sum(axis=(0, 1, 2))) < 1e-12 * size).all()
    np.testing.assert_allclose(backward(2 * W, dy, **how), dW / 2, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(backward(W + 3.0, dy, **how), dW, rtol=1e-9, atol=1e-9)


@EVERY
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("value", [0.0, 0.3, 1000.1])
def test_a_constant_kernel_becomes_0(form, dtype, value):
    """Variance 0. A constant has no direction, so what is left of dW is (dy − mean(dy))/√ε, or /ε."""
    W, dy = (a.astype(dtype) for a in point())
    W[..., 2] = value
    with np.errstate(all="ignore"):  # a division by 0 is seen in the numbers
        y, saved = standardize.forward(W, eps=FORMS[form], form=form)
        dW = standardize.backward(dy, saved)
    assert y.dtype == dW.dtype == dtype
    assert np.isfinite(y).all()
    assert not np.isnan(dW).any()
    np.testing.assert_array_equal(y[..., 2], 0.0)
    g = dy[..., 2].astype("float64")
    want = (g - g.mean()) * 1e5  # 1e-5 = √1e-10
    if dtype != "float16":  # there it is infinite, as a loss scale that is too large would make it
        np.testing.assert_allclose(dW[..., 2], want, rtol=1e-4, atol=1e-2)


@EVERY
def test_eps_decides_for_a_quiet_kernel(form):
    """At a spread of 1e-5, BiT's 1e-10 beside the variance, and timm's 1e-8, are not the same."""
    W, _ = point(scale=1e-5)
    small, large = (standardize.forward(W, eps=eps, form=form)[0].std() for eps in (1e-10, 1e-8))
    spread = W.std(axis=(0, 1, 2)).mean()
    want = {
        "variance": [spread / np.sqrt(spread**2 + eps) for eps in (1e-10, 1e-8)],
        "std": [spread / (spread + eps) for eps in (1e-10, 1e-8)],
    }
    np.testing.assert_allclose([small, large], want[form], rtol=0.02)


def test_a_large_mean_does_not_cancel():
    """The variance is that of the differences: E[W²] − E[W]² has no digit left here in float32."""
    W = (100.0 + point(scale=0.01)[0]).astype("float32")
    with np.errstate(invalid="ignore"):
        y, _ = standardize.forward(W, eps=1e-10)
    np.testing.assert_allclose(y, standardize.forward(W.astype("float64"), eps=1e-10)[0], atol=5e-3)


@EVERY
def test_float16_is_computed_in_float32(form):
    """The squares of a kernel of 1e-4 are below float16, and so is ε."""
    W, dy = (a.astype("float16") for a in point(scale=1e-4))
    W -= np.float16(0.1)
    with np.errstate(all="ignore"):
        y, saved = standardize.forward(W, eps=FORMS[form], form=form)
        dW = standardize.backward(dy * np.float16(1e-2), saved)
    want, exact_saved = standardize.forward(W.astype("float64"), eps=FORMS[form], form=form)
    want_dW = standardize.backward((dy * np.float16(1e-2)).astype("float64"), exact_saved)
    assert y.dtype == dW.dtype == "float16"
    assert abs(y - want).max() <= 1.5 * U * abs(want).max()
    assert abs(dW - want_dW).max() <= 1.5 * U * abs(want_dW).max()


@EVERY
def test_a_constant_kernel_warns_of_nothing(form):
    W = np.zeros((3, 3, 4, 7))
    with np.errstate(all="raise"):
        _, saved = standardize.forward(W, eps=FORMS[form], form=form)
        standardize.backward(np.ones(W.shape), saved)


@EVERY
def test_a_view_and_not_written_to(form):
    W, dy = point()
    want = backward(W, dy, eps=1e-5, form=form)
    turned = np.asfortranarray(W), np.asfortranarray(dy)
    np.testing.assert_allclose(backward(*turned, eps=1e-5, form=form), want, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(turned, (W, dy))
