"""What layers and models assume about images: shifts, equivariance, receptive fields."""

import numpy as np
import pytest
import scipy.ndimage

from vitnp import InputError, gradcheck, models, preset
from vitnp.analysis import bias
from vitnp.ops import conv
from vitnp.steps import s5_attention

rng = np.random.default_rng


def whole_numbers(*shape, seed=0):
    """Small whole numbers as floats: sums and products of them are exact, so a zero is one."""
    return rng(seed).integers(-4, 5, shape).astype(float)


def random_model(name, **fields):
    """A configuration with generic parameters."""
    config = preset(name, **fields)
    return gradcheck.random_like(models.of(config).init(None, config, "float64"), rng(0)), config


# ---- shifts ----


@pytest.mark.parametrize("by", [(0, 0), (1, 0), (0, 2), (-2, 1), (3, -3), (-3, -1)])
def test_moved_and_rolled_pixel_by_pixel(by):
    x = rng(0).standard_normal((2, 4, 5, 3))
    y, z = bias.moved(x, by, fill=7.0), bias.rolled(x, by)
    for r, c in np.ndindex(4, 5):
        from_r, from_c = r - by[0], c - by[1]
        inside = 0 <= from_r < 4 and 0 <= from_c < 5
        np.testing.assert_array_equal(y[:, r, c], x[:, from_r, from_c] if inside else 7.0)
        np.testing.assert_array_equal(z[:, r, c], x[:, from_r % 4, from_c % 5])
    assert y.dtype == x.dtype and y is not x


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ((4, 0), "an image of 4x5 would be moved out of itself"),
        ((0, -5), "moved out of itself"),
        (1, "by is 1; need (rows, columns)"),
        ((1, 2, 3), "need (rows, columns)"),
        ((0.5, 1), "by is 0.5; need a whole number"),
    ],
)
def test_shifts_that_cannot_be(by, said):
    with pytest.raises(InputError) as problem:
        bias.moved(np.zeros((1, 4, 5, 1)), by, fill=0.0)
    assert said in str(problem.value)


# ---- equivariance ----


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("by", [(1, 0), (0, -2), (2, 1)])
def test_a_convolution_is_equivariant_away_from_the_edge(k, by):
    x, W = whole_numbers(2, 12, 13, 3), whole_numbers(k, k, 3, 4, seed=1)
    f = bias.convolution(W)
    margin = k // 2 + 2
    assert bias.equivariance_error(f, x, by, margin=margin) == 0.0
    at_the_edge = bias.equivariance_error(f, x, by)
    assert (at_the_edge == 0) == (k == 1)  # zeros come in, the circle brings other pixels
    by_place = lambda x: f(x) * np.arange(12)[:, None, None]  # noqa: E731 (weights of its own at every row)
    assert (bias.equivariance_error(by_place, x, by, margin=margin) > 0.01) == (by[0] != 0)


def test_a_stride_breaks_it():
    x, W = whole_numbers(1, 16, 16, 2), whole_numbers(3, 3, 2, 4, seed=1)
    f = lambda x: conv.forward(x, W, stride=2, padding=1)[0]  # noqa: E731
    assert bias.equivariance_error(f, x, (2, -2), stride=2, margin=2) == 0.0
    assert bias.equivariance_error(f, x, (1, 0), stride=2, margin=2) > 0.1


@pytest.mark.parametrize(("by", "exact"), [((4, 0), True), ((-4, 8), True), ((1, 0), False), ((0, 3), False)])
def test_patches_are_equivariant_for_whole_patches_alone(by, exact):
    p = {"W": whole_numbers(4 * 4 * 3, 5), "b": whole_numbers(5, seed=2)}
    f = bias.patch_projection(p, patch_size=4)
    error = bias.equivariance_error(f, whole_numbers(2, 8, 12, 3, seed=1), by, stride=4)
    assert error == 0.0 if exact else error > 0.1


def test_attention_is_equivariant_until_positions_are_added():
    x = rng(0).standard_normal((2, 3, 4, 6))
    p = gradcheck.random_like(s5_attention.init(None, hidden_size=6, dtype="float64"), rng(1))
    bare = bias.attention(p, num_heads=2)
    placed = bias.attention(p, num_heads=2, E_pos=rng(2).standard_normal((12, 6)))
    for by in ((1, 0), (2, 3)):
        assert bias.equivariance_error(bare, x, by) < 1e-14
        assert bias.equivariance_error(placed, x, by) > 0.1
    assert bias.equivariance_error(placed, x, (0, 0)) == 0.0


@pytest.mark.parametrize(
    ("f", "how", "said"),
    [
        (lambda x: x, {"margin": 2}, "need a map (B, h, w, D) of more than 4 rows and columns"),
        (lambda x: x.sum((1, 2)), {}, "f(x) is (1, 2); need a map (B, h, w, D)"),
        (lambda x: 0, {}, "f(x) is int; need a map"),
        (lambda x: x, {"stride": 0}, "stride is 0; need"),
        (lambda x: x, {"margin": -1}, "margin is -1; need"),
    ],
)
def test_what_is_no_map(f, how, said):
    with pytest.raises(InputError) as problem:
        bias.equivariance_error(f, np.ones((1, 4, 4, 2)), (0, 1), **how)
    assert said in str(problem.value)


# ---- receptive fields ----


@pytest.mark.parametrize(("kernel", "pool"), [(3, 2), (5, 2), (3, 3)])
def test_the_receptive_field_of_a_cnn_grows_as_the_formula_says(kernel, pool):
    """r ← r + (k − 1)·s, where s is how many pixels lie between two places."""
    fields = {
        "kernel_size": kernel,
        "pool_size": pool,
        "channels": (5, 7),
        "image_size": 60,
        "in_channels": 2,
    }
    p, config = random_model("cnn-tiny", **fields)
    images = rng(1).standard_normal((12, 60, 60, 2))
    found = [(name, bias.extent(mask)) for name, mask in bias.receptive_fields(images, p, config)]
    size, step, want = 1, 1, []
    for stage in range(2):
        for layer in range(2):
            size += (kernel - 1) * step
            want.append((f"stages.{stage}.{layer}", (size, size)))
        size += (pool - 1) * step
        step *= pool
        want.append((f"stages.{stage}.pool", (size, size)))
    assert found == want


@pytest.mark.parametrize(
    "fields", [{}, {"classifier": "gap"}, {"position_embedding": "relative"}, {"position_at": "every-layer"}]
)
def test_a_vit_sees_everything_after_one_block(fields):
    p, config = random_model("tiny", **fields)
    images = rng(1).standard_normal((2, *config.image_size, 3))
    (first, patch), *blocks = bias.receptive_fields(images, p, config)
    P = config.patch_size
    assert (first, bias.extent(patch), patch.sum()) == ("project", (P, P), P * P)
    rows, columns = config.grid
    assert patch[rows // 2 * P, columns // 2 * P] and patch[rows // 2 * P + P - 1, columns // 2 * P + P - 1]
    assert [name for name, _ in blocks] == ["blocks.0", "blocks.1"]
    assert all(mask.all() for _, mask in blocks)


def test_receptive_fields_of_another_family():
    p, config = random_model("mlp-tiny")
    with pytest.raises(
        InputError, match="a model of the family mlp has no layers to go through one by one; use"
    ):
        next(bias.receptive_fields(np.zeros((1, 5, 4, 3)), p, config))


def test_the_extent_of_a_mask():
    mask = np.zeros((6, 7), bool)
    assert bias.extent(mask) == (0, 0)
    mask[2, 3] = mask[4, 3] = True
    assert bias.extent(mask) == (3, 1)


# ---- moved pictures ----


def test_accuracy_and_consistency_of_moved_pictures():
    """A model that looks at one pixel: moved away it sees the background."""
    images = np.full((4, 3, 3, 1), -1.0)
    images[:2, 1, 1] = 1.0  # class 1
    labels = np.array([1, 1, 0, 1])
    predict = lambda x: np.stack([-x[:, 1, 1, 0], x[:, 1, 1, 0]], 1)  # noqa: E731
    still, away = bias.shifted(images, labels, predict, [(0, 0), (0, 1)], fill=-1.0)
    assert (still.by, still.accuracy, still.consistency) == ((0, 0), 0.75, 1.0)
    assert (away.by, away.accuracy, away.consistency) == ((0, 1), 0.25, 0.5)
    np.testing.assert_array_equal(still.predictions, [1, 1, 0, 0])
    (white,) = bias.shifted(images, labels, predict, [(0, 2)], fill=1.0)
    assert white.predictions.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("count", [0, 3])
def test_moved_pictures_need_images_and_labels(count):
    with pytest.raises(InputError, match=f"{count} images and 2 labels; need as many of both"):
        next(bias.shifted(np.zeros((count, 3, 3, 1)), np.zeros(2), None, [(0, 0)], fill=0.0))


# ---- rotated pictures ----


@pytest.mark.parametrize(("degrees", "quarters"), [(0, 0), (90, 1), (180, 2), (-90, 3), (360, 0)])
def test_quarters_of_a_turn_lead_to_the_pixels_themselves(degrees, quarters):
    x = rng(0).standard_normal((2, 5, 5, 3))
    np.testing.assert_array_equal(bias.rotated(x, degrees, fill=7.0), np.rot90(x, quarters, axes=(1, 2)))


@pytest.mark.parametrize("degrees", [10, -33.5, 170])
def test_rotated_as_scipy_rotates(degrees):
    x = rng(0).standard_normal((2, 5, 8, 3)).astype("float32")
    y = bias.rotated(x, degrees, fill=-1.0)
    assert y.dtype == x.dtype
    wanted = scipy.ndimage.rotate(
        x.astype(float), degrees, axes=(2, 1), reshape=False, order=1, mode="grid-constant", cval=-1.0
    )
    np.testing.assert_allclose(y, wanted, atol=1e-5)


@pytest.mark.parametrize("degrees", [True, "10", float("nan"), 361])
def test_rotations_that_cannot_be(degrees):
    with pytest.raises(InputError, match="degrees is "):
        bias.rotated(np.zeros((1, 4, 5, 1)), degrees, fill=0.0)


def test_accuracy_and_consistency_of_rotated_pictures():
    """A model that looks at the pixel above the middle: a quarter of a turn brings another one there."""
    images = np.full((2, 3, 3, 1), -1.0)
    images[0, 0, 1] = images[1, 1, 2] = 1.0  # above the middle, and right of it
    predict = lambda x: np.stack([0 * x[:, 0, 1, 0], x[:, 0, 1, 0]], 1)  # noqa: E731
    found = list(bias.shifted(images, np.array([1, 0]), predict, [0.0, 90.0, (1, 1)], fill=-1.0))
    assert [one.by for one in found] == [0.0, 90.0, (1, 1)]
    assert [one.accuracy for one in found] == [1.0, 0.0, 0.5]
    assert [one.consistency for one in found] == [1.0, 0.0, 0.5]


# ---- crossover ----


def curve(*accuracies):
    """{images: {seed: accuracy}} from [accuracies of the seeds] with 10, 100, 1000 … images."""
    return {10 ** (i + 1): dict(enumerate(seeds)) for i, seeds in enumerate(accuracies)}


def test_leads_are_of_the_same_seed():
    a, b = curve([0.5, 0.7], [0.9, 0.9]), curve([0.4, 0.6], [0.9, 0.7])
    del b[100][1]
    one, two = bias.leads(a, b)
    assert (one.images, two.images) == (10, 100)
    assert one.mean == pytest.approx(0.1) and one.spread == pytest.approx(0.0, abs=1e-12)
    assert (two.mean, two.spread, two.clear) == (0.0, None, False)
    assert bias.leads(a, {10: {5: 0.1}, 7: {0: 0.1}}) == []


@pytest.mark.parametrize(
    ("leads", "wanted"),
    [
        ([(-0.2, 0.1), (-0.1, 0.01), (0.1, 0.05)], ("seen", 100, 1000)),
        ([(-0.2, 0.1), (0.1, 0.2), (0.1, 0.05)], ("seen", 10, 100)),
        ([(-0.2, 0.1), (0.1, 0.05), (-0.1, 0.05), (0.1, 0.2)], ("weakly", 1000, 10_000)),
        ([(-0.2, 0.3), (0.1, 0.05)], ("weakly", 10, 100)),
        ([(-0.2, 0.1), (0.1, 0.1)], ("weakly", 10, 100)),
        ([(-0.2, None), (0.1, None)], ("weakly", 10, 100)),
        ([(0.2, 0.1), (0.1, 0.05)], (None, None, None)),
        ([(-0.2, 0.1), (-0.1, 0.05)], (None, None, None)),
        ([(-0.2, 0.1), (0.3, 0.1), (-0.1, 0.05)], (None, None, None)),
        ([(0.2, 0.1)], (None, None, None)),
        ([], (None, None, None)),
    ],
)
def test_crossings(leads, wanted):
    found = [bias.Lead(10 ** (i + 1), *lead) for i, lead in enumerate(leads)]
    how, before, after = bias.crossing(found)
    assert (how, before and before.images, after and after.images) == wanted


def test_whole_numbers_cannot_hold_a_rotated_image():
    with pytest.raises(
        InputError, match=r"x is uint8, which cannot hold a mean of pixels; give x.astype\('float32'\)"
    ):
        bias.rotated(np.ones((1, 4, 4, 1), "uint8"), 10, fill=0)
