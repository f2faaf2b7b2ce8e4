"""The small models that are compared with each other: as many parameters as the ViT of the same images, within 10%.

Those without a slide of their own go through every command too, as the ViT does.
"""

import json
from typing import NamedTuple

import numpy as np
import pytest

from vitnp import models, preset
from vitnp.commands import cli

OF = {
    "digits": (
        "mlp-digits",
        "cnn-digits",
        "rnn-digits",
        "bit-digits",
        "hybrid-digits",
        "efficientnet-digits",
    ),
    "fashion": (
        "mlp-fashion",
        "cnn-fashion",
        "rnn-fashion",
        "bit-fashion",
        "hybrid-fashion",
        "efficientnet-fashion",
    ),
}
COUNTS = {
    "digits": 136_138,
    "mlp-digits": 125_578,
    "cnn-digits": 138_298,
    "rnn-digits": 137_706,
    "bit-digits": 135_786,
    "hybrid-digits": 141_630,
    "efficientnet-digits": 136_750,
    "fashion": 139_018,
    "mlp-fashion": 138_970,
    "cnn-fashion": 137_458,
    "rnn-fashion": 139_610,
    "bit-fashion": 135_786,
    "hybrid-fashion": 144_510,
    "efficientnet-fashion": 136_750,
}


@pytest.mark.parametrize("name", COUNTS)
def test_parameters(name):
    config = preset(name)
    count = models.count(models.of(config).init(None, config))
    assert count == COUNTS[name]
    vit = next(vit for vit in OF if name == vit or name in OF[vit])
    assert abs(count / COUNTS[vit] - 1) < 0.1
    assert (config.image_size, config.in_channels) == (preset(vit).image_size, 1)


@pytest.mark.parametrize("family", models.OF_IMAGES)
def test_every_family_has_one_for_each_set(family):
    for vit, others in OF.items():
        assert [name for name in (vit, *others) if preset(name).family == family], (vit, family)


@pytest.mark.parametrize("name", COUNTS)
def test_every_one_gives_logits(name):
    config = preset(name)
    model = models.of(config)
    p = model.init(np.random.default_rng(0), config)
    images = np.random.default_rng(1).standard_normal((2, *config.image_size, 1)).astype("float32")
    logits, saved = model.forward(images, p, config)
    assert logits.shape == (2, 10)
    dx, dp = model.backward(np.ones_like(logits), saved)
    assert dx.shape == images.shape and models.count(dp) == COUNTS[name]


class Commands(NamedTuple):
    """A family's own options, and what is said of it."""

    smaller: str  # a model that trains in a moment
    size: str
    info: str
    said: str
    gradcheck: str
    over: str
    columns: tuple


COMMANDS = {
    "mlp": Commands(
        smaller="--set hidden_size=24 --set num_layers=2",
        size="2,410",
        info="--set hidden_size=24",
        said="not counted for a model of the family mlp",
        gradcheck="--set dropout_rate=0.3 --set gelu=erf",
        over="num_layers --values 1,2",
        columns=("1", "2"),
    ),
    "cnn": Commands(
        smaller="--set channels=4,6",
        size="810",
        info="",
        said="last feature map        2 x 2 x 92",
        gradcheck="--set kernel_size=4",
        over="kernel_size --values 1,3",
        columns=("1", "3"),
    ),
    "rnn": Commands(
        smaller="--set hidden_size=6",
        size="346",
        info="",
        said="sequence                8 rows of 8 values",
        gradcheck="--set sequence=patches",
        over="classifier",
        columns=("last", "gap"),
    ),
}


def run(capsys, *words):
    """(status, stdout, stderr) of a command."""
    status = cli.main([part for word in words for part in str(word).split()])
    return status, *capsys.readouterr()


def short(family):
    """The options of a training that takes a moment."""
    return f"--model {family}-digits {COMMANDS[family].smaller} --batch-size 128"


@pytest.mark.parametrize("family", COMMANDS)
def test_trained_resumed_and_asked(capsys, tmp_path, family):
    """train, --resume, --init, linear-eval, inspect, info and gradcheck, without a word about its family."""
    folder, of = tmp_path / "run", COMMANDS[family]
    status, out, _ = run(capsys, "train --epochs 2", short(family), "--out", folder)
    assert status == 0
    assert f"{family}-digits: {of.size} parameters, 8x8 pixels, 10 classes" in out
    assert json.loads((folder / "run.json").read_text())["run"]["model"]["family"] == family
    assert run(capsys, "train --resume", folder)[0] == 0
    status, out, _ = run(capsys, "linear-eval --data digits --weights", folder / "model.npz")
    assert status == 0 and "accuracy" in out
    new = ("--recipe digits --epochs 1 --freeze backbone --out", tmp_path / "head")
    assert run(capsys, "train --init", folder / "model.npz", *new)[0] == 0
    assert run(capsys, "weights inspect", folder / "model.npz")[0] == 0
    status, out, _ = run(capsys, f"info {family}-digits {of.info}")
    assert status == 0 and of.said in out
    status, out, _ = run(capsys, f"gradcheck --model {family}-tiny {of.gradcheck} --seeds 1")
    assert status == 0 and "every gradient is right" in out


@pytest.mark.parametrize("family", COMMANDS)
def test_compared_over_its_own_fields(capsys, tmp_path, family):
    of = COMMANDS[family]
    words = f"compare --over {of.over} --seeds 1 {short(family)} --epochs 1 --out"
    status, out, err = run(capsys, words, tmp_path)
    assert (status, err) == (0, "")
    assert all(f"| {column} | " in out for column in of.columns)
