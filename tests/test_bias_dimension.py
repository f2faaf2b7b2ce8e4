"""The curse of dimensionality: k nearest neighbors among noise values."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from strict import Strict, wrap

from vitnp import InputError
from vitnp.analysis import bias
from vitnp.analysis.bias import dimension

rng = np.random.default_rng


@pytest.mark.parametrize("k", [1, 2, 5, 40])
def test_neighbors_as_scikit_learn_finds_them(k, monkeypatch):
    monkeypatch.setattr(dimension, "TEST_POINTS", 7)
    train, test = rng(0).standard_normal((40, 3)), rng(1).standard_normal((23, 3))
    labels = rng(2).integers(0, 4, 40)
    found = bias.neighbors(train, labels, test, k=k)
    theirs = KNeighborsClassifier(k).fit(train, labels).predict(test)
    np.testing.assert_array_equal(found.predictions, theirs)
    apart = np.sqrt(((test[:, None] - train) ** 2).sum(-1))
    assert found.nearest_to_farthest == pytest.approx((apart.min(1) / apart.max(1)).mean(), rel=1e-12)


def test_neighbors_that_are_the_points_themselves():
    points = np.arange(6.0)[:, None] * [1.0, 1.0]
    found = bias.neighbors(points, np.array([0, 1, 2, 0, 1, 2]), points, k=1)
    assert found.predictions.tolist() == [0, 1, 2, 0, 1, 2]
    assert found.nearest_to_farthest == 0.0
    one = bias.neighbors(points[:1], np.array([3]), points[:1], k=1)
    assert (one.predictions.tolist(), one.nearest_to_farthest) == ([3], 0.0)


def test_distances_come_to_be_the_same():
    """In 1 dimension the nearest of 200 points is close by; in 10,000 the distances differ by some percent."""
    ratios = []
    for d in (1, 100, 10_000):
        train, test = rng(0).standard_normal((200, d)), rng(1).standard_normal((50, d))
        ratios.append(bias.neighbors(train, np.zeros(200, int), test, k=1).nearest_to_farthest)
    assert ratios[0] < 0.02 < 0.5 < ratios[1] < 0.9 < ratios[2] < 1


def test_noise_is_beside_the_pixels_and_like_them():
    x = rng(0).uniform(-1, 3, (50, 4)).astype("float32")
    y = bias.with_noise(x, 400, rng(1))
    assert (y.shape, y.dtype) == ((50, 404), np.float32)
    np.testing.assert_array_equal(y[:, :4], x)
    noise = y[:, 4:]
    assert noise.mean() == pytest.approx(x.mean(), abs=0.05)
    assert noise.std() == pytest.approx(x.std(), rel=0.05)
    np.testing.assert_array_equal(bias.with_noise(x, 0, rng(1)), x)
    np.testing.assert_array_equal(bias.with_noise(x, 400, rng(1)), y)
    assert (bias.with_noise(x, 400, rng(2)) != y).any()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda x: bias.with_noise(x, -1, rng(0)), "count is -1"),
        (lambda x: bias.with_noise(x[0], 1, rng(0)), "x is (3,); need points"),
        (
            lambda x: bias.neighbors(x, np.zeros(4, int), x, k=5),
            "k is 5; need a whole number",
        ),
        (lambda x: bias.neighbors(x, np.zeros(3, int), x), "train is (4, 3) with 3 labels"),
        (lambda x: bias.neighbors(x, np.zeros(4, int), x[:, :2]), "test (4, 2)"),
        (lambda x: bias.neighbors(x, np.zeros(4, int), x[:0], k=1), "there are no test points"),
    ],
)
def test_points_that_do_not_fit(call, said):
    with pytest.raises(InputError) as problem:
        call(rng(0).standard_normal((4, 3)))
    assert said in str(problem.value)


def test_points_of_another_library():
    x, labels = rng(0).standard_normal((9, 4)), rng(2).integers(0, 3, 9)
    here, there = (
        bias.neighbors(x, labels, x[:5], k=3),
        bias.neighbors(wrap(x), wrap(labels), wrap(x[:5]), k=3),
    )
    np.testing.assert_array_equal(there.predictions.a, here.predictions)
    assert there.nearest_to_farthest == here.nearest_to_farthest
    noisy = bias.with_noise(wrap(x), 3, rng(0))
    assert isinstance(noisy, Strict)
    np.testing.assert_array_equal(noisy.a, bias.with_noise(x, 3, rng(0)))
