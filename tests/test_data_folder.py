"""One's own pictures: layouts, kinds of pictures, and what cannot be learned from."""

import os

import numpy as np
import pytest
from digit_folders import bytes_of, write
from PIL import Image

from vitnp import InputError, data
from vitnp.data import files, preprocess
from vitnp.data import folder as folders
from vitnp.inputs.images import Preprocessing


def picture(path, *, size=(12, 10), mode="RGB", seed=0):
    """A random picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(values).convert(mode).save(path)
    return values


def pictures(folder, counts, **options):
    """`counts[name]` pictures of each class."""
    for c, (name, n) in enumerate(counts.items()):
        for i in range(n):
            picture(folder / name / f"{i}.png", seed=100 * c + i, **options)


def load(folder, **options):
    return data.load("folder", folder=folder, **({"image_size": (8, 8)} | options))


def test_digits_as_png_are_the_digits(tmp_path):
    """Every value of a scan has its own byte, so nothing is lost but the scale: 16 is 255, not 256."""
    arrays = write(tmp_path, seed=3)
    found = load(tmp_path, in_channels=1)
    assert found.class_names == arrays.class_names
    for source, array in ((found.train, arrays.train), (found.test, arrays.test)):
        assert (len(source), source.shape) == (len(array), array.shape)
        # the folder is sorted by class, and the files of a class by their row
        order = np.argsort(array.labels, kind="stable")
        np.testing.assert_array_equal(source.labels, array.labels[order])
        images, expected = source.images(range(len(source))), array.images(order)
        np.testing.assert_array_equal(np.rint((images + 1) * 127.5), bytes_of(expected))
        assert abs(images - expected).max() < 1 / 127


def test_a_label_is_looked_up_and_not_searched_for(tmp_path):
    """A search for every picture would make 20,000 classes wait."""

    class Names(tuple):
        __slots__ = ()

        def index(self, name):
            pytest.fail("searched for")

    found = {"b": [tmp_path / "b1", tmp_path / "b2"], "c": [tmp_path / "c1"]}
    paths, labels = folders.flat(found, Names("abc"))
    assert [path.name for path in paths] == ["b1", "b2", "c1"]
    assert labels == (1, 1, 2)


def test_a_split_by_seed_keeps_the_shares(tmp_path):
    pictures(tmp_path, {"cat": 10, "dog": 5, "hare": 2})
    found = load(tmp_path)
    assert found.class_names == ("cat", "dog", "hare")
    assert np.bincount(found.test.labels).tolist() == [2, 1, 1]
    assert np.bincount(found.train.labels).tolist() == [8, 4, 1]
    assert not set(found.train.paths) & set(found.test.paths)
    assert load(tmp_path).test.paths == found.test.paths
    assert any(load(tmp_path, seed=seed).test.paths != found.test.paths for seed in (1, 2, 3))


@pytest.mark.parametrize("name", folders.TEST_NAMES)
def test_a_split_that_is_there(name, tmp_path):
    pictures(tmp_path / "train", {"a": 1, "b": 2})
    pictures(tmp_path / name, {"b": 1})
    found = load(tmp_path)
    assert (found.class_names, found.test.labels.tolist()) == (("a", "b"), [1])


def test_what_is_hidden_is_no_picture(tmp_path):
    """macOS leaves ._1.png beside 1.png, Jupyter a folder of copies; neither is one."""
    pictures(tmp_path, {"a": 3, "b": 3, "b/deeper": 2, ".c": 2, "a/.ipynb_checkpoints": 2})
    (tmp_path / "a" / "._1.png").write_bytes(b"Mac OS X")
    found = load(tmp_path)
    assert found.class_names == ("a", "b")
    assert len(found.train) + len(found.test) == 8
    assert not [
        path for path in found.train.paths + found.test.paths if "/." in str(path)[len(str(tmp_path)) :]
    ]


def test_prepared_as_predict_does(tmp_path):
    pictures(tmp_path, {"a": 2, "b": 2}, size=(31, 17))
    how = Preprocessing(
        mean=(0.4, 0.5, 0.6), std=(0.2,), antialias=True, keep_aspect_ratio=True, crop_fraction=0.8
    )
    found = load(tmp_path, preprocessing=how)
    assert found.train.config.preprocessing == found.test.config.preprocessing == how
    expected = preprocess.load(found.train.paths[0], found.train.config)
    np.testing.assert_array_equal(found.train.images([0])[0], expected)
    np.testing.assert_array_equal(found.train.images([0], np.random.default_rng(0))[0], expected)


def test_a_picture_that_cannot_be_resized_is_named(tmp_path, monkeypatch):
    pictures(tmp_path, {"a": 2, "b": 2})
    monkeypatch.setattr(preprocess, "MOST_PIXELS", 1)
    found = load(tmp_path)
    with pytest.raises(InputError, match=rf"{found.train.paths[0]} is 12x10, so narrow"):
        found.train.images([0])


def test_crops_are_random_and_reproducible(tmp_path):
    pictures(tmp_path, {"a": 2, "b": 2}, size=(64, 48))
    source = load(tmp_path, crop="inception_crop").train
    one, again, other = (source.images([0, 1], np.random.default_rng(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert abs(one - other).max() > 0.1
    assert one.shape == (2, 8, 8, 3)
    assert one.dtype == np.float32
    assert one.min() >= -1
    assert one.max() <= 1
    np.testing.assert_array_equal(source.images([0])[0], preprocess.load(source.paths[0], source.config))


@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK", "P", "1", "LA"])
@pytest.mark.parametrize("channels", [1, 3])
def test_kinds_of_pictures(mode, channels, tmp_path):
    kind = "tif" if mode == "CMYK" else "png"
    for name in "ab":
        for i in range(2):
            picture(tmp_path / name / f"{i}.{kind}", mode=mode)
    x = load(tmp_path, in_channels=channels).train.images([0, 1])
    assert x.shape == (2, 8, 8, channels)
    assert np.isfinite(x).all()


def test_sixteen_bits(tmp_path):
    for name in "ab":
        for i in range(2):
            (tmp_path / name).mkdir(exist_ok=True)
            Image.fromarray(np.full((9, 9), 65535, np.uint16)).save(tmp_path / name / f"{i}.png")
    np.testing.assert_array_equal(load(tmp_path).train.images([0]), 1.0)


def test_memory_does_not_grow_with_the_folder(tmp_path, monkeypatch):
    """Nothing is decoded until it is asked for, and then only that."""
    pictures(tmp_path, {"a": 5, "b": 5})
    read = []
    monkeypatch.setattr(
        files.photo, "read", lambda path, **how: read.append(path) or Image.new("RGB", (8, 8))
    )
    source = load(tmp_path).train
    assert read == []
    source.images([3, 1])
    assert read == [source.paths[3], source.paths[1]]


def test_a_corrupt_picture_is_named(tmp_path):
    pictures(tmp_path, {"a": 3, "b": 3})
    bad = tmp_path / "b/1.png"
    bad.write_bytes(bad.read_bytes()[:60])
    found = load(tmp_path)
    with pytest.raises(InputError, match=r"1\.png cannot be read"):
        for source in (found.train, found.test):
            source.images(range(len(source)))


def test_corrupt_pictures_are_left_out(tmp_path):
    pictures(tmp_path, {"a": 5, "b": 5})
    for name in ("a/1.png", "b/0.png"):
        (tmp_path / name).write_bytes(b"no picture")
    lines = []
    found = load(tmp_path, on_corrupt="skip", say=lines.append)
    assert len(lines) == 1
    assert lines[0].startswith("2 of 10 pictures left out: ")
    assert "1.png" in lines[0]
    assert "0.png" in lines[0]
    assert len(found.train) + len(found.test) == 8
    for source in (found.train, found.test):
        assert np.isfinite(source.images(range(len(source)))).all()
    for path in (tmp_path / "a").iterdir():
        path.write_bytes(b"no picture")
    with pytest.raises(InputError, match="6 of 10 pictures cannot be read; too few are left"):
        load(tmp_path, on_corrupt="skip")


def test_nothing_is_said_where_nothing_is_left_out(tmp_path):
    pictures(tmp_path, {"a": 4, "b": 4})
    lines = []
    found = load(tmp_path, on_corrupt="skip", say=lines.append)
    assert (lines, len(found.train) + len(found.test)) == ([], 8)
    (tmp_path / "a/1.png").write_bytes(b"no picture")
    found = load(tmp_path, on_corrupt="skip")  # nobody to say it to
    assert len(found.train) + len(found.test) == 7


@pytest.mark.parametrize("count", [5, 6])
def test_five_pictures_are_named(tmp_path, count):
    pictures(tmp_path, {"a": 20, "b": 20})
    for i in range(count):
        (tmp_path / f"a/{i}.png").write_bytes(b"no picture")
    lines = []
    load(tmp_path, on_corrupt="skip", say=lines.append)
    assert lines[0].count("is not an image") == 5
    assert lines[0].endswith(" …") == (count > 5)


def test_pictures_to_test_with_of_which_none_can_be_read(tmp_path):
    pictures(tmp_path / "train", {"a": 2, "b": 2})
    pictures(tmp_path / "val", {"a": 1, "b": 0})
    (tmp_path / "val/a/0.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match="1 of 5 pictures cannot be read; too few are left"):
        load(tmp_path, on_corrupt="skip")


def test_what_cannot_be_learned_from(tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(InputError, match="has no folders of classes; give a folder for each of two"):
        load(tmp_path)
    pictures(tmp_path, {"a": 3})
    with pytest.raises(InputError, match="has one class, a; give a folder"):
        load(tmp_path)
    (tmp_path / "b").mkdir()
    with pytest.raises(InputError, match=r"b has no pictures \(.jpg, .*\); fill it or remove it"):
        load(tmp_path)
    pictures(tmp_path, {"b": 1})
    with pytest.raises(InputError, match="b has one picture; a class needs 2 or more"):
        load(tmp_path)
    with pytest.raises(InputError, match="have no size of their own; give image_size"):
        load(tmp_path, image_size=None)
    with pytest.raises(InputError, match="which folder"):
        data.load("folder", image_size=8)
    pictures(tmp_path, {"b": 2})
    with pytest.raises(InputError, match='on_corrupt is "ask"; choose stop or skip'):
        load(tmp_path, on_corrupt="ask")


@pytest.mark.parametrize("size", [0, "x", (8, 0), (8,), 8.5])
def test_a_size_that_is_none(tmp_path, size):
    pictures(tmp_path, {"a": 2, "b": 2})
    with pytest.raises(InputError, match=r"image_size is .*need"):
        load(tmp_path, image_size=size)


@pytest.mark.parametrize("seed", [-1, "x", 2**32])
@pytest.mark.parametrize("name", ["digits", "folder"])
def test_a_seed_that_is_none(tmp_path, name, seed):
    with pytest.raises(InputError, match=r"seed is .*need a whole number"):
        data.load(name, seed=seed, folder=tmp_path, image_size=8)


def test_layouts_that_do_not_fit_together(tmp_path):
    pictures(tmp_path / "train", {"a": 1, "b": 1})
    with pytest.raises(InputError, match="has train and no val or valid or validation or test"):
        load(tmp_path)
    pictures(tmp_path / "val", {"a": 1, "c": 1})
    with pytest.raises(InputError, match=r"val has the class c, which .*train has not"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("learn", "tests"),
    [
        ("Train", ["Test"]),
        ("training", ["testing"]),
        ("train", ["Val", "Test"]),
        ("TRAIN", ["valid", "val", "Test"]),
    ],
)
def test_the_parts_may_be_called_otherwise(tmp_path, learn, tests):
    pictures(tmp_path / learn, {"a": 2, "b": 3})
    for name in tests:
        pictures(tmp_path / name, {"a": 1, "b": 1})
    found = load(tmp_path)
    assert found.class_names == ("a", "b")
    assert (len(found.train), len(found.test)) == (5, 2)
    expected = "val" if "val" in tests else tests[0]
    assert {path.parts[-3] for path in found.test.paths} == {expected}


@pytest.mark.parametrize("names", [("valid", "Test"), ("cat", "test"), ("Validation", "dog")])
def test_a_part_is_not_taken_for_a_class(tmp_path, names):
    pictures(tmp_path, dict.fromkeys(names, 3))
    with pytest.raises(InputError, match="and no train; call the part to learn from train"):
        load(tmp_path)


def test_two_parts_to_learn_from(tmp_path):
    for name in ("Train", "training", "val"):
        pictures(tmp_path / name, {"a": 1, "b": 1})
    with pytest.raises(InputError, match="has Train and training; leave one to learn from"):
        load(tmp_path)


def test_a_class_in_a_part_may_be_called_valid(tmp_path):
    for name in ("train", "val"):
        pictures(tmp_path / name, {"valid": 1, "invalid": 1})
    assert load(tmp_path).class_names == ("invalid", "valid")


def test_a_class_of_which_nothing_can_be_read(tmp_path):
    pictures(tmp_path, {"a": 3, "b": 3, "c": 3})
    for path in (tmp_path / "b").iterdir():
        path.write_bytes(b"no picture")
    with pytest.raises(InputError, match="3 of 9 pictures cannot be read; too few are left"):
        load(tmp_path, on_corrupt="skip")


@pytest.mark.parametrize("name", [b"\xff\xfe", b"two\nlines"])
def test_a_class_that_no_line_can_name(tmp_path, name):
    pictures(tmp_path, {os.fsdecode(name): 2, "b": 2})
    with pytest.raises(InputError, match="rename that folder") as refused:
        load(tmp_path)
    assert "\n" not in str(refused.value)


def test_colors_that_cannot_be_read_are_named(tmp_path):
    pictures(tmp_path, {"a": 3, "b": 3})
    Image.new("LAB", (8, 8)).save(tmp_path / "a" / "lab.tif")
    lines = []
    found = load(tmp_path, on_corrupt="skip", say=lines.append)
    assert len(found.train) + len(found.test) == 6
    assert "lab.tif" in lines[0]
