"""`vitnp explore`: the page it writes, and the one line for what it does not show."""

import os

import pytest
from command_line import run
from page_files import Read
from PIL import Image

import vitnp
from vitnp import weights
from vitnp.models import vit


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def page(name="explore.html"):
    with open(name, encoding="utf-8") as file:
        return Read(file.read())


def test_a_page_of_random_weights(capsys):
    status, out, err = run(capsys, "explore", "--model", "tiny", "--lang", "en", "--note", "mine")
    size = len(page().text.encode()) / 1e6
    assert (status, out, err) == (0, f"explore.html: {size:.2f} MB; open it in a browser\n", "")
    found = page().json
    assert (found["model"], found["image"], found["lang"]) == ("tiny", "china.jpg", "en")
    assert (found["random"], found["seed"], found["no_loss"]) == (True, 0, None)
    assert found["note"] == {"ko": "mine", "en": "mine"} and len(found["tour"]) == 12
    assert found["label"]["index"] == found["top"][0]["index"]  # the predicted class
    assert found["parameters"] == vitnp.tree.count(vit.init(None, vitnp.preset("tiny")))


def test_the_label_of_the_loss(capsys):
    assert run(capsys, "explore", "--model", "tiny", "--label", 2, "--out", "a.html")[0] == 0
    assert page("a.html").json["label"]["index"] == 2


def test_weights_by_their_name(capsys):
    assert run(capsys, "explore", "--weights", "digits/2", "--out", "a.html")[0] == 0
    assert run(capsys, "explore", "--weights", "digits/2", "--out", "a.html")[0] == 0  # over the old page
    assert page("a.html").json["model"] == "digits/2" and page("a.html").json["random"] is False


def test_what_was_set_is_part_of_the_name(capsys):
    assert run(capsys, "explore", "--model", "tiny", "--set", "num_layers=3")[0] == 0
    assert page().json["model"] == "tiny + num_layers=3"


def test_names_that_are_no_text(capsys, here):
    name = os.fsdecode(b"caf\xe9<b>.png")
    Image.new("RGB", (20, 30)).save(here / name)
    assert run(capsys, "explore", name, "--model", "tiny", "--note", os.fsdecode(b"\xff<i>"))[0] == 0
    assert (page().json["image"], page().json["note"]["ko"]) == (
        "caf�<b>.png",
        "�<i>",
    ) and "<b>" not in page().text


def test_a_file_of_weights_and_a_gray_picture(capsys, here):
    config = vitnp.preset("digits")
    import numpy as np

    weights.save(here / "mine.npz", vit.init(np.random.default_rng(0), config), config)
    Image.new("L", (20, 30), 77).save("gray.png")
    assert run(capsys, "explore", "gray.png", "--weights", "mine.npz", "--lang", "ko")[0] == 0
    found = page()
    assert (found.json["model"], found.json["image"], found.json["lang"]) == ("mine.npz", "gray.png", "ko")
    assert found.json["random"] is False and found.json["no_loss"] == "zero_head"
    assert set(found.binary[found.json["photo"]["at"] :][: 8 * 8 * 3]) == {77}


def test_a_model_without_a_head(capsys):
    assert run(capsys, "explore", "--model", "tiny", "--set", "num_classes=0")[0] == 0
    assert page().json["no_loss"] == "no_head"


BAD = {
    "--model L/16": "the model has 14.9 million attention weights (blocks·heads·tokens²), and a page of 5.5 MB holds 7 "
    "million; give --image-size 176, or take B/16, the largest preset that fits",
    "--model R50x1": "explore follows the slides of the ViT, and this is a model of the family bit; name a ViT",
    "nothing.png --model tiny": "nothing.png",
    "page.txt --model tiny": "page.txt",
    "--model tiny --label 99": "--label is 99; need a class from 0 to",
    "--model tiny --set num_classes=0 --label 1": "--label is the class of a loss, and this model has none",
    "--model tiny --seed -1": "--seed is -1; need at least 0",
    "--weights a.npz --seed 1": "--seed is of random weights, and --weights names a file's; leave one out",
    "--model tiny --out photo.jpg": "--out photo.jpg is no name of a page; end it in .html",
    "--model tiny --out no/page.html": "is in a folder that is not there; make the folder",
    "a.png --live": "--live shows digits that are drawn in the page; leave out IMAGE",
    "--live --label 1": "leave out --label",
    "--live --backend nope": "leave out --backend",
    "--live --set gelu=erf": "leave out --set",
    "photo.html --model tiny --out photo.html": "--out photo.html is what the page is made of; give another name",
}


@pytest.mark.parametrize("words", BAD)
def test_what_does_not_fit_is_one_line(capsys, here, words):
    (here / "page.txt").write_text("no picture")
    Image.new("RGB", (20, 30)).save(here / "photo.html", "png")
    before = {file: file.read_bytes() for file in here.iterdir()}
    status, out, err = run(capsys, "explore", *words.split(), "--lang", "en")
    assert (status, out) == (2, "") and err.count("\n") == 1 and BAD[words] in err
    assert {file: file.read_bytes() for file in here.iterdir()} == before


def test_a_page_that_cannot_be_made_leaves_the_old_one(capsys, here):
    (here / "explore.html").write_text("old")
    assert run(capsys, "explore", "nothing.png", "--model", "tiny")[0] == 2
    assert (here / "explore.html").read_text() == "old"
