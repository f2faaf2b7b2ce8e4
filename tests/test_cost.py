"""What cost.py counts, against the arrays themselves and against the published figures."""

import tracemalloc

import numpy as np
import pytest
from cases import POSITIONS

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
    {"num_classes": 0},
    *POSITIONS.values(),
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
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activation_bytes_are_those_of_saved(overrides, dtype):
    config = vitnp.preset("tiny", **overrides)
    rng = np.random.default_rng(0)
    p = tree.map(lambda a: a.astype(dtype), gradcheck.random_like(vit.init(None, config), rng))
    images = rng.standard_normal((9, *config.image_size, 3)).astype(dtype)
    _, saved = vit.forward(images, p, config, rng=np.random.default_rng(1))
    own = {id(leaf) for _, leaf in tree.leaves(p)}
    counted = sum(cost.activation_bytes(config, batch_size=9, itemsize=np.dtype(dtype).itemsize).values())
    assert counted == sum(a.nbytes for a in kept_arrays(saved, own).values())


MODELS = [("tiny", {}), ("digits", {}), ("Ti/16", {}), *(("tiny", fields) for fields in POSITIONS.values())]


@pytest.mark.parametrize(("name", "fields"), MODELS, ids=str)
def test_multiply_adds_are_those_of_the_matrix_products(name, fields):
    """Count them where they happen: an array type whose @ adds up its shapes."""
    done = []

    class Counting(np.ndarray):
        def __matmul__(self, other):
            product = np.asarray(self) @ np.asarray(other)
            if np.ndim(other) > 1:  # a product with a vector of ones is only a sum
                done.append(product.size * self.shape[-1])
            return product.view(Counting)

        def __rmatmul__(self, other):
            return other.view(Counting) @ self

    config = vitnp.preset(name, **fields)
    p = tree.map(lambda a: a.view(Counting), vit.init(np.random.default_rng(0), config))
    images = np.zeros((1, *config.image_size, config.in_channels), np.float32)
    vit.forward(images, p, config)
    assert sum(done) == sum(cost.multiply_adds(config).values())


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
PEAKS = {
    "GELU": (160, 16, 16, 1, 1, 256, DROP_ATTENTION, 4, AGAIN, 3_817_228),
    "GELU, dropout, more than a block": (28, 2, 8, 1, 1, 1024, DROP, 2, AGAIN, 10_540_632),
    "GELU of the last layer": (80, 8, 8, 2, 2, 512, DROP_ATTENTION, 2, {}, 3_171_096),
    "GELU of the last layer, dropout": (16, 4, 8, 2, 2, 1024, DROP, 16, {}, 8_661_096),
    "GELU of the first layer": (20, 2, 32, 1, 6, 512, DROP_ATTENTION, 2, AGAIN, 3_247_642),
    "feed-forward": (32, 16, 128, 2, 1, 2048, {}, 16, {}, 5_425_768),
    "feed-forward of the last layer, dropout": (8, 2, 32, 2, 3, 2048, TWO_DROPOUTS, 4, ONE, 3_342_146),
    "feed-forward of the last layer": (32, 8, 32, 16, 3, 2048, {}, 2, ONE, 3_176_004),
    "feed-forward of the first layer": (24, 4, 64, 1, 2, 2048, {}, 1, {}, 3_523_656),
    "feed-forward of the first layer, dropout": (16, 4, 64, 8, 2, 2048, TWO_DROPOUTS, 2, AGAIN, 3_796_368),
    "scores of eight heads": (224, 16, 64, 8, 1, 64, {}, 1, {}, 4_363_396),
    "scores": (48, 8, 64, 8, 1, 64, DROP, 8, AGAIN, 3_254_280),
    "scores, more than a block": (32, 4, 32, 4, 1, 8, {}, 16, AGAIN, 5_296_776),
    "scores, dropout of them": (224, 16, 32, 1, 1, 8, DROP_ATTENTION, 2, AGAIN, 3_763_098),
    "scores, both dropouts": (224, 16, 32, 1, 1, 8, TWO_DROPOUTS, 4, {}, 7_217_740),
    "scores of the last layer": (24, 4, 64, 16, 3, 16, {}, 4, {}, 3_424_920),
    "scores of the last layer, inputs kept": (80, 8, 32, 2, 6, 8, {}, 16, AGAIN, 8_939_784),
    "scores of the last layer, dropout": (56, 4, 8, 4, 3, 8, DROP, 4, ONE, 3_742_324),
    "scores of the first layer": (20, 2, 128, 16, 3, 256, DROP, 1, ONE | AGAIN, 4_712_036),
    "heads": (96, 16, 512, 16, 1, 128, DROP_ATTENTION, 2, AGAIN, 8_272_192),
    "heads, dropout": (20, 2, 512, 16, 1, 8, DROP, 1, {}, 9_225_164),
    "heads of the last layer": (32, 8, 256, 4, 2, 16, {}, 16, {}, 9_008_040),
    "heads of the first layer, dropout": (12, 2, 512, 16, 2, 128, DROP, 1, AGAIN, 11_261_284),
}


@pytest.mark.parametrize("peak", PEAKS.values(), ids=PEAKS)
def test_every_moment_that_may_be_the_peak(peak):
    """Each term of the formula counts somewhere: to the byte what it came to when it was measured, and within 10%."""
    image_size, P, D, H, L, M, rates, batch_size, how, predicted = peak
    fields = {"hidden_size": D, "num_heads": H, "num_layers": L, "mlp_dim": M, "num_classes": 10, **rates}
    config = vitnp.ViTConfig(image_size=image_size, patch_size=P, **fields)
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
    assert cost.activation_bytes(config) == cost.activation_bytes(config, batch_size=1, itemsize=4)
