"""BiT-HyperRule as a recipe: what it chooses by the number and the size of the pictures, and that it runs by that."""

import csv

import numpy as np
import pytest
from command_line import run
from PIL import Image

from vitnp import InputError, data, preset, weights
from vitnp.models import bit
from vitnp.training.recipes import LISTED
from vitnp.training.setup import prepare
from vitnp.training.wanted import Wanted

RULE = LISTED["bit-hyperrule"]
TINY = {"width": 4, "units": (1,), "groups": 2, "num_classes": 10, "in_channels": 1}


@pytest.mark.parametrize(
    ("count", "steps", "warm_up", "decay_at", "mixup"),
    [
        (1, 500, 100, (0.4, 0.6, 0.8), 0.0),
        (19_999, 500, 100, (0.4, 0.6, 0.8), 0.0),
        (20_000, 10_000, 500, (0.3, 0.6, 0.9), 0.1),
        (499_999, 10_000, 500, (0.3, 0.6, 0.9), 0.1),
        (500_000, 20_000, 500, (0.3, 0.6, 0.9), 0.1),
        (1_281_167, 20_000, 500, (0.3, 0.6, 0.9), 0.1),
    ],
)
def test_the_rule_goes_by_the_number(count, steps, warm_up, decay_at, mixup):
    """The released code's schedules: [100, 200, 300, 400, 500], [500, 3000, 6000, 9000, 10000], [500, 6000, …]."""
    r = RULE.by_count(count)
    assert (r.steps, r.warmup_steps, r.decay_at, r.mixup) == (steps, warm_up, decay_at, mixup)
    assert (r.optimizer, r.momentum, r.lr, r.batch_size, r.schedule) == ("sgd", 0.9, 0.003, 512, "staircase")
    assert (r.weight_decay, r.dropout, r.label_smoothing) == (0.0, 0.0, 0.0)
    assert RULE.by_count(count, 1000).warmup_steps == 1000 * warm_up // steps
    assert r.rate(steps, steps) == pytest.approx(3e-6)


@pytest.mark.parametrize(
    ("pictures", "asked", "image_size", "crop"),
    [
        ((28, 28), None, (128, 128), "crop_128_of_160"),
        ((95, 96), None, (128, 128), "crop_128_of_160"),
        ((96, 96), None, (384, 384), "crop_384_of_448"),
        ((300, 30), None, (128, 128), "crop_128_of_160"),
        ((30, 400), None, (384, 384), "crop_384_of_448"),
        ((500, 375), (480, 480), (480, 480), "crop_480_of_512"),
        ((500, 375), (224, 224), (224, 224), "crop_384_of_448"),
        ((32, 32), (64, 64), (64, 64), "crop_128_of_160"),
    ],
)
def test_the_rule_goes_by_the_size(pictures, asked, image_size, crop):
    assert RULE.by_size(pictures, asked) == (image_size, (crop, "flip"))


@pytest.fixture
def pretrained(tmp_path):
    """A file of a small BiT."""
    config = preset("R50x1", image_size=(40, 40), **TINY)
    weights.save(tmp_path / "bit.npz", bit.init(np.random.default_rng(0), config), config)
    return tmp_path / "bit.npz"


def test_what_a_training_gets(pretrained):
    """The digits are few and small; --image-size, --steps and --set-recipe go before the rule."""
    setup = prepare(Wanted(data="digits", recipe="bit-hyperrule", init=str(pretrained)))
    assert setup.config.image_size == (128, 128)
    assert setup.data.train.does == ("crop_128_of_160",)
    r = setup.recipe
    assert (r.steps, r.warmup_steps, r.decay_at, r.augment) == (
        500,
        100,
        (0.4, 0.6, 0.8),
        ("crop_128_of_160", "flip"),
    )
    other = {"image_size": "40x40", "steps": 50, "set_recipe": ["augment=flip", "decay_at=0.5,0.9"]}
    setup = prepare(Wanted(data="digits", recipe="bit-hyperrule", init=str(pretrained), **other))
    assert setup.config.image_size == (40, 40)
    r = setup.recipe
    assert (r.steps, r.warmup_steps, r.decay_at, r.augment) == (50, 10, (0.5, 0.9), ("flip",))


def pictures(folder, sizes):
    """A folder of two classes, the pictures of the first of these sizes (width, height)."""
    for kind, own in (("a", sizes), ("b", [(100, 100)] * 2)):
        (folder / kind).mkdir(parents=True)
        for i, size in enumerate(own):
            Image.fromarray(np.full((*size[::-1], 3), 99, np.uint8)).save(folder / kind / f"{i}.png")
    return folder


def test_the_size_of_the_pictures_of_a_folder(tmp_path):
    """The one of middle area: not the mean, not the first; what cannot be read is left out."""
    made = pictures(tmp_path / "p", [*[(20, 30)] * 8, *[(90, 80)] * 2, (900, 800)])
    source = data.opened(str(made)).train
    assert data.picture_size(source) == (30, 20)
    (made / "a" / "0.png").write_bytes(b"no picture")
    assert data.picture_size(source) == (30, 20)
    for path in source.paths:
        path.write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"a/.\.png"):
        data.picture_size(source)
    assert data.picture_size(data.load("digits").train) == (8, 8)


@pytest.mark.usefixtures("plain_curves")
def test_it_runs_and_says_what_it_chose(capsys, tmp_path, pretrained):
    words = ["--recipe", "bit-hyperrule", "--init", pretrained, "--data", "digits", "--image-size", "16x16"]
    words += "--steps 10 --batch-size 8 --workers 1 --log-every 1".split()
    status, out, err = run(capsys, "train", *words, "--out", tmp_path / "run")
    assert (status, err) == (0, "")
    said = (
        "bit-hyperrule, for 1,437 images: 10 steps of 8, 2 of warm-up, sgd, lr 0.003, crop_128_of_160, flip\n"
    )
    assert said in out
    with open(tmp_path / "run" / "steps.csv", encoding="utf-8", newline="") as file:
        rates = [float(row["lr"]) for row in csv.DictReader(file)]
    stairs = [0.0015, 0.003, 0.003, 0.003, 3e-4, 3e-4, 3e-5, 3e-5, 3e-6, 3e-6]
    assert rates == pytest.approx(stairs)
    status, out, err = run(capsys, "fine-tune", *words, "--seeds", 1, "--out", tmp_path / "tuned")
    assert (status, err) == (0, "")
    assert "10 steps of 8, 2 of warm-up, sgd, lr 0.003" in out
    assert "| 16x16 | – | 0.003 |" in out


def test_a_staircase_is_asked_for_where_stairs_are():
    with pytest.raises(
        InputError, match=r"decay_at is \(0\.5,\) and schedule is cosine; it is of the schedule"
    ):
        prepare(Wanted(data="digits", set_recipe=["decay_at=0.5,"]))
