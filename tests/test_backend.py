"""The backend: the array decides, and nothing in the model calls NumPy behind its back.

No GPU is needed for that: a strict array refuses NumPy, implicit conversion and every name not listed here, and
the whole model runs on it to the same bits.
"""

import sys
import types

import numpy as np
import pytest
import scipy.special
from cases import DROPOUTS, generator, model_point
from generic_models import alike
from sequence_models import DROPOUTS as SEQUENCE_DROPOUTS
from sequence_models import pairs, parameters, tiny
from strict import STRICT, TRAFFIC, Strict, erf_sqrt2, wrap

from vitnp import InputError, loss_and_grads, tree, vit
from vitnp.backend import arrays, erf, tiles
from vitnp.engine import decoding, loss
from vitnp.models import preset
from vitnp.ops import gelu, softmax
from vitnp.tasks.translation import Translation


@pytest.mark.parametrize("form", ["tanh", "erf"])
@pytest.mark.parametrize(("classifier", "whole"), [("token", True), ("token", False), ("gap", True)])
def test_the_model_uses_nothing_of_numpy(form, classifier, whole, monkeypatch):
    """Forward, loss and backward with every dropout: the same bits as with NumPy."""
    monkeypatch.setattr(
        softmax, "SAFE", 0.0
    )  # another library's arrays always have the row's maximum taken off
    monkeypatch.setattr(gelu, "erf_sqrt2", erf_sqrt2)
    config = preset("tiny", gelu=form, classifier=classifier, **DROPOUTS)
    images, p = model_point(config)
    labels = np.array([1, 4])

    def both_ways(images, labels, p):
        logits, saved = vit.forward(images, p, config, rng=generator(), whole=whole)
        value, saved_loss = loss.forward(logits, labels, label_smoothing=0.1)
        dimages, dp = vit.backward(loss.backward(1.0, saved_loss), saved)
        return {"logits": logits, "loss": value, "dimages": dimages, "dp": dp}

    plain = both_ways(images, labels, p)
    monkeypatch.setattr(tiles, "BLOCK", 50)  # blocks are for NumPy alone
    strict = both_ways(wrap(images), wrap(labels), arrays.to_device(p, STRICT))
    assert isinstance(strict["logits"], Strict)
    tree.map(np.testing.assert_array_equal, arrays.to_host(strict), plain)


@pytest.mark.parametrize("fields", [{"norm": "post"}, {"norm": "pre", "activation": "gelu", "tied": "none"}])
def test_translation_uses_nothing_of_numpy(fields, monkeypatch):
    """A training step with every dropout, and decoding: the numbers of NumPy, with ids on either side."""
    monkeypatch.setattr(softmax, "SAFE", 0.0)
    config = tiny(**fields, **SEQUENCE_DROPOUTS)
    p, (source, target) = parameters(config), pairs()
    theirs = arrays.to_device(p, STRICT)
    # on a device dropout draws otherwise
    plain = tiny(**fields)
    want, dp = loss_and_grads(source, target, p, plain, Translation(0.1), workers=1)
    for ids in ((source, target), (wrap(source), wrap(target))):
        value, grads = loss_and_grads(*ids, theirs, plain, Translation(0.1))
        assert isinstance(value, Strict)
        np.testing.assert_allclose(arrays.to_host(value), want, rtol=1e-13)
        alike(arrays.to_host(grads), dp)
        ids_found, log_p = decoding.beam(ids[0], theirs, plain)
        found, of = decoding.beam(source, p, plain)
        np.testing.assert_array_equal(ids_found, found)
        np.testing.assert_allclose(log_p, of, rtol=1e-12)
        np.testing.assert_array_equal(
            decoding.greedy(ids[0], theirs, plain), decoding.greedy(source, p, plain)
        )
    for recompute in (False, True):
        how = {"rng": generator(), "recompute": recompute}
        value, grads = loss_and_grads(source, target, theirs, config, Translation(0.1), **how)
        assert isinstance(value, Strict) and tree.shapes(grads) == tree.shapes(p)


def test_translation_does_not_wait_for_the_device():
    """Nothing is read back in a step, and ids that are there are not sent."""
    config = tiny()
    theirs, ids = arrays.to_device(parameters(config), STRICT), [wrap(a) for a in pairs()]
    TRAFFIC.clear()
    loss_and_grads(*ids, theirs, config, Translation(0.1))
    assert TRAFFIC == []


def test_the_strict_array_is_strict():
    x = wrap(np.ones(3))
    for call in (
        lambda: np.exp(x),
        lambda: np.concatenate([x, x]),
        lambda: np.asarray(x),
        lambda: x + np.ones(3),
        lambda: np.ones(3) * x,
        lambda: x.var(),
        lambda: x.sum(where=x > 0),
        lambda: STRICT.interp,
    ):
        with pytest.raises((TypeError, AttributeError)):
            call()


def test_the_array_decides():
    assert arrays.array_module(np.ones(2)) is np
    assert arrays.array_module(np.float32(1)) is np
    assert arrays.array_module(wrap(np.ones(2))) is STRICT


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_erf(dtype):
    x = np.linspace(-7, 7, 101).astype(dtype)
    y = erf.erf_sqrt2(x, x * x)
    assert y.dtype == dtype
    exact = scipy.special.erf(x.astype("float64") / np.sqrt(2.0))
    np.testing.assert_allclose(y, exact, rtol=1e-6 if dtype == "float32" else 1e-15)


class OnDevice:
    """Stands for a cupy.ndarray, which is told by the name of its module."""


OnDevice.__module__ = "cupy._core.core"


def pretend_cupy(monkeypatch, zeros):
    """A cupy, with its SciPy, that can be imported."""
    special = types.SimpleNamespace(erf=lambda x: ("erf on the device", x))
    cupy = types.SimpleNamespace(__name__="cupy", zeros=zeros)
    cupyx = types.SimpleNamespace(scipy=types.SimpleNamespace(special=special))
    for name, module in {
        "cupy": cupy,
        "cupyx": cupyx,
        "cupyx.scipy": cupyx.scipy,
        "cupyx.scipy.special": special,
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    return cupy


def test_with_a_gpu(monkeypatch):
    cupy = pretend_cupy(monkeypatch, zeros=lambda n: None)
    assert arrays.get("auto") is cupy
    assert arrays.get("cupy") is cupy
    assert arrays.get("numpy") is np
    x = OnDevice()
    monkeypatch.setattr(OnDevice, "__mul__", lambda x, number: f"x · {number:.3f}", raising=False)
    assert arrays.array_module(x) is cupy
    assert erf.erf_sqrt2(x, None) == ("erf on the device", "x · 0.707")


def test_with_cupy_but_no_driver(monkeypatch, capsys):
    def no_driver(n):
        raise RuntimeError("cudaErrorInsufficientDriver")

    pretend_cupy(monkeypatch, zeros=no_driver)
    arrays.say_once.cache_clear()
    assert arrays.get("auto") is np
    assert arrays.get("auto") is np
    said = capsys.readouterr().err
    assert said == "vitnp: NumPy, as there is no GPU that CuPy can use here (cudaErrorInsufficientDriver)\n"
    assert arrays.get("numpy") is np
    assert capsys.readouterr().err == "", "said once, and only to who asked for it"
    with pytest.raises(InputError, match=r"cudaErrorInsufficientDriver.*--backend numpy.*\[cuda13\]"):
        arrays.get("cupy")


def test_without_cupy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert arrays.get() is np
    with pytest.raises(InputError, match="cupy cannot be used here"):
        arrays.get("cupy")


def test_an_unknown_backend():
    with pytest.raises(InputError, match='"torch" is unknown; choose auto, numpy or cupy'):
        arrays.get("torch")


def test_there_and_back():
    p = {"W": np.ones((2, 3)), "blocks": {0: {"b": np.zeros(4, np.float32)}}}
    device = arrays.to_device(p, STRICT)
    assert all(isinstance(leaf, Strict) for _, leaf in tree.leaves(device))
    host = arrays.to_host(device)
    tree.map(np.testing.assert_array_equal, host, p)
    assert host["blocks"][0]["b"].dtype == np.float32
