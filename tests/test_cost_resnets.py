"""What BiT and hybrids keep for backward, against the arrays themselves, and the memory of a training step."""

import tracemalloc

import numpy as np
import pytest
from command_line import run
from generic_models import generic
from test_cost import kept_arrays

import vitnp
from vitnp import InputError, models, preset, tree
from vitnp.analysis import cost

SAVED = [
    ("bit-tiny", {}),
    ("bit-tiny", {"units": ()}),
    ("bit-tiny", {"units": (2, 1, 3), "num_classes": 0, "image_size": (31, 16)}),
    ("hybrid-tiny", {}),
    ("hybrid-tiny", {"stem_units": (), "patch_size": 4, "image_size": (29, 45)}),
    ("hybrid-tiny", {"stem_units": ()}),
    ("hybrid-tiny", {"stem_units": (1, 2, 1), "patch_size": 2, "image_size": (32, 64)}),
    ("hybrid-tiny", {"kernel_eps_at": "variance", "classifier": "gap", "dropout_rate": 0.1}),
]


@pytest.mark.parametrize(("name", "fields"), SAVED, ids=str)
@pytest.mark.parametrize(("dtype", "whole"), [("float32", True), ("float64", True), ("float32", False)])
def test_saved_bytes_are_those_of_saved(name, fields, dtype, whole):
    config = preset(name, **fields)
    images, p = generic(config, batch=5, dtype=dtype)
    _, saved = models.of(config).forward(images, p, config, np.random.default_rng(0), whole=whole)
    own = {id(leaf) for _, leaf in tree.leaves(p)}
    how = {"whole": whole} if name == "hybrid-tiny" else {}
    counted = cost.saved_bytes(config, batch_size=5, itemsize=np.dtype(dtype).itemsize, **how)
    assert sum(counted.values()) == sum(a.nbytes for a in kept_arrays(saved, own).values())


def test_the_parts_are_those_of_the_multiply_adds():
    assert list(cost.saved_bytes(preset("R50x1"))) == [
        *("root", "stage 1", "stage 2", "stage 3", "stage 4", "last norm and head")
    ]
    hybrid = cost.saved_bytes(preset("R50+B/16"))
    assert list(hybrid)[:5] == ["stem root", "stem stage 1", "stem stage 2", "stem stage 3", "patches"]
    assert hybrid["patches"] == 0  # they are the last unit's output


SMALL_VIT = {"hidden_size": 192, "num_heads": 3, "num_layers": 2, "mlp_dim": 768}
STEPS = [
    ("R50x1", {"width": 32, "units": (2, 2, 2, 2), "image_size": 96}, 4),
    ("R50x1", {"width": 64, "units": (3,), "image_size": 64}, 2),  # activations weigh most
    ("R50x1", {"width": 32, "units": (1, 1, 1, 1), "image_size": 32}, 2),  # kernels weigh most
    ("R50+B/16", {"stem_width": 32, "stem_units": (2, 2, 2), "image_size": 96} | SMALL_VIT, 4),
    (
        "R50+B/16",
        {"stem_width": 32, "stem_units": (1, 1), "image_size": 96} | SMALL_VIT,
        4,
    ),  # most in the stem
    ("R+Ti/16", {"image_size": 96, "num_layers": 2}, 4),  # most in the root
]


def measured(config, batch_size, how):
    """What NumPy reports to tracemalloc of a step on one thread, at the peak."""
    p = models.of(config).init(np.random.default_rng(0), config)
    images, labels = np.zeros((batch_size, *config.image_size, 3), np.float32), np.zeros(batch_size, int)
    vitnp.loss_and_grads(images[:1], labels[:1], p, config)
    tracemalloc.start()
    vitnp.loss_and_grads(images, labels, p, config, workers=1, **how)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize(
    "how", [{}, {"recompute": True}, {"micro_batch": 1}, {"micro_batch": 1, "recompute": True}], ids=str
)
@pytest.mark.parametrize(("name", "fields", "batch_size"), STEPS)
def test_the_peak_of_a_step_is_predicted(name, fields, batch_size, how):
    """Within 10% of what is measured."""
    config = preset(name, num_classes=10, **fields)
    predicted = cost.step_bytes(config, batch_size=batch_size, **how)
    assert sum(predicted.values()) == pytest.approx(measured(config, batch_size, how), rel=0.1)


@pytest.mark.parametrize("name", ["R50x1", "R50+B/16"])
def test_the_options_of_a_step(name):
    """Twice the bytes in float64; not more threads than images; two threads hold two parts of gradients."""
    config = preset(name, image_size=64)
    four, eight = (cost.step_bytes(config, batch_size=2, itemsize=size) for size in (4, 8))
    # but for the pool's uint8
    assert 2 * sum(four.values()) == pytest.approx(sum(eight.values()), rel=1e-3)
    one, two, nine = (cost.step_bytes(config, batch_size=2, workers=n) for n in (1, 2, 9))
    assert nine == two and sum(two.values()) > sum(one.values())
    for bad in ({"batch_size": 0}, {"workers": 0}, {"micro_batch": -1}, {"recompute": 1}, {"itemsize": 4.0}):
        with pytest.raises(InputError, match=f"{next(iter(bad))} is "):
            cost.step_bytes(config, **bad)
    with pytest.raises(InputError, match="batch_size is 0"):
        cost.saved_bytes(config, batch_size=0)


@pytest.mark.parametrize("name", ["bit-digits", "R50x1", "R50+B/16"])
def test_info_prints_them(capsys, name):
    status, out, _ = run(capsys, "info", name, "--batch", "8")
    assert status == 0
    kept = sum(cost.saved_bytes(preset(name), batch_size=8).values())
    assert "kept for backward, 8 images, float32" in out and cost.mebibytes(kept) in out
    assert "peak of a training step" in out
