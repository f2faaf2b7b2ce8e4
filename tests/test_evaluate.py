"""`vitnp evaluate`: top-1 and top-5 on a folder, ReaL's sets, how folders are matched with classes."""

import json

import numpy as np
import pytest
from command_line import run
from vtab_files import picture

from vitnp import preset, vit, weights
from vitnp.commands import evaluate
from vitnp.data import real

NAMES = "abcdefg"


def classifier(path, classes, answers):
    """A model that orders the classes as `answers` says, whatever the picture."""
    config = preset(
        "digits", in_channels=3, num_layers=1, hidden_size=16, num_heads=2, mlp_dim=16, num_classes=classes
    )
    p = vit.init(np.random.default_rng(0), config)
    p["classify"]["head"]["W"][0, 0] = 1e-6  # a head that is all zeros knows no classes
    for place, label in enumerate(answers):
        p["classify"]["head"]["b"][label] = 10.0 - place
    weights.save(path, p, config)
    return path


@pytest.fixture
def model(tmp_path):
    """It says b, then d, f, g, e, a, c."""
    (tmp_path / "names.txt").write_text("\n".join(NAMES), encoding="utf-8")
    return classifier(tmp_path / "model.npz", 7, [1, 3, 5, 6, 4, 0, 2])


def folder_of(place, classes):
    for name, count in classes.items():
        for i in range(count):
            picture(place / name / f"{i}.png", i)
    return place


def test_top_1_and_top_5_by_names(capsys, tmp_path, model):
    place = folder_of(tmp_path / "test", {"b": 3, "d": 4, "a": 1})
    words = ("evaluate", "--data", place, "--weights", model, "--labels", tmp_path / "names.txt")
    status, out, err = run(capsys, *words)
    assert (status, err) == (0, "")
    assert "8 images, matched with the classes by name" in out
    assert "top-1 37.50% ± 17.12\n" in out and "top-5 87.50% ± 11.69\n" in out
    (place / "a" / "bad.png").write_bytes(b"no picture")
    status, out, err = run(capsys, *words)
    assert status == 2 and "bad.png is not an image" in err
    assert "1 image left out" in out and "top-1 37.50%" in out


def test_the_order_of_folders_where_there_are_no_names(capsys, tmp_path, model):
    place = folder_of(tmp_path / "all", dict.fromkeys(NAMES, 1))
    folder_of(place.rename(tmp_path / "val").parent / "train", {"b": 1})  # which leaves the test part
    status, out, _ = run(capsys, "evaluate", "--data", tmp_path, "--weights", model)
    assert status == 0 and "/val: 7 images, folders in the order of the classes" in out
    assert "top-1 14.29%" in out and "top-5 71.43%" in out


def validation(place, count=4):
    for i in range(1, count + 1):
        picture(place / f"ILSVRC2012_val_{i:08d}.JPEG", i)
    return place


def test_real(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(real, "CLASSES", 10)
    weights_of = classifier(tmp_path / "imagenet.npz", 10, [7])
    (tmp_path / "real.json").write_text(json.dumps([[7, 8], [], [3], [7]]))
    words = ("evaluate", "--weights", weights_of, "--real", tmp_path / "real.json", "--data")
    status, out, _ = run(capsys, *words, validation(tmp_path / "flat"))
    assert status == 0 and "ReaL 66.67% ± 27.22 of 3 images; 1 without a label left out" in out
    assert "top-1" not in out
    for number in range(10):
        (tmp_path / "wnids" / f"n{number:08d}").mkdir(parents=True)
    for i, label in ((1, 7), (2, 7), (3, 3), (4, 2)):
        picture(tmp_path / "wnids" / f"n{label:08d}" / f"ILSVRC2012_val_{i:08d}.JPEG", i)
    status, out, _ = run(capsys, *words, tmp_path / "wnids", "--lang", "ko")
    assert status == 0 and "top-1 50.00% ± 25.00" in out and "ReaL 66.67% ± 27.22(이미지 3장)" in out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[7], [1000], [], []]", "image 2 has [1000]; need a list of classes from 0 to 999"),
        ("[[7], 3, [], []]", "image 2 has 3; need a list"),
        ("[[7], [true], [], []]", "image 2 has [True]; need a list"),
        ("{}", "holds a dict; need a list"),
        ("[", "is no JSON"),
        ("[[7]]", "is none of the 1 images that ReaL labels"),
    ],
)
def test_what_is_not_real(capsys, tmp_path, text, message):
    weights_of = classifier(tmp_path / "imagenet.npz", 1000, [7])
    (tmp_path / "real.json").write_text(text)
    place = validation(tmp_path / "flat")
    words = ("evaluate", "--weights", weights_of, "--real", tmp_path / "real.json", "--data", place)
    status, _, err = run(capsys, *words)
    assert (status, err.count("\n")) == (2, 1) and message in err


def test_what_it_refuses(capsys, tmp_path, model):
    words = ["evaluate", "--weights", model, "--data"]
    names = ["--labels", tmp_path / "names.txt"]
    three = folder_of(tmp_path / "three", {"b": 1, "x": 1, "y": 1})
    seven = folder_of(tmp_path / "seven", dict.fromkeys("bcdefgx", 1))
    empty, flat = tmp_path / "empty", validation(tmp_path / "flat")
    empty.mkdir()
    (tmp_path / "real.json").write_text("[[7]]")
    for more, message in (
        ([three], "has 3 folders of classes, such as b, and the weights know 7 classes; name"),
        (
            [three, *names],
            'has 3 folders of classes, such as x, and the weights know 7 classes, the first named "a"; name',
        ),
        ([seven, *names], "has 7 folders of classes, such as x"),
        ([empty], "holds no pictures"),
        ([tmp_path / "nowhere"], "there is no folder"),
        ([flat], "has no folders of classes; give a folder of pictures for each class, or --real"),
        ([three, *names, "--real", tmp_path / "real.json"], "such as x"),
        (
            [flat, "--real", tmp_path / "real.json"],
            "--real is of ImageNet's 1,000 classes, and the weights know 7",
        ),
    ):
        status, _, err = run(capsys, *words, *more)
        assert (status, err.count("\n")) == (2, 1) and message in err, err


def test_the_test_images_of_the_run_beside_the_weights(capsys, tmp_path):
    """A folder without parts: the run's own test part; after a change of the folder, all, with a note."""
    place = folder_of(tmp_path / "pictures", {"a": 10, "b": 10})
    how = "--batch-size 4 --workers 1 --no-augment --image-size 8 --model tiny --seed 3 --steps 2".split()
    assert run(capsys, "train", "--data", place, "--out", tmp_path / "run", *how)[0] == 0
    place = place.rename(tmp_path / "moved")
    words = ("evaluate", "--data", place, "--weights", tmp_path / "run" / "model.npz")
    status, out, _ = run(capsys, *words)
    assert status == 0 and "4 images, matched" in out and "note: these are the test images of the run" in out
    epoch = json.loads((tmp_path / "run" / "history.jsonl").read_text().splitlines()[-1])
    assert f"top-1 {100 * epoch['test_accuracy']:.2f}%" in out
    folder_of(place, {"b": 11})
    status, out, _ = run(capsys, *words)
    assert status == 0 and "21 images" in out and "images that the model was trained on may be among" in out
    place = place.rename(tmp_path / "test")  # which is a part by its name
    _, out, _ = run(capsys, *words[:2], place, *words[3:])
    assert "21 images" in out and "note" not in out


def test_which_of_two_test_parts_is_measured(capsys, tmp_path, model):
    for part in ("train", "val", "test"):
        folder_of(tmp_path / "all" / part, {"b": 1})
    words = ("evaluate", "--data", tmp_path / "all", "--weights", model, "--labels", tmp_path / "names.txt")
    status, out, _ = run(capsys, *words)
    assert status == 0 and "/val: 1 image" in out
    assert f"note: {tmp_path}/all also has test; to measure on it, give --data {tmp_path}/all/test" in out


def test_korean_messages(capsys, tmp_path, model):
    three = folder_of(tmp_path / "three", {"b": 1, "x": 1, "y": 1})
    more = ("--labels", tmp_path / "names.txt", "--lang", "ko")
    err = run(capsys, "evaluate", "--data", three, "--weights", model, *more)[2]
    assert '가중치의 클래스는 7개입니다(첫 클래스의 이름은 "a"); ' in err
    weights.save(tmp_path / "k.npz", vit.init(np.random.default_rng(0), preset("tiny")), preset("tiny"))
    err = run(capsys, "evaluate", "--data", three, "--weights", tmp_path / "k.npz", "--lang", "ko")[2]
    assert "k.npz의 모델은 헤드가 모두 0이라 학습이 필요합니다. 그래서 클래스를 모릅니다; " in err


def test_a_head_without_classes_or_of_independent_ones(capsys, tmp_path):
    config = preset("digits", in_channels=3, num_layers=1, hidden_size=16, num_heads=2, mlp_dim=16)
    p = vit.init(np.random.default_rng(0), config)
    weights.save(tmp_path / "zeros.npz", p, config)
    status, _, err = run(capsys, "evaluate", "--data", tmp_path, "--weights", tmp_path / "zeros.npz")
    assert status == 2 and "all zeros, to be trained, so it knows no classes" in err
    status, _, err = run(
        capsys, "evaluate", "--data", tmp_path, "--weights", classifier(tmp_path / "one.npz", 1, [0])
    )
    assert status == 2 and "answers each class on its own" in err


def test_the_standard_error():
    assert evaluate.share([True, False, False, False]) == "25.00% ± 21.65"
    assert evaluate.share([]) == "–"
