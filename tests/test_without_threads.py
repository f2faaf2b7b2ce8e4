"""Where no thread can start, as in a browser: the same numbers to the bit, and nothing kept that was never begun."""

import gc
import os
import threading
import weakref

import numpy as np
import pytest
from PIL import Image
from test_train import CONFIG, QUICK, run, same, small

from vitnp import loss_and_grads, predict, tree
from vitnp.data import augment, batches
from vitnp.data.files import readable
from vitnp.system import threads
from vitnp.training.display import Display


@pytest.fixture
def no_threads(monkeypatch):
    """A function: from its call on no thread starts, as on Pyodide; what was found out before is forgotten."""

    def refuse(thread):
        raise RuntimeError("can't start new thread")

    def stop():
        threads.can_start.cache_clear()
        threads.helper.cache_clear()
        monkeypatch.setattr(threading.Thread, "start", refuse)

    yield stop
    threads.can_start.cache_clear()
    threads.helper.cache_clear()


def test_it_knows(no_threads):
    assert threads.can_start()
    no_threads()
    assert not threads.can_start()


def test_training_is_the_same_to_the_bit(no_threads):
    p, history = run(workers=2)
    no_threads()
    q, again = run(workers=2)
    assert same(p, q)
    assert [epoch[:5] for epoch in history] == [epoch[:5] for epoch in again]


def test_predictions_and_gradients_are_the_same_to_the_bit(no_threads):
    p, _ = run(workers=1)
    data = small().train
    images, labels = data.images(np.arange(9)), data.labels[:9]

    def found():
        value, grads = loss_and_grads(images, labels, p, CONFIG, workers=3)
        return predict(images, p, CONFIG, workers=3), value, [leaf for _, leaf in tree.leaves(grads)]

    logits, value, grads = found()
    no_threads()
    again = found()
    assert np.array_equal(logits, again[0])
    assert value == again[1]
    assert all(map(np.array_equal, grads, again[2]))


@pytest.mark.parametrize("ahead", [0, 2])
def test_batches_are_the_same_and_can_be_closed(ahead, no_threads):
    source = small().train

    def read():
        change = augment.composed(("affine",), source, alpha=0.2, num_classes=10)
        return batches(source, np.arange(100), batch_size=30, seed=3, change=change, ahead=ahead)

    wanted = list(read())
    no_threads()
    for (images, labels), (inputs, targets) in zip(read(), wanted, strict=True):
        assert np.array_equal(images, inputs)
        assert np.array_equal(labels, targets)
    begun = read()
    next(begun)
    begun.close()
    assert next(begun, None) is None


def test_a_batch_is_made_when_it_is_asked_for(no_threads):
    """Not three at the first: the memory is for one."""
    no_threads()
    source, asked = small().train, []

    def change(inputs, labels, rng):
        asked.append(len(labels))
        return inputs, labels

    next(batches(source, np.arange(100), batch_size=30, seed=0, change=change))
    assert asked == [30]


def test_nothing_is_kept(no_threads):
    """A pool that cannot start its thread keeps each piece of work in its queue, with the images that it is about."""

    class Part:
        pass

    def work(part):
        kept.append(weakref.ref(part))
        return os.getpid()

    no_threads()
    kept = []
    for _ in range(3):
        threads.run(work, [Part(), Part()])
    gc.collect()
    assert [ref() for ref in kept] == [None] * 6


def test_pictures_are_looked_at_one_after_the_other(no_threads, tmp_path):
    pairs = []
    for name in "abc":
        Image.new("RGB", (8, 8)).save(tmp_path / f"{name}.png")
        pairs.append((tmp_path / f"{name}.png", 0))
    (tmp_path / "b.png").write_bytes(b"no picture")
    no_threads()
    said = []
    kept, test = readable(pairs[:2], pairs[2:], CONFIG, said.append)
    assert (kept, test) == (pairs[:1], pairs[2:])
    assert said[0].startswith("1 of 3 pictures left out")


def test_the_progress_bar_says_nothing_about_threads(no_threads, monkeypatch):
    """tqdm warns where its monitor cannot start; warnings are errors here."""
    monkeypatch.setattr("tqdm.tqdm.monitor", None)
    monkeypatch.setattr("tqdm.tqdm.monitor_interval", 10)
    no_threads()
    Display(QUICK, 100).close()
