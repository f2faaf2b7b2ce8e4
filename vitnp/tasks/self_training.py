"""Self-training: a teacher's probabilities take the place of the labels that most images do not have.

Noisy Student (Xie et al., 2020): 1. train a teacher on the labeled images; 2. `teacher_probabilities` of the unlabeled
ones, without noise; 3. `chosen`, the confident ones, the same number per class; 4. train a student on both kinds of
images, with noise: `WithUnlabeled` is its data, `SelfTraining` its task; 5. the student is the next teacher.
"""

from typing import NamedTuple

import numpy as np

from vitnp.backend.arrays import to_host
from vitnp.data import ImageSource, batches
from vitnp.data.few import Rows, balanced
from vitnp.engine import batch, loss, probabilities
from vitnp.errors import InputError, counted, need_int, need_real, shown
from vitnp.inputs.checks import check_labels
from vitnp.tasks.classification import Classification
from vitnp.tasks.evaluate import BATCH

THRESHOLD = 0.3  # the least top probability, as in the paper (§3.1)


class SelfTraining(NamedTuple):
    """The loss on labeled images x, labels t, and unlabeled images x̃, the teacher's probabilities q:

    CE(t, x) + ratio·CE(q, x̃), each a mean over its own images, of which a step has ratio times as many unlabeled ones.
    So it is 1 + ratio times the mean over all images, as `WithUnlabeled` gives them. The labels it has smoothed.
    """

    ratio: int

    uses_labels = True

    def batch(self, images, labels, p, config, rng, part):
        """Images and probabilities in the memory of p."""
        need_int("ratio", self.ratio, at_least=1)
        return Classification().batch(images, labels, p, config, rng, part)

    def loss(self, arrays, p, config, rng=None, *, keep="all"):
        """1 + ratio times the mean cross-entropy of a slice; a generator turns dropout on."""
        value, back, *rest = Classification().loss(arrays, p, config, rng, keep=keep)
        times = 1 + self.ratio
        return times * value, lambda dloss: back(times * dloss), *rest

    def right(self, arrays, p, config):
        """How many of the largest logits are the labels'."""
        return Classification().right(arrays, p, config)

    def learned(self, p):
        """As for `Classification`."""
        return Classification().learned(p)


class Unlabeled(ImageSource):
    """Some images of a source, without their labels: nothing that gets this source can read them."""

    labels = None

    def __init__(self, source, rows):
        self.source, self.rows, self.shape, self.does = source, np.asarray(rows), source.shape, source.does

    def __len__(self):
        return len(self.rows)

    def images(self, rows, rng=None):
        """The images of these rows, read from the other source."""
        return self.source.images(self.rows[np.asarray(rows)], rng)

    def read(self, rows, rng=None):
        """The images of these rows, and None."""
        return self.images(rows, rng), None


class WithUnlabeled(ImageSource):
    """The student's data: row i is a labeled image and `ratio` unlabeled ones, each image with its probabilities.

    An epoch has every image at least once. probabilities (n, classes): the teacher's, one row per unlabeled image.
    label_smoothing: of the labels, not of the teacher's probabilities. Without a generator, as for evaluation, a row is
    the labeled image and its label. Raises InputError for what does not fit.
    """

    def __init__(self, labeled, unlabeled, probabilities, *, ratio, label_smoothing=0.0):
        self.ratio = need_int("ratio", ratio, at_least=1)
        need_real("label_smoothing", label_smoothing, low=0.0, below=1.0)
        need_probabilities(probabilities)
        if not len(labeled) or not len(unlabeled) or len(probabilities) != len(unlabeled):
            raise InputError(
                f"there are {counted(len(labeled), 'labeled image')}, {counted(len(unlabeled), 'unlabeled image')} and "
                f"probabilities of {len(probabilities):,}; need some of each, and a row of probabilities per unlabeled "
                "image"
            )
        check_labels(labeled.labels, len(labeled), probabilities.shape[1])
        self.labeled, self.unlabeled, self.q = labeled, unlabeled, probabilities.astype(np.float32)
        self.t = loss.targets(
            labeled.labels, probabilities.shape[1], np.float32, label_smoothing=label_smoothing
        )
        self.shape, self.does = labeled.shape, labeled.does
        self.labels = np.resize(labeled.labels, max(len(labeled), -(-len(unlabeled) // ratio)))

    def __len__(self):
        return len(self.labels)

    def images(self, rows, rng=None):
        """The images of `read`."""
        return self.read(rows, rng)[0]

    def read(self, rows, rng=None):
        """(images (n·(1 + ratio), Hᵢ, Wᵢ, C), probabilities (n·(1 + ratio), classes)) of n rows, the labeled first."""
        rows = np.asarray(rows)
        own = rows % len(self.labeled)
        if rng is None:
            return self.labeled.read(own)
        # Rows i, i + len, … so that neighbors in the list, such as copies of one image, are not of one row.
        others = (rows + len(self) * np.arange(self.ratio)[:, None]).reshape(-1) % len(self.unlabeled)
        images = [self.labeled.images(own, rng), self.unlabeled.images(others, rng)]
        return np.concatenate(images), np.concatenate([self.t[own], self.q[others]])

    def prepared(self, images, config):
        """As the labeled images."""
        return self.labeled.prepared(images, config)


def split(source, count, seed=0):
    """(`count` labeled images, the rest without labels) of a source, two sources.

    The seed picks the labeled images, as many of each class. This alone reads the labels of the rest.
    """
    classes = len(np.unique(source.labels))
    need_int("labeled", count, at_least=classes, at_most=len(source) - 1)
    order = balanced(source.labels, seed)
    return Rows(source, order[:count]), Unlabeled(source, np.sort(order[count:]))


def teacher_probabilities(source, p, config, *, workers=None, between=None):
    """q (n, classes), float32: the probabilities that a model gives to every image of a source, without any noise.

    No augmentation, no dropout, running statistics. between(n) is called after every n images.
    """
    parts = []
    for images, _ in batches(source, np.arange(len(source)), batch_size=BATCH, seed=None):
        logits = batch.predict(source.prepared(images, config), p, config, workers=workers)
        parts.append(to_host({"q": probabilities.of(logits, config)})["q"].astype(np.float32))
        if between:
            between(len(images))
    return np.concatenate(parts)


def chosen(q, *, threshold=THRESHOLD, per_class=None, seed=0):
    """The rows of q (n, classes) to train on, sorted: of every class the same count, a scarce class has copies.

    A row's class is that of its largest probability, which is at least `threshold`. Of a class with more than
    `per_class` rows the most certain are taken; one with fewer repeats all of its rows. per_class: n / classes by
    default. The seed decides between rows that are equally certain: their order is not used, since in a folder it
    tells the true class. A class that no row has is left out. Raises InputError where there is no row at all.
    """
    need_probabilities(q)
    need_real("threshold", threshold, low=0.0, at_most=1.0)
    if per_class is None:
        per_class = max(len(q) // q.shape[1], 1)
    need_int("per_class", per_class, at_least=1)
    classes, top, found = q.argmax(axis=1), q.max(axis=1), []
    order = np.random.default_rng(seed).permutation(len(q))
    for c in range(q.shape[1]):
        rows = order[((classes == c) & (top >= threshold))[order]]
        if len(rows):
            found.append(np.resize(rows[np.argsort(-top[rows], kind="stable")], per_class))
    if not found:
        raise InputError(
            f"no image of {len(q):,} has a probability of {threshold:g} or more; give a lower threshold, or train the "
            "teacher longer"
        )
    return np.sort(np.concatenate(found))


def hard(q):
    """The class of each row of q (n, classes) as probabilities: 1 for the largest, 0 for the others."""
    return loss.targets(q.argmax(axis=1), q.shape[1], q.dtype)


def need_probabilities(q):
    """Raise InputError unless q is floats (n, classes), every row probabilities."""
    if not isinstance(q, np.ndarray) or q.ndim != 2 or q.dtype.kind != "f":
        raise InputError(f"the probabilities are {shown(q)}; need an array of floats (n, classes)")
    check_labels(q, len(q), q.shape[1])
