"""The tasks of VTAB in every form that their files have, whole and broken."""

import io
import os
import zipfile

import numpy as np
import pytest
import scipy.io
import vtab_files as files

from vitnp import InputError
from vitnp.course import paper
from vitnp.data import vtab
from vitnp.data.vtab import draw, dsprites, svhn


@pytest.fixture(autouse=True)
def of_ten(monkeypatch):
    """8 + 2 images in place of 800 + 200."""
    monkeypatch.setattr(draw, "TRAIN", 8)
    monkeypatch.setattr(draw, "CHOOSE", 2)


def both(name, folder, seed=0):
    """The set to train and to test with, and that to choose by, whose images are those to train with."""
    final = vtab.opened(name, folder, seed=seed)
    choose = vtab.opened(name, folder, seed=seed, choose=True)
    assert (len(final.train), len(choose.train), len(choose.test)) == (10, 8, 2)
    np.testing.assert_array_equal(
        final.train.labels, np.concatenate([choose.train.labels, choose.test.labels])
    )
    assert len(final.class_names) == vtab.TASKS[name].classes
    return final, choose


def pixels(source):
    """The first value of each image, as a byte."""
    return np.rint((source.images(range(len(source)))[:, 0, 0, 0] + 1) * 127.5)


def test_the_tasks_are_those_of_the_paper():
    groups = {group: vtab.chosen([group.upper()]) for group in vtab.GROUPS}
    assert groups == {group: list(tasks) for group, tasks in paper.VTAB.items()}
    assert [vtab.find(name).name for name in ("CIFAR", "patch_camelyon", "smallnorb_azi")] == [
        "CIFAR-100",
        "Camelyon",
        "sNORB-Azim",
    ]
    assert sum(task.test for task in vtab.TASKS.values()) == 387_904


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
        ({"train": 9, "test": 6}, 2, "has 9 images to draw from; VTAB takes 10"),
    ],
)
def test_class_folders_that_are_wrong(tmp_path, parts, classes, message):
    for part, count in parts.items():
        files.by_classes(tmp_path / part, count, classes)
    with pytest.raises(InputError, match=message):
        vtab.opened("Camelyon", tmp_path)


def test_svhn(tmp_path):
    files.svhn_files(tmp_path)
    final, _ = both("SVHN", tmp_path)
    assert final.train.shape == (32, 32, 3)
    np.testing.assert_array_equal(pixels(final.train), final.train.labels)  # label 10 is the digit 0
    assert final.test.labels.tolist() == [1, 2, 3, 4, 5, 6] and 0 in final.train.labels


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"y": np.zeros((12, 1), np.uint8)}, "labels from 0 to 0; need 1 to 10"),
        ({"y": np.ones((12, 2))}, r"y is float64 \(12, 2\)"),
        ({"X": np.zeros((32, 32, 12), np.uint8)}, r"X is uint8 \(32, 32, 12\)"),
        ({"X": np.array([{"a": 1}], object)}, "X is object"),
    ],
)
def test_svhn_of_odd_arrays(tmp_path, arrays, message):
    files.svhn_files(tmp_path, test=12, **arrays)
    with pytest.raises(InputError, match=message):
        vtab.opened("SVHN", tmp_path)


def test_svhn_of_odd_files(tmp_path, monkeypatch):
    files.svhn_files(tmp_path)
    path = tmp_path / svhn.FILES[0]
    whole = path.read_bytes()
    cases = {
        whole[:-50]: "is cut off or damaged",
        whole[:150] + b"\0" * 40 + whole[190:]: "is cut off or damaged",
        whole[:124] + b"\0\2IM" + whole[128:]: "is no file of MATLAB 5",
        b"": "is no file of MATLAB 5",
    }
    for data, message in cases.items():
        path.write_bytes(data)
        with pytest.raises(InputError, match=message):
            vtab.opened("SVHN", tmp_path)
    scipy.io.savemat(path, {"Z": np.ones(3)})
    with pytest.raises(InputError, match="has no array X; need X and y"):
        vtab.opened("SVHN", tmp_path)
    path.write_bytes(whole)
    monkeypatch.setattr(svhn.reading, "UNPACKED", 1000)
    monkeypatch.setattr(svhn.reading, "TIMES", 1)
    with pytest.raises(InputError, match="would become more than"):
        vtab.opened("SVHN", tmp_path)
    path.unlink()
    with pytest.raises(InputError, match=r"has no train_32x32.mat; SVHN needs"):
        vtab.opened("SVHN", tmp_path)


def test_dsprites(tmp_path, monkeypatch):
    monkeypatch.setattr(dsprites, "AT_ONCE", 7)
    classes = files.dsprites_file(tmp_path)
    for name, column, factor in (("dSpr-Loc", 4, 2), ("dSpr-Ori", 3, 2.5)):
        final, _ = both(name, tmp_path)
        for source in final[:2]:
            bits = source.images(range(len(source)))[:, 0, :8, 0] > 0
            numbers = bits @ (1 << np.arange(8))
            np.testing.assert_array_equal(source.labels, np.floor(classes[numbers, column] / factor))
        assert (len(final.test), final.train.shape) == (4, (64, 64, 1))


class Dangerous:
    """What a pickle may do."""

    def __reduce__(self):
        return os.mkdir, ("executed",)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"imgs": np.zeros((41, 64, 64), np.uint8)},
            r"imgs is uint8 \(41, 64, 64\); need uint8 \(40, 64, 64\)",
        ),
        ({"imgs": np.full((40, 64, 64), 2, np.uint8)}, "imgs has the value 2; need 0 and 1"),
        ({"imgs": np.array([Dangerous()], object)}, "imgs is object"),
        ({"latents_classes": np.array([Dangerous()], object)}, "latents_classes is object"),
        ({"latents_classes": np.full((40, 6), 40)}, "column 4 of latents_classes has 40 to 40; need 0 to 31"),
        ({"latents_classes": np.zeros((40, 5), int)}, r"latents_classes is \(40, 5\); need \(n, 6\)"),
        ({"metadata": np.array([Dangerous()], object)}, None),
    ],
)
def test_dsprites_of_odd_arrays(tmp_path, monkeypatch, arrays, message):
    monkeypatch.chdir(tmp_path)
    files.dsprites_file(tmp_path, **arrays)
    if message is None:
        both("dSpr-Loc", tmp_path)
    else:
        with pytest.raises(InputError, match=message):
            vtab.opened("dSpr-Loc", tmp_path)
    assert not (tmp_path / "executed").exists()


def test_dsprites_of_odd_files(tmp_path):
    files.dsprites_file(tmp_path)
    path = tmp_path / "dsprites.npz"
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(InputError, match="is cut off or damaged"):
        vtab.opened("dSpr-Loc", tmp_path)
    np.savez(path, imgs=np.zeros((40, 64, 64), np.uint8))
    with pytest.raises(InputError, match="has no array latents_classes"):
        vtab.opened("dSpr-Loc", tmp_path)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<i8", "fortran_order": False, "shape": (10**9, 6)}
    )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("latents_classes.npy", header.getvalue())
        file.writestr("imgs.npy", b"")
    with pytest.raises(InputError, match=r"latents_classes is int64 .* in 0 bytes"):
        vtab.opened("dSpr-Loc", tmp_path)
    (tmp_path / "other.npz").write_bytes(b"")
    with pytest.raises(InputError, match=r"has dsprites.npz and other.npz"):
        vtab.opened("dSpr-Loc", tmp_path)


@pytest.mark.parametrize("kind", ["binary", "python"])
def test_cifar_100(tmp_path, kind):
    files.cifar_files(tmp_path, kind)
    final, _ = both("CIFAR-100", tmp_path)
    np.testing.assert_array_equal(pixels(final.train), final.train.labels)
    assert final.test.labels.tolist() == [0, 7, 14, 21, 28, 35]


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
