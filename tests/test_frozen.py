"""The head alone on representations that are computed once: the same training, without the model in every step."""

import dataclasses

import numpy as np
import pytest
from command_line import run

from vitnp import InputError, data, models, preset, vit
from vitnp.tasks import loss_and_grads
from vitnp.tasks.classification import Head
from vitnp.tasks.frozen import represented
from vitnp.training import loop
from vitnp.training.loop import How, Watch, train
from vitnp.training.progress import Stopped
from vitnp.training.recipes import Recipe

CONFIG = preset("digits", num_layers=1, hidden_size=16, num_heads=2, mlp_dim=16)
PLAIN = Recipe(epochs=2, batch_size=64, lr=0.1, optimizer="sgd")


def parameters():
    """Random numbers also where the released initialization has zeros."""
    p = vit.init(np.random.default_rng(0), CONFIG)
    p["classify"]["head"]["W"][...] = np.random.default_rng(1).standard_normal((16, 10)) * 0.1
    return p


def trained(recipe=PLAIN, digits=None, **watch):
    p = parameters()
    digits = digits or data.load("digits")
    history = train(
        p, CONFIG, digits, recipe, rng=np.random.default_rng(2), how=How(Head(), 1), watch=Watch(**watch)
    )
    return p, history


def test_the_same_training_as_with_the_model_in_every_step(monkeypatch):
    p, history = trained()
    monkeypatch.setattr(loop, "representations_stay", lambda task, recipe: False)
    q, other = trained()
    for one, two in zip(history, other, strict=True):
        assert abs(one.loss - two.loss) < 1e-6
        assert one.test_accuracy == two.test_accuracy
    np.testing.assert_allclose(p["classify"]["head"]["W"], q["classify"]["head"]["W"], atol=1e-6)
    np.testing.assert_array_equal(p["project"]["W"], parameters()["project"]["W"])


def test_the_model_runs_once_per_image(monkeypatch):
    seen, forward = [], vit.forward
    monkeypatch.setattr(
        models.of(CONFIG), "forward", lambda x, *a, **how: seen.append(len(x)) or forward(x, *a, **how)
    )
    digits, counted = data.load("digits"), []
    trained(on_frozen=counted.append)
    assert sum(seen) == len(digits.train) + len(digits.test) == sum(counted)
    seen.clear()
    few = digits._replace(train=data.few(digits.train, 0.05))  # repeated to the length of all
    trained(digits=few)
    assert sum(seen) == 72 + len(digits.test)
    seen.clear()
    trained(dataclasses.replace(PLAIN, epochs=1, augment=("affine",)))
    assert sum(seen) > len(digits.train) + len(digits.test)


def test_it_can_be_stopped_before_the_first_step():
    with pytest.raises(Stopped) as stopped:
        trained(stop=lambda: True)
    assert stopped.value.progress.step == 0


def test_the_gradient_is_that_of_the_images():
    p, digits = parameters(), data.load("digits")
    images, labels = digits.train.images(range(32)), digits.train.labels[:32]
    r = represented(digits.train, p, CONFIG, workers=1).images(range(32))
    assert r.shape == (32, 16) and r.dtype == np.float32
    loss, dp = loss_and_grads(images, labels, p, CONFIG, Head())
    of_r, dq = loss_and_grads(r, labels, p, CONFIG, Head())
    assert abs(loss - of_r) < 1e-6
    np.testing.assert_allclose(dp["classify"]["head"]["W"], dq["classify"]["head"]["W"], atol=1e-6)


@pytest.mark.usefixtures("plain_curves")
def test_the_command_says_so(capsys, tmp_path):
    words = "train --set num_layers=1 --freeze backbone --epochs 1 --workers 1 --out".split()
    status, out, _ = run(capsys, *words, tmp_path / "a", "--no-augment")
    assert status == 0 and "computed once, since no image is changed" in out
    status, out, _ = run(capsys, *words, tmp_path / "b")
    assert status == 0 and "computed once" not in out


@pytest.mark.parametrize(
    "r", [np.zeros((4, 15), np.float32), np.zeros((4, 16), np.uint8), np.zeros((0, 16), np.float32)]
)
def test_what_is_neither_images_nor_representations(r):
    with pytest.raises(InputError, match="images have"):
        loss_and_grads(r, np.zeros(len(r), int), parameters(), CONFIG, Head())
