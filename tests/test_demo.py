"""`vitnp demo`: three commands as one would type them, then the pictures; on small models here."""

import dataclasses
import json

import command_line
import numpy as np
import pytest
from PIL import Image
from test_train_command import FEW

from vitnp import show, vit, weights
from vitnp.commands import cli, demo
from vitnp.data import digits
from vitnp.errors import InputError
from vitnp.training.wanted import Wanted


@pytest.fixture
def typed(monkeypatch):
    """The words of every command; what takes seconds at full size runs on a small model."""
    words_of_all, real = [], cli.main

    def main(words):
        words_of_all.append(words)
        if words[0] == "walk":
            words = ["tiny" if word == "B/16" else word for word in words]
        if words[0] == "gradcheck":
            words = [*words, "--seeds", "1"]
        return real([*words, *(FEW.split() if words[0] == "train" else [])])

    monkeypatch.setattr(cli, "main", main)
    return words_of_all


def run(capsys, *words):
    """(exit status, standard output, standard error) of `vitnp demo`, whose own words are not counted."""
    words = ["demo", *map(str, words)]
    args = cli.parser(words).parse_args(words)
    return args.run(args), *capsys.readouterr()


def test_the_demo(capsys, tmp_path, typed, monkeypatch):
    shown, real = [], show.attention_from_class_token
    monkeypatch.setattr(
        show,
        "attention_from_class_token",
        lambda *given, **how: shown.append((given, how)) or real(*given, **how),
    )
    status, out, _ = run(capsys, "--out", tmp_path / "demo", "--seed", 3, "--lang", "en")
    assert status == 0
    assert typed == [
        "walk --model B/16 --backward --lang en".split(),
        "gradcheck --model tiny".split(),
        [*"train --data digits --seed 3 --overwrite --out".split(), str(tmp_path / "demo")],
    ]
    for words in typed:
        assert f"$ vitnp {' '.join(words)}\n" in out
    for name in ("patches", "digit", "positions", "attention", "predictions", "curves"):
        assert (tmp_path / "demo" / f"{name}.png").exists()
        assert str(tmp_path / "demo" / f"{name}.png") in out
    assert out.splitlines()[-1].startswith("everything took ")
    # the picture of attention: the first test digit, in the last block
    p, config = weights.load(tmp_path / "demo" / "model.npz")
    images = digits.load(3).test.images(range(12))
    _, saved = vit.forward(images, p, config)
    (image, A, _), how = shown[0]
    np.testing.assert_array_equal(image, images[0])
    np.testing.assert_allclose(A, saved.blocks[-1].attention.A[0], rtol=1e-5)
    assert how == {"block": config.num_layers - 1}
    with Image.open(tmp_path / "demo" / "digit.png") as digit:
        np.testing.assert_allclose(np.asarray(digit) / 127.5 - 1, images[0, ..., 0], atol=0.01)


@pytest.mark.parametrize(("wrong", "status"), [("walk", 1), ("gradcheck", 1), ("train", 2)])
def test_the_worst_status_is_the_demos(capsys, tmp_path, typed, monkeypatch, wrong, status):
    """A wrong shape or gradient is 1 and the rest is shown; what cannot go on is 2 at once."""
    drawn = []
    monkeypatch.setattr(cli, "main", lambda words: status if words[0] == wrong else 0)
    monkeypatch.setattr(demo, "draw", lambda out, seed: drawn.append(out) or [])
    assert run(capsys, "--out", tmp_path)[0] == status
    assert len(drawn) == (status == 1)


def test_the_demo_elsewhere(capsys, tmp_path, typed):
    status, _, err = command_line.run(capsys, "demo", "--backend", "torch", "--out", tmp_path)
    assert status == 2
    assert 'backend "torch" is unknown' in err
    assert typed[1][-2:] == ["--backend", "torch"]


def test_what_is_not_a_demos_is_not_replaced(tmp_path):
    """A demo overwrites the run of an earlier demo, and nothing else: no other run, and nobody's pictures."""
    demo.need_own(tmp_path)
    options = dataclasses.asdict(Wanted(seed=3, model="digits", workers=2))
    about = {"options": options, "run": {"model": {"family": "vit"}}}
    (tmp_path / "run.json").write_text(json.dumps(about))
    (tmp_path / "patches.png").write_text("of the demo")
    demo.need_own(tmp_path)
    about["options"]["steps"] = 4
    (tmp_path / "run.json").write_text(json.dumps(about))
    with pytest.raises(
        InputError, match=r"holds run\.json; patches\.png, not of a demo; name another folder"
    ):
        demo.need_own(tmp_path)
    (tmp_path / "run.json").unlink()
    with pytest.raises(InputError, match=r"holds patches\.png, not of a demo"):
        demo.need_own(tmp_path)
