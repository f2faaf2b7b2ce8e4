"""Bad images and labels: one line that says what was given, what is needed and what to do."""

import dataclasses
import functools

import numpy as np
import pytest

from vitnp import InputError, loss_and_grads, predict, trace, tree, vit
from vitnp.errors import need_int, need_real
from vitnp.inputs.checks import check_labels
from vitnp.inputs.images import check_images
from vitnp.models import cnn, mlp, preset, rnn
from vitnp.models.vit import masked
from vitnp.tasks import Classification
from vitnp.tasks.masked import MaskedPatches, with_task, without_head

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


LABELS = np.array([3, 5])


def parameters(dtype="float64"):
    """A tiny model's, random: no leaf is zero."""
    return tree.map(
        lambda leaf: np.random.default_rng(leaf.size).standard_normal(leaf.shape).astype(dtype),
        vit.init(None, CONFIG),
    )


def one_leaf(change):
    """The parameters with norm.beta changed."""
    p = parameters()
    return p | {"norm": p["norm"] | {"beta": change(p["norm"]["beta"])}}


BAD_PARAMETERS = {
    "list": (one_leaf(list), "norm.beta is list, need"),
    "None": (one_leaf(lambda leaf: None), "norm.beta is NoneType, need"),
    "objects": (one_leaf(lambda leaf: leaf.astype(object)), "p.norm.beta is object, the others are float64"),
    "integers": (one_leaf(lambda leaf: leaf.astype(int)), "p.norm.beta is int64, the others are float64"),
    "half of it": (one_leaf(lambda leaf: leaf.astype("float16")), "p.norm.beta is float16, the others are"),
    "masked": (one_leaf(np.ma.masked_array), r"p.norm.beta is a MaskedArray; need a plain .*\.filled\("),
    "all masked": (tree.map(np.ma.masked_array, parameters()), r"p is a MaskedArray; need a plain array"),
    "all objects": (parameters(object), "p is object; need float16 or float32 or float64"),
    "all integers": (parameters(int), "p is int64; need float16 or float32 or float64"),
    "another byte order": (parameters(">f8"), "p is >f8; need float16 or float32 or float64"),
}


@pytest.mark.parametrize(("p", "said"), BAD_PARAMETERS.values(), ids=BAD_PARAMETERS)
def test_parameters_that_would_run_wrongly_or_not_at_all(p, said):
    for call in (
        lambda: vit.forward(images(), p, CONFIG),
        lambda: predict(images(), p, CONFIG),
        lambda: loss_and_grads(images(), LABELS, p, CONFIG),
        lambda: trace(images(), p, CONFIG),
    ):
        with pytest.raises(InputError, match=said):
            call()


def test_masked_arrays_and_matrices_are_refused_wherever_an_array_is_asked_for():
    """What a mask hides would count as a label or a pixel; a matrix has another product."""
    hidden = np.ma.masked_array(LABELS, [0, 1])
    with pytest.raises(InputError, match=r"labels are a MaskedArray; need a plain array: give labels.filled"):
        loss_and_grads(images(), hidden, parameters(), CONFIG)
    with pytest.raises(InputError, match="labels are a matrix"):
        check_labels(np.eye(2).view(np.matrix), 2, 2)
    with pytest.raises(InputError, match=r"images are a MaskedArray; .*\.filled\("):
        predict(np.ma.masked_array(images()), parameters(), CONFIG)


@pytest.mark.parametrize(("dtype", "large"), [("float32", 1e39), ("float16", 1e5)])
def test_images_that_the_models_dtype_cannot_hold(dtype, large):
    p = parameters(dtype)
    for call in (lambda x: vit.forward(x, p, CONFIG), lambda x: predict(x, p, CONFIG)):
        with pytest.raises(InputError, match=f"2 values that are too large for {dtype}; scale them"):
            call(spoiled(large))
    vit.forward(spoiled(large), parameters(), CONFIG)  # float64 holds them


@pytest.mark.parametrize("kind", [">f8", ">f4"])
def test_images_of_another_byte_order_give_the_same_logits(kind):
    x, p = np.random.default_rng(0).standard_normal(images().shape).astype(kind), parameters()
    np.testing.assert_array_equal(predict(x, p, CONFIG), predict(x.astype(kind[1:]), p, CONFIG))


@pytest.mark.parametrize("config", [None, {}, "tiny", preset("mlp-tiny"), type(CONFIG)], ids=str)
def test_what_is_no_configuration_of_this_model(config):
    p, rng = parameters(), np.random.default_rng(0)
    for call in (
        lambda: vit.init(rng, config),
        lambda: vit.forward(images(), p, config),
        lambda: predict(images(), p, config),
        lambda: loss_and_grads(images(), LABELS, p, config),
        lambda: trace(images(), p, config),
    ):
        with pytest.raises(
            InputError,
            match=r"^(config is .*; need a|images are 40x48; the model needs 5x4|p is not the tree of this)",
        ):
            call()


@pytest.mark.parametrize(
    "dtype", [int, complex, None, "float32x", ">f4", object, "float128", np.zeros(3)], ids=str
)
def test_parameters_are_drawn_as_floats(dtype):
    for init, config in (
        (vit.init, CONFIG),
        *((of.init, preset(f"{of.Config.family}-tiny")) for of in (mlp, cnn, rnn)),
    ):
        with pytest.raises(InputError, match=r"^dtype is .*; need float16 or float32 or float64$"):
            init(np.random.default_rng(0), config, dtype)


@pytest.mark.parametrize("rng", [3, np.random.RandomState(0), np.random, "rng", True], ids=str)
def test_what_is_no_generator(rng):
    config = preset("tiny", dropout_rate=0.1)
    for call in (
        lambda: vit.init(rng, CONFIG),
        lambda: vit.forward(images(), parameters(), config, rng),
        lambda: loss_and_grads(images(), LABELS, parameters(), config, rng=rng),
        lambda: masked.draw(rng, 2, 30),
    ):
        with pytest.raises(InputError, match=r"^rng is .*; need a generator"):
            call()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"workers": 0}, "workers is 0; need a whole number of at least 1 and at most 1,024"),
        ({"workers": 10**9}, "workers is 1000000000; need"),
        ({"workers": True}, "workers is True; need"),
        ({"micro_batch": -1}, "micro_batch is -1; need"),
        ({"recompute": 1}, "recompute is 1; need True or False"),
        ({"loss_scale": np.nan}, "loss_scale is nan; need a finite number above 0"),
        ({"loss_scale": 0}, "loss_scale is 0; need"),
        ({"part": (True, 2)}, r"part is \(True, 2\) and there are 2 images"),
        ({"worker": 2}, '"worker" is unknown; did you mean workers\\? choose from workers, micro_batch'),
        ({"task": Classification}, "task is .*; need a task, such as"),
        ({"task": None}, "task is None; need a task"),
        ({"task": Classification(1.0)}, "label_smoothing is 1.0"),
    ],
    ids=str,
)
def test_options_of_a_batch_that_cannot_be(option, said):
    with pytest.raises(InputError, match=said):
        loss_and_grads(images(), LABELS, parameters(), CONFIG, **option)


def tiny_forward(of, keep):
    """The forward of the module's tiny model."""
    config = preset(f"{of.Config.family}-tiny")
    x = np.zeros((2, *config.image_size, config.in_channels), "float32")
    return of.forward(x, of.init(np.random.default_rng(0), config), config, keep=keep)


def models_and_points():
    """(forward(keep), its module) of each model."""
    bare = without_head(CONFIG)
    p = with_task(vit.init(None, bare), None, CONFIG, MaskedPatches())
    drawn = masked.draw(np.random.default_rng(0), 2, CONFIG.num_patches)
    return {
        "vit": (lambda keep: vit.forward(images(), parameters(), CONFIG, keep=keep), vit),
        **{of.Config.family: (functools.partial(tiny_forward, of), of) for of in (mlp, cnn, rnn)},
        "masked": (lambda keep: masked.forward(images(), p, bare, drawn, keep=keep), masked),
    }


@pytest.mark.parametrize("name", ["vit", "mlp", "cnn", "rnn", "masked"])
def test_a_backward_without_what_it_needs(name):
    """Nothing kept, used up, or another model's: a gradient of some of the layers would look like one of all."""
    forward, model = models_and_points()[name]
    y, saved = forward("nothing")
    with pytest.raises(InputError, match=r'saved holds 0 of . layers: .*keep="nothing"'):
        model.backward(y, saved)
    y, saved = forward("inputs")
    whole = dict(tree.leaves(model.backward(y, saved)[1]))
    part = next(model.backward_parts(y, saved))
    list(model.backward_parts(y, saved))
    assert part[1]
    assert whole
    for again in (model.backward, lambda *given: next(model.backward_parts(*given))):
        with pytest.raises(InputError, match=r"saved holds 0 of . layers: .*backward_parts used it up"):
            again(y, saved)
    for other, (run, _) in models_and_points().items():
        if other != name:
            with pytest.raises(InputError, match=r"saved is a Saved of vitnp.models.*; need what this model"):
                model.backward(y, run("all")[1])
    for saved in (None, (), {}):
        with pytest.raises(InputError, match=r"^saved is a .*; need what this model's forward returned"):
            model.backward(y, saved)


@pytest.mark.parametrize("name", ["vit", "mlp", "cnn", "rnn", "masked"])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda y: y[:1], "dy has shape .*, y has .*; give the gradient"),
        (lambda y: y[0, 0], "dy has shape"),
        (lambda y: y.astype(int), "dy is int64; need float"),
        (lambda y: y.astype(object), "dy is object; need float"),
        (lambda y: y.astype(complex), "dy is complex128; need float"),
        (lambda y: y.tolist(), "dy is a list; need an array"),
        (lambda y: 1.0, "dy is a float; need an array"),
        (np.ma.masked_array, "dy is a MaskedArray; need a plain array"),
    ],
)
def test_a_gradient_that_is_not_that_of_the_output(name, change, said):
    forward, model = models_and_points()[name]
    y, saved = forward("all")
    with pytest.raises(InputError, match=said):
        model.backward(change(y), saved)
    model.backward(y * np.nan, saved)  # NaN is what a training may have; `training.guards` speaks of it


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c._replace(rows=c.rows[:1]), "corruption.rows is int64 of shape .*; need integers"),
        (lambda c: c._replace(rows=c.rows + 0.0), "corruption.rows is float64"),
        (lambda c: c._replace(rows=c.rows * 0), "not in order, or one is there twice"),
        (lambda c: c._replace(source=c.source - 1), "corruption.source runs from -2 to"),
        (lambda c: tuple(c), "corruption is .*; need a masked.Corruption"),
    ],
)
def test_a_corruption_that_cannot_be(change, said):
    config = without_head(CONFIG)
    p = with_task(vit.init(None, config), None, CONFIG, MaskedPatches())
    drawn = masked.draw(np.random.default_rng(0), 2, CONFIG.num_patches)
    masked.forward(images(), p, config, drawn)
    with pytest.raises(InputError, match=said):
        masked.forward(images(), p, config, change(drawn))
    with pytest.raises(InputError, match=r"masked\.mask is missing"):
        masked.forward(images(), p | {"masked": {}}, config, drawn)
