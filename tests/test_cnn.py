"""The plain CNN: by a loop over every window, its stages, its options, and through every command and file."""

import dataclasses

import numpy as np
import pytest
from generic_models import generic, products_of_a_run

import vitnp
from vitnp import InputError, preset, tree
from vitnp.analysis import cost
from vitnp.commands import cli
from vitnp.commands.gradcheck import check_model
from vitnp.models import cnn
from vitnp.weights import adapt

TINY = preset("cnn-tiny")


def run(capsys, *words):
    """(status, stdout, stderr) of a command."""
    status = cli.main([part for word in words for part in str(word).split()])
    return status, *capsys.readouterr()


def conv_relu(x, W, b):
    """One image through one layer, window by window; zeros around it, the larger half below and to the right."""
    (height, width, _), k = x.shape, len(W)
    y = np.zeros((height, width, W.shape[3]))
    for r, c, o in np.ndindex(y.shape):
        total = b[o]
        for u, v in np.ndindex(k, k):
            i, j = r + u - (k - 1) // 2, c + v - (k - 1) // 2
            if 0 <= i < height and 0 <= j < width:
                total = total + sum(x[i, j, ch] * W[u, v, ch, o] for ch in range(x.shape[2]))
        y[r, c, o] = total if total.real > 0 else 0.0
    return y


def max_pool(x, P):
    """The largest of every window of one image; what fills no window is left out."""
    rows, columns = x.shape[0] // P, x.shape[1] // P
    return np.array(
        [
            [x[r * P : (r + 1) * P, c * P : (c + 1) * P].max((0, 1)) for c in range(columns)]
            for r in range(rows)
        ]
    )


@pytest.mark.parametrize(
    "fields", [{}, {"kernel_size": 2, "pool_size": 3, "channels": (5,)}, {"pool_size": 1, "kernel_size": 1}]
)
def test_every_window_by_a_loop(fields):
    config = dataclasses.replace(TINY, **fields)
    images, p = generic(config)
    logits, _ = cnn.forward(images, p, config)
    for image, z in zip(images, logits, strict=True):
        x = image
        for stage in p["stages"].values():
            for layer in stage.values():
                x = conv_relu(x, layer["W"], layer["b"])
            x = max_pool(x, config.pool_size)
        assert x.shape[:2] == config.map_size
        head = p["classify"]["head"]
        np.testing.assert_allclose(z, x.mean((0, 1)) @ head["W"] + head["b"], rtol=1e-10)


@pytest.mark.parametrize(
    "fields", [{}, {"pool_size": 3, "channels": (5,)}, {"convolutions": 1, "kernel_size": 2}]
)
def test_every_gradient(fields):
    """Each leaf and the image, by the complex step and by differences."""
    config = dataclasses.replace(TINY, **fields)
    report = check_model(config, seeds=(1, 2))
    assert report.ok, f"\n{report}"
    assert report.worst[0] <= 1e-12 and report.worst[1] <= 1e-6
    assert [leaf.name for leaf in report.leaves][1:] == [n for n, _ in tree.leaves(cnn.init(None, config))]


def test_the_rows_that_no_window_takes_get_no_gradient_from_the_pool():
    """Nine rows, windows of two: with kernels of one pixel the ninth row is never seen."""
    config = dataclasses.replace(TINY, kernel_size=1, channels=(5,))
    images, p = generic(config)
    y, saved = cnn.forward(images, p, config)
    dx, _ = cnn.backward(np.ones_like(y), saved)
    assert not dx[:, 8].any() and dx[:, :8].any()


def test_the_sizes_of_the_tiny_one_all_differ():
    sizes = [
        *TINY.image_size,
        TINY.in_channels,
        *TINY.channels,
        TINY.kernel_size,
        TINY.num_classes,
        TINY.pool_size,
    ]
    assert len(set(sizes)) == len(sizes)
    assert TINY.image_size[0] % TINY.pool_size and TINY.map_size == (2, 3)


@pytest.mark.parametrize(
    "fields", [{}, {"channels": (5,), "pool_size": 3}, {"kernel_size": 4, "num_classes": 0}]
)
def test_multiply_adds_are_those_of_a_run(fields, monkeypatch):
    config = dataclasses.replace(TINY, **fields)
    assert sum(cost.multiply_adds(config).values()) == products_of_a_run(config, monkeypatch)


def test_initial_weights():
    """Kernels He normal, biases and head zero: the first prediction is uniform, the maps keep their size."""
    config = preset("cnn-digits", image_size=32, channels=(64, 128))
    p = cnn.init(np.random.default_rng(0), config)
    for name, leaf in tree.leaves(p):
        assert leaf.dtype == "float32", name
        if leaf.ndim == 4:
            assert leaf.std() == pytest.approx((2 / np.prod(leaf.shape[:3])) ** 0.5, rel=0.1), name
        else:
            assert not leaf.any(), name
    images = np.random.default_rng(1).standard_normal((2, 32, 32, 1))
    np.testing.assert_array_equal(cnn.forward(images, p, config)[0], 0.0)
    assert all(
        sum(abs(step) for step in leaf.strides) == 0 for _, leaf in tree.leaves(cnn.init(None, config))
    )


def test_a_shifted_map_gives_the_same_logits():
    """A pattern far from every edge, moved by a whole window of all pools: the mean over the places cannot tell."""
    config = preset("cnn-digits", image_size=64, channels=(3, 5))
    p = generic(config)[1]
    images = np.zeros((1, 64, 64, 1))
    images[0, 28:32, 24:32, 0] = np.random.default_rng(0).standard_normal((4, 8))
    want = cnn.forward(images, p, config)[0]
    for by in ((4, 0), (-4, 8)):
        np.testing.assert_allclose(cnn.forward(np.roll(images, by, (1, 2)), p, config)[0], want, rtol=1e-12)
    assert abs(cnn.forward(np.roll(images, 1, 1), p, config)[0] - want).max() > 1e-3


def formulas(images, p, config, moved="", by=0.0):
    """The loss for the labels 1, 4, 0, and every tensor by name, with `by` added to the one called `moved`."""
    seen = {}

    def see(name, value):
        seen[name] = value + by if name == moved else value
        return seen[name]

    x = see("image", images)
    for i, stage in p["stages"].items():
        for j, layer in stage.items():
            k = len(layer["W"])
            before = (k - 1) // 2
            padded = np.pad(x, ((0, 0), (before, k - 1 - before), (before, k - 1 - before), (0, 0)))
            windows = np.lib.stride_tricks.sliding_window_view(padded, (k, k), (1, 2))  # (B, H, W, I, k, k)
            u = see(f"stages.{i}.{j}.u", np.einsum("bhwiuv,uvio->bhwo", windows, layer["W"]) + layer["b"])
            x = np.where(u.real > 0, u, 0)
        P = config.pool_size
        rows, columns = (n // P for n in x.shape[1:3])
        cut = x[:, : rows * P, : columns * P].reshape(len(x), rows, P, columns, P, -1).swapaxes(2, 3)
        cut = cut.reshape(len(x), rows, columns, P * P, -1)
        x = see(f"stages.{i}.map", np.take_along_axis(cut, cut.real.argmax(3)[:, :, :, None], 3)[:, :, :, 0])
    z = see("y", x.mean((1, 2)))
    z = see("logits", z @ p["classify"]["head"]["W"] + p["classify"]["head"]["b"])
    e = np.exp(z)
    P = see("p", e / e.sum(1, keepdims=True))
    return -np.log(P[[0, 1, 2], [1, 4, 0]]).mean(), seen


@pytest.mark.parametrize("fields", [{}, {"convolutions": 1}, {"channels": (5,)}])
def test_every_named_tensor_and_its_gradient(fields):
    config = dataclasses.replace(TINY, **fields)
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
        assert abs(moved - (record.value * v).sum()) < 1e-11 * max(record.norm, 1), record.name


# ---- configurations ----


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"channels": ()}, "channels is (); need the number of channels of each stage, such as (16, 32)"),
        ({"channels": 3}, "channels is 3; need the number of channels of each stage"),
        ({"channels": (3, 0)}, "channels is 0; need a whole number of at least 1"),
        ({"channels": (1,) * 9}, "need the number of channels of each stage"),
        ({"kernel_size": 0}, "kernel_size is 0; need a whole number of at least 1"),
        ({"convolutions": 0}, "convolutions is 0; need a whole number of at least 1"),
        (
            {"channels": (2, 3, 4, 5)},
            "an image of 9x14 is too small for 4 stages that each keep 1/2 of the height and width; "
            "use at least 16x16, or fewer channels",
        ),
        ({"pool_size": 4}, "use at least 16x16, or fewer channels"),
        ({"channels": (2**22,)}, "numbers, more than any memory; use smaller sizes"),
        ({"channel": (3,)}, 'field "channel" is unknown; did you mean channels'),
        ({"patch_size": 4}, 'field "patch_size" is unknown'),
    ],
)
def test_what_does_not_fit_is_said(fields, said):
    with pytest.raises(InputError) as problem:
        preset("cnn-tiny", **fields)
    assert said in str(problem.value)


def test_the_advice_for_a_small_image_works():
    assert preset("cnn-tiny", channels=(2, 3, 4, 5), image_size=16).map_size == (1, 1)
    assert preset("cnn-tiny", pool_size=4, channels=(2,)).map_size == (2, 3)


# ---- files and commands ----


def test_another_image_size():
    _, p = generic(TINY)
    q, config = adapt.new_image_size(p, TINY, (20, 20))
    assert q is p and config == dataclasses.replace(TINY, image_size=20)
    with pytest.raises(InputError, match="an image of 2x9 is too small"):
        adapt.new_image_size(p, TINY, (2, 9))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "walk --model cnn-digits",
            "walk follows the slides of the ViT, and this is a model of the family cnn",
        ),
        ("info cnn-digits --set num_heads=2", 'field "num_heads" is unknown'),
        ("info cnn-digit", "did you mean cnn-digits"),
        ("info cnn-digits --set channels=1,2,3,4", "an image of 8x8 is too small for 4 stages"),
        ("info cnn-digits --set channels=a", '"a" is not numbers with commas'),
    ],
)
def test_what_it_has_not_is_said(capsys, words, said):
    status, _, err = run(capsys, words)
    assert status == 2
    assert said in err and err.count("\n") == 1
