"""The MLP: by a loop, and through every command and file as the ViT goes."""

import dataclasses

import numpy as np
import pytest
from generic_models import generic

import vitnp
from vitnp import InputError, preset, tree, weights
from vitnp.analysis import cost
from vitnp.commands import cli
from vitnp.models import mlp
from vitnp.weights import adapt

TINY = preset("mlp-tiny")


def run(capsys, *words):
    """(status, stdout, stderr) of a command."""
    status = cli.main([part for word in words for part in str(word).split()])
    return status, *capsys.readouterr()


def test_every_neuron_by_a_loop():
    images, p = generic(TINY)
    logits, _ = mlp.forward(images, p, TINY)
    for image, z in zip(images, logits, strict=True):
        x = [*image.ravel()]
        for layer in p["layers"].values():
            u = [sum(a * w for a, w in zip(x, column, strict=True)) for column in layer["W"].T] + layer["b"]
            x = [v * 0.5 * (1 + np.tanh(np.sqrt(2 / np.pi) * (v + 0.044715 * v**3))) for v in u]
        head = p["classify"]["head"]
        expected = [sum(a * w for a, w in zip(x, column, strict=True)) for column in head["W"].T] + head["b"]
        np.testing.assert_allclose(z, expected, rtol=1e-12)


def formulas(images, p, config, moved="", by=0.0):
    """The loss for the labels 1, 4, 0, and every tensor by name, with `by` added to the one called `moved`."""
    seen = {}

    def see(name, value):
        seen[name] = value + by if name == moved else value
        return seen[name]

    x = see("x0", see("image", images).reshape(len(images), -1))
    for i, layer in p["layers"].items():
        u = see(f"layers.{i}.u", x @ layer["W"] + layer["b"])
        x = see(f"layers.{i}.g", u * 0.5 * (1 + np.tanh(np.sqrt(2 / np.pi) * (u + 0.044715 * u**3))))
    z = see("y", x)
    if config.num_classes:
        z = see("logits", z @ p["classify"]["head"]["W"] + p["classify"]["head"]["b"])
        e = np.exp(z)
        P = see("p", e / e.sum(1, keepdims=True))
        return -np.log(P[[0, 1, 2], [1, 4, 0]]).mean(), seen
    return None, seen


@pytest.mark.parametrize("fields", [{}, {"num_layers": 1}, {"num_classes": 0}, {"dropout_rate": 0.5}])
def test_every_named_tensor_and_its_gradient(fields):
    config = dataclasses.replace(TINY, **fields)
    rng = np.random.default_rng(2)
    p = vitnp.gradcheck.random_like(mlp.init(None, config, "float64"), rng)
    images = rng.standard_normal((3, *config.image_size, config.in_channels))
    labels = np.array([1, 4, 0]) if config.num_classes else None
    t = vitnp.trace(images, p, config, labels)
    seen = formulas(images, p, config)[1]
    assert list(t) == list(seen)
    for name, value in seen.items():
        np.testing.assert_allclose(t[name], value, rtol=1e-12, atol=1e-14, err_msg=name)
    for record in t.backward or ():
        v = rng.standard_normal(record.shape)
        moved = formulas(images, p, config, record.name, 1e-30j * v)[0].imag / 1e-30
        assert record.shape == t[record.name].shape
        assert abs(moved - (record.value * v).sum()) < 1e-11 * record.norm, record.name
    assert (t.backward is None) == (not config.num_classes)


def test_the_sizes_of_the_tiny_one_all_differ():
    height, width = TINY.image_size
    D, L = TINY.hidden_size, TINY.num_layers
    sizes = [height, width, TINY.in_channels, D, L, TINY.num_classes, height * width * TINY.in_channels]
    assert len(set(sizes)) == len(sizes)


def test_multiply_adds_are_those_of_the_matrices():
    assert sum(cost.multiply_adds(TINY).values()) == sum(
        leaf.size for _, leaf in tree.leaves(mlp.init(None, TINY)) if leaf.ndim == 2
    )


def test_what_a_file_of_it_cannot_be_loaded_as(tmp_path):
    _, p = generic(TINY)
    weights.save(tmp_path / "model.npz", p, TINY)
    for how in ({"image_size": 8}, {"num_heads": 3}, {"format": "timm"}):
        with pytest.raises(InputError):
            weights.load(tmp_path / "model.npz", **how)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "walk --model mlp-digits",
            "walk follows the slides of the ViT, and this is a model of the family mlp",
        ),
        ("pretrain --model mlp-digits --out", "has no patches to corrupt"),
        ("train --model mlp-digits --set num_heads=2 --out", 'field "num_heads" is unknown'),
        ("info mlp-digit", "did you mean mlp-digits"),
    ],
)
def test_what_it_has_not_is_said(capsys, tmp_path, words, said):
    status, _, err = run(capsys, words, *([tmp_path / "run"] if words.endswith("--out") else []))
    assert status == 2
    assert said in err and err.count("\n") == 1


def test_what_it_cannot_do_is_said_in_words():
    _, p = generic(TINY)
    for call, said in (
        (lambda: adapt.new_image_size(p, TINY, 16), "has no other image size than its own"),
        (lambda: cost.step_bytes(TINY), "has no count of a step's memory"),
    ):
        with pytest.raises(InputError, match=f"a model of the family mlp {said}"):
            call()
