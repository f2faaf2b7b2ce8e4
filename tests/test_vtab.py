"""The tasks of VTAB, and those that are lists or folders of pictures, whole and broken."""

import re
from pathlib import Path

import pytest
import vtab_files as files
from vtab_files import both

from vitnp import InputError
from vitnp.course import paper
from vitnp.data import vtab

pytestmark = pytest.mark.usefixtures("of_ten")


def test_the_tasks_are_those_of_the_paper():
    groups = {group: vtab.chosen([group.upper()]) for group in vtab.GROUPS}
    assert groups == {group: list(tasks) for group, tasks in paper.VTAB.items()}
    assert [vtab.find(name).name for name in ("CIFAR", "patch_camelyon", "smallnorb_azi")] == [
        "CIFAR-100",
        "Camelyon",
        "sNORB-Azim",
    ]
    assert sum(task.test for task in vtab.TASKS.values()) == 387_904


@pytest.mark.parametrize("page", ["docs/vtab.md", "docs/ko/vtab.md"])
def test_the_table_of_the_page(page):
    text = (Path(__file__).parents[1] / page).read_text("utf-8")
    for name, task in vtab.TASKS.items():
        assert f"| {name} | {task.group} | {task.classes} | {task.train:,} | {task.test:,} | " in text
        row = next(line for line in text.splitlines() if line.startswith(f"| {name} "))
        assert {*re.findall("`([^`]*)`", row)} == {*task.aliases} | (
            {"dsprites"} if name.startswith("dSpr") else set()
        )


def test_lists(tmp_path):
    files.by_lists(tmp_path)
    final, choose = both("Caltech101", tmp_path)
    assert [path.name for path in choose.test.paths] == ["a picture 8.png", "a picture 9.png"]
    assert final.test.labels.tolist() == [2, 3, 0, 1, 2, 3]
    assert "6 test images in place of VTAB's 6,084" in final.notes
    (tmp_path / "train800val200.txt").unlink()  # which is the other two
    again = vtab.opened("Caltech101", tmp_path)
    assert again.train.paths == final.train.paths


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("train800val200", "images/no.png 1", "images/no.png (image 1), which is not there"),
        (
            "train800val200",
            "images/a picture 0.png 102",
            "line 1, has the label 102; Caltech101 has 102 classes",
        ),
        ("test", "images/a picture 0.png -1", "line 1, is 'images/a picture 0.png -1'; write \"path label\""),
        ("test", "3", "line 1, is '3'; write \"path label\""),
        ("test", "../secret.png 1", "line 1, names ../secret.png, outside of the task's folder"),
        ("test", "/etc/passwd 1", "line 1, names /etc/passwd, outside of the task's folder"),
        ("test", " \n", "test.txt names no images"),
        ("test", None, "has no test.txt; VTAB needs"),
    ],
)
def test_lists_that_are_wrong(tmp_path, name, line, message):
    files.by_lists(tmp_path)
    path = tmp_path / f"{name}.txt"
    path.unlink() if line is None else path.write_text(line, encoding="utf-8")
    with pytest.raises(InputError) as problem:
        vtab.opened("Caltech101", tmp_path)
    assert message in str(problem.value)


def test_class_folders_of_one_set(tmp_path):
    files.by_classes(tmp_path, 20)
    final, choose = both("Camelyon", tmp_path)
    assert len(final.test) == 4
    assert not {*final.train.paths} & {*final.test.paths} and not {*choose.train.paths} & {*choose.test.paths}
    other, _ = both("Camelyon", tmp_path, seed=1)  # which draws others, to train with alone
    assert {*other.test.paths} == {*final.test.paths} and {*other.train.paths} != {*final.train.paths}


def test_fewer_images_than_vtab_takes(tmp_path):
    """All of them, a fifth to choose by; the notes and † say so."""
    for part, count in (("train", 7), ("test", 6)):
        files.by_classes(tmp_path / part, count)
    final, choose = (vtab.opened("Camelyon", tmp_path, choose=choose) for choose in (False, True))
    assert [len(part) for part in (final.train, choose.train, choose.test)] == [7, 6, 1]
    assert final.notes[:2] == ("6 + 1 images drawn by seed 0", "7 training images in place of VTAB's 10")
    with pytest.raises(InputError, match="has 1 image to draw from; need 2 or more: leave the task out"):
        vtab.draw.rows(1, 0, tmp_path)


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        (
            "test",
            9,
            "test.txt and train800val200.txt both name 1 image, such as images/a picture 9.png; remove",
        ),
        ("val200", 7, "val200.txt and train800.txt both name 1 image, such as images/a picture 7.png"),
    ],
)
def test_an_image_in_two_lists(tmp_path, name, line, message):
    files.by_lists(tmp_path)
    with open(tmp_path / f"{name}.txt", "a", encoding="utf-8") as file:
        file.write(f"./images/a picture {line}.png 1\n")
    with pytest.raises(InputError, match=message):
        vtab.opened("Caltech101", tmp_path, choose=name == "val200")


def test_class_folders_of_three_parts(tmp_path):
    for part, count in (("train", 12), ("validation", 4), ("test", 6)):
        files.by_classes(tmp_path / part, count)
    final, choose = both("Camelyon", tmp_path)
    assert {path.parts[-3] for path in choose.train.paths} == {"train"}
    assert {path.parts[-3] for path in choose.test.paths} == {"validation"}
    assert {path.parts[-3] for path in final.test.paths} == {"test"} and len(final.test) == 6


@pytest.mark.parametrize(
    ("parts", "classes", "message"),
    [
        ({"train": 12}, 2, "has train and no test"),
        ({"test": 12}, 2, "has test and no train"),
        ({"train": 12, "test": 6}, 3, "has 3 folders of classes; Camelyon has 2 classes"),
    ],
)
def test_class_folders_that_are_wrong(tmp_path, parts, classes, message):
    for part, count in parts.items():
        files.by_classes(tmp_path / part, count, classes)
    with pytest.raises(InputError, match=message):
        vtab.opened("Camelyon", tmp_path)


def test_places(tmp_path):
    for name in ("DTD", "cifar", "dsprites", "oxford_iiit_pet", ".svhn", "else"):
        (tmp_path / name).mkdir()
    assert [*vtab.places(tmp_path)] == ["CIFAR-100", "DTD", "Pets", "dSpr-Loc", "dSpr-Ori"]
    (tmp_path / "dsprites_ori").mkdir()
    assert vtab.places(tmp_path)["dSpr-Ori"].name == "dsprites_ori"
    (tmp_path / "CIFAR-100").mkdir()
    with pytest.raises(InputError, match="has CIFAR-100 and cifar for CIFAR-100; leave one"):
        vtab.places(tmp_path)
    with pytest.raises(InputError, match="has no folder of a task; name them as the paper does, or"):
        vtab.places(tmp_path / "else")
    with pytest.raises(InputError, match="there is no folder"):
        vtab.places(tmp_path / "nowhere")
