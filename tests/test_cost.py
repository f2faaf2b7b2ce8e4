"""What cost.py counts, against the arrays themselves and against the published figures."""

import tracemalloc

import numpy as np
import pytest
from cases import POSITIONS

import vitnp
from vitnp import cost, gradcheck, tree, vit

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
    images = rng.standard_normal((3, *config.image_size, 3)).astype(dtype)
    _, saved = vit.forward(images, p, config, rng=np.random.default_rng(1))
    own = {id(leaf) for _, leaf in tree.leaves(p)}
    counted = sum(cost.activation_bytes(config, batch_size=3, itemsize=np.dtype(dtype).itemsize).values())
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


@pytest.mark.parametrize(
    "how", [{}, {"recompute": True}, {"micro_batch": 1}, {"micro_batch": 1, "recompute": True}], ids=str
)
@pytest.mark.parametrize(("name", "fields", "batch_size"), STEPS)
def test_the_peak_of_a_step_is_foretold(name, fields, batch_size, how):
    """Within 10% of what NumPy reports to tracemalloc."""
    config = vitnp.preset(name, num_classes=10, **fields)
    p = vit.init(np.random.default_rng(0), config)
    images = np.zeros((batch_size, *config.image_size, config.in_channels), np.float32)
    labels, rng = np.zeros(batch_size, int), np.random.default_rng(0)
    vitnp.loss_and_grads(images[:1], labels[:1], p, config, rng=rng)
    tracemalloc.start()
    vitnp.loss_and_grads(images, labels, p, config, rng=rng, workers=1, **how)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    foretold = cost.step_bytes(config, batch_size=batch_size, **how)
    assert sum(foretold.values()) == pytest.approx(peak, rel=0.1)


def test_two_threads_hold_two_blocks_of_gradients():
    config = vitnp.preset("B/16")
    one, two = (cost.step_bytes(config, batch_size=2, workers=n)["gradients"] for n in (1, 2))
    assert two - one == 4 * 7_087_872  # a block's parameters
