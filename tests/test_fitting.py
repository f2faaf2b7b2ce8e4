"""Any data set for any model: a set gives the numbers that a folder of the same pictures gives."""

import numpy as np
import pytest
from command_line import run
from PIL import Image

from vitnp import InputError, data, preset, tree, vit, weights
from vitnp.data import ArraySource, DataSet, augment
from vitnp.inputs.images import ImageConfig, Preprocessing

TIMM = Preprocessing(
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
    resize_filter="bicubic",
    antialias=True,
    crop_fraction=0.875,
    keep_aspect_ratio=True,
)
TINY = {"hidden_size": 12, "num_layers": 1, "num_heads": 2, "mlp_dim": 16}


def set_of(shape, n=12, seed=0):
    """A set of random pictures in two classes, one after the other as in folders, the same for training and test."""
    pixels = np.random.default_rng(seed).integers(0, 256, (n, *shape), dtype=np.uint8)
    parts = (ArraySource(pixels, np.arange(n) * 2 // n) for _ in range(2))
    return DataSet(*parts, ("a", "b"))


def written(folder, dataset):
    """The same pictures as files of a folder for each class, in the set's order; the folder."""
    for part, source in (("train", dataset.train), ("val", dataset.test)):
        for i, (image, label) in enumerate(zip(source.pixels, source.labels, strict=True)):
            path = folder / part / dataset.class_names[label] / f"{i:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(path)
    return folder


@pytest.mark.parametrize(
    "how", [Preprocessing(), TIMM, Preprocessing(resize_filter="bilinear", antialias=True)]
)
@pytest.mark.parametrize("shape", [(10, 10, 3), (9, 14, 1), (40, 30, 3)])
def test_a_set_and_a_folder_of_its_pictures_give_the_same_numbers(tmp_path, shape, how):
    own = set_of(shape)
    config = ImageConfig(image_size=(24, 32), preprocessing=how)
    pictures = data.opened(str(written(tmp_path, own)))
    for names in ((), ("inception_crop", "flip"), ("crop_384_of_448", "flip")):
        one, other = (data.fitted(d, config, augment=names).train for d in (own, pictures))
        for rng in (lambda: None, lambda: np.random.default_rng(3)):
            got, want = one.images(range(12), rng()), other.images(range(12), rng())
            assert got.shape == (12, 24, 32, 3)
            np.testing.assert_array_equal(got, want)
        assert one.does == other.does


def test_a_set_that_fits_is_left_alone():
    own = set_of((8, 8, 1))
    assert data.fitted(own, preset("digits")) is own
    cropped = Preprocessing(resize_filter="bicubic", antialias=True, crop_fraction=0.5)
    assert data.fitted(own, ImageConfig(image_size=8, in_channels=1, preprocessing=cropped)) is not own


def test_floats_are_rounded_to_bytes_as_in_a_picture():
    own = set_of((4, 4, 1))
    floats = own.train.images(range(12)) * 0.999  # as near to the same byte as to be rounded to it
    floats = DataSet(ArraySource(floats, own.train.labels), own.test, own.class_names)
    config = ImageConfig(image_size=8)
    one, other = (data.fitted(d, config).train.images(range(12)) for d in (own, floats))
    np.testing.assert_array_equal(one, other)
    outside = DataSet(
        ArraySource(own.train.images(range(12)) * 2, own.train.labels), own.test, own.class_names
    )
    with pytest.raises(InputError, match="values outside −1 … 1"):
        data.fitted(outside, config).train.images([0])


def test_augmentation_that_goes_by_pixels_is_done_on_the_small_picture():
    own = set_of((8, 8, 1))
    fitted = data.fitted(own, ImageConfig(image_size=32), augment=("affine", "flip")).train
    small = augment.affine(own.train.images(range(12)), np.random.default_rng(5))
    pixels = np.rint((small + 1.0) * 127.5).clip(0, 255).astype(np.uint8)
    moved = DataSet(ArraySource(pixels, own.train.labels), own.test, own.class_names)
    want = data.fitted(moved, ImageConfig(image_size=32)).train.images(range(12))
    np.testing.assert_array_equal(fitted.images(range(12), np.random.default_rng(5)), want)
    assert augment.composed(("affine",), fitted) is None
    assert augment.composed(("affine", "flip"), fitted) is not None
    few = data.few(fitted, 0.5)  # what a part of a source does itself is not done twice
    assert augment.composed(("affine",), few) is None


@pytest.mark.parametrize(
    ("shape", "config", "note"),
    [
        ((32, 32, 3), ImageConfig(), "32x32 pictures, resized to 224x224"),
        (
            (28, 28, 1),
            ImageConfig(image_size=(28, 28)),
            "28x28 gray pictures, the gray repeated to 3 channels",
        ),
        (
            (8, 8, 1),
            ImageConfig(image_size=28, preprocessing=TIMM),
            "8x8 gray pictures, resized to 32x32, cropped to 28x28, the gray repeated to 3 channels",
        ),
        (
            (32, 30, 3),
            ImageConfig(image_size=(8, 16)),
            "32x30 pictures, resized to 8x16; detail is lost, since the model sees fewer pixels than there are",
        ),
    ],
)
def test_one_line_says_what_becomes_of_them(shape, config, note):
    assert data.fitted(set_of(shape), config).notes == ((note,) if note else ())


@pytest.mark.parametrize(
    ("shape", "config", "message"),
    [
        ((8, 8, 3), preset("digits"), "the pictures are color, 3 channels, the model takes gray, 1 channel"),
        ((8, 8, 1), ImageConfig(image_size=8, in_channels=4), "gray, 1 channel, the model takes 4 channels"),
        ((8, 8, 4), ImageConfig(image_size=16, in_channels=4), "images of 4 channels cannot be resized"),
    ],
)
def test_what_cannot_be_meant(shape, config, message):
    with pytest.raises(InputError, match=message):
        data.fitted(set_of(shape), config)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"in_channels": 4}, "takes 4 channels; a photo has"),
        (
            {"preprocessing": Preprocessing(resize_filter="bicubic")},
            'bicubic" without antialias is not known',
        ),
    ],
)
def test_what_no_folder_can_become_is_said_before_a_training(tmp_path, fields, message):
    """Found at the first picture, it would be taken for an unreadable one, or come after the first epoch."""
    own = set_of((8, 8, 3))
    with pytest.raises(InputError, match=message):
        data.fitted(data.opened(str(written(tmp_path, own))), ImageConfig(image_size=16, **fields))
    if "preprocessing" in fields:
        with pytest.raises(InputError, match=message):
            data.fitted(own, ImageConfig(image_size=16, **fields))


def test_a_published_set_in_another_size():
    assert data.load("digits", image_size=12).train.images([0]).shape == (1, 12, 12, 1)
    with pytest.raises(InputError, match="digits takes no crop, which are of folders"):
        data.load("digits", crop="inception_crop")


@pytest.fixture(params=[(8, 8, 1), (6, 10, 3)], ids=["gray", "color"])
def known(request, monkeypatch, tmp_path):
    """A small set that --data cifar10 finds, and a folder of the same pictures."""
    own = set_of(request.param, n=40)
    monkeypatch.setattr("vitnp.data.cifar.load", lambda name, folder: own)
    return written(tmp_path / "pictures", own)


@pytest.fixture
def color_model(tmp_path):
    """The file of a small ViT of three channels with the preprocessing of a real one."""
    config = preset("Ti/16", image_size=32, preprocessing=TIMM, **TINY)
    weights.save(tmp_path / "color.npz", vit.init(np.random.default_rng(0), config), config)
    return tmp_path / "color.npz"


@pytest.mark.parametrize("size", [(), ("--image-size", "48")], ids=["its own", "larger"])
def test_linear_eval_on_a_set_and_on_its_folder(capsys, known, color_model, size):
    words = ("linear-eval", "--weights", color_model, "--shots", 3, "--seeds", 2, *size)
    status, one, _ = run(capsys, *words, "--data", "cifar10")
    assert status == 0
    side = size[1] if size else "32"
    assert f", cropped to {side}x{side}" in one
    status, other, _ = run(capsys, *words, "--data", known)
    assert status == 0
    numbers = [[line for line in text.splitlines() if "seed" in line] for text in (one, other)]
    assert numbers[0] == numbers[1] and len(numbers[0]) == 2


@pytest.mark.parametrize("command", ["train", "pretrain"])
def test_training_starts_from_any_weights_on_any_set(
    capsys, known, color_model, tmp_path, command, plain_curves
):
    words = (
        command,
        "--init",
        color_model,
        "--recipe",
        "digits",
        "--steps",
        2,
        "--batch-size",
        40,
        "--workers",
        1,
    )
    for changes in (("--no-augment",), ("--set-recipe", "augment=inception_crop,flip")):
        ends = {}
        for name, given in (("set", "cifar10"), ("folder", known)):
            place = tmp_path / f"{name}{changes[0]}"
            status, out, err = run(capsys, *words, *changes, "--data", given, "--out", place)
            assert (status, err) == (0, "")
            assert ("pictures, resized to" in out) == (name == "set")
            ends[name], config = weights.load(place / "model.npz")
            assert config.image_size == (32, 32)
        for (name, leaf), (_, other) in zip(
            tree.leaves(ends["set"]), tree.leaves(ends["folder"]), strict=True
        ):
            np.testing.assert_array_equal(leaf, other, err_msg=name)


def test_a_gray_model_takes_no_color(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("vitnp.data.cifar.load", lambda name, folder: set_of((8, 8, 3), n=40))
    config = preset("digits", **TINY)
    weights.save(tmp_path / "gray.npz", vit.init(np.random.default_rng(0), config), config)
    words = ("linear-eval", "--weights", tmp_path / "gray.npz", "--shots", 1, "--data")
    status, _, err = run(capsys, *words, "cifar10")
    assert (status, err.count("\n")) == (2, 1)
    assert "the pictures are color, 3 channels, the model takes gray, 1 channel; name another data set" in err
    assert run(capsys, *words, "digits")[0] == 0  # as it says


def test_compare_on_a_set_in_another_size(capsys, tmp_path, plain_curves):
    few = "--set num_layers=1 --set hidden_size=8 --set num_heads=1 --set mlp_dim=8 --steps 1 --seeds 1"
    words = f"compare --over gelu {few} --image-size 16 --out".split()
    status, out, _ = run(capsys, *words, tmp_path)
    assert status == 0
    assert out.startswith("8x8 pictures, resized to 16x16\n|")
    assert out.count("resized") == 1


def test_from_scratch_the_sets_own_size_stands_unless_another_is_asked_for(capsys, tmp_path, plain_curves):
    few = "train --set num_layers=1 --set hidden_size=8 --set num_heads=1 --set mlp_dim=8 --steps 1 --out"
    status, out, _ = run(capsys, *few.split(), tmp_path / "own")
    assert status == 0
    assert "8x8 pixels" in out and "resized" not in out
    status, out, _ = run(capsys, *few.split(), tmp_path / "two", "--image-size", 16, "--set", "in_channels=3")
    assert status == 0
    assert "8x8 gray pictures, resized to 16x16, the gray repeated to 3 channels" in out
    assert weights.load(tmp_path / "two" / "model.npz")[1].in_channels == 3
