"""Training: it learns, it repeats to the bit, it reports what happened, and it stops where numbers end."""

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest
from test_masked import Half

from vitnp import InputError, loss_and_grads, preset, tree, vit
from vitnp.data import ArraySource, DataSet, augment, digits
from vitnp.engine import batch
from vitnp.inputs.images import Preprocessing
from vitnp.tasks import Classification
from vitnp.tasks.classification import Head
from vitnp.tasks.evaluate import accuracy
from vitnp.training import guards, loop, optim, recipes, schedules, setup
from vitnp.training.display import Display, duration, rate
from vitnp.training.progress import Epoch, Step

CONFIG = preset("digits", num_layers=1, hidden_size=16, num_heads=2, mlp_dim=24)
QUICK = dataclasses.replace(recipes.RECIPES["digits"], epochs=2, batch_size=40, warmup_steps=2)


def small(n=100):
    """The first digits of each part."""
    d = digits.load(0)
    parts = (ArraySource(part.pixels[:k], part.labels[:k]) for part, k in ((d.train, n), (d.test, 50)))
    return DataSet(*parts, d.class_names)


def run(recipe=QUICK, config=CONFIG, data=None, seed=0, resume=None, **options):
    """(parameters, history) of one training from a seed; the options are fields of `How` and `Watch`."""
    rng = np.random.default_rng(seed)
    p = setup.initial_parameters(rng, config, recipe)
    watch = loop.Watch(**{name: options.pop(name) for name in loop.Watch._fields if name in options})
    how = loop.How(**options)
    return p, loop.train(p, config, data or small(), recipe, rng=rng, how=how, resume=resume, watch=watch)


def same(p, q):
    """Whether two trees are equal to the bit."""
    return all(np.array_equal(leaf, tree.get(q, name)) for name, leaf in tree.leaves(p))


def test_it_learns_the_digits():
    """Four epochs of half the model; a broken gradient, schedule or order stays far below."""
    recipe = dataclasses.replace(recipes.RECIPES["digits"], epochs=4, warmup_steps=30)
    _, history = run(recipe, preset("digits", num_layers=2), digits.load(0))
    assert history[-1].test_accuracy > 0.9
    assert history[-1].loss < 0.5 * history[0].loss


def test_no_weight_is_left_behind():
    """After two epochs every leaf has moved: none is missing in the update."""
    rng = np.random.default_rng(0)
    p = setup.initial_parameters(rng, CONFIG, QUICK)
    before = tree.map(np.copy, p)
    loop.train(p, CONFIG, small(), QUICK, rng=rng)
    for name, leaf in tree.leaves(p):
        assert not np.array_equal(leaf, tree.get(before, name)), name
        assert leaf.dtype == np.float32


@pytest.mark.parametrize("workers", [1, 2])
def test_a_seed_repeats_to_the_bit(workers):
    config = dataclasses.replace(CONFIG, dropout_rate=0.1)
    p, history = run(config=config, workers=workers)
    q, again = run(config=config, workers=workers)
    assert same(p, q)
    assert [epoch[:5] for epoch in history] == [epoch[:5] for epoch in again]
    assert not same(p, run(config=config, workers=workers, seed=1)[0])


def test_it_is_the_loop_one_would_write():
    """Order, augmentation, rate and decay, written out once more with the library's parts."""
    data, recipe = small(), dataclasses.replace(QUICK, clip=0.05)  # so low that it clips
    config = dataclasses.replace(CONFIG, dropout_rate=0.1)
    p, _ = run(recipe, config, workers=1)
    rng = np.random.default_rng(0)
    q = vit.init(rng, CONFIG)
    q["position"]["E_pos"] *= recipe.position_scale
    state = optim.init(q)
    for epoch in range(2):
        order, chance = rng.permutation(100), int(rng.integers(2**62))
        for i, rows in enumerate((order[:40], order[40:80], order[80:])):
            images = augment.affine(data.train.pixels[rows], np.random.default_rng([chance, i]))
            drop = np.random.default_rng([chance, i, 1])
            labels = data.train.labels[rows]
            _, dp = loss_and_grads(images, labels, q, config, Classification(0.1), drop, workers=1)
            assert optim.clip(dp, 0.05) > 0.05
            lr = schedules.cosine(3 * epoch + i + 1, lr=recipe.lr, warmup_steps=2, total_steps=6)
            optim.update(q, dp, state, lr=lr, weight_decay=0.1)
    assert same(p, q)


def test_what_the_history_says():
    steps, epochs = [], []
    p, history = run(
        on_step=lambda now, step: steps.append((now.step, step)),
        on_epoch=lambda now: epochs.append((now.history[-1], now.finished)),
    )
    assert [step for step, _ in steps] == [1, 2, 3, 4, 5, 6]
    assert [step.step for _, step in steps] == [1, 2, 3, 4, 5, 6]
    assert [step.epoch for _, step in steps] == [1, 1, 1, 2, 2, 2]
    assert [step.images for _, step in steps] == [40, 40, 20] * 2
    assert all(step.norm > 0 for _, step in steps)
    assert epochs == [(history[0], False), (history[1], True)]
    assert [epoch.epoch for epoch in history] == [1, 2]
    # 100 images in batches of 40, 40 and 20
    mean = np.average([step.loss for _, step in steps[:3]], weights=[40, 40, 20])
    assert history[0].loss == pytest.approx(mean, rel=1e-12)
    assert history[0].lr == schedules.cosine(3, lr=QUICK.lr, warmup_steps=2, total_steps=6)
    data = small()
    logits = vit.forward(data.test.pixels, p, CONFIG)[0]
    assert history[-1].test_accuracy == np.mean(logits.argmax(-1) == data.test.labels)
    assert 0 < 100 / history[0].images_per_second <= history[0].seconds


def test_the_first_loss_is_that_of_guessing():
    """The head starts at zero: ln(10), whatever the smoothing."""
    losses = []
    run(on_step=lambda _, step: losses.append(step.loss))
    assert losses[0] == pytest.approx(math.log(10), rel=1e-5)


def test_training_images_are_not_touched():
    data = small()
    kept = data.train.pixels.copy()
    run(data=data)
    np.testing.assert_array_equal(data.train.pixels, kept)


def test_dropout_and_augmentation_are_on():
    """Each changes what is learned, so each reaches the model."""
    p, _ = run()
    assert not same(p, run(config=dataclasses.replace(CONFIG, dropout_rate=0.5))[0])
    assert not same(p, run(dataclasses.replace(QUICK, augment=()))[0])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_loss_that_diverges_stops_with_the_leaf():
    with pytest.raises(
        InputError, match=r"stopped at step 2, lr .*the first leaf that is not finite: "
    ) as stop:
        run(dataclasses.replace(QUICK, lr=1e38, warmup_steps=0), workers=1)
    assert "\n" not in str(stop.value)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_nan_is_named_and_nothing_is_updated():
    rng = np.random.default_rng(0)
    p = setup.initial_parameters(rng, CONFIG, QUICK)
    p["blocks"][0]["norm_2"]["gamma"][3] = np.nan
    kept = tree.map(np.copy, p)
    with pytest.raises(InputError, match=r"at step 1, lr 0\.001: .*not finite: blocks\.0\.norm_2\.gamma;"):
        loop.train(p, CONFIG, small(), QUICK, rng=rng)
    for name, leaf in tree.leaves(p):
        np.testing.assert_array_equal(leaf, tree.get(kept, name))


def test_a_gradient_that_is_not_finite_is_not_hidden(monkeypatch):
    """A finite loss with a NaN in its gradient: the norm is not clipped away, the leaf is named."""

    real = batch.run

    def broken(*args, **options):
        loss, dp, statistics = real(*args, **options)
        dp["norm"]["beta"][0] = np.nan
        return loss, dp, statistics

    monkeypatch.setattr(batch, "run", broken)
    with pytest.raises(InputError, match=r"norm nan; the first leaf .*: the gradient of norm\.beta;"):
        run()


@pytest.mark.parametrize(
    ("loss", "norm"), [(math.nan, 1.0), (-math.inf, 1.0), (1.0, math.nan), (1.0, math.inf), (1.0, 1.0)]
)
def test_each_of_loss_and_norm_is_looked_at(loss, norm):
    p, dp = {"a": {"W": np.ones(3)}}, {"a": {"W": np.ones(3)}}
    if math.isfinite(loss + norm):
        guards.check_finite(7, 0.1, loss, norm, p, dp)
        return
    with pytest.raises(InputError, match=r"at step 7, lr 0\.1: .*not finite: none; begin anew with"):
        guards.check_finite(7, 0.1, loss, norm, p, dp)
    for bad, name in ((dp, "the gradient of a.W"), (p, "a.W")):  # p before dp
        bad["a"]["W"][1] = -np.inf
        with pytest.raises(InputError, match=f"not finite: {name};"):
            guards.check_finite(7, 0.1, loss, norm, p, dp)


def test_only_floats_are_asked_whether_they_are_finite():
    guards.check_parameters(3, {"step": np.array(3), "text": np.array("{}"), "W": np.ones(2)})
    with pytest.raises(InputError, match="after step 3: W is not finite"):
        guards.check_parameters(3, {"step": np.array(3), "W": np.array([1.0, np.nan])})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("batch_size", 0),
        ("warmup_steps", -1),
        ("weight_decay", -0.1),
        ("weight_decay", math.nan),
        ("position_scale", math.inf),
        ("lr", 0.0),
        ("lr", math.nan),
        ("label_smoothing", 1.0),
        ("clip", 0.0),
    ],
)
def test_a_recipe_that_cannot_be(field, value):
    with pytest.raises(InputError, match=f"{field} is {value}"):
        dataclasses.replace(QUICK, **{field: value})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"image_size": 16},
            r"images are 8x8x1, the model takes 16x16x1; make them fit with data.fitted.* image_size 8x8",
        ),
        ({"image_size": (8, 4)}, r"images are 8x8x1, the model takes 8x4x1"),
        ({"image_size": (4, 8)}, r"images are 8x8x1, the model takes 4x8x1"),
        ({"in_channels": 3}, r"the model takes 8x8x3; .*in_channels=1"),
        ({"num_classes": 7}, r"10 classes, the model 7; give it num_classes=10"),
        ({"num_classes": 0}, r"10 classes, the model 0"),
    ],
)
def test_a_model_that_does_not_fit_the_data(change, message):
    config = dataclasses.replace(CONFIG, **change)
    with pytest.raises(InputError, match=message):
        loop.train({}, config, small(), QUICK, rng=np.random.default_rng(0))


def test_initial_parameters():
    recipe = dataclasses.replace(QUICK, position_scale=4.0)
    p = setup.initial_parameters(np.random.default_rng(0), CONFIG, recipe)
    plain = vit.init(np.random.default_rng(0), CONFIG)
    for name, leaf in tree.leaves(p):
        scale = 4.0 if name == "position.E_pos" else 1.0
        np.testing.assert_array_equal(leaf, tree.get(plain, name) * np.float32(scale))
        assert leaf.dtype == np.float32


def test_a_recipe_of_steps_ends_in_the_middle_of_an_epoch():
    recipe = dataclasses.replace(QUICK, epochs=None, steps=4)
    steps = []
    _, history = run(recipe, on_step=lambda now, step: steps.append((step.epoch, step.images, step.lr)))
    assert [step[:2] for step in steps] == [(1, 40), (1, 40), (1, 20), (2, 40)]
    assert steps[-1][2] == 0.0  # the cosine ends with the last step
    assert [epoch.epoch for epoch in history] == [1, 2]


@pytest.mark.parametrize("micro_batch", [7, 40])
def test_gradients_accumulated(micro_batch):
    """At most so many images at a time, and the same training, dropout too."""
    config = dataclasses.replace(CONFIG, dropout_rate=0.2)
    losses = {None: [], micro_batch: []}
    for size, found in losses.items():
        run(
            dataclasses.replace(QUICK, micro_batch=size),
            config,
            on_step=lambda _, step, found=found: found.append((step.loss, step.norm)),
        )
    np.testing.assert_allclose(losses[None], losses[micro_batch], rtol=1e-4)


def test_polyak_averaging():
    """The average of the parameters after every step is what is measured and what is left in p."""
    recipe, seen = dataclasses.replace(QUICK, average=0.8), []
    p, history = run(recipe, on_step=lambda now, step: seen.append(tree.map(np.copy, now.p)))
    rng = np.random.default_rng(0)
    mean = setup.initial_parameters(rng, CONFIG, recipe)
    plain, _ = run()
    same_steps = tree.map(np.array_equal, seen[-1], plain)
    assert all(dict(tree.leaves(same_steps)).values())  # averaging changes no step
    for now in seen:
        mean = tree.map(lambda a, b: 0.8 * a + 0.2 * b, mean, now)
    for name, leaf in tree.leaves(p):
        np.testing.assert_allclose(leaf, tree.get(mean, name), atol=1e-6, err_msg=name)
    assert history[-1].test_accuracy == accuracy(Classification(), small().test, p, CONFIG)


def test_mixup_reaches_the_training(monkeypatch):
    seen = []

    real = batch.run

    def spy(task, images, labels, *arguments, **options):
        seen.append(labels)
        return real(task, images, labels, *arguments, **options)

    monkeypatch.setattr(batch, "run", spy)
    run(dataclasses.replace(QUICK, mixup=0.5))
    for labels in seen:
        assert labels.shape[1] == 10
        np.testing.assert_allclose(labels.sum(1), 1, rtol=1e-6)
        assert ((labels > 0).sum(1) == 2).any()


@pytest.mark.parametrize("fields", [{}, {"representation_size": 6}])
def test_a_frozen_backbone(fields):
    """Only the head moves, as it would with the whole gradient; the state holds the head's moments alone."""
    config = dataclasses.replace(CONFIG, **fields)
    recipe = dataclasses.replace(QUICK, average=0.5)
    rng = np.random.default_rng(1)
    p = tree.map(
        lambda leaf: (leaf + 0.3 * rng.standard_normal(leaf.shape)).astype("float32"), vit.init(rng, config)
    )
    before, states = tree.map(np.copy, p), []
    loop.train(
        p,
        config,
        small(),
        recipe,
        rng=np.random.default_rng(0),
        how=loop.How(Head()),
        watch=loop.Watch(on_step=lambda now, _: states.append(now.optimizer["m"].size)),
    )
    for name, leaf in tree.leaves(p):
        assert np.array_equal(leaf, tree.get(before, name)) == (not name.startswith("classify.head.")), name
    assert set(states) == {p["classify"]["head"]["W"].size + 10}


def test_a_head_alone_needs_images():
    """No images are a part of a batch, but no batch."""
    p, none = vit.init(np.random.default_rng(0), CONFIG), np.zeros((0, 8, 8, 1))
    loss, dp = loss_and_grads(none, np.zeros(0, int), p, CONFIG, Head(), part=(4, 9))
    assert loss == 0 and not dp["classify"]["head"]["W"].any()
    with pytest.raises(InputError, match="an empty batch"):
        loss_and_grads(none, np.zeros(0, int), p, CONFIG, Head())


def test_a_head_alone_that_is_not_the_configuration_s():
    """The frozen part runs without the head, so nobody else would look at its shape."""
    images, labels, p = np.zeros((2, 8, 8, 1)), np.array([0, 1]), vit.init(np.random.default_rng(0), CONFIG)
    wrong = tree.map(lambda leaf: leaf[..., :7], p["classify"])
    for classify, message in ((wrong, r"classify.head.b is \(7,\)"), ({}, "classify.head.W is missing")):
        with pytest.raises(InputError, match=message):
            loss_and_grads(images, labels, p | {"classify": classify}, CONFIG, Head())
    del p["classify"]
    with pytest.raises(InputError, match=r"classify\.head\.W is missing"):
        loss_and_grads(images, labels, p, CONFIG, Head())


def test_no_workers():
    with pytest.raises(InputError, match="workers is 0"):
        run(workers=0)


@pytest.mark.parametrize("fields", [{}, {"representation_size": 6}, {"classifier": "gap"}])
def test_the_gradient_of_a_head_alone(fields):
    config = dataclasses.replace(CONFIG, **fields)
    rng = np.random.default_rng(2)
    p = tree.map(lambda leaf: leaf + 0.3 * rng.standard_normal(leaf.shape), vit.init(rng, config, "float64"))
    d = small().train
    images, labels = d.images(range(9)).astype("float64"), d.labels[:9]
    want, dp = loss_and_grads(images, labels, p, config, Classification(0.1))
    loss, dhead = loss_and_grads(images, labels, p, config, Head(0.1), workers=2)
    assert loss == pytest.approx(want, rel=1e-12)
    assert [name for name, _ in tree.leaves(dhead)] == ["classify.head.W", "classify.head.b"]
    for name, g in tree.leaves(dhead):
        np.testing.assert_allclose(g, tree.get(dp, name), rtol=1e-10, atol=1e-14)
    halves = [
        loss_and_grads(images[a:b], labels[a:b], p, config, Head(0.1), part=(a, 9))
        for a, b in ((0, 4), (4, 4), (4, 9))
    ]
    assert sum(half[0] for half in halves) == pytest.approx(want, rel=1e-12)
    total = tree.map(lambda *parts: sum(parts), *(half[1] for half in halves))
    tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-14), total, dhead)


@pytest.mark.parametrize("rows", [None, np.arange(99, 9, -1), [3]], ids=["all", "some", "one"])
def test_how_often_it_is_right(rows, monkeypatch):
    """By hand; on the threads that were asked for, with a pause after every batch, and of two ranks the sum."""
    images, rng, used, pauses = small().train, np.random.default_rng(0), [], []
    p = tree.map(
        lambda leaf: (leaf + 0.3 * rng.standard_normal(leaf.shape)).astype("float32"), vit.init(rng, CONFIG)
    )

    real = batch.count_right

    def spy(*arguments):
        used.append(arguments[-1])
        return real(*arguments)

    monkeypatch.setattr(batch, "count_right", spy)
    got = accuracy(
        Classification(), images, p, CONFIG, rows=rows, workers=2, between=lambda: pauses.append(1)
    )
    some = range(100) if rows is None else rows
    right = vit.forward(images.images(some), p, CONFIG)[0].argmax(-1) == images.labels[some]
    assert got == right.mean()
    assert used == [2] * math.ceil(len(some) / 64) and len(pauses) == len(used)
    if len(some) > 1:
        assert 0 < got < 1
        halves = [
            accuracy(Classification(), images, p, CONFIG, rows=rows, comm=Half(rank)) for rank in (0, 1)
        ]
        assert sum(halves) == pytest.approx(got, abs=1e-12) and min(halves) < got


def test_nothing_to_measure_on():
    images = small().train
    for options in (
        {"source": ArraySource(images.pixels[:0], images.labels[:0])},
        {"source": images, "rows": []},
    ):
        with pytest.raises(InputError, match="no images to measure on"):
            accuracy(Classification(), p={}, config=CONFIG, **options)


def test_images_as_the_model_had_them():
    """A model that was trained on other means and deviations gets them in training too."""
    how = Preprocessing(mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3))
    x = np.linspace(-1, 1, 24, dtype="float32").reshape(1, 2, 4, 3)
    want = ((x.astype("float64") + 1) / 2 - [0.4, 0.5, 0.6]) / [0.2, 0.25, 0.3]

    def prepared(x, how):
        return ArraySource(x, [0]).prepared(x, preset("tiny", preprocessing=how))

    np.testing.assert_allclose(prepared(x, how), want, atol=1e-6)
    assert prepared(x, how).dtype == np.float32
    for mean, std in ((0.5, 0.25), (0.4, 0.5), ((0.5, 0.5, 0.4), 0.5), (0.5, (0.5, 0.5, 0.4))):  # one alone
        want = ((x.astype("float64") + 1) / 2 - mean) / std
        np.testing.assert_allclose(prepared(x, Preprocessing(mean=mean, std=std)), want, atol=1e-6)
    assert prepared(x, Preprocessing()) is x


@pytest.mark.parametrize(
    ("names", "crops", "left"),
    [
        (("inception_crop",), True, ()),  # the source does that itself
        (("inception_crop",), False, ("inception_crop",)),
        (("flip", "inception_crop", "crop"), True, ("flip", "crop")),
        (("flip",), True, ("flip",)),
        (("crop", "flip"), None, ("crop", "flip")),  # in this order
        ((), False, ()),
    ],
)
def test_what_is_left_to_the_source(names, crops, left):
    source = object() if crops is None else SimpleNamespace(does=("inception_crop",) if crops else ())
    change = augment.composed(names, source)
    assert (change is None) == (not left)
    if left:
        images = np.random.default_rng(0).standard_normal((4, 8, 8, 1)).astype("float32")
        rng, want = np.random.default_rng(1), images
        for name in left:
            want = augment.NAMES[name](want, rng)
        changed, labels = change(images, np.arange(4), np.random.default_rng(1))
        np.testing.assert_array_equal(changed, want)
        np.testing.assert_array_equal(labels, np.arange(4))


@pytest.mark.parametrize(("given", "rate"), [(None, 0.2), (0.0, 0.0), (0.5, 0.5)])
def test_the_recipes_dropout_goes_before_the_models(given, rate):
    """None is none of its own, and 0 is none at all."""
    config = dataclasses.replace(CONFIG, dropout_rate=0.2, attention_dropout_rate=0.1)
    recipe = dataclasses.replace(QUICK, dropout=given)
    assert loop.with_dropout(config, recipe) == dataclasses.replace(config, dropout_rate=rate)
    if given:
        one = dataclasses.replace(QUICK, epochs=None, steps=1)
        p, _ = run(dataclasses.replace(one, dropout=0.5))
        assert same(p, run(one, dataclasses.replace(CONFIG, dropout_rate=0.5))[0])


def test_an_augmentation_that_is_none():
    with pytest.raises(InputError, match=r'augment is "affline"; did you mean affine'):
        run(dataclasses.replace(QUICK, augment=("affline",)))


def test_float16_trains_as_float32_does():
    """Half the bits in the forward and backward pass, the same losses to float16's precision."""
    losses = {}
    for dtype in ("float32", "float16"):
        seen = losses[dtype] = []
        run(on_step=lambda _, step, seen=seen: seen.append(float(step.loss)), dtype=dtype)
    np.testing.assert_allclose(losses["float16"], losses["float32"], rtol=0.02)
    assert losses["float16"] != losses["float32"]


def test_a_scale_too_large_leaves_steps_out(monkeypatch):
    """Until float16 holds the scaled gradients; the parameters stay as they were in those steps."""
    start = loop.start

    def too_large(*arguments):
        now = start(*arguments)
        now.scale = [2.0**19, 0]
        return now

    monkeypatch.setattr(loop, "start", too_large)
    scales, norms = [], []
    with np.errstate(over="ignore", invalid="ignore"):
        run(on_step=lambda now, step: (scales.append(now.scale[0]), norms.append(step.norm)), dtype="float16")
    assert not np.isfinite(norms[0])
    assert scales[0] == 2.0**18
    assert np.isfinite(norms[1:]).any()


def test_a_frozen_backbone_is_trained_in_float32():
    with pytest.raises(InputError, match="a frozen backbone is trained in float32"):
        run(dtype="float16", task=Head())


@pytest.mark.parametrize("part", ["train", "test"])
def test_no_images_are_refused(part):
    data = small()
    none = ArraySource(np.zeros((0, 8, 8, 1), np.uint8), np.zeros(0, int))
    with pytest.raises(InputError, match="need some of both"):
        run(data=data._replace(**{part: none}))


def test_a_step_that_float16_cannot_hold_spoils_no_epoch(monkeypatch):
    """Its loss, NaN, is left out of the epoch's mean."""
    plain, calls = batch.run, []

    def once(*arguments, **options):
        loss, dp, statistics = plain(*arguments, **options)
        calls.append(1)
        if len(calls) == 2:
            loss, dp = np.float32("nan"), tree.map(lambda g: g * np.float32("nan"), dp)
        return loss, dp, statistics

    monkeypatch.setattr(batch, "run", once)
    _, history = run(dtype="float16")
    assert all(np.isfinite(epoch.loss) for epoch in history)


class Bar:
    """In the place of tqdm's: what it was made of and what it was told."""

    def __init__(self, **options):
        self.options, self.disable, self.texts, self.lines, self.done = options, False, [], [], 0

    def set_postfix_str(self, text, refresh):
        self.texts.append(text)

    def update(self, images):
        self.done += images

    def write(self, line, file):
        self.lines.append(line)


@pytest.mark.parametrize(
    ("length", "total", "epochs"),
    [({"epochs": 2}, 200, 2), ({"epochs": None, "steps": 4}, 140, 2), ({"epochs": None, "steps": 3}, 100, 1)],
    ids=str,
)
@pytest.mark.parametrize(("begun", "initial"), [(None, 0), ({"epoch": 2, "images": 40}, 140)])
def test_how_far_the_bar_runs(length, total, epochs, begun, initial, monkeypatch):
    """All images of all epochs, the last perhaps not whole; from where a training goes on."""
    monkeypatch.setattr("tqdm.tqdm", Bar)
    progress = begun and SimpleNamespace(history=[], **begun)
    display = Display(dataclasses.replace(QUICK, **length), 100, progress)
    assert (display.bar.options["total"], display.bar.options["initial"], display.epochs) == (
        total,
        initial,
        epochs,
    )


def test_no_rate_and_no_time_is_rounded_to_nothing():
    rates = {
        1234.5: "1,234",
        10.4: "10",
        9.96: "10",
        9.94: "9.9",
        1.4: "1.4",
        0.96: "1.0",
        0.94: "0.9",
        0.04: "0.04",
    }
    assert {x: rate(x) for x in rates} == rates
    times = {123.45: "123.5", 0.34: "0.3", 0.096: "0.1", 0.094: "0.09", 0.004: "0.004"}
    assert {seconds: duration(seconds) for seconds in times} == times


def test_what_the_bar_says(monkeypatch):
    """Every loss that is there; one that lies on a device at every sixteenth step, for it is waited for."""
    monkeypatch.setattr("tqdm.tqdm", Bar)
    display = Display(QUICK, 100)
    for step in range(1, 33):
        display.on_step(Step(step, 1, np.array(0.5), 1.0, 0.1, 40))
    assert (display.bar.texts, display.bar.done) == (["loss 0.500"] * 2, 32 * 40)
    display.on_epoch(Epoch(1, 0.5, 0.25, 0.75, 0.1, 2.0, 1234.5))
    display.on_step(Step(33, 2, 0.25, 1.0, 0.1, 40))
    assert display.bar.texts[2:] == ["loss 0.250, test 75.00%"]
    assert display.bar.lines == [
        "epoch 1/2  loss 0.5000  train  25.00%  test  75.00%* lr 1.0e-01  1,234 images/s"
    ]
    display.bar.disable = True
    display.on_step(Step(34, 2, 0.25, 1.0, 0.1, 40))
    assert (len(display.bar.texts), display.bar.done) == (3, 33 * 40)


@pytest.mark.parametrize("quiet", [True, False])
def test_a_quiet_training_shows_nothing(quiet, monkeypatch):
    monkeypatch.setattr("tqdm.tqdm", Bar)
    display = Display(QUICK, 100, quiet=quiet)
    assert display.bar.options["disable"] is (True if quiet else None)
    display.on_epoch(Epoch(1, 0.5, 0.25, 0.75, 0.1, 2.0, 1234.5))
    assert len(display.bar.lines) == (not quiet)


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", None])
def test_a_dtype_that_nothing_is_trained_in(dtype):
    with pytest.raises(InputError, match="dtype is"):
        guards.check_dtype(dtype, Classification())


@pytest.mark.parametrize("micro_batch", [None, 4])
def test_the_recipes_micro_batch_reaches_the_step(monkeypatch, micro_batch):
    asked = []

    real = batch.run

    def spy(*given):
        asked.append(given[-1].micro_batch)
        return real(*given)

    monkeypatch.setattr(batch, "run", spy)
    run(dataclasses.replace(QUICK, epochs=1, micro_batch=micro_batch))
    assert set(asked) == {micro_batch}
