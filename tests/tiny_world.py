"""A folder to type commands in: what they are about is made there, tiny, of the right form; nothing is downloaded."""

import gzip
import io
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets
from checkpoint_files import random_model
from PIL import Image
from printed_commands import TINY
from vtab_files import by_lists

from vitnp import preset, weights
from vitnp.commands import cli
from vitnp.course.workshop import folder, progress, template
from vitnp.data import cifar, idx, published, sentences, vtab
from vitnp.weights import fetch
from vitnp.weights.published import URLS

DEEP = "deep.npz"  # published weights of twelve blocks, for a command that names one
FEW = 300  # of the digits: 5% of those to learn from have every class


@pytest.fixture(scope="session")
def published_cache(tmp_path_factory):
    """A cache with every published file of weights (one small model) and every data set (a few images of noise)."""
    folder = tmp_path_factory.mktemp("cache")
    config = preset("Ti/16", num_layers=1)
    weights.save(folder / "google.npz", random_model(config), config, format="google")
    rng = np.random.default_rng(0)
    for name in cifar.CLASSES:
        path = folder / "data" / name / cifar.BINARY[name].name
        path.parent.mkdir(parents=True)
        cifar_archive(path, name, rng)
    for name in idx.CLASSES:
        (folder / "data" / name).mkdir()
        for file, shape in zip(idx.NAMES, ((60, 28, 28), (60,), (20, 28, 28), (20,)), strict=True):
            values = np.arange(shape[0]) % 10 if len(shape) == 1 else rng.integers(0, 256, shape)
            header = bytes((0, 0, 8, len(shape))) + struct.pack(f">{len(shape)}I", *shape)
            (folder / "data" / name / file).write_bytes(
                gzip.compress(header + values.astype(np.uint8).tobytes())
            )
    return folder


def cifar_archive(path, name, rng):
    """The published binary archive, with 60 training images or one a class and 20 or as many test images."""
    train, test, names = cifar.FILES[name][0]
    classes = cifar.CLASSES[name]
    members = {names: "\n".join(f"class{i}" for i in range(classes)).encode()}
    for file in (*train, *test):
        labels = np.arange(max(classes, 20), dtype=np.uint8)[:, None] % classes
        coarse = [labels // 5] if name == "cifar100" else []
        pixels = rng.integers(0, 256, (len(labels), cifar.PIXELS), dtype=np.uint8)
        members[file] = np.concatenate([*coarse, labels, pixels], axis=1).tobytes()
    with tarfile.open(path, "w:gz") as tar:
        for member, data in members.items():
            info = tarfile.TarInfo(f"{cifar.FOLDERS[name][0]}/{member}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


@pytest.fixture
def world(tmp_path, published_cache, monkeypatch, plain_curves):
    """An empty folder to type in, the cache, few digits."""
    images, labels = sklearn.datasets.load_digits(return_X_y=True)
    monkeypatch.setattr(sklearn.datasets, "load_digits", lambda **how: (images[:FEW], labels[:FEW]))
    monkeypatch.setenv("VITNP_CACHE", str(published_cache))
    monkeypatch.setattr(published, "SYSTEM", tmp_path / "no packages")
    monkeypatch.setattr(fetch, "_place", lambda address: deep_or(published_cache / "google.npz"))
    monkeypatch.setattr(fetch, "_promised", lambda path: None)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def deep_or(published):
    """The file that stands for published weights: one of many blocks if the command needs it."""
    return Path(DEEP) if Path(DEEP).exists() else published


def typed(given):
    """The exit status of a command, typed where its things are."""
    try:
        return cli.main(given)
    except SystemExit as end:  # of --help
        return end.code


def things(given):
    """Make in the folder what the command is about: weights, pictures, a run to go on with."""
    args = cli.parser(given).parse_args(given)
    if given[0] == "workshop" and given[1] != "new":  # in a folder that is still empty
        solved(*(("submissions/kim", [3]) if given[1] == "grade" else (".", None)))
    for name in ("weights", "init", "file"):
        path = getattr(args, name, None)
        deep = {"--layers", "--block"} & set(given)
        if path and given[0] == "translate":
            translator(path)
        elif path and given[0] == "evaluate":
            model(path, num_classes=2)  # as many as the folders
        elif path and (deep or path not in URLS):
            model(DEEP if path in URLS else path, num_layers=12 if deep else 1)
    of_options = [getattr(args, name, None) for name in ("image", "against", "photo")]
    for path in [*(getattr(args, "images", None) or []), *of_options]:
        if path and path.startswith("pictures"):
            pictures("pictures")
        elif path:
            picture(path)
    data = getattr(args, "data", None)
    if given[0] == "vtab":
        for name in vtab.chosen(args.tasks.split(",") if args.tasks else ["EuroSAT"]):
            by_lists(Path(data) / name, classes=2)
    elif data and data not in (*cifar.CLASSES, *idx.CLASSES, "digits"):
        pictures(data)
    task = getattr(args, "task", None)
    if task and task.endswith(".tsv"):
        lines = [f"{letter}\t{letter.upper()}\n" for letter in "abcdefghijklmnop"]
        Path(task).write_text("".join(lines), encoding="utf-8")
    for run in getattr(args, "runs", None) or []:
        assert typed(["train", "--steps", "2", "--batch-size", "2", "--out", run]) == 0
    if getattr(args, "resume", None):
        what = f"--task numbers {TINY}" if given[0] == "translate" else "--data digits"
        assert typed([*f"{given[0]} {what} --steps 2 --batch-size 2 --out".split(), args.resume]) == 0


def solved(path, steps):
    """A student's folder, every step of it solved."""
    folder.new(path, lang="en", steps=steps)
    for step in folder.Folder(path).steps:
        Path(path, f"{template.STEPS[step]}.py").write_text(template.whole(step), encoding="utf-8")
    with progress.changing(path) as found:
        found["student"] = "kim"


def translator(path):
    """A file of a tiny model that reads numbers, in digits and in Korean."""
    own = sentences.opened("numbers").fields
    config = preset("translate-small", **own, hidden_size=8, num_heads=2, num_layers=1, mlp_dim=8)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    weights.save(path, random_model(config), config)


def model(path, num_layers=1, num_classes=None):
    """A file of weights: of digits where its path says so or a run has left it, else a color model of 224x224."""
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    own = place.stem == "digits" or place.name == "model.npz"
    config = preset("digits") if own else preset("Ti/16", num_layers=num_layers)
    if num_classes:
        own, config = True, preset("tiny", num_classes=num_classes)
    weights.save(path, random_model(config), config, format="vitnp" if own else "google")


def picture(path):
    """A small photo; e.png is none."""
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.name == "e.png":
        place.write_text("no picture")
        return
    values = np.random.default_rng(len(path)).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(values).save(place)


def pictures(folder, each=12):
    """A folder of pictures: some of each of two classes."""
    for kind in ("cats", "dogs"):
        for i in range(each):
            picture(f"{folder}/{kind}/{i}.png")
