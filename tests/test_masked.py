"""Masked patch prediction: what is corrupted, what is to be predicted, by hand; and that it learns."""

import dataclasses
import re

import numpy as np
import pytest

from vitnp import InputError, preset, tree, vit, weights
from vitnp.analysis.gradcheck import random_like
from vitnp.blocks import encoder
from vitnp.data import ArraySource, DataSet
from vitnp.engine.ranks import Alone
from vitnp.inputs.images import Preprocessing
from vitnp.models.vit import masked
from vitnp.tasks import loss_and_grads, targets
from vitnp.tasks.evaluate import accuracy
from vitnp.tasks.masked import MaskedPatches, model, with_task, without_head
from vitnp.training import loop, recipes

RGB = preset("tiny", image_size=(8, 16), patch_size=8, num_classes=0, representation_size=None)
GRAY = preset("tiny", image_size=(4, 4), patch_size=2, in_channels=1)
FIRST = masked.Corruption(np.array([[1]]), np.array([[0, -1]]))  # the second of two patches, by [mask]


def test_half_of_the_patches_and_four_fifths_of_them_masked():
    B, N = 20_000, 10
    rows, source = masked.draw(np.random.default_rng(0), B, N)
    assert rows.shape == (B, 5)
    assert (np.diff(rows) > 0).all() and rows.min() == 0 and rows.max() == N - 1
    there = np.take_along_axis(source, rows, axis=1)
    shares = [(there == -1).mean(), ((there >= 0) & (there != rows)).mean(), (there == rows).mean()]
    np.testing.assert_allclose(shares, (0.8, 0.1, 0.1), atol=0.005)  # of 100,000: 4 standard deviations
    chosen = np.zeros((B, N), bool)
    np.put_along_axis(chosen, rows, True, axis=1)
    np.testing.assert_array_equal(np.where(chosen, 0, source), np.where(chosen, 0, np.arange(N)))
    np.testing.assert_allclose(np.bincount(rows.ravel(), minlength=N) / B, 0.5, atol=0.02)
    exchanged = (there >= 0) & (there != rows)
    offsets = np.bincount(((there - rows) % N)[exchanged], minlength=N) / exchanged.sum()
    np.testing.assert_allclose(offsets, [0] + [1 / 9] * 9, atol=0.02)  # any other, equally often


@pytest.mark.parametrize(
    ("ratio", "patches", "count"), [(0.15, 196, 29), (0.5, 2, 1), (0.01, 4, 1), (0.9, 16, 14)]
)
def test_how_many_are_corrupted(ratio, patches, count):
    assert masked.draw(np.random.default_rng(0), 3, patches, ratio=ratio).rows.shape == (3, count)


def test_corruption_by_a_loop():
    rng = np.random.default_rng(0)
    x, e = rng.standard_normal((2, 6, 3)), rng.standard_normal(3)
    source = masked.draw(rng, 2, 6).source
    y, _ = masked.corrupt_forward(x, {"mask": e}, source)
    for b in range(2):
        for i in range(6):
            np.testing.assert_array_equal(y[b, i], e if source[b, i] < 0 else x[b, source[b, i]])


def test_the_color_of_a_patch():
    """Red 0, green 1/2, blue 1 of 0 … 1 are the levels 0, 4 and 7: 0·64 + 4·8 + 7."""
    images = np.full((1, 8, 16, 3), -1.0)
    images[0, :, 8:] = (-1.0, 0.0, 1.0)
    np.testing.assert_array_equal(targets.targets(images, RGB, FIRST, "color"), [[[39]]])


def test_the_color_is_of_the_mean():
    """Half of the second patch black, half white: 1/2 in each channel, 4·64 + 4·8 + 4; the first has no part in it."""
    images = np.full((1, 8, 16, 3), -1.0)
    images[0, :4, 8:] = 1.0
    np.testing.assert_array_equal(targets.targets(images, RGB, FIRST, "color"), [[[292]]])


def test_the_steps_of_gray():
    levels = targets.color(np.linspace(-1, 1, 17)[:, None], Preprocessing())
    np.testing.assert_array_equal(levels, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 7])
    assert targets.outputs(GRAY, "color") == (1, 8)


def test_the_color_is_of_the_picture_not_of_the_models_scale():
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    x = (np.array([[0.05, 0.3, 0.9]]) - mean) / std
    np.testing.assert_array_equal(targets.color(x, Preprocessing(mean=mean, std=std)), [0 * 64 + 2 * 8 + 7])


def test_the_down_sized_patch():
    """8x8 pixels to 4x4, row by row: the upper left 2x2 white, the pixels right of it blue, the lowest right red."""
    images = np.full((1, 8, 16, 3), -1.0)
    images[0, :2, 8:10] = 1.0
    images[0, :2, 10:12, 2] = 1.0
    images[0, 6:, 14:, 0] = 1.0
    expected = [511, 7, *[0] * 13, 448]
    np.testing.assert_array_equal(targets.targets(images, RGB, FIRST, "downsized"), [[expected]])
    assert targets.outputs(RGB, "downsized") == (16, 512)


def test_the_patch_itself():
    images = np.random.default_rng(0).standard_normal((1, 8, 16, 3))
    np.testing.assert_array_equal(
        targets.targets(images, RGB, FIRST, "patch")[0, 0], images[0, :, 8:].ravel()
    )
    assert targets.outputs(RGB, "patch") == (1, 192)


def test_losses_by_hand():
    """Equal logits: ln 8. Of the patch the mean of the squares."""
    t = np.array([[[3], [1]]])
    value, _ = targets.loss_forward(np.zeros((1, 2, 8)), t, target="color")
    np.testing.assert_allclose(value, np.log(8), rtol=1e-12)
    value, _ = targets.loss_forward(np.array([[[1.0, 2.0]]]), np.array([[[0.0, 4.0]]]), target="patch")
    assert value == 2.5


def test_how_often_it_is_right():
    y = np.zeros((1, 2, 16))
    y[0, 0, 3], y[0, 0, 8 + 5], y[0, 1, 1], y[0, 1, 8 + 2] = (
        1,
        1,
        1,
        1,
    )  # 3 and 5, 1 and 2, of eight classes each
    assert targets.right(y, np.array([[[3, 5], [0, 2]]]), GRAY, target="downsized") == 0.75
    patch = np.array([[[0.9, -0.7, 0.1, 0.1], [-1.0, -1.0, 1.0, 1.0]]])
    same_mean = np.array([[[0.0, 0.2, 0.0, 0.2], [0.9, 0.9, 0.9, 0.9]]])
    assert targets.right(patch, same_mean, GRAY, target="patch") == 0.5


def noise(n=40):
    """Images whose patches are all of one gray: what is hidden can be told from the others."""
    rng = np.random.default_rng(0)
    images = np.repeat(rng.uniform(-1, 1, (n, 1)), 64, axis=1).reshape(n, 8, 8, 1).astype("float32")
    source = ArraySource(images, np.arange(n) % 3)
    return DataSet(source, source, ("a", "b", "c"))


CONFIG = preset("digits", num_layers=1, hidden_size=16, num_heads=2, mlp_dim=32, num_classes=0)
FOUR = dataclasses.replace(CONFIG, patch_size=4)  # four patches, which "downsized" takes
RECIPE = recipes.Recipe(epochs=30, batch_size=8, lr=5e-3, warmup_steps=10)


def pretrained(task, recipe=RECIPE, config=CONFIG, **options):
    """(tree, history) of a pre-training on images of one gray."""
    rng = np.random.default_rng(0)
    p = with_task(vit.init(rng, config), rng, config, task)
    return p, loop.train(p, config, noise(), recipe, rng=rng, how=loop.How(task, workers=1), **options)


@pytest.mark.parametrize("target", targets.TARGETS)
def test_it_learns_what_the_others_tell(target):
    """Of eight grays one is right by chance in an eighth of the cases."""
    p, history = pretrained(MaskedPatches(target), config=FOUR if target == "downsized" else CONFIG)
    assert history[-1].loss < 0.5 * history[0].loss
    assert history[-1].test_accuracy > 0.5
    for name, leaf in tree.leaves(p):
        assert np.isfinite(leaf).all() and leaf.any(), name


def test_it_repeats_to_the_bit_and_parts_add_up():
    task = MaskedPatches("color")
    p, _ = pretrained(task, dataclasses.replace(RECIPE, epochs=1))
    q, _ = pretrained(task, dataclasses.replace(RECIPE, epochs=1))
    tree.map(np.testing.assert_array_equal, p, q)
    images = noise().train.images(range(8))

    def gradients(images, **options):
        return loss_and_grads(images, None, p, CONFIG, task, np.random.default_rng(1), workers=1, **options)

    whole, dp = gradients(images)
    parts = [
        gradients(images[:3], part=(0, 8)),
        gradients(images[3:], part=(3, 8)),
        gradients(images[:0], part=(8, 8)),
    ]
    np.testing.assert_allclose(sum(value for value, _ in parts), whole, rtol=1e-6)
    tree.map(
        lambda a, *b: np.testing.assert_allclose(sum(b), a, atol=1e-6), dp, *(grads for _, grads in parts)
    )


def point(target, config=FOUR, n=6):
    """Generic images in float64, and parameters of a pre-training."""
    rng = np.random.default_rng(1)
    p = with_task(vit.init(None, config, "float64"), None, config, MaskedPatches(target))
    return rng.uniform(-1, 1, (n, *config.image_size, config.in_channels)), random_like(p, rng)


@pytest.mark.parametrize("target", targets.TARGETS)
@pytest.mark.parametrize("rates", [{}, {"dropout_rate": 0.3}, {"attention_dropout_rate": 0.3}], ids=str)
def test_a_batch_is_the_forward_of_what_is_drawn(target, rates):
    """Corruption, then dropout, of one generator: written out with the whole batch at once."""
    config = dataclasses.replace(FOUR, **rates)
    images, p = point(target, config)
    rng = np.random.default_rng(5)
    drawn = masked.draw(rng, 6, 4, ratio=0.25)
    y, saved = masked.forward(images, p, config, drawn, np.random.default_rng(rng.integers(2**63)))
    t = targets.targets(images, config, drawn, target)
    value, saved_loss = targets.loss_forward(y, t, target=target)
    _, dp = masked.backward(targets.loss_backward(1.0, saved_loss, target=target), saved)
    task, again = MaskedPatches(target, ratio=0.25), np.random.default_rng(5)
    got, grads = loss_and_grads(images, None, p, config, task, again, workers=2)
    np.testing.assert_allclose(got, value, rtol=1e-12)
    tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12), grads, dp)
    still, _ = loss_and_grads(images, None, p, FOUR, task, np.random.default_rng(5), workers=2)
    assert (got != still) == bool(rates)


@pytest.mark.parametrize("target", targets.TARGETS)
def test_what_is_kept(target):
    """All that the blocks saved, their inputs alone, or nothing; backward is the same from the first two."""
    images, p = point(target)
    drawn, gradients = masked.draw(np.random.default_rng(0), 6, 4), {}
    for keep, kind in (("all", encoder.SavedBlock), ("inputs", encoder.BlockInput)):
        y, saved = masked.forward(images, p, FOUR, drawn, keep=keep)
        assert [type(block) for block in saved.blocks] == [kind]
        _, gradients[keep] = masked.backward(np.ones_like(y), saved)
    tree.map(np.testing.assert_array_equal, gradients["all"], gradients["inputs"])
    assert type(masked.forward(images, p, FOUR, drawn)[1].blocks[0]) is encoder.SavedBlock
    assert masked.forward(images, p, FOUR, drawn, keep="nothing")[1].blocks == []


@pytest.mark.parametrize("target", targets.TARGETS)
def test_how_often_it_is_right_of_some_images(target, monkeypatch):
    """The rows that are asked for, so many of their patches; nothing is kept, and between two batches is a pause."""
    images, p = point(target, n=150)
    source, rows = ArraySource(images, np.zeros(150, int)), np.arange(149, 9, -2)
    task, forward, kept, pauses = MaskedPatches(target, ratio=0.25), masked.forward, [], []

    def spy(*arguments, **options):
        y, saved = forward(*arguments, **options)
        kept.extend(saved.blocks)
        return y, saved

    monkeypatch.setattr(masked, "forward", spy)
    got = accuracy(task, source, p, FOUR, rows=rows, between=lambda: pauses.append(1))
    assert (kept, len(pauses)) == ([], 2)  # 70 images, 64 at a time
    want = 0.0
    for number, own in enumerate((rows[:64], rows[64:])):
        rng, x = np.random.default_rng([0, number]), source.images(own)
        drawn = masked.draw(rng, len(own), 4, ratio=0.25)
        y, t = forward(x, p, FOUR, drawn)[0], targets.targets(x, FOUR, drawn, target)
        want += len(own) * targets.right(y, t, FOUR, target=target)
    assert got == pytest.approx(want / 70, abs=1e-12)
    assert got != accuracy(task, source, p, FOUR)


def test_a_head_is_left_out():
    config = dataclasses.replace(CONFIG, num_classes=3, representation_size=5)
    assert without_head(config) == CONFIG


def test_bad_batches():
    """Nothing, a part of another batch, and what is no generator: one line each."""
    images, p = point("color")
    task, rng = MaskedPatches("color"), np.random.default_rng(0)
    for given, options, message in (
        (images[:0], {"rng": rng}, "an empty batch"),
        ([], {"rng": rng}, "images are a list"),
        (images[:, :4], {"rng": rng}, "images are 4x8"),
        (images, {"rng": rng, "part": (3, 7)}, r"part is \(3, 7\) and there are 6 images"),
        (images, {"rng": 0}, "rng is 0; need a generator"),
        (images, {"rng": None}, "rng is None; need a generator"),
    ):
        with pytest.raises(InputError, match=message):
            loss_and_grads(given, None, p, FOUR, task, **options)
    for other, config, options, message in (
        (p | {"classify": {}}, FOUR, {"ratio": 2.0}, "mask_ratio is 2.0"),
        (p, FOUR, {"target": "colour"}, 'target is "colour"'),
        (p, preset("mlp-digits"), {}, "has no patches to corrupt"),
        (vit.init(rng, FOUR), FOUR, {}, "p has no masked.head"),
    ):
        with pytest.raises(InputError, match=message):
            loss_and_grads(images, None, other, config, MaskedPatches(**options), rng)
    source = ArraySource(images, np.zeros(6, int))
    for options in ({"source": ArraySource(images[:0], np.zeros(0, int))}, {"source": source, "rows": []}):
        with pytest.raises(InputError, match="no images to measure on"):
            accuracy(task, p=p, config=FOUR, **options)


class Half(Alone):
    """One of two ranks, as far as sharing goes."""

    def __init__(self, rank):
        self.rank, self.size = rank, 2


def test_what_it_gets_right_does_not_depend_on_the_ranks():
    task = MaskedPatches("color")
    p, _ = pretrained(task, dataclasses.replace(RECIPE, epochs=3))
    whole = accuracy(task, noise(100).test, p, CONFIG)
    halves = [accuracy(task, noise(100).test, p, CONFIG, comm=Half(rank)) for rank in (0, 1)]
    assert 0 < whole < 1
    assert sum(halves) == pytest.approx(whole, abs=1e-12)


def test_the_model_that_is_left_is_a_vit(tmp_path):
    p, _ = pretrained(MaskedPatches("color"), dataclasses.replace(RECIPE, epochs=1))
    weights.save(tmp_path / "model.npz", model(p), CONFIG)
    q, config = weights.load(tmp_path / "model.npz", num_classes=3)
    images = noise().test.images([0])
    assert vit.forward(images, q, config)[0].shape == (1, 3)
    representation = vit.forward(images, model(p), without_head(CONFIG))[0]
    assert representation.shape == (1, 16)


@pytest.mark.parametrize(
    ("fields", "target", "ratio", "message"),
    [
        ({}, "color", 0, "mask_ratio is 0; need a number above 0"),
        ({}, "color", 1.0, "mask_ratio is 1.0"),
        ({}, "color", float("nan"), "mask_ratio is nan"),
        ({}, "colour", 0.5, 'target is "colour"; choose color or downsized or patch'),
        ({}, "downsized", 0.5, 'patch_size is 2; target "downsized" needs a multiple of 4'),
        ({"patch_size": 4}, "color", 0.5, "an image of one patch"),
        ({"in_channels": 5}, "color", 0.5, "5 channels make 8^5 colors"),
        (
            {"in_channels": 5, "image_size": 8, "patch_size": 4},
            "downsized",
            0.5,
            "5 channels make 8^5 colors",
        ),
    ],
)
def test_what_cannot_be(fields, target, ratio, message):
    with pytest.raises(InputError, match=re.escape(message)):
        targets.check(dataclasses.replace(GRAY, **fields), target=target, ratio=ratio)


@pytest.mark.parametrize(
    ("fields", "target"),
    [
        ({}, "color"),
        ({}, "patch"),
        ({"image_size": 8, "patch_size": 4}, "downsized"),
        ({"image_size": (2, 4)}, "color"),  # two patches
        ({"in_channels": 4}, "color"),
        ({"in_channels": 4, "image_size": 8, "patch_size": 4}, "downsized"),
        ({"in_channels": 5}, "patch"),
    ],
)
@pytest.mark.parametrize("ratio", [0.01, 0.99])
def test_what_can_be(fields, target, ratio):
    """Each refusal is of its own target and its own number."""
    targets.check(dataclasses.replace(GRAY, **fields), target=target, ratio=ratio)
