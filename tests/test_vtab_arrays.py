"""The tasks of VTAB that are arrays in a file: SVHN, dSprites, CIFAR-100, whole and broken."""

import io
import os
import zipfile

import numpy as np
import pytest
import scipy.io
import vtab_files as files
from vtab_files import both

from vitnp import InputError
from vitnp.data import vtab
from vitnp.data.vtab import dsprites, matlab, svhn

pytestmark = pytest.mark.usefixtures("of_ten")


def pixels(source):
    """The first value of each image, as a byte."""
    return np.rint((source.images(range(len(source)))[:, 0, 0, 0] + 1) * 127.5)


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
        ({"X": np.array([{"a": 1}], object)}, "has no array X; need X and y"),
    ],
)
def test_svhn_of_odd_arrays(tmp_path, arrays, message):
    files.svhn_files(tmp_path, test=12, **arrays)
    with pytest.raises(InputError, match=message):
        vtab.opened("SVHN", tmp_path)


@pytest.mark.parametrize("packed", [True, False])
def test_matlab_is_read_as_scipy_reads_it(tmp_path, packed):
    rng = np.random.default_rng(0)
    arrays = {kind: rng.integers(0, 99, (3, 2, 5)).astype(kind) for kind in matlab.CLASSES.values()}
    arrays["short"] = np.array([[7]], np.uint8)  # within the length of its element
    others = {
        "text": "abc",
        "struct": {"a": 1},
        "cell": np.array([1, "b"], object),
        "complex": np.array([1j]),
    }
    scipy.io.savemat(tmp_path / "a.mat", arrays | others, do_compression=packed)
    found, theirs = matlab.read(tmp_path / "a.mat"), scipy.io.loadmat(tmp_path / "a.mat")
    assert found.keys() == arrays.keys()
    for name in arrays:
        np.testing.assert_array_equal(found[name], theirs[name], strict=True)


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
    monkeypatch.setattr(matlab.reading, "UNPACKED", 1000)
    monkeypatch.setattr(matlab.reading, "TIMES", 1)
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


def test_the_folder_of_two_tasks_has_the_npz(tmp_path):
    place = tmp_path / "dsprites"
    files.by_lists(place)
    with pytest.raises(InputError, match=r"has no .npz of dSprites; .* call it dsprites_ori"):
        vtab.opened("dSpr-Ori", place)
    files.dsprites_file(place)
    assert both("dSpr-Ori", place)[0].train.shape == (64, 64, 1)


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
        ({"latents_classes": np.zeros((40, 6))}, r"latents_classes is float64 \(40, 6\)"),
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
