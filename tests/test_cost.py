"""What cost.py counts, against the arrays themselves and against the published figures."""

import tracemalloc

import numpy as np
import pytest
from cases import NEIGHBORS, POSITIONS
from generic_models import products_of_a_run

import vitnp
from vitnp import gradcheck, tree, vit
from vitnp.analysis import cost
from vitnp.backend.tiles import BLOCK

VARIANTS = [
    {},
    {"classifier": "gap"},
    {"representation_size": None},
    {"classifier": "gap", "representation_size": None},
    {"dropout_rate": 0.2},
    {"attention_dropout_rate": 0.2},
    {"stochastic_depth_rate": 0.2, "num_layers": 3},
    {"num_classes": 0},
    *POSITIONS.values(),
    *NEIGHBORS.values(),
]


def kept_arrays(saved, parameters):
    """Every array in memory that `saved` keeps alive and that is no parameter, once."""
    if isinstance(saved, np.ndarray):
        base = saved
        while isinstance(base.base, np.ndarray):
            base = base.base
        return {} if id(base) in parameters else {id(base): base}
    if isinstance(saved, dict):
        saved = saved.values()
    if isinstance(saved, list | tuple | type({}.values())):
        found = {}
        for part in saved:
            found |= kept_arrays(part, parameters)
        return found
    return {}


@pytest.mark.parametrize("overrides", VARIANTS, ids=str)
@pytest.mark.parametrize(("dtype", "whole"), [("float32", True), ("float64", True), ("float32", False)])
def test_activation_bytes_are_those_of_saved(overrides, dtype, whole):
    config = vitnp.preset("tiny", **overrides)
    rng = np.random.default_rng(0)
    p = tree.map(lambda a: a.astype(dtype), gradcheck.random_like(vit.init(None, config), rng))
    images = rng.standard_normal((9, *config.image_size, 3)).astype(dtype)
    _, saved = vit.forward(images, p, config, rng=np.random.default_rng(1), whole=whole)
    own = {id(leaf) for _, leaf in tree.leaves(p)}
    counted = cost.saved_bytes(config, batch_size=9, itemsize=np.dtype(dtype).itemsize, whole=whole)
    assert sum(counted.values()) == sum(a.nbytes for a in kept_arrays(saved, own).values())


MODELS = [
    ("tiny", {}),
    ("digits", {}),
    ("Ti/16", {}),
    *(("tiny", fields) for fields in (*POSITIONS.values(), *NEIGHBORS.values())),
]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(("name", "fields"), MODELS, ids=str)
def test_multiply_adds_are_those_of_the_matrix_products(name, fields, whole, monkeypatch):
    config = vitnp.preset(name, **fields)
    assert products_of_a_run(config, monkeypatch, whole=whole) == sum(
        cost.multiply_adds(config, whole=whole).values()
    )


# facts of the paper's models at 224 pixels, 1000 classes, in 10⁹ multiply–adds
PUBLISHED = {
    "Ti/16": 1.254,
    "S/16": 4.599,
    "S/32": 1.143,
    "B/32": 4.409,
    "B/16": 17.564,
    "L/32": 15.378,
    "L/16": 61.555,
    "H/14": 167.295,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_multiply_adds_of_the_published_models(name):
    total = sum(cost.multiply_adds(vitnp.preset(name)).values())
    assert total / 1e9 == pytest.approx(PUBLISHED[name], abs=6e-4)


@pytest.mark.parametrize(
    ("name", "giga", "percent"), [("B/16", 1.215, 6.9), ("L/16", 2.134, 3.5), ("digits", 4.3e-4, 18.0)]
)
def test_what_nobody_reads(name, giga, percent):
    """K and V are needed of all N tokens; Q, the scores, A·V, W_O and the feed-forward network of one in place of N."""
    config = vitnp.preset(name)
    N, D, M = config.num_tokens, config.hidden_size, config.mlp_dim
    whole, less = (sum(cost.multiply_adds(config, whole=w).values()) for w in (True, False))
    assert whole - less == (N - 1) * (2 * D * D + 2 * N * D + 2 * D * M)
    assert (whole - less) / 1e9 == pytest.approx(giga, rel=5e-3)
    assert 100 * (whole - less) / whole == pytest.approx(percent, abs=0.05)


def test_parameters_by_part_add_up():
    parts = cost.parameters(vitnp.preset("B/16"))
    assert parts["project"] == 590_592
    assert parts["position"] == 151_296
    assert sum(parts.values()) == 86_567_656


TWO_DROPOUTS = {"dropout_rate": 0.1, "attention_dropout_rate": 0.1}
STEPS = [
    ("digits", {}, 32),  # activations weigh most
    ("Ti/16", {"num_layers": 4} | TWO_DROPOUTS, 4),
    ("Ti/16", {"num_layers": 4, "image_size": 160}, 2),
    ("S/32", {}, 2),  # gradients weigh most
    ("S/32", {"num_layers": 6, "gelu": "erf", "classifier": "gap"}, 4),
    ("Ti/16", {"num_layers": 4, "position_embedding": "relative"}, 4),
    ("Ti/16", {"num_layers": 4, "position_at": "every-layer"}, 4),
]


def measured(config, batch_size, how):
    """What NumPy reports to tracemalloc of a step on one thread, at the peak."""
    p = vit.init(np.random.default_rng(0), config)
    images = np.zeros((batch_size, *config.image_size, config.in_channels), np.float32)
    labels, rng = np.zeros(batch_size, int), np.random.default_rng(0)
    vitnp.loss_and_grads(images[:1], labels[:1], p, config, rng=rng)
    tracemalloc.start()
    vitnp.loss_and_grads(images, labels, p, config, rng=rng, workers=1, **how)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize(
    "how", [{}, {"recompute": True}, {"micro_batch": 1}, {"micro_batch": 1, "recompute": True}], ids=str
)
@pytest.mark.parametrize(("name", "fields", "batch_size"), STEPS)
def test_the_peak_of_a_step_is_predicted(name, fields, batch_size, how):
    """Within 10% of what is measured."""
    config = vitnp.preset(name, num_classes=10, **fields)
    predicted = cost.step_bytes(config, batch_size=batch_size, **how)
    assert sum(predicted.values()) == pytest.approx(measured(config, batch_size, how), rel=0.1)


DROP, DROP_ATTENTION, AGAIN, ONE = (
    {"dropout_rate": 0.1},
    {"attention_dropout_rate": 0.1},
    {"recompute": True},
    {"micro_batch": 1},
)
# Small models, each with its peak at another moment: image, P, D, H, L, M, rates, batch, how, bytes that are predicted.
# With classifier "gap", where every block computes all rows:
PEAKS = {
    "GELU": (80, 8, 16, 1, 1, 256, DROP_ATTENTION, 4, AGAIN, 2_842_664),
    "GELU, dropout, more than a block": (28, 2, 8, 1, 1, 1024, DROP, 2, AGAIN, 10_481_160),
    "GELU of the last layer": (80, 8, 8, 2, 2, 512, DROP_ATTENTION, 2, {}, 3_130_888),
    "GELU of the last layer, dropout": (16, 4, 8, 2, 2, 1024, DROP, 16, {}, 8_142_760),
    "GELU of the first layer": (20, 2, 32, 1, 6, 512, DROP_ATTENTION, 2, AGAIN, 3_196_712),
    "feed-forward": (32, 16, 128, 2, 1, 2048, {}, 16, {}, 4_777_256),
    "feed-forward of the last layer, dropout": (8, 2, 32, 2, 3, 2048, TWO_DROPOUTS, 4, ONE, 3_271_656),
    "feed-forward of the last layer": (32, 8, 32, 16, 3, 2048, {}, 2, ONE, 3_114_728),
    "feed-forward of the first layer": (24, 4, 64, 1, 2, 2048, {}, 1, {}, 3_478_552),
    "feed-forward of the first layer, dropout": (16, 4, 64, 8, 2, 2048, TWO_DROPOUTS, 2, AGAIN, 3_692_968),
    "scores of eight heads": (224, 16, 64, 8, 1, 64, {}, 1, {}, 4_296_280),
    "scores": (48, 8, 64, 8, 1, 64, DROP, 8, AGAIN, 3_064_744),
    "scores, more than a block": (32, 4, 32, 4, 1, 8, {}, 16, AGAIN, 5_097_160),
    "scores, dropout of them": (112, 8, 32, 1, 1, 8, DROP_ATTENTION, 2, AGAIN, 2_481_480),
    "scores, both dropouts": (112, 8, 32, 1, 1, 8, TWO_DROPOUTS, 4, {}, 4_769_608),
    "scores of the last layer": (24, 4, 64, 16, 3, 16, {}, 4, {}, 3_242_280),
    "scores of the last layer, inputs kept": (80, 8, 32, 2, 6, 8, {}, 16, AGAIN, 8_663_496),
    "scores of the last layer, dropout": (56, 4, 8, 4, 3, 8, DROP, 4, ONE, 3_715_864),
    "scores of the first layer": (20, 2, 128, 16, 3, 256, DROP, 1, ONE | AGAIN, 4_637_080),
    "heads": (96, 16, 512, 16, 1, 128, DROP_ATTENTION, 2, AGAIN, 8_034_184),
    "heads, dropout": (20, 2, 512, 16, 1, 8, DROP, 1, {}, 8_967_000),
    "heads of the last layer": (32, 8, 256, 4, 2, 16, {}, 16, {}, 8_300_648),
    "heads of the first layer, dropout": (12, 2, 512, 16, 2, 128, DROP, 1, AGAIN, 11_139_736),
}
# and with "token", where the last one computes one:
PEAKS_OF_ONE_ROW = {
    "patches": (160, 16, 16, 1, 1, 256, DROP_ATTENTION, 4, AGAIN, 2_579_000),
    "patches, in parts": (96, 16, 32, 4, 1, 64, {}, 2, ONE, 463_660),
    "heads": (96, 8, 256, 16, 1, 16, DROP, 2, {}, 3_819_552),
    "GELU of the layer before": (16, 4, 8, 2, 3, 1024, DROP, 16, {}, 8_714_632),
    "feed-forward of the last layer": (8, 2, 32, 2, 3, 2048, TWO_DROPOUTS, 4, ONE, 3_142_384),
    "scores of the layer before": (24, 4, 64, 16, 4, 16, {}, 4, {}, 3_426_712),
    "scores of the layer before, inputs kept": (80, 8, 32, 2, 6, 8, {}, 16, AGAIN, 8_336_552),
}


@pytest.mark.parametrize(
    ("classifier", "peak"),
    [*(("gap", peak) for peak in PEAKS.values()), *(("token", peak) for peak in PEAKS_OF_ONE_ROW.values())],
    ids=[*PEAKS, *(f"one row: {name}" for name in PEAKS_OF_ONE_ROW)],
)
def test_every_moment_that_may_be_the_peak(classifier, peak):
    """Each term of the formula counts somewhere: to the byte what it came to when it was measured, and within 10%."""
    image_size, P, D, H, L, M, rates, batch_size, how, predicted = peak
    fields = {"hidden_size": D, "num_heads": H, "num_layers": L, "mlp_dim": M, "num_classes": 10, **rates}
    config = vitnp.ViTConfig(image_size=image_size, patch_size=P, classifier=classifier, **fields)
    assert sum(cost.step_bytes(config, batch_size=batch_size, **how).values()) == predicted
    assert measured(config, batch_size, how) == pytest.approx(predicted, rel=0.1)


def test_two_threads_hold_two_blocks_of_gradients():
    config = vitnp.preset("B/16")
    one, two = (cost.step_bytes(config, batch_size=2, workers=n)["gradients"] for n in (1, 2))
    assert two - one == 4 * 7_087_872  # a block's parameters


def test_two_threads_have_two_blocks_in_work():
    """More than one is scored at a time, so three blocks of scores become six."""
    fields = {
        "image_size": 32,
        "patch_size": 4,
        "hidden_size": 32,
        "num_heads": 4,
        "num_layers": 1,
        "mlp_dim": 8,
        "classifier": "gap",  # all rows are computed
    }
    config = vitnp.ViTConfig(**fields)
    one, two = (cost.step_bytes(config, batch_size=16, workers=n)["temporary"] for n in (1, 2))
    assert two - one == 3 * 4 * BLOCK


def test_no_more_threads_than_images():
    config = vitnp.preset("B/16")
    assert cost.step_bytes(config, batch_size=2, workers=9) == cost.step_bytes(
        config, batch_size=2, workers=2
    )
    assert cost.step_bytes(config, batch_size=4, workers=9, micro_batch=2) == cost.step_bytes(
        config, batch_size=4, workers=2, micro_batch=2
    )
    assert cost.step_bytes(config, batch_size=4, micro_batch=9) == cost.step_bytes(config, batch_size=4)


@pytest.mark.parametrize("name", ["tiny", "B/16"])
def test_float64_takes_twice_as_much(name):
    config = vitnp.preset(name)
    four, eight = (cost.step_bytes(config, batch_size=2, itemsize=size) for size in (4, 8))
    assert eight == {kind: 2 * size for kind, size in four.items()}


def test_one_image_in_float32_unless_told_otherwise():
    config = vitnp.preset("tiny")
    assert cost.saved_bytes(config) == cost.saved_bytes(config, batch_size=1, itemsize=4)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda c: cost.saved_bytes(c, batch_size=0), "batch_size is 0; need"),
        (lambda c: cost.saved_bytes(c, itemsize=4.0), "itemsize is 4.0; need"),
        (lambda c: cost.multiply_adds(c, whole=None), "whole is None; need True or False"),
        (lambda c: cost.step_bytes(c, micro_batch=-1), "micro_batch is -1; need"),
        (lambda c: cost.step_bytes(c, recompute=1), "recompute is 1; need True or False"),
        (lambda c: cost.step_bytes(c, batchsize=1), '"batchsize" is unknown; did you mean batch_size'),
        (lambda c: cost.multiply_adds(None), "config is None; need a"),
        (lambda c: cost.multiply_adds(vitnp.preset("mlp-tiny"), whole=True), '"whole" is unknown'),
    ],
)
def test_what_cannot_be_counted(call, said):
    with pytest.raises(vitnp.InputError, match=said):
        call(vitnp.preset("tiny"))
