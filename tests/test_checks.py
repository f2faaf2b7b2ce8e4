"""Bad images and labels: one line that says what was given, what is needed and what to do."""

import dataclasses

import numpy as np
import pytest

from vitnp import InputError, loss_and_grads, predict, trace, vit
from vitnp.errors import need_int, need_real
from vitnp.inputs.checks import check_labels
from vitnp.inputs.images import check_images
from vitnp.models import preset

CONFIG = preset("tiny")
HEIGHT, WIDTH = CONFIG.image_size
NEED = f"(B, {HEIGHT}, {WIDTH}, 3)"


def images(value=0.5, shape=(2, HEIGHT, WIDTH, 3)):
    """Good images, unless told otherwise."""
    return np.full(shape, value)


def spoiled(value):
    """Good images with two bad values."""
    x = images()
    x[0, 0, 0, 0] = x[1, 2, 3, 1] = value
    return x


BAD_IMAGES = {
    "list": ([[0.5]], ["list", NEED]),
    "None": (None, ["NoneType", NEED]),
    "one image": (images(shape=(HEIGHT, WIDTH, 3)), [f"({HEIGHT}, {WIDTH}, 3)", "image[None]"]),
    "gray": (images(shape=(HEIGHT, WIDTH)), [f"({HEIGHT}, {WIDTH})", NEED]),
    "five axes": (images(shape=(1, 2, HEIGHT, WIDTH, 3)), [f"(1, 2, {HEIGHT}, {WIDTH}, 3)", NEED]),
    "empty batch": (images(shape=(0, HEIGHT, WIDTH, 3)), ["empty", "at least one"]),
    "channels": (images(shape=(2, HEIGHT, WIDTH, 4)), ["4 channels", "needs 3"]),
    "channels first": (images(shape=(2, 3, HEIGHT, WIDTH)), [f"{WIDTH} channels", "channels come last"]),
    "size": (images(shape=(2, 16, 8, 3)), ["16x8", f"{HEIGHT}x{WIDTH}", "image_size=(16, 8)"]),
    "sides exchanged": (images(shape=(2, WIDTH, HEIGHT, 3)), [f"{WIDTH}x{HEIGHT}", f"{HEIGHT}x{WIDTH}"]),
    "int64": (images(7).astype(np.int64), ["int64", "uint8", "astype"]),
    "bool": (images(1).astype(bool), ["bool", "uint8"]),
    "object": (images().astype(object), ["object", "uint8"]),
    "NaN": (spoiled(np.nan), ["2 values", "NaN", "finite"]),
    "infinity": (spoiled(-np.inf), ["2 values", "infinite"]),
}


@pytest.mark.parametrize(
    ("name", "said"), [("norm", "norm.gamma is missing"), ("project", "project.b is list")]
)
def test_a_parameter_that_is_no_array(name, said):
    p = vit.init(None, CONFIG)
    p = p | {"norm": 5} if name == "norm" else p | {"project": p["project"] | {"b": [1.0]}}
    with pytest.raises(InputError, match=said):
        predict(images(), p, CONFIG)


@pytest.mark.parametrize(("given", "said"), BAD_IMAGES.values(), ids=BAD_IMAGES)
def test_bad_images(given, said):
    for call in (
        lambda: check_images(given, CONFIG, np.float32),
        lambda: vit.forward(given, vit.init(None, CONFIG), CONFIG),
    ):
        with pytest.raises(InputError) as problem:
            call()
        message = str(problem.value)
        assert [part for part in said if part not in message] == []
        assert "\n" not in message


@pytest.mark.parametrize("p", [None, [], {}, {"norm": None}, np.ones(3)], ids=str)
def test_what_is_no_model(p):
    for call in (
        lambda: vit.forward(images(), p, CONFIG),
        lambda: predict(images(), p, CONFIG),
        lambda: loss_and_grads(images(), np.array([0, 1]), p, CONFIG),
        lambda: trace(images(), p, CONFIG),
    ):
        with pytest.raises(InputError, match=rf"p is a {type(p).__name__} without arrays; need .* vit.init"):
            call()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"num_layers": 1}, "blocks.1.norm_1.gamma is unexpected; .* and 13 more"),
        ({"num_layers": 3}, r"blocks.2.norm_1.gamma is missing, need \(28,\); .* and 13 more"),
        ({"position_embedding": "none"}, "position.E_pos is unexpected$"),
        (
            {"representation_size": 9},
            r"classify.pre_logits.W is .*; .*; classify.head.W is \(17, 13\), need \(9, 13\)$",
        ),
        (
            {"classifier": "gap"},
            r"class_token.cls is unexpected; position.E_pos is \(31, 28\), need \(30, 28\)$",
        ),
        ({"num_classes": 3}, r"classify.head.W is \(17, 13\), need \(17, 3\); classify.head.b is"),
    ],
    ids=str,
)
def test_another_models_parameters(changed, said):
    """Some of them would run, and give wrong logits."""
    p, config = vit.init(np.random.default_rng(0), CONFIG), dataclasses.replace(CONFIG, **changed)
    for call in (
        lambda: vit.forward(images(), p, config),
        lambda: predict(images(), p, config),
        lambda: loss_and_grads(images(), np.array([0, 1]), p, config),
        lambda: trace(images(), p, config),
    ):
        with pytest.raises(InputError, match=f"^p is not the tree of this configuration: {said}"):
            call()


def test_bytes_are_scaled_to_minus_one_and_one():
    x = np.zeros((1, HEIGHT, WIDTH, 3), np.uint8)
    x[0, 0, 0] = [0, 51, 255]
    got = check_images(x, CONFIG, np.float32)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got[0, 0, 0], [-1.0, -0.6, 1.0], rtol=1e-6)


@pytest.mark.parametrize("given", ["float16", "float32", "float64"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_are_taken_as_they_are(given, dtype):
    x = images().astype(given)
    got = check_images(x, CONFIG, dtype)
    assert got.dtype == dtype
    assert (got == 0.5).all()
    assert (got is x) == (given == dtype)  # no copy without need


def test_complex_numbers_stay_what_they_are():
    """For the complex step, of the images or of the parameters."""
    x, z = images(), images().astype(complex)
    assert check_images(z, CONFIG, np.float32) is z
    assert check_images(x, CONFIG, np.complex128) is x


def test_images_are_checked_by_their_own_side():
    """The height alone, the width alone, the channels alone."""
    for shape in ((1, 16, WIDTH, 3), (1, HEIGHT, 16, 3), (1, HEIGHT, WIDTH, 1)):
        with pytest.raises(InputError, match="the model needs"):
            check_images(images(shape=shape), CONFIG, np.float32)


BAD_LABELS = {
    "none": (np.zeros(0, int), ["(0,)", "(2,)"]),
    "list": ([0, 1], ["list", "(2,)", "(2, 5)"]),
    "too few": (np.array([0]), ["(1,)", "(2,)"]),
    "one column": (np.array([[0], [1]]), ["(2, 1)", "(2,)"]),
    "floats": (np.array([0.0, 1.0]), ["float64", "integers"]),
    "classes": (np.full((2, 4), 0.25), ["(2, 4)", "(2, 5)"]),
    "integers in the place of probabilities": (np.eye(5, dtype=int)[:2], ["int64", "probabilities"]),
    "too large": (np.array([0, 5]), ["0 to 5", "5 classes", "0 to 4"]),
    "negative": (np.array([-1, 4]), ["-1 to 4", "0 to 4"]),
}


@pytest.mark.parametrize(("given", "said"), BAD_LABELS.values(), ids=BAD_LABELS)
def test_bad_labels(given, said):
    with pytest.raises(InputError) as problem:
        check_labels(given, 2, 5)
    message = str(problem.value)
    assert [part for part in said if part not in message] == []
    assert "\n" not in message


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64"])
def test_good_labels(dtype):
    check_labels(np.array([0, 4], dtype), 2, 5)
    check_labels(np.full((2, 5), 0.2, np.float32), 2, 5)


def test_a_seed_is_no_generator():
    p = vit.init(np.random.default_rng(0), CONFIG)
    for call in (
        lambda: vit.init(0, CONFIG),
        lambda: loss_and_grads(images(), np.array([0, 1]), p, CONFIG, rng=0),
    ):
        with pytest.raises(
            InputError, match=r"rng is 0; need a generator, such as np.random.default_rng\(0\)"
        ):
            call()


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        (2, False),
        (3, True),
        (5, True),
        (6, False),
        (np.int8(4), True),
        (4.0, False),
        (True, False),
        (None, False),
    ],
)
def test_a_whole_number(value, fits):
    if fits:
        assert type(need_int("n", value, at_least=3, at_most=5)) is int
        return
    with pytest.raises(InputError, match=r"^n is .*; need a whole number of at least 3 and at most 5$"):
        need_int("n", value, at_least=3, at_most=5)


@pytest.mark.parametrize(
    ("bounds", "good", "bad", "words"),
    [
        (
            (0, 1, False),
            [0, 0.5, np.float32(0.25)],
            [-0.1, 1, True, "0.5", np.nan],
            "number from 0 to below 1",
        ),
        ((0, 1, True), [1e-9, 0.5], [0, 1, 2, None], "number above 0 and below 1"),
        ((2, np.inf, False), [2, 1e300], [1.9, np.inf, np.nan, -np.inf], "finite number from 2 on"),
        ((2, np.inf, True), [2.1, 1e300], [2, 1.9, np.inf], "finite number above 2"),
    ],
    ids=str,
)
def test_a_number_between_its_bounds(bounds, good, bad, words):
    low, below, open_at_low = bounds
    for value in good:
        assert type(need_real("x", value, low=low, below=below, open_at_low=open_at_low)) is float
    for value in bad:
        with pytest.raises(InputError, match=f"^x is .*; need a {words}$"):
            need_real("x", value, low=low, below=below, open_at_low=open_at_low)
