"""EfficientNet's trace: every value, and every gradient, against NumPy formulas written again here."""

import numpy as np
import pytest
from generic_models import generic
from test_trace import LABELS, STEP
from test_trace_resnets import windows

from vitnp import gradcheck, preset, trace, tree
from vitnp.blocks import mbconv, squeeze_excite
from vitnp.models import efficientnet

FIELDS = {
    "tiny": {},
    "three stages": {
        "channels": (6, 9, 8),
        "units": (2, 1, 3),
        "kernels": (3, 5, 2),
        "strides": (1, 3, 2),
        "expansions": (2, 1, 3),
    },
    "no head": {"num_classes": 0},
}
models = pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS)
LAYERS = [("expand", "norm_1"), ("depthwise", "norm_2")]


def sigma(x):
    return 1 / (1 + np.exp(-x))


def swish(x):
    return x * sigma(x)


def norm(x, p, config, training):
    mean, var = p["mean"], p["var"]
    if training:
        mean = x.mean((0, 1, 2))
        var = ((x - mean) ** 2).mean((0, 1, 2))
    return (x - mean) / np.sqrt(var + config.batch_norm_eps) * p["gamma"] + p["beta"]


def conv(x, W, stride=1):
    """Of kernels (k, k, I, O), or one (k, k, C) for each channel by itself."""
    parts = windows(x, len(W), stride, same=True)
    each = W.reshape(-1, *W.shape[2:])
    return sum(part * w if w.ndim == 1 else part @ w for part, w in zip(parts, each, strict=True))


def unit(x, p, config, stride, training):
    """One MBConv unit, in which nothing is dropped."""
    a = x
    for layer, behind in LAYERS:
        if layer in p:
            a = conv(a, p[layer]["W"], stride if layer == "depthwise" else 1)
            a = swish(norm(a, p[behind], config, training))
    s = swish(a.mean((1, 2)) @ p["squeeze"]["W"] + p["squeeze"]["b"])
    a = a * sigma(s @ p["excite"]["W"] + p["excite"]["b"])[:, None, None]
    a = norm(conv(a, p["project"]["W"]), p["norm_3"], config, training)
    return a + x if stride == 1 and a.shape == x.shape else a


def run(images, p, config, moved="", by=0.0, *, training=False):
    """The loss, and {name: value} of everything on the way, with `by` added to the tensor called `moved`."""
    seen = {}

    def see(name, value):
        seen[name] = value + by if name == moved else value
        return seen[name]

    def layer(x, p, stride=1):
        return swish(norm(conv(x, p["conv"]["W"], stride), p["norm"], config, training))

    x = see("stem", layer(see("image", images), p["stem"], config.stem_stride))
    for stage, units in p["stages"].items():
        for number, own in units.items():
            stride = 1 if number else config.strides[stage]
            x = see(f"stages.{stage}.{number}", unit(x, own, config, stride, training))
    y = see("y", see("feature_map", layer(x, p["top"])).mean((1, 2)))
    if not config.num_classes:
        return None, seen
    logits = see("logits", y @ p["classify"]["head"]["W"] + p["classify"]["head"]["b"])
    e = np.exp(logits - logits.real.max(-1, keepdims=True))
    probabilities = see("p", e / e.sum(-1, keepdims=True))
    return -np.log(probabilities[range(len(images)), LABELS]).mean(), seen


def traced(fields):
    config = preset("efficientnet-tiny", **fields)
    images, p = generic(config, batch=2)
    return config, images, p, trace(images, p, config, LABELS if config.num_classes else None)


@models
def test_every_value(fields):
    config, images, p, t = traced(fields)
    loss, seen = run(images, p, config)
    assert list(t) == list(seen)
    for record in t.forward:
        np.testing.assert_allclose(
            record.value, seen[record.name], rtol=1e-11, atol=1e-12, err_msg=record.name
        )
    assert t.loss == (None if loss is None else pytest.approx(loss, rel=1e-12))


@models
def test_every_gradient_by_the_complex_step(fields):
    config, images, p, t = traced(fields)
    if not config.num_classes:
        assert t.backward is None
        return
    assert {record.name for record in t.backward} == set(t)
    rng = np.random.default_rng(3)
    for record in t.backward:
        v = rng.standard_normal(record.shape)
        loss, _ = run(images, p, config, moved=record.name, by=1j * STEP * v)
        error = abs(loss.imag / STEP - (record.value * v).sum()) / record.norm
        assert error < 1e-11, (record.name, error)


def test_every_value_of_training():
    """With the statistics of the batch, and nothing dropped."""
    config = preset("efficientnet-tiny", dropout_rate=0.0, stochastic_depth_rate=0.0)
    images, p = generic(config, batch=2)
    logits, _ = efficientnet.forward(images, p, config, np.random.default_rng(0))
    _, seen = run(images, p, config, training=True)
    np.testing.assert_allclose(logits, seen["logits"], rtol=1e-11, atol=1e-12)


def test_the_units_of_b0():
    """Stride 2 in the first unit of four stages, and a rate that grows evenly from 0."""
    found = list(efficientnet.units(preset("EfficientNet-B0")))
    assert [(stage, unit) for stage, unit, stride, _ in found if stride == 2] == [
        (1, 0),
        (2, 0),
        (3, 0),
        (5, 0),
    ]
    np.testing.assert_allclose([rate for *_, rate in found], 0.2 * np.arange(16) / 16)


def test_the_mean_of_a_large_map_is_taken_in_float32():
    """In float16 the share of one of 360,000 places is off by 1%: s of ones would be 1.01, and the gate 0.6."""
    p = {"squeeze": {"W": [[1.0]], "b": [0.0]}, "excite": {"W": [[50.0]], "b": [-50 * sigma(1.0)]}}
    p = tree.map(lambda leaf: np.array(leaf, "float16"), p)
    y, saved = squeeze_excite.forward(np.ones((1, 600, 600, 1), "float16"), p)
    np.testing.assert_allclose(y, 0.5, atol=0.01)
    _, dp = squeeze_excite.backward(np.full(y.shape, 2**-10, "float16"), saved)
    assert dp["excite"]["b"] == pytest.approx(360_000 / 1024 / 4, rel=0.01)


def test_one_place_with_a_stride_is_not_added():
    """A map of one place stays one place with stride 2; the unit still has no shortcut."""
    rng = np.random.default_rng(0)
    p = mbconv.init(rng, inputs=6, outputs=6, kernel=3, expansion=2, squeezed=5, dtype="float64")
    p = gradcheck.random_like(p, rng)
    x = rng.standard_normal((2, 1, 1, 6))
    one, two = (mbconv.forward(x, p, mbconv.How(1e-3, False, stride))[0] for stride in (1, 2))
    np.testing.assert_allclose(one, two + x)


def test_stochastic_depth_leaves_out_a_unit_for_whole_images():
    """A dropped image is what came in; of the others the branch is 1/(1 − rate) as large. The mean stays."""
    config = preset("efficientnet-tiny", dropout_rate=0.0, stochastic_depth_rate=0.6)
    _, p = generic(config)
    own = p["stages"][1][1]
    x = np.random.default_rng(1).standard_normal((64, 3, 4, 9))
    how = mbconv.How(1e-3, False, rate=0.4)
    branch = mbconv.forward(x, own, how)[0] - x
    got = mbconv.forward(x, own, how, np.random.default_rng(2))[0] - x
    kept = abs(got).max((1, 2, 3)) > 0
    assert 25 < kept.sum() < 52
    np.testing.assert_allclose(got[kept], branch[kept] / 0.6, rtol=1e-9, atol=1e-9)


def test_an_initial_model_is_what_it_was_built_to_be():
    """Kernels of Normal(0, 2/fan out); norms that change nothing in evaluation; a head of zeros."""
    p = efficientnet.init(np.random.default_rng(0), preset("efficientnet-fashion"))
    deviations = {
        "stem.conv.W": (9 * 16) ** -0.5,
        "stages.2.1.expand.W": 256**-0.5,
        "stages.2.1.depthwise.W": 25**-0.5,
        "stages.2.1.excite.W": 256**-0.5,
        "top.conv.W": 192**-0.5,
    }
    for name, deviation in deviations.items():
        assert tree.get(p, name).std() == pytest.approx(2**0.5 * deviation, rel=0.15), name
    for name, leaf in tree.leaves(p):
        if name.rpartition(".")[2] in ("gamma", "beta", "mean", "var"):
            assert (leaf == name.endswith((".gamma", ".var"))).all()
    assert not p["classify"]["head"]["W"].any()
