"""The RNN: its sequence, its states by the GRU's own test, its options, and through every command and file."""

import dataclasses

import numpy as np
import pytest
from generic_models import generic

import vitnp
from vitnp import InputError, preset, tree
from vitnp.analysis import cost
from vitnp.commands import cli
from vitnp.commands.gradcheck import check_model
from vitnp.models import rnn
from vitnp.weights import adapt

TINY = preset("rnn-tiny")
PATCHES = dataclasses.replace(TINY, sequence="patches", classifier="gap", num_layers=1)
BOTH = pytest.mark.parametrize("config", [TINY, PATCHES], ids=["rows, last", "patches, gap"])


def run(capsys, *words):
    """(status, stdout, stderr) of a command."""
    status = cli.main([part for word in words for part in str(word).split()])
    return status, *capsys.readouterr()


def sequence_of(image, config):
    """The inputs of one image, by a loop: its rows from the top, or its patches as one reads."""
    height, width, _ = image.shape
    P = config.patch_size
    if config.sequence == "rows":
        return np.array([image[r].ravel() for r in range(height)])
    return np.array(
        [image[r : r + P, c : c + P].ravel() for r in range(0, height, P) for c in range(0, width, P)]
    )


def states(x, p):
    """The states of one sequence (T, I), gate by gate."""
    D = len(p["c"])
    W, U = (np.split(p[name], 3, axis=1) for name in ("W_x", "W_h"))
    b, h, found = np.split(p["b"], 3), np.zeros(D), []
    for value in x:
        r, z = (1 / (1 + np.exp(-(value @ W[i] + b[i] + h @ U[i]))) for i in range(2))
        n = np.tanh(value @ W[2] + b[2] + r * (h @ U[2] + p["c"]))
        h = (1 - z) * n + z * h
        found.append(h)
    return np.array(found)


@BOTH
def test_every_state_by_a_loop(config):
    images, p = generic(config)
    logits, _ = rnn.forward(images, p, config)
    for image, z in zip(images, logits, strict=True):
        x = sequence_of(image, config)
        assert x.shape == (config.length, config.inputs)
        for layer in p["layers"].values():
            x = states(x, layer)
        y = x[-1] if config.classifier == "last" else x.mean(0)
        head = p["classify"]["head"]
        np.testing.assert_allclose(z, y @ head["W"] + head["b"], rtol=1e-10)


@pytest.mark.parametrize(
    "fields", [{}, {"sequence": "patches"}, {"classifier": "gap"}, {"image_size": (1, 6)}]
)
def test_every_gradient(fields):
    """Each leaf and the image, by the complex step and by differences."""
    config = dataclasses.replace(TINY, **fields)
    report = check_model(config, seeds=(1, 2))
    assert report.ok, f"\n{report}"
    assert report.worst[0] <= 1e-12 and report.worst[1] <= 1e-6
    assert [leaf.name for leaf in report.leaves][1:] == [n for n, _ in tree.leaves(rnn.init(None, config))]


def test_the_sizes_of_the_tiny_one_all_differ():
    sizes = [
        *TINY.image_size,
        TINY.in_channels,
        TINY.hidden_size,
        TINY.num_layers,
        TINY.num_classes,
        TINY.inputs,
    ]
    assert len(set(sizes)) == len(sizes)
    assert len({PATCHES.length, PATCHES.inputs, PATCHES.hidden_size, *PATCHES.image_size}) == 4  # 6 patches


@pytest.mark.parametrize("config", [TINY, PATCHES, dataclasses.replace(TINY, num_classes=0)])
def test_multiply_adds_are_those_of_the_matrices(config):
    """Every weight of a layer is used once per input, the head's once."""
    sizes = {name: leaf.size for name, leaf in tree.leaves(rnn.init(None, config)) if leaf.ndim == 2}
    want = sum(size * (1 if name.startswith("classify") else config.length) for name, size in sizes.items())
    assert sum(cost.multiply_adds(config).values()) == want


def test_initial_weights():
    p = rnn.init(np.random.default_rng(0), TINY)
    for name, leaf in tree.leaves(p):
        assert leaf.dtype == "float32"
        assert leaf.any() == (".W_" in name), name
    assert (p["layers"][1]["W_x"].shape, p["layers"][0]["W_x"].shape) == ((5, 15), (24, 15))
    assert not rnn.forward(np.ones((2, 9, 6, 4)), p, TINY)[0].any()
    assert all(sum(abs(step) for step in leaf.strides) == 0 for _, leaf in tree.leaves(rnn.init(None, TINY)))


def test_the_order_of_the_rows_matters():
    images, p = generic(TINY)
    y = rnn.forward(images, p, TINY)[0]
    assert abs(rnn.forward(images[:, ::-1], p, TINY)[0] - y).max() > 1e-3


def formulas(images, p, config, moved="", by=0.0):
    """The loss for the labels 1, 4, 0, and every tensor by name, with `by` added to the one called `moved`."""
    seen = {}

    def see(name, value):
        seen[name] = value + by if name == moved else value
        return seen[name]

    images = see("image", images)
    x = see("x0", np.array([sequence_of(image, config) for image in images]))
    for i, layer in p["layers"].items():
        D = len(layer["c"])
        a = see(f"layers.{i}.a", x @ layer["W_x"] + layer["b"])
        name, h, found = f"layers.{i}.h", np.zeros((len(x), D)), []
        seen[name] = None
        for t in range(x.shape[1]):
            u = h @ layer["W_h"]
            r, z = (1 / (1 + np.exp(-(a[:, t, g] + u[:, g]))) for g in (slice(0, D), slice(D, 2 * D)))
            n = np.tanh(a[:, t, 2 * D :] + r * (u[:, 2 * D :] + layer["c"]))
            h = (1 - z) * n + z * h + (by[:, t] if name == moved else 0.0)
            found.append(h)
        x = seen[name] = np.stack(found, 1)
    z = see("y", x[:, -1] if config.classifier == "last" else x.mean(1))
    z = see("logits", z @ p["classify"]["head"]["W"] + p["classify"]["head"]["b"])
    e = np.exp(z)
    P = see("p", e / e.sum(1, keepdims=True))
    return -np.log(P[[0, 1, 2], [1, 4, 0]]).mean(), seen


@BOTH
def test_every_named_tensor_and_its_gradient(config):
    images, p = generic(config)
    t = vitnp.trace(images, p, config, np.array([1, 4, 0]))
    seen = formulas(images, p, config)[1]
    assert list(t) == list(seen)
    rng = np.random.default_rng(3)
    for name, value in seen.items():
        np.testing.assert_allclose(t[name], value, rtol=1e-10, atol=1e-13, err_msg=name)
    for record in t.backward:
        v = rng.standard_normal(record.shape)
        moved = formulas(images, p, config, record.name, 1e-30j * v)[0].imag / 1e-30
        assert abs(moved - (record.value * v).sum()) < 1e-11 * max(record.norm, 1e-3), record.name


# ---- configurations ----


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"sequence": "columns"}, 'sequence is "columns"; choose rows or patches'),
        ({"classifier": "token"}, 'classifier is "token"; choose last or gap'),
        ({"hidden_size": 0}, "hidden_size is 0; need a whole number of at least 1"),
        ({"num_layers": 1001}, "num_layers is 1001; need a whole number of at least 1 and at most 1,000"),
        (
            {"sequence": "patches", "patch_size": 4},
            "image_size 9x6 is not divisible by patch_size 4; use multiples of 4, such as 8x4, a patch_size",
        ),
        ({"hidden_size": 2**22}, "numbers, more than any memory; use smaller sizes"),
        ({"num_heads": 4}, 'field "num_heads" is unknown'),
    ],
)
def test_what_does_not_fit_is_said(fields, said):
    with pytest.raises(InputError) as problem:
        preset("rnn-tiny", **fields)
    assert said in str(problem.value)


def test_the_advice_for_patches_works():
    wrong = {"sequence": "patches", "patch_size": 4}
    assert preset("rnn-tiny", **wrong | {"image_size": (8, 4)}).length == 2
    assert preset("rnn-tiny", **wrong | {"sequence": "rows"}).length == 9


# ---- files and commands ----


def test_another_size_needs_inputs_of_as_many_values():
    _, p = generic(PATCHES)
    q, config = adapt.new_image_size(p, PATCHES, (12, 15))
    assert q is p and config.length == 20
    _, p = generic(TINY)
    assert adapt.new_image_size(p, TINY, (20, 6))[1].length == 20
    with pytest.raises(
        InputError, match=r"width 7 have rows of 28 values, this model reads rows of 24; use .*width 6"
    ):
        adapt.new_image_size(p, TINY, (9, 7))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "walk --model rnn-digits",
            "walk follows the slides of the ViT, and this is a model of the family rnn",
        ),
        ("info rnn-digits --set num_heads=2", 'field "num_heads" is unknown'),
        ("info rnn-digit", "did you mean rnn-digits"),
        ("info rnn-digits --set sequence=patches", "image_size 8x8 is not divisible by patch_size 16"),
    ],
)
def test_what_it_has_not_is_said(capsys, words, said):
    status, _, err = run(capsys, words)
    assert status == 2
    assert said in err and err.count("\n") == 1
