"""Self-training: the teacher's probabilities, what is chosen of them, the student's data and its loss, by hand."""

import numpy as np
import pytest

from vitnp import InputError, data, models, tree
from vitnp.data import ArraySource
from vitnp.engine import batch, loss, probabilities
from vitnp.tasks import evaluate, loss_and_grads, self_training
from vitnp.tasks.self_training import SelfTraining, Unlabeled, WithUnlabeled

CONFIG = models.preset(
    "tiny", image_size=(4, 4), patch_size=2, in_channels=1, num_classes=3, dropout_rate=0.3
)
RNG = np.random.default_rng(0)
SOURCE = ArraySource(RNG.uniform(-1, 1, (12, 4, 4, 1)), np.arange(12) % 3)
Q = RNG.dirichlet(np.ones(3), 9).astype(np.float32)


def model():
    p = models.of(CONFIG).init(np.random.default_rng(1), CONFIG, "float64")
    p["classify"]["head"]["W"][...] = RNG.standard_normal(p["classify"]["head"]["W"].shape)
    return p


def test_the_loss_is_that_of_the_paper():
    """CE(t, x) + ratio·CE(q, x̃), each a mean of its own batch; the gradient of the sum is the sum of the gradients."""
    labeled, unlabeled = self_training.split(SOURCE, 3)
    source = WithUnlabeled(labeled, unlabeled, Q, ratio=3, label_smoothing=0.1)
    images, labels = source.read([0, 2], np.random.default_rng(0))
    p = model()
    value, dp = loss_and_grads(images, labels, p, CONFIG, SelfTraining(3), workers=2)
    t = loss.targets(labeled.labels[[0, 2]], 3, np.float64, label_smoothing=0.1)
    ours, dp_ours = loss_and_grads(labeled.images([0, 2]), t, p, CONFIG)
    rows = [0, 2, 3, 5, 6, 8]
    theirs, dp_theirs = loss_and_grads(unlabeled.images(rows), Q[rows], p, CONFIG)
    assert value == pytest.approx(ours + 3 * theirs, rel=1e-6)
    for name, leaf in tree.leaves(dp):
        want = tree.get(dp_ours, name) + 3 * tree.get(dp_theirs, name)
        np.testing.assert_allclose(leaf, want, rtol=1e-6, atol=1e-7, err_msg=name)


def test_an_epoch_has_every_image():
    labeled, unlabeled = self_training.split(SOURCE, 4)
    source = WithUnlabeled(labeled, unlabeled, Q[:8], ratio=3)
    assert len(source) == 4  # as many as there are labels
    images, q = source.read(range(4), np.random.default_rng(0))
    np.testing.assert_array_equal(images[:4], labeled.images(range(4)))
    assert {x.tobytes() for x in images[4:]} == {x.tobytes() for x in unlabeled.images(range(8))}
    np.testing.assert_array_equal(q[4:], Q[np.arange(12) % 8])
    assert len(WithUnlabeled(labeled, unlabeled, Q[:8], ratio=1)) == 8


def test_measured_on_the_labels():
    """Without a generator, as for evaluation, the rows are the labeled images."""
    labeled, unlabeled = self_training.split(SOURCE, 3)
    source, p = WithUnlabeled(labeled, unlabeled, Q, ratio=2), model()
    found = evaluate.accuracy(SelfTraining(2), source, p, CONFIG, rows=np.arange(3))
    assert found == evaluate.accuracy(SelfTraining(2), labeled, p, CONFIG)


def test_the_split():
    labeled, unlabeled = self_training.split(SOURCE, 6, seed=3)
    np.testing.assert_array_equal(np.bincount(labeled.labels), [2, 2, 2])
    assert sorted([*labeled.rows, *unlabeled.rows]) == list(range(12))
    np.testing.assert_array_equal(labeled.rows, data.part(SOURCE, 0.5, 3).rows)
    assert unlabeled.labels is None and unlabeled.read([1])[1] is None
    with pytest.raises(InputError, match="labeled is 2; need a whole number of at least 3 and at most 11"):
        self_training.split(SOURCE, 2)


def test_the_teacher_has_no_noise():
    p = model()
    q = self_training.teacher_probabilities(Unlabeled(SOURCE, range(12)), p, CONFIG, workers=1)
    want = probabilities.of(batch.predict(SOURCE.images(range(12)), p, CONFIG), CONFIG)
    np.testing.assert_allclose(q, want, atol=1e-6)
    assert q.dtype == np.float32


def test_the_best_of_the_abundant_and_copies_of_the_scarce():
    q = np.array(
        [
            [0.9, 0.1, 0.0],
            [0.6, 0.3, 0.1],
            [0.8, 0.1, 0.1],
            [0.2, 0.7, 0.1],
            [0.34, 0.33, 0.33],
            [0.7, 0.2, 0.1],
        ]
    )
    np.testing.assert_array_equal(self_training.chosen(q, per_class=2), [0, 2, 3, 3])  # none of class 2
    found = self_training.chosen(q, per_class=5, threshold=0.5)  # 0, 2, 5, 1 and again 0
    np.testing.assert_array_equal(found, [0, 0, 1, 2, 3, 3, 3, 3, 3, 5])
    np.testing.assert_array_equal(self_training.chosen(q), [0, 2, 3, 3])  # 6 rows of 3 classes
    with pytest.raises(InputError, match=r"no image of 6 has a probability of 0.95"):
        self_training.chosen(q, threshold=0.95)
    np.testing.assert_array_equal(self_training.hard(q[3:5]), [[0, 1, 0], [1, 0, 0]])


def test_equally_certain_rows_are_drawn():
    """Their order tells the true class where images lie in folders by class, and must not choose."""
    q = np.tile(np.float32([1, 0]), (200, 1))
    first = [int((self_training.chosen(q, seed=seed) < 100).sum()) for seed in range(20)]
    assert all(30 < count < 70 for count in first) and len({*first}) > 1
    np.testing.assert_array_equal(self_training.chosen(q), self_training.chosen(q, seed=0))
