"""EfficientNet: the published sizes, BatchNorm's statistics in a training, and what cannot be split over the batch."""

import dataclasses

import numpy as np
import pytest
from generic_models import generic

from vitnp import InputError, loss_and_grads, models, preset, tree, weights
from vitnp.data import preprocess
from vitnp.data.sources import ArraySource, DataSet
from vitnp.engine import batch
from vitnp.models import efficientnet
from vitnp.ops import batch_norm, conv, depthwise
from vitnp.tasks import Classification
from vitnp.tasks.classification import Head
from vitnp.training import guards, loop, statistics
from vitnp.training.progress import Stopped
from vitnp.training.recipes import Recipe

TINY = preset("efficientnet-tiny")
CALM = dataclasses.replace(TINY, dropout_rate=0.0, stochastic_depth_rate=0.0)
LABELS = np.array([0, 5, 2])
# The papers' and timm's numbers, with 1,000 classes and without the statistics.
COUNTS = {
    "EfficientNet-B0": 5_288_548,
    "EfficientNet-B1": 7_794_184,
    "EfficientNet-B2": 9_109_994,
    "EfficientNet-B3": 12_233_232,
    "EfficientNet-B4": 19_341_616,
    "EfficientNet-B5": 30_389_784,
    "EfficientNet-B6": 43_040_704,
    "EfficientNet-B7": 66_347_960,
    "EfficientNet-B8": 87_413_142,
    "EfficientNet-L2": 480_309_308,
}
RECIPE = Recipe(steps=3, batch_size=4, lr=1e-2, schedule="linear")


def training(seed=3):
    """A generator, which means training."""
    return np.random.default_rng(seed)


def data(count=8):
    """A set of random images, the same to train and to test."""
    images = training().standard_normal((count, *TINY.image_size, TINY.in_channels)).astype("float32")
    source = ArraySource(images, np.arange(count) % 7)
    return DataSet(source, source, tuple("abcdefg"))


@pytest.mark.parametrize("name", COUNTS)
def test_parameters(name):
    config = preset(name)
    assert models.count(efficientnet.init(None, config)) == COUNTS[name]


def test_multiply_adds():
    """B0's 0.39 billion of the paper's Table 2, and B7's 37."""
    for name, count in (("EfficientNet-B0", 0.39e9), ("EfficientNet-B7", 37e9)):
        assert sum(models.of(preset(name)).multiply_adds(preset(name)).values()) == pytest.approx(
            count, rel=0.03
        )


def test_the_numbers_of_a_known_batch():
    """One channel 1, 2, 3, 6: mean 3, biased variance 3.5, unbiased 14/3; moved as TensorFlow's momentum says."""
    x = np.array([1.0, 2.0, 3.0, 6.0]).reshape(2, 2, 1, 1)
    p = {
        name: np.array([value])
        for name, value in (("gamma", 2.0), ("beta", 1.0), ("mean", 5.0), ("var", 9.0))
    }
    y, saved = batch_norm.forward(x, p, eps=0.0, training=True)
    np.testing.assert_allclose(y.ravel(), 2 * (x.ravel() - 3) / 3.5**0.5 + 1)
    assert saved.batch["mean"] == 3 and saved.batch["var"] == pytest.approx(14 / 3)
    statistics.follow(p, saved.batch, 0.99)
    assert p["mean"] == pytest.approx(0.99 * 5 + 0.01 * 3)
    assert p["var"] == pytest.approx(0.99 * 9 + 0.01 * 14 / 3)
    y, saved = batch_norm.forward(x, p, eps=0.0, training=False)
    np.testing.assert_allclose(y.ravel(), 2 * (x.ravel() - p["mean"]) / p["var"] ** 0.5 + 1)
    assert saved.batch is None


def test_equal_values_give_beta():
    p = batch_norm.init(channels=4, dtype="float32")
    p["beta"] += 0.25
    x = np.broadcast_to(np.array([0.1, 0.7, 3.3, 1000.1], "float32"), (3, 7, 7, 4))
    y, _ = batch_norm.forward(x, p, eps=1e-3, training=True)
    assert (y == 0.25).all()


def test_float32_keeps_its_digits():
    """Of many values, and where the first lies far from the others: as in float64, but for the last digits."""
    x = training().standard_normal((8, 64, 64, 2))
    x[0, 0, 0] += 100.0
    dy, found = training(4).standard_normal(x.shape), []
    for dtype in ("float32", "float64"):
        p = {name: np.ones(2, dtype) for name in ("gamma", "beta", "mean", "var")}
        y, saved = batch_norm.forward(x.astype(dtype), p, eps=1e-3, training=True)
        _, dp = batch_norm.backward(dy.astype(dtype), saved)
        found.append((saved.batch["mean"], saved.batch["var"], y, dp["gamma"], dp["beta"]))
    for ours, exact in zip(*found, strict=True):
        assert abs(ours - exact).max() <= 2e-5 * abs(exact).max()


def test_one_value_has_no_variance():
    p = batch_norm.init(channels=3, dtype="float64")
    with pytest.raises(InputError, match="needs at least two values per channel"):
        batch_norm.forward(np.ones((1, 1, 1, 3)), p, eps=1e-3, training=True)
    y, _ = batch_norm.forward(np.ones((1, 1, 1, 3)), p, eps=0.0, training=False)
    assert (y == 1).all()


def test_an_image_has_a_part_in_the_others_output_in_training_alone():
    images, p = generic(TINY)
    changed = images.copy()
    changed[2] *= 1.5
    for rng, same in ((lambda: None, True), (training, False)):
        logits = [efficientnet.forward(x, p, CALM, rng())[0][:2] for x in (images, changed)]
        assert np.array_equal(*logits) == same


def test_a_batch_is_done_at_once_in_training():
    """Any number of workers: the numbers of one."""
    images, p = generic(TINY)
    runs = [
        batch.run(Classification(), images, LABELS, p, TINY, training(), batch.Plan(workers=n))
        for n in (1, 3)
    ]
    assert runs[0][0] == runs[1][0]
    for one, other in zip(runs[0][1:], runs[1][1:], strict=True):
        tree.map(np.testing.assert_array_equal, one, other)
    assert runs[0][2].keys() == {name for name, _ in tree.leaves(p) if name.endswith((".mean", ".var"))}


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (
            {"micro_batch": 2},
            "micro_batch is 2, and BatchNorm normalizes over the whole batch of 3; leave it out",
        ),
        (
            {"part": (0, 6)},
            "3 inputs are a part of a batch of 6, over which BatchNorm normalizes; give the whole",
        ),
    ],
)
def test_what_cannot_be_split(plan, said):
    images, p = generic(TINY)
    with pytest.raises(InputError, match=said):
        loss_and_grads(images, LABELS, p, TINY, rng=training(), **plan)
    loss_and_grads(images, LABELS, p, TINY, **plan)  # in evaluation every image is by itself
    loss_and_grads(images, LABELS, p, TINY, Head(), rng=training(), **plan)  # and below a head alone


@pytest.mark.parametrize(
    ("recipe", "count", "size", "said"),
    [
        (
            {"micro_batch": 2},
            8,
            None,
            "micro_batch is 2, and BatchNorm normalizes over the whole batch of 4; leave",
        ),
        (
            {},
            9,
            (2, 2),
            "the last batch of 9 images by 4 is one image, and its last feature map is one place",
        ),
        ({"batch_size": 1}, 8, (2, 2), "the last batch of 8 images by 1 is one image"),
    ],
)
def test_what_cannot_be_trained_is_said_before_the_first_step(recipe, count, size, said):
    config = TINY if size is None else dataclasses.replace(TINY, image_size=size, strides=(2, 2))
    how = dataclasses.replace(RECIPE, **recipe)
    with pytest.raises(InputError, match=said):
        guards.check_batches(config, Classification(), how, count)
    guards.check_batches(config, Head(), how, count)
    guards.check_batches(preset("cnn-tiny"), Classification(), how, count)


def test_several_ranks_are_refused():
    with pytest.raises(InputError, match="is trained by one process, not 2; start it without mpiexec"):
        guards.check_batches(TINY, Classification(), RECIPE, 8, ranks=2)


def test_the_published_sizes_take_pictures():
    """Their own preprocessing is one that a picture can be given."""
    for name in COUNTS:
        preprocess.need_filter(preset(name).preprocessing)


def test_a_negative_variance_is_refused(tmp_path):
    _, p = generic(TINY)
    p["top"]["norm"]["var"][3] = -0.5
    weights.save(tmp_path / "model.npz", p, TINY)
    with pytest.raises(InputError, match=r"top\.norm\.var holds 1 negative variances"):
        weights.load(tmp_path / "model.npz")


def test_gradients_are_of_what_learns():
    images, p = generic(TINY)
    for rng in (None, training()):
        _, dp = loss_and_grads(images, LABELS, p, TINY, rng=rng)
        assert tree.shapes(dp) == tree.shapes(models.learned(p))
    assert models.count(p) == models.count(dp) < tree.count(p)


def test_a_training_moves_the_statistics():
    """As one would by hand: the first batch's, with the momentum of the configuration."""
    rng, p = training(), efficientnet.init(training(), CALM)
    before = tree.map(np.copy, p)
    one = dataclasses.replace(RECIPE, steps=1, batch_size=8)
    loop.train(p, CALM, data(), one, rng=rng, how=loop.How(workers=1))
    order = training().permutation(8)
    images, labels = data().train.read(order)
    _, _, found = batch.run(Classification(), images, labels, before, CALM, training())
    assert found
    for name, value in found.items():
        want = 0.9 * tree.get(before, name) + 0.1 * value
        np.testing.assert_allclose(tree.get(p, name), want, rtol=1e-5, atol=1e-7)
    assert abs(tree.get(p, "classify.head.b")).max() > 0


def test_a_training_of_the_head_leaves_the_statistics():
    p = efficientnet.init(training(), TINY)
    before = tree.map(np.copy, p)
    loop.train(p, TINY, data(), RECIPE, rng=training(), how=loop.How(Head(), workers=1))
    changed = [name for name, leaf in tree.leaves(p) if not np.array_equal(leaf, tree.get(before, name))]
    assert changed == ["classify.head.W", "classify.head.b"]


def test_the_average_has_the_statistics_too():
    """Polyak averaging of all that changes: with a decay of almost 1 the model is what it was."""
    p = efficientnet.init(training(), TINY)
    before = tree.map(np.copy, p)
    recipe = dataclasses.replace(RECIPE, average=1 - 1e-9)
    loop.train(p, TINY, data(), recipe, rng=training(), how=loop.How(workers=1))
    tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), p, before)


def test_a_training_goes_on_with_its_statistics():
    """Stopped after two of four steps, with an average: the numbers of the training that was not."""
    recipe, asked = dataclasses.replace(RECIPE, steps=4, average=0.5), []
    whole, other = efficientnet.init(training(), TINY), efficientnet.init(training(8), TINY)
    loop.train(whole, TINY, data(), recipe, rng=training(), how=loop.How(workers=1))

    def stop():
        asked.append(1)
        return len(asked) == 2

    p, how = efficientnet.init(training(), TINY), loop.How(workers=1)
    with pytest.raises(Stopped) as stopped:
        loop.train(p, TINY, data(), recipe, rng=training(), how=how, watch=loop.Watch(stop))
    loop.train(other, TINY, data(), recipe, rng=training(9), how=how, resume=stopped.value.progress)
    tree.map(np.testing.assert_array_equal, other, whole)


def test_the_gradient_in_evaluation_is_of_the_running_statistics_too():
    images, p = generic(TINY)
    y, saved = efficientnet.forward(images, p, TINY)
    _, dp = efficientnet.backward(np.ones_like(y), saved)
    assert all(abs(leaf).max() > 0 for name, leaf in tree.leaves(dp) if name.endswith((".mean", ".var")))
    assert efficientnet.statistics(saved) == {}
    y, saved = efficientnet.forward(images, p, TINY, training())
    _, dp = efficientnet.backward(np.ones_like(y), saved)
    assert all((leaf == 0).all() for name, leaf in tree.leaves(dp) if name.endswith((".mean", ".var")))


def test_depthwise_is_a_convolution_with_zeros_between_the_channels():
    x, W = training().standard_normal((2, 6, 7, 3)), training().standard_normal((3, 3, 3))
    full = np.zeros((3, 3, 3, 3))
    full[:, :, range(3), range(3)] = W
    for stride in (1, 2):
        want, _ = conv.forward(x, full, stride=stride, padding="same")
        np.testing.assert_allclose(
            depthwise.forward(x, W, stride=stride, padding="same")[0], want, atol=1e-12
        )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"units": (1,)}, "units has 1 numbers and channels 2; give one number for each stage"),
        ({"strides": (1, 0)}, "strides is 0; need a whole number of at least 1"),
        ({"channels": ()}, r"channels is \(\); need the number of channels of each stage"),
        ({"batch_norm_momentum": 1.0}, "batch_norm_momentum is 1.0"),
        ({"channels": (2**20, 2**21), "expansions": (1, 9)}, "more than any memory"),
    ],
)
def test_bad_sizes(fields, said):
    with pytest.raises(InputError, match=said):
        preset("efficientnet-tiny", **fields)
