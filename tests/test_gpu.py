"""On a real GPU, with CuPy: the same numbers as NumPy, op by op, over ten steps, through a file, and in float16.

`make gpu`, or `pytest -m gpu` where CuPy is installed. Skipped, with the reason, where no GPU answers.
"""

import dataclasses

import numpy as np
import pytest
from cases import CASES, DROPOUTS, generator, model_point
from sequence_models import pairs, parameters, tiny, writer

import vitnp
from vitnp import data, gradcheck, models, tree, weights
from vitnp.backend import arrays, draws
from vitnp.backend.arrays import to_device, to_host
from vitnp.commands import cli
from vitnp.commands.gradcheck import check_model
from vitnp.engine import batch, decoding, precision
from vitnp.errors import InputError
from vitnp.models import preset
from vitnp.tasks import Classification
from vitnp.tasks.classification import Head
from vitnp.tasks.frozen import represented
from vitnp.tasks.translation import Translation
from vitnp.training import optim

pytestmark = pytest.mark.gpu

# What float32 sums in another order may differ by, relative to the largest number; float64 in proportion.
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


@pytest.fixture(scope="session")
def xp():
    """CuPy, or the reason why not."""
    try:
        return arrays.get("cupy")
    except InputError as problem:
        pytest.skip(str(problem))


def near(device, host, tolerance):
    """The same tree, on the device, to `tolerance` of its largest number."""
    assert all(arrays.array_module(leaf).__name__ == "cupy" for _, leaf in tree.leaves(device))
    largest = max((abs(leaf).max() for _, leaf in tree.leaves(host)), default=0.0)
    for (name, ours), (_, want) in zip(tree.leaves(to_host(device)), tree.leaves(host), strict=True):
        assert ours.dtype == want.dtype, name
        np.testing.assert_allclose(ours, want, rtol=0, atol=tolerance * largest, err_msg=name)


def point(dtype="float32", **fields):
    """A tiny model's images, labels, generic parameters and configuration."""
    config = preset("tiny", **fields)
    images, p = model_point(config, 10)
    return images.astype(dtype), np.arange(10), precision.cast(p, dtype), config


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_case(xp, case, dtype):
    x, p = case.x.astype(dtype), precision.cast(case.p, dtype)
    y, saved = case.forward(x, p)
    dy = generator().standard_normal(y.shape).astype(dtype)
    dx, dp = case.backward(dy, saved)
    device_y, device_saved = case.forward(xp.asarray(x), to_device(p, xp))
    device_dx, device_dp = case.backward(xp.asarray(dy), device_saved)
    for ours, want in ((device_y, y), (device_dx, dx), (device_dp, dp)):
        near(
            {"": ours} if not isinstance(ours, dict) else ours,
            {"": want} if not isinstance(want, dict) else want,
            TOLERANCE[dtype],
        )


@pytest.mark.parametrize("form", ["tanh", "erf"])
def test_ten_training_steps(xp, form):
    """Losses and parameters follow NumPy's, and nobody waits for the device inside a step."""
    import cupyx

    images, labels, p, config = point(gelu=form)
    ours, theirs = tree.map(np.copy, p), to_device(p, xp)
    batch = xp.asarray(images), xp.asarray(labels)
    # With the usual small eps AdamW makes a whole step of rounding alone, where the gradient is 0: the key bias.
    how = {"lr": 1e-3, "weight_decay": 0.1, "eps": 1e-3}
    states, losses = (optim.init(ours), optim.init(theirs)), []
    vitnp.loss_and_grads(*batch, theirs, config)  # what is compiled once may wait
    for _ in range(10):
        loss, dp = vitnp.loss_and_grads(images, labels, ours, config, workers=1)
        optim.update(ours, dp, states[0], **how)
        with cupyx.allow_synchronize(False):
            device_loss, device_dp = vitnp.loss_and_grads(*batch, theirs, config)
            optim.update(theirs, device_dp, states[1], **how)
        losses.append((device_loss, loss))
    np.testing.assert_allclose([float(a) for a, _ in losses], [float(b) for _, b in losses], rtol=1e-4)
    near(theirs, ours, 1e-4)


def other(name, dtype="float32"):
    """A tiny model's images, labels, generic parameters and configuration."""
    config = preset(name)
    p = gradcheck.random_like(models.of(config).init(None, config, "float64"), generator(1))
    images = generator().standard_normal((6, *config.image_size, config.in_channels))
    return images.astype(dtype), np.arange(6), precision.cast(p, dtype), config


@pytest.mark.parametrize("name", ["bit-tiny", "hybrid-tiny", "efficientnet-tiny", "cnn-tiny", "rnn-tiny"])
def test_a_training_step_of_another_model(xp, name):
    """In float64, where no ReLU sees another sign; and nobody waits for the device."""
    import cupyx

    images, labels, p, config = other(name, "float64")
    theirs, batch = to_device(p, xp), (xp.asarray(images), xp.asarray(labels))
    vitnp.loss_and_grads(*batch, theirs, config)  # what is compiled once may wait
    for recompute in (False, True):
        loss, dp = vitnp.loss_and_grads(images, labels, p, config, workers=1)
        with cupyx.allow_synchronize(False):
            device_loss, device_dp = vitnp.loss_and_grads(*batch, theirs, config, recompute=recompute)
        assert float(device_loss) == pytest.approx(float(loss), rel=1e-10)
        near(device_dp, dp, 1e-10)


def test_a_training_step_with_batch_norm(xp):
    """The gradients with the statistics of the batch, and these."""
    images, labels, p, config = other("efficientnet-tiny", "float64")
    config = dataclasses.replace(config, dropout_rate=0.0, stochastic_depth_rate=0.0)
    _, dp, of_batch = batch.run(Classification(), images, labels, p, config, generator())
    theirs = xp.asarray(images), xp.asarray(labels), to_device(p, xp)
    _, device_dp, of_device = batch.run(Classification(), *theirs, config, generator())
    near(device_dp, dp, 1e-10)
    near(of_device, of_batch, 1e-10)


def test_a_training_step_of_translation(xp):
    """As that of another model; and what is written is the same."""
    import cupyx

    config = tiny(norm="pre")
    p, batch = parameters(config), pairs()
    theirs, ids = to_device(p, xp), [xp.asarray(a) for a in batch]
    vitnp.loss_and_grads(*ids, theirs, config, Translation(0.1))  # what is compiled once may wait
    for recompute in (False, True):
        loss, dp = vitnp.loss_and_grads(*batch, p, config, Translation(0.1), workers=1)
        with cupyx.allow_synchronize(False):
            how = {"recompute": recompute}
            device_loss, device_dp = vitnp.loss_and_grads(*ids, theirs, config, Translation(0.1), **how)
        assert float(device_loss) == pytest.approx(float(loss), rel=1e-10)
        near(device_dp, dp, 1e-10)
    config, p = writer(33)
    for decode in (decoding.greedy, decoding.beam):
        np.testing.assert_array_equal(
            decode(batch[0] % 5 + 3, to_device(p, xp), config)[0], decode(batch[0] % 5 + 3, p, config)[0]
        )


@pytest.mark.parametrize("name", ["bit-tiny", "hybrid-tiny", "efficientnet-tiny", "cnn-tiny", "rnn-tiny"])
def test_another_model_predicts_in_float16_what_it_does_in_float32(xp, name):
    images, _, p, config = other(name)
    want = vitnp.predict(images, p, config)
    near({"": vitnp.predict(images, to_device(p, xp), config)}, {"": want}, 1e-5)
    got = vitnp.predict(images, to_device(precision.cast(p, "float16"), xp), config)
    assert got.dtype == np.float16
    assert abs(to_host(got) - want).max() <= 42 * 2.0**-11 * abs(want).max()


@pytest.mark.parametrize("name", ["bit-tiny", "hybrid-tiny", "efficientnet-tiny", "cnn-tiny", "rnn-tiny"])
def test_the_gradient_check_of_another_model(xp, name):
    report = check_model(preset(name), seeds=(0,), xp=xp)
    assert report.ok, f"\n{report}"


def test_dropout(xp):
    """Drawn on the device: the seed decides, and the rate is kept."""
    images, labels, p, config = point(**DROPOUTS)
    images, labels, p = xp.asarray(images), xp.asarray(labels), to_device(p, xp)
    runs = [float(vitnp.loss_and_grads(images, labels, p, config, rng=generator(s))[0]) for s in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]
    like = xp.ones((64, 50, 40), "float32")
    keep = vitnp.vit.s4_position.dropout.draw(like, like.shape, rate=0.3, rng=draws.DeviceDraws(xp, 3))
    assert float(keep.mean()) == pytest.approx(0.7, abs=0.01)


def test_predict(xp):
    images, _, p, config = point()
    near(
        {"": vitnp.predict(images, to_device(p, xp), config, batch_size=9)},
        {"": vitnp.predict(images, p, config, batch_size=9)},
        1e-5,
    )


def test_a_checkpoint_there_and_back(xp, tmp_path):
    config = preset("tiny")
    p = vitnp.vit.init(np.random.default_rng(0), config)
    weights.save(tmp_path / "model.npz", to_device(p, xp), config)
    again, _ = weights.load(tmp_path / "model.npz")
    tree.map(np.testing.assert_array_equal, again, p)


@pytest.mark.parametrize("form", ["tanh", "erf"])
def test_the_gradient_check(xp, form):
    report = check_model(preset("tiny", gelu=form, **DROPOUTS), seeds=(0,), xp=xp)
    assert report.ok, f"\n{report}"
    assert (report.worst[0] is None) == (form == "erf")


def test_float16_predicts_what_float32_does(xp):
    """42 roundings of 2⁻¹¹ along the way, as in test_precision.py."""
    images, _, p, config = point()
    want = vitnp.predict(images, p, config)
    half = to_device(precision.cast(p, "float16"), xp)
    got = vitnp.predict(images, half, config)
    assert got.dtype == np.float16
    assert abs(to_host(got) - want).max() <= 42 * 2.0**-11 * abs(want).max()


def test_float16_trains(xp):
    """Twenty steps with a loss scale that is at first too large."""
    images, labels, p, config = point()
    images, labels, p = xp.asarray(images), xp.asarray(labels), to_device(p, xp)
    state, scale, losses = optim.init(p), precision.LossScale(2.0**24), []
    for _ in range(30):
        half = precision.cast(p, "float16")
        loss, dp = vitnp.loss_and_grads(images, labels, half, config, loss_scale=scale.value)
        dp = precision.unscaled(dp, scale)
        norm = float(optim.clip(dp, 1.0))
        scale = scale.after(norm)
        if np.isfinite(norm):
            optim.update(p, dp, state, lr=3e-3)
            losses.append(float(loss))
    assert scale.value < 2.0**24
    assert losses[-1] < 0.7 * losses[0]
    assert {str(leaf.dtype) for _, leaf in tree.leaves(p)} == {"float32"}


def test_a_trace(xp):
    images, labels, p, config = point()
    ours = vitnp.trace(images, p, config, labels=labels)
    theirs = vitnp.trace(images, to_device(p, xp), config, labels=labels)
    for a, b in zip(theirs.forward + theirs.backward, ours.forward + ours.backward, strict=True):
        near({a.name: a.value}, {b.name: b.value}, 1e-5)
    assert repr(theirs).count("\n") == repr(ours).count("\n")
    assert theirs.nbytes >= sum(leaf.nbytes for _, leaf in tree.leaves(theirs.dp))


@pytest.mark.parametrize(
    "command",
    [
        "walk --model tiny --backward",
        "gradcheck --seeds 1",
        "train --data digits --epochs 1 --out {out}",
    ],
)
def test_the_commands(xp, command, tmp_path, capsys):
    assert cli.main([*command.format(out=tmp_path).split(), "--backend", "cupy"]) == 0
    assert capsys.readouterr().out


def test_tokens_and_representations_of_a_frozen_model(xp):
    images, labels, p, config = point()
    theirs = to_device(p, xp)
    near({"y": vitnp.tokens(images, theirs, config)}, {"y": vitnp.tokens(images, p, config)}, 1e-5)
    source = data.ArraySource(images.clip(-1, 1), labels)
    ours, device = (represented(source, q, config).images(range(10)) for q in (p, theirs))
    np.testing.assert_allclose(device, ours, rtol=0, atol=1e-5 * abs(ours).max())
    _, dp = vitnp.loss_and_grads(ours, labels, p, config, Head())
    near(vitnp.loss_and_grads(device, labels, theirs, config, Head())[1], dp, 1e-4)
