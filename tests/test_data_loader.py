"""The loader: the right rows in order, the same whatever is made ahead, no more than asked for, and no thread left."""

import threading
import time

import numpy as np
import pytest

from vitnp import InputError
from vitnp.data import ArraySource, ImageSource, augment, batches, digits, loader

SOURCE = ArraySource(np.arange(23 * 4, dtype=np.uint8).reshape(23, 2, 2, 1), np.arange(23) % 3)
ORDER = np.random.default_rng(0).permutation(23)


def noise(images, rng):
    """An augmentation that shows every draw."""
    return images + rng.standard_normal(images.shape).astype("float32")


def listed(**options):
    return list(batches(SOURCE, ORDER, **({"batch_size": 5, "seed": 7} | options)))


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("vitnp-data")]


def noisy(images, labels, rng):
    return noise(images, rng), labels


def noise_and_mixup(images, labels, rng):
    return augment.mixup(noise(images, rng), labels, rng, alpha=0.2, num_classes=3)


@pytest.mark.parametrize("ahead", [0, 1, 3, 50])
def test_rows_in_order(ahead):
    found = listed(ahead=ahead)
    assert [len(labels) for _, labels in found] == [5, 5, 5, 5, 3]
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in found]), SOURCE.labels[ORDER])
    images = np.concatenate([images for images, _ in found])
    np.testing.assert_array_equal(images, SOURCE.pixels[ORDER] / np.float32(127.5) - np.float32(1))
    assert images.dtype == np.float32


@pytest.mark.parametrize("ahead", [0, 1, 4])
@pytest.mark.parametrize("first", [0, 2, 4, 9])
def test_a_batch_is_the_same_however_it_is_reached(ahead, first):
    options = {"change": noise_and_mixup}
    whole, part = listed(**options), listed(**options, ahead=ahead, first=first)
    assert len(part) == max(0, 5 - first)
    for (images, labels), (wanted, wanted_labels) in zip(part, whole[first:], strict=True):
        np.testing.assert_array_equal(images, wanted)
        np.testing.assert_array_equal(labels, wanted_labels)
    assert not np.array_equal(whole[0][0], listed(**options, seed=8)[0][0])
    assert not np.array_equal(whole[0][0] - listed()[0][0], whole[1][0] - listed()[1][0])


def test_the_generator_is_that_of_seed_and_batch():
    images, _ = listed(change=noisy)[3]
    rows = ORDER[15:20]
    np.testing.assert_array_equal(images, noise(SOURCE.images(rows), np.random.default_rng([7, 3])))


class Counted(ImageSource):
    """A source that says how many batches were asked of it, and fails at one of them."""

    shape, labels = SOURCE.shape, SOURCE.labels

    def __init__(self, fails_at=None):
        self.asked, self.rngs, self.fails_at = 0, [], fails_at
        self.lock = threading.Lock()

    def __len__(self):
        return 23

    def images(self, rows, rng=None):
        with self.lock:
            self.asked += 1
            self.rngs.append(rng)
        if self.fails_at is not None and ORDER[self.fails_at] in rows:
            raise InputError("picture 9 is damaged")
        return SOURCE.images(rows)


@pytest.mark.parametrize("ahead", [0, 1, 3])
def test_no_more_than_ahead(ahead):
    source = Counted()
    stream = batches(source, ORDER, batch_size=1, seed=0, ahead=ahead)
    for taken in range(1, 24):
        next(stream)
        time.sleep(0.002)  # whoever wanted to run further had the time
        assert source.asked <= min(taken + ahead, 23)
    assert source.asked == 23


@pytest.mark.parametrize("ahead", [0, 1, 3])
def test_an_error_comes_where_its_batch_would(ahead):
    stream = batches(Counted(fails_at=11), ORDER, batch_size=5, seed=0, ahead=ahead)
    assert [len(next(stream)[1]) for _ in range(2)] == [5, 5]
    with pytest.raises(InputError, match="picture 9 is damaged"):
        next(stream)
    assert threads() == []


@pytest.mark.parametrize("ahead", [1, 3])
def test_as_many_as_asked_for_are_made_ahead(ahead):
    """When the first item is asked for, that one and the next `ahead` are taken."""
    taken = []
    made = loader.in_order(lambda item: item, (taken.append(i) or i for i in range(10)), ahead)
    assert next(made) == 0
    assert taken == list(range(ahead + 1))
    made.close()


def test_threads_work_ahead_and_end():
    stream = batches(Counted(), ORDER, batch_size=5, seed=0, ahead=2)
    next(stream)
    assert 1 <= len(threads()) <= 2
    stream.close()
    assert threads() == []
    assert len(list(batches(Counted(), ORDER, batch_size=5, seed=0, ahead=2))) == 5
    assert threads() == []


def test_a_class_of_ones_own():
    class Mine(ImageSource):
        labels, shape = np.array([0, 1, 0]), (2, 2, 1)

        def __len__(self):
            return 3

        def images(self, rows, rng=None):
            return np.ones((len(rows), 2, 2, 1), np.float32)

    assert [len(labels) for _, labels in batches(Mine(), range(3), batch_size=2, seed=0)] == [2, 1]
    assert Mine().does == ()


def test_what_is_no_source_is_refused():
    """Not in a thread, and not as an attribute that is missing."""
    with pytest.raises(InputError, match=r"derive your class from data\.ImageSource"):
        batches([1, 2, 3], range(3), batch_size=2, seed=0)


def test_without_a_seed_nothing_is_random():
    source = Counted()
    list(batches(source, ORDER, batch_size=5, seed=None))
    assert source.rngs == [None] * 5


def test_no_images_no_batches():
    assert list(batches(SOURCE, ORDER[:0], batch_size=5, seed=0)) == []


def test_mixup_blends_images_and_labels_alike():
    images = digits.load(0).train.images(range(40))
    labels = np.arange(40) % 10
    mixed, t = augment.mixup(images, labels, np.random.default_rng(0), alpha=0.5, num_classes=10)
    assert mixed.dtype == t.dtype == np.float32
    rng = np.random.default_rng(0)
    share, partner = rng.beta(0.5, 0.5), rng.permutation(40)
    assert 0.01 < share < 0.99
    np.testing.assert_allclose(mixed, share * images + (1 - share) * images[partner], atol=1e-6)
    np.testing.assert_allclose(t.sum(1), 1, atol=1e-6)
    for i in range(40):
        assert t[i, labels[i]] >= share - 1e-6
        assert t[i, labels[partner[i]]] >= 1 - share - 1e-6
    assert listed(change=noise_and_mixup)[0][1].shape == (5, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size is 0"),
        ({"ahead": -1}, "ahead is -1"),
        ({"first": -1}, "first is -1"),
        ({"seed": None, "change": noisy}, "give the batches a seed"),
        ({"batch_size": 2.5}, "batch_size is 2.5"),
    ],
)
def test_bad_options_are_refused_at_once(options, message):
    with pytest.raises(InputError, match=message):
        batches(SOURCE, ORDER, **({"batch_size": 5, "seed": 7} | options))


@pytest.mark.parametrize("ahead", [0, 2])
def test_a_share_of_every_batch(ahead):
    """So many images of each batch, also of the last, smaller one; a share may be empty."""
    found = listed(share=lambda n: (n // 2, n - 1), ahead=ahead)
    want = [SOURCE.labels[ORDER[5 * i : 5 * i + 5]] for i in range(5)]
    assert [labels.tolist() for _, labels in found] == [w[len(w) // 2 : len(w) - 1].tolist() for w in want]
    assert [len(images) for images, _ in found] == [2, 2, 2, 2, 1]
    assert [len(labels) for _, labels in listed(share=lambda n: (n, n))] == [0] * 5
