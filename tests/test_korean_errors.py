"""What a Korean student reads where a command cannot be run: one Korean line with the facts of the English one."""

import re

import numpy as np
import pytest
from command_line import run
from PIL import Image

import vitnp
from vitnp import weights

# {} is the test's folder. Each is refused before anything is computed for long.
REFUSED = """
train
train --out {}/a --resume {}/b
train --out {}/a --epochs x
train --out {}/a --epochs 0
train --out {}/a --epochs 1.5
train --out {}/a --seed -1
train --out {}/a --data nowhere
train --out {}/a --data digit
train --out {}/a --data {}/empty
train --out {}/a --data {}/one
train --out {}/a --model B/17
train --out {}/a --model tiny --set num_head=2
train --out {}/a --model tiny --set num_heads=x
train --out {}/a --model tiny --set num_heads
train --out {}/a --model tiny --set num_heads=0
train --out {}/a --model digits --set num_heads=7
train --out {}/a --recipe digit
train --out {}/a --lr -1
train --out {}/a --lr nan
train --out {}/a --batch-size 0
train --out {}/a --dropout 1
train --out {}/a --set-recipe augment=fly
train --out {}/a --set-recipe schedule=steps
train --out {}/a --epochs 1 --steps 1
train --out {}/a --micro-batch 5000
train --out {}/a --labels 0
train --out {}/a --hold-out 2
train --out {}/a --workers 0
train --out {}/a --backend torch
train --out {}/a --dtype float8
train --out {}/a --freeze head
train --out {}/a --new-head
train --out {}/a --init {}/nothing.npz --recipe photos
train --out {}/a --init {}/text.txt --recipe photos
train --out {}/a --init {}/tiny.npz --model tiny --recipe photos
train --out {}/a --init {}/tiny.npz
train --out {}/a --ranks-may-differ
train --out {}/a --epoch 3
train --out
train --resume {}/empty
train --resume {}/nothing
train --resume {}/b --overwrite
train --out {}/text.txt/a
predict
predict {}/nothing.png --weights {}/tiny.npz
predict {}/text.txt --weights {}/tiny.npz
predict {}/empty --weights {}/tiny.npz
predict {}/a.png --weights B/16
predict {}/a.png --weights {}/tiny.npz --top 0
predict {}/a.png --weights {}/tiny.npz --labels {}/text.txt
predict {}/a.png --weights {}/tiny.npz --dtype int8
look {}/a.png --weights {}/tiny.npz --out {}/p --only query,nosuch
look {}/a.png --weights {}/tiny.npz --out {}/p --heads 9
look {}/a.png --weights {}/tiny.npz --out {}/p --layers 3-9
look {}/a.png --weights {}/tiny.npz --out {}/p --layers x
look {}/a.png --weights {}/tiny.npz --out {}/p --patch 99,1
look {}/a.png --weights {}/tiny.npz --out {}/p --patch here
look {}/a.png --weights {}/tiny.npz --out {}/p --block 9
look {}/a.png --weights {}/tiny.npz --out {}/p --class 10000
look {}/a.png --weights {}/tiny.npz --out {}/p --only against
look {}/a.png --weights {}/tiny.npz --out {}/p --only query,query
look {}/a.png --weights {}/tiny.npz --out {}/text.txt
look {}/a.png --out {}/p
gradcheck --model B/16
gradcheck --model bit
gradcheck --batch 0
gradcheck --model tiny --image-size 7
gradcheck --model tiny --image-size big
info B/15
info B/16 --image-size 100
info {}/tiny.npz
info B/16 --weights {}/tiny.npz
info B/16 --workers 0
info B/16 --batch
weights inspect {}/nothing.npz
weights inspect {}/text.txt
weights fetch B/16x
weights convert {}/tiny.npz {}/out.txt --format google
weights convert {}/tiny.npz {}/out.npz --format tim
recipes nosuch
walk --seed -1
walk --weights {}/tiny.npz --seed 3
translate TEXT --weights {}/tiny.npz
translate --out {}/a --task nosuch
workshop new {}/w --steps 9
compare --over num_hed
bias shift --models nosuch
nosuch
""".split("\n")[1:-1]
# What stays as it is in Korean: names of things, words between quotation marks, what is typed.
ENGLISH = re.compile(r"[a-z]{2,}(?: [a-z]{2,}){2,}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model, a picture, a text, an empty folder, one of a class with one picture."""
    path = tmp_path_factory.mktemp("errors")
    config = vitnp.preset("tiny")
    p = vitnp.vit.init(np.random.default_rng(0), config)
    p["classify"]["head"]["W"][:] = 0.1  # a head of zeros knows no classes
    weights.save(path / "tiny.npz", p, config)
    Image.fromarray(np.zeros((20, 24, 3), np.uint8)).save(path / "a.png")
    (path / "text.txt").write_text("words")
    for name in ("empty", "one/cat"):
        (path / name).mkdir(parents=True)
    Image.fromarray(np.zeros((20, 24, 3), np.uint8)).save(path / "one/cat/a.png")
    return path


@pytest.fixture
def said(capsys, monkeypatch, folder):
    """The line that a command is refused with, in the language of the locale."""

    def said(words, lang):
        for name in ("LC_ALL", "LC_MESSAGES"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("LANG", lang)
        status, out, err = run(capsys, *words.replace("{}", str(folder)).split())
        assert status == 2 and (out == "" or words.startswith("predict"))  # which names the model first
        return err

    return said


@pytest.mark.parametrize("words", REFUSED)
def test_a_refusal_in_korean_has_the_facts_of_the_english_one(said, words):
    english, korean = said(words, "en_US.UTF-8"), said(words, "ko_KR.UTF-8")
    assert korean.startswith("vitnp: ") and korean.count("\n") == 1 and len(korean) <= 308
    assert re.search("[가-힣]", korean)
    plain = re.sub(r"[\"'(][^\"')]*[\"')]|vitnp \S+.*", "", korean.removeprefix("vitnp: "))
    assert not ENGLISH.search(plain), korean
    assert "(는)" not in korean and "(를)" not in korean and "(가)" not in korean, korean
    facts = re.compile(r"\"[^\"]+\"|--[a-z-]+|(?<![\w.])-?\d[\d,.]*\d|/[A-Za-z0-9_./]*[A-Za-z0-9]")
    assert sorted(set(facts.findall(english))) == sorted(set(facts.findall(korean)))


def test_the_option_is_before_the_locale(said):
    assert "정수" in said("train --out {}/a --lang ko --seed -1", "C")
    assert "whole number" in said("train --out {}/a --seed -1 --lang=en", "ko_KR.UTF-8")
