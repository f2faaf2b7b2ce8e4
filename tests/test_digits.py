"""scikit-learn's digits as a data set: how many, how they are scaled and split, and by which seed."""

import numpy as np
import pytest
import sklearn.datasets

from vitnp import InputError, data
from vitnp.data import digits


def test_shapes_and_values():
    d = digits.load(0)
    assert isinstance(d, data.DataSet)
    assert len(d.train) == 1437
    assert len(d.test) == 360
    assert d.class_names == tuple("0123456789")
    for part in (d.train, d.test):
        images, labels = part.images(range(len(part))), part.labels
        assert images.shape == (len(part), *part.shape) == (len(part), 8, 8, 1)
        assert images.dtype == np.float32
        assert images.min() == -1.0
        assert images.max() == 1.0
        assert labels.shape == images.shape[:1]
        assert labels.dtype.kind == "i"
        assert set(labels) == set(range(10))


def test_every_scan_is_there_once_with_its_label():
    """The rows of both parts, undone and sorted, are scikit-learn's rows."""
    d = digits.load(3)
    images = np.concatenate([d.train.pixels, d.test.pixels]).reshape(-1, 64)
    rows = np.c_[np.rint((images + 1) * 8).astype(int), np.concatenate([d.train.labels, d.test.labels])]
    scans, labels = sklearn.datasets.load_digits(return_X_y=True)
    assert sorted(map(tuple, rows)) == sorted(map(tuple, np.c_[scans, labels].astype(int)))


def test_stratified():
    d = digits.load(0)
    share = np.bincount(d.test.labels) / np.bincount(np.concatenate([d.train.labels, d.test.labels]))
    assert np.all(abs(share - 0.2) < 0.005)


def test_the_seed_decides_the_split():
    a, again, other = digits.load(0), digits.load(0), digits.load(1)
    np.testing.assert_array_equal(a.test.pixels, again.test.pixels)
    np.testing.assert_array_equal(a.test.labels, again.test.labels)
    assert not np.array_equal(a.test.labels, other.test.labels)


def test_by_name():
    np.testing.assert_array_equal(data.load("digits", seed=5).test.labels, digits.load(5).test.labels)
    with pytest.raises(InputError, match='data set "cifar" is unknown; did you mean cifar10'):
        data.load("cifar")
