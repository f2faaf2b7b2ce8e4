"""The batch over threads: the same numbers however it is split."""

import contextlib
import itertools
import tracemalloc

import numpy as np
import pytest
from cases import DROPOUTS, NEIGHBORS, POSITIONS, generator, model_point
from test_contract import close

from vitnp import InputError, ViTConfig, gradcheck, loss_and_grads, models, predict, tree, vit
from vitnp.analysis import cost
from vitnp.backend import draws, tiles
from vitnp.blocks import encoder, resnet
from vitnp.engine import batch, loss, split, sums
from vitnp.models import preset
from vitnp.models.parts import copied
from vitnp.ops import dropout
from vitnp.steps import s6_layer_norm
from vitnp.system import blas, cores, threads
from vitnp.tasks import Classification
from vitnp.tasks.classification import Head

CONFIG = preset("tiny")
B = 9
IMAGES, P = model_point(CONFIG, batch_size=B)
LABELS = np.array([0, 3, 12, 1, 1, 7, 12, 5, 9])
RATES = {"no dropout": {}} | {name: {name: rate} for name, rate in DROPOUTS.items()} | {"both": DROPOUTS}
RATES["stochastic depth"] = {"stochastic_depth_rate": 0.5}
SOFT = np.random.default_rng(0).dirichlet(np.ones(CONFIG.num_classes), B)


@pytest.mark.parametrize(("batch_size", "workers"), [(5, 1), (5, 2), (5, 3), (5, 5), (5, 9), (1, 4), (64, 7)])
def test_slices_cover_the_batch_evenly(batch_size, workers):
    parts = split.slices(0, batch_size, CONFIG, workers, on_cpu=True)
    assert len(parts) == min(batch_size, workers)
    assert [i for start, stop in parts for i in range(start, stop)] == list(range(batch_size))
    sizes = {stop - start for start, stop in parts}
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("labels", [LABELS, SOFT], ids=["integers", "probabilities"])
def test_against_the_model_and_the_loss(labels):
    logits, saved = vit.forward(IMAGES, P, CONFIG)
    value, saved_loss = loss.forward(logits, labels, label_smoothing=0.1)
    _, dp = vit.backward(loss.backward(1.0, saved_loss), saved)
    got, grads = loss_and_grads(IMAGES, labels, P, CONFIG, Classification(0.1), workers=2)
    close(got, value)
    tree.map(close, grads, dp)
    assert [name for name, _ in tree.leaves(grads)] == [name for name, _ in tree.leaves(P)]


WHOLE = {
    "pre-logits": {},
    "no pre-logits": {"representation_size": None},
    "gap": {"classifier": "gap"},
    "one layer": {"num_layers": 1},
    "three layers": {"num_layers": 3},
    **POSITIONS,
    **NEIGHBORS,
}


@pytest.mark.parametrize(
    "how",
    [{"workers": 1}, {"workers": 3}, {"workers": 2, "micro_batch": 3}, {"workers": 1, "recompute": True}],
    ids=str,
)
@pytest.mark.parametrize("fields", WHOLE.values(), ids=WHOLE)
def test_against_the_whole_pass(fields, how):
    """What nobody reads is left out: loss and gradients to 1e-14 of the largest, in every way to do a batch."""
    config = preset("tiny", **fields)
    images, p = model_point(config, batch_size=len(LABELS))
    logits, saved = vit.forward(images, p, config)
    value, saved_loss = loss.forward(logits, LABELS)
    _, dp = vit.backward(loss.backward(1.0, saved_loss), saved)
    got, grads = loss_and_grads(images, LABELS, p, config, **how)
    largest = max(np.abs(leaf).max() for _, leaf in tree.leaves(dp))
    assert got == pytest.approx(value, rel=1e-14)
    tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=1e-14 * largest), grads, dp)
    predicted = predict(images, p, config, workers=how["workers"])
    np.testing.assert_allclose(predicted, logits, rtol=0, atol=1e-14 * np.abs(logits).max())


def test_what_nobody_reads_is_left_out(monkeypatch):
    """In training and in prediction, the last LayerNorm sees the one token that the logits are made of."""
    norm, rows = s6_layer_norm.forward, []

    def spy(x, p, **static):
        rows.append(x.shape[1])
        return norm(x, p, **static)

    monkeypatch.setattr(s6_layer_norm, "forward", spy)
    N = CONFIG.num_tokens
    loss_and_grads(IMAGES, LABELS, P, CONFIG, workers=1)
    predict(IMAGES, P, CONFIG, workers=1)
    assert rows == [*[N] * (2 * CONFIG.num_layers - 1), 1, 1] * 2


@pytest.mark.parametrize("fields", RATES.values(), ids=RATES)
def test_each_dropout_is_the_forwards(fields):
    """Each rate alone: what one generator of the seed drawn here drops in the whole batch."""
    config = preset("tiny", **fields)
    drop = np.random.default_rng(generator().integers(2**63))
    logits, saved = vit.forward(IMAGES, P, config, rng=drop, whole=False)
    value, saved_loss = loss.forward(logits, LABELS)
    _, dp = vit.backward(loss.backward(1.0, saved_loss), saved)
    got, grads = loss_and_grads(IMAGES, LABELS, P, config, workers=2, rng=generator())
    close(got, value)
    tree.map(close, grads, dp)
    still, _ = loss_and_grads(IMAGES, LABELS, P, config, workers=2)
    assert (abs(got - still) > 1e-3) == bool(fields)


@pytest.mark.parametrize("workers", [2, 4, 11, None])
@pytest.mark.parametrize("fields", RATES.values(), ids=RATES)
def test_independent_of_the_workers(workers, fields):
    config = preset("tiny", **fields)
    one, dp_one = loss_and_grads(IMAGES, LABELS, P, config, workers=1, rng=generator())
    many, dp_many = loss_and_grads(IMAGES, LABELS, P, config, workers=workers, rng=generator())
    close(many, one)
    tree.map(close, dp_many, dp_one)


@pytest.mark.parametrize("edges", [(0, 2, B), (0, 1, 1, 4, B), (0, B, B)])
@pytest.mark.parametrize("fields", [{}, DROPOUTS], ids=["no dropout", "dropout"])
def test_the_parts_of_a_batch_add_up_to_it(edges, fields):
    """As processes split it, each part then over threads; an empty part draws from the generator like the others."""
    config = preset("tiny", **fields)
    rng = generator()
    whole, dp = loss_and_grads(IMAGES, LABELS, P, config, Classification(0.1), rng=rng)
    values, grads, after = [], [], []
    for start, stop in itertools.pairwise(edges):
        images, labels, own = IMAGES[start:stop], LABELS[start:stop], generator()
        value, part = loss_and_grads(
            images, labels, P, config, Classification(0.1), own, workers=2, part=(start, B)
        )
        values.append(value)
        grads.append(part)
        after.append(own.random())
    close(sum(values), whole)
    tree.map(lambda leaf, *parts: close(sum(parts), leaf), dp, *grads)
    assert set(after) == {rng.random()}


@pytest.mark.parametrize("block", [tiles.BLOCK, 50])
@pytest.mark.parametrize("workers", [1, 2, 4, B])
def test_the_same_bits_from_run_to_run(workers, block, monkeypatch):
    monkeypatch.setattr(tiles, "BLOCK", block)
    config = preset("tiny", **DROPOUTS)
    p = tree.map(lambda a: a.astype(np.float32), P)
    first, *others = (
        loss_and_grads(IMAGES.astype(np.float32), LABELS, p, config, workers=workers, rng=generator())
        for _ in range(10)
    )
    for other in others:
        assert first[0] == other[0]
        tree.map(np.testing.assert_array_equal, first[1], other[1])
    assert first[0].dtype == np.float32
    assert {leaf.dtype for _, leaf in tree.leaves(first[1])} == {np.dtype(np.float32)}


def test_dropout_needs_a_generator_and_draws_anew():
    config = preset("tiny", **DROPOUTS)
    still, _ = loss_and_grads(IMAGES, LABELS, P, config)
    close(still, loss_and_grads(IMAGES, LABELS, P, CONFIG)[0])
    rng = generator()
    values = [loss_and_grads(IMAGES, LABELS, P, config, rng=rng)[0] for _ in range(2)]
    assert len({float(still), *map(float, values)}) == 3


def test_dropout_differs_between_the_images_of_a_batch():
    """Eight images: no two drop the same, and an image drops the same in whatever share it is."""

    def masks(rng, rows):
        """Three in a row, of sizes that fill no whole 64-bit words."""
        return [dropout.draw(np.zeros(1), (rows, 9, size), rate=0.3, rng=rng) for size in (3, 4, 5)]

    whole = masks(np.random.Generator(np.random.PCG64(7)), 8)
    parts = [
        masks(draws.BatchShare(7, start, stop, 8), stop - start) for start, stop in ((0, 2), (2, 3), (3, 8))
    ]
    for mask, *of_shares in zip(whole, *parts, strict=True):
        np.testing.assert_array_equal(np.concatenate(of_shares), mask)
        assert len({row.tobytes() for row in mask}) == 8


@pytest.mark.parametrize("recompute", [False, True])
@pytest.mark.parametrize("micro_batch", [1, 2, 4, B, 11])
@pytest.mark.parametrize("workers", [1, 2])
def test_micro_batches_and_recomputing_change_nothing(workers, micro_batch, recompute):
    config = preset("tiny", **DROPOUTS)
    one, dp_one = loss_and_grads(IMAGES, SOFT, P, config, workers=1, rng=generator())
    less = {"micro_batch": micro_batch, "recompute": recompute}
    value, dp = loss_and_grads(IMAGES, SOFT, P, config, workers=workers, rng=generator(), **less)
    close(value, one)
    tree.map(close, dp, dp_one)


@pytest.mark.parametrize(("recompute", "kind"), [(False, encoder.SavedBlock), (True, encoder.BlockInput)])
def test_recomputing_keeps_the_inputs_alone(recompute, kind, monkeypatch):
    forward, kept = vit.forward, []

    def spy(*arguments, **options):
        logits, saved = forward(*arguments, **options)
        kept.extend(saved.blocks)
        return logits, saved

    monkeypatch.setattr(vit, "forward", spy)
    loss_and_grads(IMAGES, LABELS, P, CONFIG, workers=1, recompute=recompute)
    assert list(map(type, kept)) == [kind] * CONFIG.num_layers


def test_a_model_is_small_up_to_enough_for_two_threads():
    """An image is enough for two from 2·72,000,000 multiply–adds on."""
    fields = {"image_size": 16, "patch_size": 4, "num_layers": 1, "num_heads": 1, "num_classes": 0}
    for width, small in ((1181, True), (1182, False)):
        config = ViTConfig(hidden_size=width, mlp_dim=width, **fields)
        assert (split.multiply_adds(config) < 144_000_000) == small
        assert split.is_small(config) == small


def test_threads_only_where_they_pay(monkeypatch):
    monkeypatch.setattr(cores, "own", lambda: set(range(8)))
    small, large = preset("digits"), preset("B/16")
    assert split.choose_workers(32, small) == 1
    assert split.choose_workers(64, small) == 2
    assert split.choose_workers(1024, small) == 8
    assert split.choose_workers(8, large) == 8
    assert split.choose_workers(2, large) == 2


def test_blas_has_threads_where_they_pay(monkeypatch):
    """A part alone has one thread of BLAS if the model is small, whatever the batch; else all."""
    assert [split.is_small(preset(name)) for name in ("digits", "Ti/16", "B/16")] == [True, False, False]
    limits = []

    class Controller:
        def limit(self, limits, user_api, seen=limits):
            seen.append(limits)
            return contextlib.nullcontext()

    monkeypatch.setattr(blas, "controller", Controller)
    predict(IMAGES, P, CONFIG, workers=1)
    loss_and_grads(IMAGES, LABELS, P, CONFIG, workers=1)
    batch.count_right(Classification(), IMAGES, LABELS, P, CONFIG, workers=1)
    assert limits == [1, 1, 1]
    monkeypatch.setattr(batch, "is_small", lambda config: False)
    predict(IMAGES, P, CONFIG, workers=1)
    loss_and_grads(IMAGES, LABELS, P, CONFIG, workers=1)
    assert limits[3:] == [None, None]
    predict(IMAGES, P, CONFIG, workers=2)  # every part has a thread of its own
    assert limits[5:] == [1]


def test_only_the_cores_of_this_process(monkeypatch):
    """A cluster gives a job some of a machine's cores; without an affinity, as on macOS, all are its own."""
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {2, 5}, raising=False)
    assert cores.own() == {2, 5}
    assert split.choose_workers(8, preset("B/16")) == 2
    monkeypatch.delattr("os.sched_getaffinity")
    assert cores.own() == set(range(8))
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert split.choose_workers(8, preset("B/16")) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_sum_does_not_depend_on_who_comes_first(order):
    """1e8 + 1 − 1e8 in float32 is 0 or 1, by the order: here always that of the shares."""
    gradients = [
        {"W": np.full(3, value, np.float32), "b": {0: np.float32([value])}} for value in (1e8, 1.0, -1e8)
    ]
    total = sums.Sum()
    for i, share in enumerate(order, start=1):
        total.add(share, "norm", gradients[share])
        come, added = set(order[:i]), total.added["norm"]
        assert added == min(set(range(4)) - come)  # all that can be added is added at once
        assert set(total.waiting["norm"]) == {share for share in come if share > added}  # and then not kept
    tree.map(np.testing.assert_array_equal, total.tree(), {"norm": {"W": np.zeros(3), "b": {0: np.zeros(1)}}})


def test_the_sum_over_racing_threads():
    """Eight shares of a hundred parts, all at once: nothing lost, nothing twice, the parts in their order."""
    shares, names = 8, [f"blocks.{i}" for i in reversed(range(100))]
    given = np.random.default_rng(0).standard_normal((shares, len(names), 5)).astype(np.float32)
    total = sums.Sum()

    def share(number):
        for name, part in zip(names, given[number].copy(), strict=True):
            total.add(number, name, {"W": part})

    threads.run(share, range(shares))
    assert list(total.total) == names
    for name, parts in zip(names, given.swapaxes(0, 1), strict=True):
        np.testing.assert_array_equal(total.total[name]["W"], sum(parts[1:], parts[0]))


def test_gradients_of_one_share_are_handed_on():
    total, dp = sums.Sum(), {"W": np.ones(3)}
    total.add(0, "norm", dp)
    assert total.tree()["norm"] is dp


def test_blocks_are_freed_on_the_way_back(monkeypatch):
    """Of 24 layers: never all activations and all gradients at once, which is what a plain list would hold."""
    config = preset(
        "tiny",
        num_layers=24,
        hidden_size=64,
        num_heads=2,
        mlp_dim=256,
        image_size=16,
        patch_size=4,
        representation_size=None,
    )
    images, p = model_point(config, batch_size=4)
    images, p = images.astype(np.float32), tree.map(lambda a: a.astype(np.float32), p)
    both = sum(cost.saved_bytes(config, batch_size=4).values()) + tree.nbytes(p)

    def peak():
        tracemalloc.start()
        loss_and_grads(images, LABELS[:4], p, config, workers=1)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert peak() < 0.65 * both
    real = vit.backward_parts  # of a copy nothing is freed on the way
    monkeypatch.setattr(vit, "backward_parts", lambda dy, saved: real(dy, copied(saved)))
    assert peak() > both


@pytest.mark.parametrize("workers", [1, 2, 4, 11, None])
@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_predict_is_the_forward(workers, batch_size):
    logits = predict(IMAGES, P, CONFIG, workers=workers, batch_size=batch_size)
    close(logits, vit.forward(IMAGES, P, CONFIG)[0])


def test_predict_has_no_dropout():
    close(predict(IMAGES, P, preset("tiny", **DROPOUTS)), predict(IMAGES, P, CONFIG))


def test_predict_scales_bytes():
    images = np.random.default_rng(0).integers(0, 256, IMAGES.shape, dtype=np.uint8)
    close(predict(images, P, CONFIG), vit.forward(images, P, CONFIG)[0])


@pytest.mark.parametrize("workers", [0, -1])
def test_workers_that_cannot_be(workers):
    with pytest.raises(InputError, match=f"workers is {workers}; need a whole number of at least 1"):
        loss_and_grads(IMAGES, LABELS, P, CONFIG, workers=workers)
    with pytest.raises(InputError, match=f"micro_batch is {workers}; need a whole number of at least 1"):
        loss_and_grads(IMAGES, LABELS, P, CONFIG, micro_batch=workers)
    with pytest.raises(InputError, match=f"workers is {workers}; need a whole number of at least 1"):
        predict(IMAGES, P, CONFIG, workers=workers)


def test_a_model_without_a_head_has_no_loss():
    config = preset("tiny", num_classes=0)
    images, p = model_point(config)
    with pytest.raises(InputError, match="no head"):
        loss_and_grads(images, np.array([0, 0]), p, config)
    assert predict(images, p, config).shape == (2, CONFIG.representation_size)


@pytest.mark.parametrize(
    "labels", [LABELS[:4], LABELS + 1, -LABELS, LABELS.astype(float), SOFT[:, :4], list(LABELS)]
)
def test_bad_labels(labels):
    with pytest.raises(InputError, match="labels"):
        loss_and_grads(IMAGES, labels, P, CONFIG, workers=2)


def test_bad_images():
    for call in (lambda x: predict(x, P, CONFIG), lambda x: loss_and_grads(x, LABELS, P, CONFIG)):
        with pytest.raises(InputError, match="48x40"):
            call(IMAGES.swapaxes(1, 2))


def test_predict_refuses_an_empty_batch_size():
    config = preset("tiny")
    images = np.zeros((1, *config.image_size, 3))
    with pytest.raises(InputError, match="batch_size is 0"):
        predict(images, vit.init(None, config), config, batch_size=0)


@pytest.mark.parametrize("part", [(0, 8), (-1, 19), (3, 11), 3, (1,), (0, 9, 9), (0.0, 9), ("0", "9"), ()])
def test_a_part_that_is_none(part):
    with pytest.raises(InputError, match=r"need .first, B., 0 ≤ first and first"):
        loss_and_grads(IMAGES, LABELS, P, CONFIG, part=part)


@pytest.mark.parametrize("part", [None, (0, 9)])
@pytest.mark.parametrize("images", [None, 3, np.array(3.0), [[0.5]]])
def test_what_is_no_batch_is_no_part(images, part):
    with pytest.raises(InputError, match=r"^images (are|have shape)"):
        loss_and_grads(images, LABELS, P, CONFIG, part=part)


def test_labels_of_a_part_are_its_own():
    """A part is checked as a whole batch is: one label too many would be left out unseen."""
    with pytest.raises(InputError, match=r"labels have shape \(10,\)"):
        loss_and_grads(IMAGES, np.append(LABELS, 0), P, CONFIG, part=(0, 19))
    with pytest.raises(InputError, match="9x48"):
        loss_and_grads(IMAGES[:, :9], LABELS, P, CONFIG, part=(0, 19))


@pytest.mark.parametrize(
    "images", [IMAGES[:0], IMAGES[:0].astype("float32"), []], ids=["0", "float32", "list"]
)
def test_a_batch_of_nothing(images):
    none = LABELS[:0]
    for call in (
        lambda: predict(images, P, CONFIG),
        lambda: loss_and_grads(images, none, P, CONFIG),
        lambda: loss_and_grads(images, none, P, CONFIG, Head()),
    ):
        with pytest.raises(InputError, match=r"^images (have shape .* an empty batch|are a list); "):
            call()


def test_soft_labels_count_by_their_largest():
    """A row of probabilities compared with a class for each of its columns would count up to every column."""
    soft = np.eye(CONFIG.num_classes)[LABELS]
    want = batch.count_right(Classification(), IMAGES, LABELS, P, CONFIG)
    assert batch.count_right(Classification(), IMAGES, soft, P, CONFIG) == want
    with pytest.raises(InputError, match="rng is 0; need a generator"):
        batch.count_right(Classification(), IMAGES, LABELS, P, CONFIG, 0)


def test_whole_numbers_of_numpy():
    """NumPy's would make float64 of a share of the loss, and of every gradient."""
    rng, config = np.random.default_rng(0), preset("tiny")
    p = tree.map(np.float32, gradcheck.random_like(vit.init(None, config), rng))
    images = rng.standard_normal((5, *config.image_size, 3), dtype="float32")
    labels = rng.integers(0, config.num_classes, 5)
    how = {"workers": 2, "micro_batch": 3, "part": (1, 7), "loss_scale": 2.0}
    want, dp = loss_and_grads(images, labels, p, config, **how)
    two, three, one, seven = np.array([2, 3, 1, 7])
    how = {"workers": two, "micro_batch": three, "part": (one, seven), "loss_scale": np.float64(2.0)}
    found, same = loss_and_grads(images, labels, p, config, **how)
    assert found == want
    for name, leaf in tree.leaves(dp):
        assert tree.get(same, name).dtype == leaf.dtype == "float32"
        np.testing.assert_array_equal(tree.get(same, name), leaf, err_msg=name)


@pytest.mark.parametrize("name", ["bit-tiny", "hybrid-tiny"])
def test_the_gradient_of_the_images_is_not_computed_where_nobody_reads_it(name, monkeypatch):
    config = preset(name)
    model = models.of(config)
    p = model.init(generator(), config)
    images = generator().random((2, *config.image_size, config.in_channels), dtype="float32")
    asked = []
    original = resnet.images_backward
    monkeypatch.setattr(resnet, "images_backward", lambda *args: asked.append(1) or original(*args))
    _, dp = loss_and_grads(images, np.array([1, 2]), p, config, workers=1)
    assert not asked
    assert tree.shapes(dp) == tree.shapes(p)
    logits, saved = model.forward(images, p, config)
    model.backward(logits, saved)
    assert asked
