"""Everything that trains, predicts and checks, on arrays of a device: the stand-in of `strict.py`, so without a GPU.

The results are NumPy's to the bit, and nothing goes between host and device inside a step.
"""

import json

import numpy as np
import pytest
from cases import CASES, DROPOUTS, generator, model_point
from strict import STRICT, TRAFFIC, Strict, erf_sqrt2, wrap

import vitnp
from vitnp import data, gradcheck, show, tree, weights
from vitnp.backend import draws
from vitnp.backend.arrays import to_device, to_host
from vitnp.commands import cli, options
from vitnp.commands import gradcheck as gradcheck_command
from vitnp.engine import batch, precision, split
from vitnp.models import preset
from vitnp.models.vit import masked
from vitnp.ops import dropout, gelu, softmax
from vitnp.system import threads
from vitnp.tasks import Classification
from vitnp.tasks.classification import Head
from vitnp.tasks.frozen import represented
from vitnp.tasks.masked import MaskedPatches
from vitnp.training import optim, statistics


@pytest.fixture(autouse=True)
def same_way(monkeypatch):
    """NumPy takes off every row's maximum too, as a device does, so that the bits can be compared."""
    monkeypatch.setattr(softmax, "SAFE", 0.0)
    monkeypatch.setattr(gelu, "erf_sqrt2", erf_sqrt2)
    TRAFFIC.clear()


def equal(device, host):
    """The same tree on the device, to the bit."""
    assert all(isinstance(leaf, Strict) for _, leaf in tree.leaves(device))
    tree.map(np.testing.assert_array_equal, to_host(device), host)


def point(dtype="float32", **fields):
    """A tiny model's images, labels and generic parameters."""
    config = preset("tiny", **fields)
    images, p = model_point(config, 10)
    return images.astype(dtype), np.array([1, 4, 0, 1, 12, 7, 7, 3, 9, 1]), precision.cast(p, dtype), config


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_case(case):
    """Forward and backward of every op, step, block, model and loss."""
    y, saved = case.forward(case.x, case.p)
    dy = generator().standard_normal(y.shape)
    dx, dp = case.backward(dy, saved)
    on_device = case.forward(wrap(case.x), to_device(case.p, STRICT))
    back = case.backward(wrap(dy), on_device[1])
    if case.name in (
        "masked over two threads",
        "masked patch by two images",
        "distilled over two threads",
        "distilled recomputed",
    ):  # a device draws its own dropout
        assert np.isfinite(to_host(on_device[0]))
        assert back[0].shape == dx.shape
    elif case.name.startswith(
        ("loss over", "loss by", "translation over", "translation by")
    ):  # in shares, and a device adds in another order
        np.testing.assert_allclose(to_host(on_device[0]), y, rtol=1e-13)
        np.testing.assert_allclose(to_host(back[0]), dx, rtol=1e-10, atol=1e-14)
    else:
        equal({"y": on_device[0], "dx": back[0], "dp": back[1]}, {"y": y, "dx": dx, "dp": dp})


@pytest.mark.parametrize("form", ["tanh", "erf"])
def test_ten_training_steps(form):
    """Loss, gradients and AdamW: NumPy's bits, and not one transfer or wait once the data is there."""
    images, labels, p, config = point(gelu=form)
    ours = tree.map(np.copy, p)
    theirs = to_device(p, STRICT)
    pair = wrap(images), wrap(labels)
    states = optim.init(ours), optim.init(theirs)
    losses = []
    TRAFFIC.clear()
    for _ in range(10):
        loss, dp = vitnp.loss_and_grads(images, labels, ours, config, Classification(0.1), workers=1)
        optim.update(ours, dp, states[0], lr=1e-2, weight_decay=0.1)
        device_loss, device_dp = vitnp.loss_and_grads(*pair, theirs, config, Classification(0.1))
        optim.update(theirs, device_dp, states[1], lr=1e-2, weight_decay=0.1)
        assert isinstance(device_loss, Strict)
        assert device_loss.shape == ()
        losses.append((device_loss, loss))
    assert TRAFFIC == []
    assert [float(device) for device, _ in losses] == [float(loss) for _, loss in losses]
    assert float(losses[-1][0]) < float(losses[0][0])
    equal(theirs, ours)
    equal(device_dp, dp)


@pytest.mark.parametrize("name", ["bit-tiny", "hybrid-tiny", "efficientnet-tiny", "cnn-tiny", "rnn-tiny"])
@pytest.mark.parametrize("recompute", [False, True])
def test_five_training_steps_of_another_model(name, recompute):
    """As above: NumPy's bits but for sums that a CPU takes in parts, and not one transfer or wait."""
    config = preset(name)
    p = gradcheck.random_like(vitnp.models.of(config).init(None, config, "float64"), generator(1))
    images = generator().standard_normal((4, *config.image_size, config.in_channels))
    labels = np.array([1, 4, 0, 6])
    theirs = to_device(p, STRICT)
    pair = wrap(images), wrap(labels)
    learned = [vitnp.models.learned(both) for both in (p, theirs)]
    states, losses = [optim.init(both) for both in learned], []
    TRAFFIC.clear()
    for _ in range(5):
        loss, dp = vitnp.loss_and_grads(images, labels, p, config, workers=1)
        optim.update(learned[0], dp, states[0], lr=1e-3)
        device_loss, device_dp = vitnp.loss_and_grads(*pair, theirs, config, recompute=recompute)
        optim.update(learned[1], device_dp, states[1], lr=1e-3)
        losses.append((device_loss, loss))
    assert TRAFFIC == []
    np.testing.assert_allclose([float(a) for a, _ in losses], [float(b) for _, b in losses], rtol=1e-9)
    largest = max(abs(leaf).max() for _, leaf in tree.leaves(dp))
    tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=1e-7 * largest), to_host(device_dp), dp
    )


def test_a_step_of_training_with_batch_norm():
    """The gradients and the statistics of the batch, as NumPy gives them; then the running ones."""
    config = preset("efficientnet-tiny", dropout_rate=0.0, stochastic_depth_rate=0.0)
    p = gradcheck.random_like(vitnp.models.of(config).init(None, config, "float64"), generator(1))
    images = generator().standard_normal((4, *config.image_size, config.in_channels))
    labels, theirs = np.array([1, 4, 0, 6]), to_device(p, STRICT)
    _, dp, of_batch = batch.run(Classification(), images, labels, p, config, generator())
    TRAFFIC.clear()
    pair = wrap(images), wrap(labels)
    _, device_dp, of_device = batch.run(Classification(), *pair, theirs, config, generator())
    statistics.follow(theirs, of_device, config.batch_norm_momentum)
    assert TRAFFIC == []
    statistics.follow(p, of_batch, config.batch_norm_momentum)
    for ours, device in ((dp, device_dp), (p, theirs)):
        tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12), to_host(device), ours)


@pytest.mark.parametrize("name", ["bit-tiny", "hybrid-tiny", "efficientnet-tiny", "cnn-tiny", "rnn-tiny"])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_predictions_of_another_model(name, dtype):
    config = preset(name)
    p = gradcheck.random_like(vitnp.models.of(config).init(None, config, "float64"), generator(1))
    p = precision.cast(p, dtype)
    images = generator().integers(0, 256, (3, *config.image_size, config.in_channels), dtype=np.uint8)
    logits = vitnp.predict(images, to_device(p, STRICT), config)
    assert logits.dtype == dtype
    np.testing.assert_array_equal(to_host(logits), vitnp.predict(images, p, config, workers=1))


def test_clipping_waits_for_nothing():
    """What float16 training waits for, the norm, is asked for by whoever trains."""
    images, labels, p, config = point()
    ours = vitnp.loss_and_grads(images, labels, p, config, workers=1)[1]
    theirs = to_device(ours, STRICT)
    TRAFFIC.clear()
    norm = optim.clip(theirs, 0.1)
    assert TRAFFIC == []
    assert float(norm) == pytest.approx(optim.clip(ours, 0.1), rel=1e-6)
    tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), to_host(theirs), ours)


def test_float16_waits_once_a_step():
    images, labels, p, config = point()
    images, labels, p = wrap(images), wrap(labels), to_device(p, STRICT)
    state, scale = optim.init(p), precision.LossScale()
    TRAFFIC.clear()
    half = precision.cast(p, "float16")
    _, dp = vitnp.loss_and_grads(images, labels, half, config, loss_scale=scale.value)
    dp = precision.unscaled(dp, scale)
    norm = float(optim.clip(dp, 1.0))
    assert scale.after(norm).good_steps == 1
    optim.update(p, dp, state, lr=1e-3)
    assert TRAFFIC == ["float"]


def test_dropout_is_drawn_on_the_device():
    """The same seed gives the same numbers, another seed others; nothing is sent."""
    images, labels, p, config = point(**DROPOUTS)
    images, labels, p = wrap(images), wrap(labels), to_device(p, STRICT)
    TRAFFIC.clear()
    runs = [vitnp.loss_and_grads(images, labels, p, config, rng=generator(seed))[0] for seed in (1, 1, 2)]
    assert TRAFFIC == []
    assert float(runs[0]) == float(runs[1]) != float(runs[2])


@pytest.mark.parametrize("options", [{}, {"micro_batch": 2}])
def test_recomputing_draws_the_same_on_the_device(options):
    """With dropout, a block that is run again on the way back drops what it dropped before."""
    images, labels, p, config = point(**DROPOUTS)
    p = to_device(p, STRICT)
    kept, again = (
        vitnp.loss_and_grads(images, labels, p, config, rng=generator(), recompute=recompute, **options)
        for recompute in (False, True)
    )
    assert float(kept[0]) == float(again[0])
    equal(again[1], to_host(kept[1]))


def test_a_device_takes_the_batch_as_it_is():
    config = preset("tiny")
    assert split.slices(0, 10, config, 3, on_cpu=True) == [(0, 3), (3, 6), (6, 10)]
    assert split.slices(0, 10, config, 3, on_cpu=False) == [(0, 10)]


def test_no_thread_but_the_callers_meets_the_device(monkeypatch):
    """Its current device is CuPy's for that thread alone."""
    images, labels, p, config = point()
    q = p | {"masked": masked.init(generator(), config, outputs=512)}
    asked, run = [], threads.run

    def spy(*given, host=True, **how):
        asked.append(host)
        return run(*given, host=host, **how)

    monkeypatch.setattr(threads, "run", spy)
    for xp, host in ((np, True), (STRICT, False)):
        there, p_there = to_device(images, xp), to_device(p, xp)
        vitnp.predict(there, p_there, config)
        vitnp.loss_and_grads(there, labels, p_there, config)
        batch.count_right(MaskedPatches("color"), there, None, to_device(q, xp), config, generator())
        assert asked == [host] * 3
        asked.clear()


def test_micro_batches_draw_each_its_own(monkeypatch):
    """By the number of its first image; and one draw after the other is another."""
    rng = draws.DeviceDraws(STRICT, 1, 0), draws.DeviceDraws(STRICT, 1, 1)
    first, second, again = (to_host(draws.keep((99,), 0.5, wrap(np.zeros(1)))) for draws in (*rng, rng[0]))
    assert 0.3 < (first != second).mean() < 0.7
    assert 0.3 < (first != again).mean() < 0.7
    seeds = []
    monkeypatch.setattr(batch, "DeviceDraws", lambda xp, *given: seeds.append(given) or rng[0])
    images, labels, p, config = point(**DROPOUTS)
    vitnp.loss_and_grads(images, labels, to_device(p, STRICT), config, rng=generator(), micro_batch=3)
    assert [start for _, start in seeds] == [0, 3, 6, 9]
    assert seeds[0][0] == seeds[1][0]


def test_the_rate_of_dropout_on_the_device():
    like = wrap(np.ones((50, 40, 30), np.float32))
    keep = dropout.draw(like, like.shape, rate=0.3, rng=draws.DeviceDraws(STRICT, 3))
    assert float(keep.mean()) == pytest.approx(0.7, abs=0.01)


def test_host_images_go_where_the_parameters_are():
    """Images and labels are checked on the host, then sent; the same the other way round."""
    images, labels, p, config = point()
    there = to_device(p, STRICT)
    TRAFFIC.clear()
    logits = vitnp.predict(images, there, config, batch_size=3)
    assert TRAFFIC == ["to device"]
    np.testing.assert_array_equal(to_host(logits), vitnp.predict(images, p, config, batch_size=3, workers=1))
    loss, _ = vitnp.loss_and_grads(images, labels, there, config)
    assert float(loss) == float(vitnp.loss_and_grads(wrap(images), wrap(labels), p, config, workers=1)[0])
    with pytest.raises(vitnp.InputError, match="labels run from"):
        vitnp.loss_and_grads(images, labels + 9, there, config)
    with pytest.raises(vitnp.InputError, match="NaN or infinite"):
        vitnp.predict(images * np.nan, there, config)
    with pytest.raises(vitnp.InputError, match="workers"):
        vitnp.predict(images, there, config, workers=0)


@pytest.mark.parametrize("form", ["tanh", "erf"])
def test_the_gradient_check(form):
    """The same report as NumPy's; without the complex step where the device has no complex erf."""
    config = preset("tiny", gelu=form, num_layers=1, **DROPOUTS)
    report = gradcheck_command.check_model(config, seeds=(0,), xp=STRICT)
    assert report.ok, f"\n{report}"
    by_complex, by_difference = report.worst
    assert (by_complex is None) == (form == "erf")
    assert by_difference < 1e-6
    assert ("—" in str(report)) == (form == "erf")
    plain = gradcheck_command.check_model(config, seeds=(0,))
    assert [leaf.analytic for leaf in plain.leaves] == [leaf.analytic for leaf in report.leaves]


def test_without_the_complex_step_a_wrong_gradient_is_still_found():
    x = wrap(generator().standard_normal((3, 4)))
    report = gradcheck.check(
        lambda x: (x * x, x), lambda dy, saved: 2.001 * saved * dy, x, seeds=(0,), complex_step=False
    )
    assert not report.ok
    assert report.leaves[0].complex_error is None


def test_a_checkpoint_from_the_device(tmp_path):
    _, _, p, config = point()
    weights.save(tmp_path / "model.npz", to_device(p, STRICT), config)
    loaded, _ = weights.load(tmp_path / "model.npz")
    tree.map(np.testing.assert_array_equal, loaded, p)


@pytest.fixture
def cupy_is_strict(monkeypatch):
    """--backend cupy means the stand-in."""
    monkeypatch.setattr(options, "get", lambda name: {"cupy": STRICT, "numpy": np}[name])


def output(capsys, *words):
    """(exit status, what a command prints)."""
    status = cli.main([*words])
    return status, capsys.readouterr().out


def test_walk(cupy_is_strict, capsys):
    words = "walk --model tiny --backward --json --label 2 --backend".split()
    on_device, on_host = output(capsys, *words, "cupy"), output(capsys, *words, "numpy")
    assert on_device == on_host
    assert on_device[0] == 0


def test_a_trace_refuses_a_label_before_it_is_sent():
    images, labels, p, config = point()
    with pytest.raises(vitnp.InputError, match="labels run from 99 to 99"):
        vitnp.trace(wrap(images[0]), to_device(p, STRICT), config, labels=99)
    t = vitnp.trace(images, to_device(p, STRICT), config, labels=labels)
    np.testing.assert_array_equal(
        to_host(t.gradient("z0")), vitnp.trace(images, p, config, labels=labels).gradient("z0")
    )


def test_the_table_and_the_picture_of_a_trace_wait_for_nothing():
    images, labels, p, config = point()
    ours = vitnp.trace(images, p, config, labels=labels)
    theirs = vitnp.trace(wrap(images), to_device(p, STRICT), config, labels=wrap(labels))
    TRAFFIC.clear()
    assert repr(theirs).count("\n") == repr(ours).count("\n")
    assert theirs.nbytes >= ours.nbytes  # the stand-in does not say what is a view
    show.trace_shapes(theirs)
    assert TRAFFIC == []


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"position_embedding": "relative", "classifier": "gap", "representation_size": None},
        {"position_embedding": "2d", "position_at": "every-layer", "gelu": "erf"},
        {"position_embedding": "sincos"},
    ],
)
@pytest.mark.parametrize("of", ["loss", "logit"])
def test_every_tensor_of_a_trace(fields, of):
    """All on the device, NumPy's to the bit."""
    images, labels, p, config = point(**fields)
    ours = vitnp.trace(images, p, config, labels=labels, of=of)
    theirs = vitnp.trace(images, to_device(p, STRICT), config, labels=labels, of=of)
    assert list(theirs) == list(ours)
    for a, b in zip(theirs.forward + theirs.backward, ours.forward + ours.backward, strict=True):
        equal({a.name: a.value}, {b.name: b.value})


def test_gradcheck(cupy_is_strict, capsys):
    status, text = output(capsys, *"gradcheck --seeds 1 --set num_layers=1 --backend cupy".split())
    assert (status, "float64, 1 seed, strict" in text) == (0, True)
    status, text = output(
        capsys, *"gradcheck --seeds 1 --set gelu=erf --set num_layers=1 --backend cupy".split()
    )
    assert (status, "CuPy's erf takes no complex numbers" in text) == (0, True)


def test_translate(cupy_is_strict, capsys, tmp_path):
    symbols = {"source_symbols": tuple("0123"), "target_symbols": tuple("영일이삼")}
    config = preset("transformer-tiny", vocabulary_size=11, **symbols)
    p = gradcheck.random_like(vitnp.models.of(config).init(None, config, "float64"), generator(1))
    weights.save(tmp_path / "model.npz", precision.cast(p, "float32"), config)
    words = f"translate 12 3 --weights {tmp_path}/model.npz --attention {tmp_path}/a.png --backend".split()
    on_device, on_host = output(capsys, *words, "cupy"), output(capsys, *words, "numpy")
    assert on_device == on_host
    assert on_device[0] == 0 and (tmp_path / "a-2.png").exists()


def test_predict(cupy_is_strict, capsys, tmp_path):
    from PIL import Image

    config = preset("tiny")
    _, p = model_point(config)
    weights.save(tmp_path / "model.npz", precision.cast(p, "float32"), config)
    pixels = generator().integers(0, 256, (30, 20, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    words = f"predict {tmp_path}/photo.png --weights {tmp_path}/model.npz --json --attention {tmp_path}/a.png"

    def classes(options):
        status, text = output(capsys, *words.split(), *options.split())
        assert status == 0
        return {guess["class"]: guess["probability"] for guess in json.loads(text)["images"][0]["classes"]}

    exact = classes("--backend numpy")
    assert classes("--backend cupy") == exact
    half = classes("--dtype float16")
    assert classes("--backend cupy --dtype float16") == half != exact
    assert half == pytest.approx(exact, rel=0.05)
    assert cli.main([*words.split(), "--dtype", "float8"]) == 2
    assert '--dtype is "float8"; choose float32 or float16' in capsys.readouterr().err


def test_look(cupy_is_strict, capsys, tmp_path):
    from PIL import Image

    config = preset("tiny")
    weights.save(tmp_path / "model.npz", precision.cast(model_point(config)[1], "float32"), config)
    Image.fromarray(generator().integers(0, 256, (30, 20, 3), dtype=np.uint8)).save(tmp_path / "photo.png")
    words = f"look {tmp_path}/photo.png --weights {tmp_path}/model.npz --out {tmp_path} --backend"
    on_device, on_host = output(capsys, *words.split(), "cupy"), output(capsys, *words.split(), "numpy")
    assert on_device == on_host
    assert on_device[0] == 0


def test_without_cupy_the_command_says_what_to_do(capsys, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "cupy", None)
    assert cli.main("gradcheck --backend cupy".split()) == 2
    error = capsys.readouterr().err
    assert error.startswith("vitnp: backend cupy cannot be used here")
    assert error.count("\n") == 1
    assert cli.main("gradcheck --backend tpu".split()) == 2
    assert 'backend "tpu" is unknown; choose auto, numpy or cupy' in capsys.readouterr().err


def test_tokens_and_representations_of_a_frozen_model():
    """What a model hands on: all its tokens, and what the head alone learns from."""
    images, labels, p, config = point()
    theirs = to_device(p, STRICT)
    tokens = vitnp.tokens(images, theirs, config)
    assert isinstance(tokens, Strict)
    np.testing.assert_array_equal(to_host({"y": tokens})["y"], vitnp.tokens(images, p, config, workers=1))
    source = data.ArraySource(images.clip(-1, 1), labels)
    ours, device = (represented(source, q, config, workers=1).images(range(10)) for q in (p, theirs))
    assert isinstance(ours, np.ndarray) and isinstance(
        device, np.ndarray
    )  # a batch of them is sent as one of images
    np.testing.assert_array_equal(device, ours)
    loss, dp = vitnp.loss_and_grads(ours, labels, p, config, Head(), workers=1)
    device_loss, device_dp = vitnp.loss_and_grads(device, labels, theirs, config, Head())
    assert float(device_loss) == float(loss)
    equal(device_dp, dp)
