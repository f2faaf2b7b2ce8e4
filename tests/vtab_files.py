"""Tasks of VTAB as their files are passed on, a few images each."""

import numpy as np
import scipy.io
from PIL import Image
from python2 import python2

from vitnp.data import cifar, vtab
from vitnp.data.vtab import svhn

SIZE = 9  # pixels, of pictures in files


def picture(path, value):
    """A picture of one color."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (SIZE, SIZE), (value, 255 - value, 7)).save(path)


def by_lists(folder, classes=4, train=8, val=2, test=6):
    """Lists of images; picture i has the color of label i mod classes."""
    names = []
    for i in range(train + val + test):
        picture(folder / "images" / f"a picture {i}.png", 60 * (i % classes))
        names.append(f"images/a picture {i}.png {i % classes}\n")
    ends = {"train800": (0, train), "val200": (train, train + val), "train800val200": (0, train + val)}
    for name, (first, last) in (ends | {"test": (train + val, None)}).items():
        (folder / f"{name}.txt").write_text("".join(names[first:last]), encoding="utf-8")


def by_classes(folder, count, classes=2):
    """So many pictures in a folder per class."""
    for i in range(count):
        picture(folder / f"class {i % classes}" / f"{i}.png", 60 * (i % classes))


def svhn_files(folder, train=12, test=6, **arrays):
    """train_32x32.mat, packed, and test_32x32.mat, as MATLAB 5 has them; every pixel of an image is its digit."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, n in zip(svhn.FILES, (train, test), strict=True):
        y = np.arange(n, dtype=np.uint8)[:, None] % 10 + 1  # 1 … 10
        X = np.broadcast_to((y[:, 0] % 10).astype(np.uint8), (32, 32, 3, n))
        scipy.io.savemat(folder / name, {"X": X, "y": y} | arrays, do_compression=n == train)


def dsprites_file(folder, n=40, **arrays):
    """The .npz; the first pixels of an image are its number in bits. metadata is a pickle, as published."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    imgs = np.zeros((n, 64, 64), np.uint8)
    imgs[:, 0, :8] = np.arange(n)[:, None] >> np.arange(8) & 1
    classes = np.stack([rng.integers(0, values, n) for values in (1, 3, 6, 40, 32, 32)], axis=1)
    found = {"imgs": imgs, "latents_classes": classes, "metadata": np.array({"title": "dSprites"}, object)}
    np.savez_compressed(folder / "dsprites.npz", **found | arrays)
    return classes


def cifar_files(folder, kind, train=12, test=6):
    """CIFAR-100's unpacked files, "binary" or "python"; every pixel of an image is its label."""
    place = folder / f"cifar-100-{kind}"
    place.mkdir(parents=True)
    names = [f"class{i}" for i in range(100)]
    for name, n in (("train", train), ("test", test)):
        labels = np.arange(n, dtype=np.uint8) * 7 % 100
        pixels = np.repeat(labels[:, None], cifar.PIXELS, axis=1)
        if kind == "binary":
            rows = np.concatenate([labels[:, None] // 5, labels[:, None], pixels], axis=1)
            (place / f"{name}.bin").write_bytes(rows.tobytes())
            (place / "fine_label_names.txt").write_text("\n".join(names))
        else:
            batch = {b"data": pixels, b"fine_labels": labels.tolist()}
            (place / name).write_bytes(python2(batch))
            meta = {b"fine_label_names": [one.encode() for one in names]}
            (place / "meta").write_bytes(python2(meta))


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
