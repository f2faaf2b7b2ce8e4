"""Translation as a task: the mean over goals, whatever the slices, and what does not fit."""

import math

import numpy as np
import pytest
import scipy.special
from generic_models import alike
from sequence_models import DROPOUTS, V, one, pairs, parameters, sentences, tiny, writer

from vitnp import InputError, loss_and_grads, preset, tree
from vitnp.engine import batch, precision
from vitnp.engine.decoding import greedy
from vitnp.inputs.sequences import END, PADDING, START
from vitnp.models import transformer
from vitnp.tasks.translation import Translation


def mean_over_goals(source, target, p, config, smoothing):
    """The loss by loops, from the logits of each sentence alone: ε/V on every id, 1 − ε more on the goal."""
    costs = []
    for row in range(len(source)):
        ids = one(target, row)
        logits, _ = transformer.forward((one(source, row), ids[:, :-1]), p, config)
        log_p = scipy.special.log_softmax(logits[0], axis=-1)
        for t, goal in enumerate(ids[0, 1:]):
            costs.append(-(1 - smoothing) * log_p[t, goal] - smoothing / V * log_p[t].sum())
    return np.mean(costs), len(costs)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_mean_over_goals(smoothing):
    config = tiny()
    p, (source, target) = parameters(config), pairs()
    want, goals = mean_over_goals(source, target, p, config, smoothing)
    assert goals == 3 + 5 + 1 + 4 + 4  # and an END each
    value, _ = loss_and_grads(source, target, p, config, Translation(smoothing))
    assert value == pytest.approx(want, rel=1e-12)


def test_padding_is_learned_by_nobody():
    """More of it changes neither the loss nor a gradient."""
    config = tiny(norm="pre")
    p, (source, target) = parameters(config), pairs()
    value, dp = loss_and_grads(source, target, p, config, Translation(0.1))
    more = np.pad(source, ((0, 0), (0, 3))), np.pad(target, ((0, 0), (0, 2)))
    again, grads = loss_and_grads(*more, p, config, Translation(0.1))
    assert again == pytest.approx(value, rel=1e-12)
    alike(grads, dp)
    np.testing.assert_allclose(dp["embed"]["E"][START], grads["embed"]["E"][START], rtol=1e-10)


@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize("rates", [{}, DROPOUTS], ids=["", "dropout"])
def test_over_threads_and_micro_batches(norm, rates):
    """Each slice has its own share of padding, and dropout its masks by sentence: the same loss and gradients."""
    config = tiny(norm=norm, **rates)
    p, (source, target) = parameters(config), pairs()

    def run(**how):
        rng = np.random.default_rng(3) if rates else None
        return loss_and_grads(source, target, p, config, Translation(0.1), rng=rng, **how)

    value, dp = run(workers=1)
    for how in (
        {"workers": 4},
        {"workers": 3},
        {"workers": 2, "micro_batch": 3},
        {"micro_batch": 1},
        {"recompute": True, "workers": 2},
    ):
        again, grads = run(**how)
        assert again == pytest.approx(value, rel=1e-12)
        alike(grads, dp)
    once, bits = run(workers=1, recompute=True)
    assert once == value
    tree.map(np.testing.assert_array_equal, bits, dp)


def test_a_step_in_float16():
    """Goals and their weights are counted in float32: float16 ends at 65504, and 1/3000 of a scaled loss beyond it."""
    config = tiny(norm="pre")
    p = precision.cast(parameters(config), "float16")
    source, target = sentences([7, 3] * 400), sentences([5, 2] * 400, 1, special=True)
    want, dp = loss_and_grads(source, target, precision.cast(p, "float64"), config, Translation(0.1))
    scale = precision.LossScale()
    how = {"loss_scale": scale.value, "workers": 1}
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows has to fail as a wrong number
        value, found = loss_and_grads(source, target, p, config, Translation(0.1), **how)
    assert value == pytest.approx(float(want), rel=2e-3)
    for name, leaf in tree.leaves(precision.unscaled(found, scale)):
        theirs = tree.get(dp, name)
        largest = max(abs(theirs).max(), 1e-2)
        assert abs(leaf - theirs).max() <= 2e-2 * largest, name


def test_right_is_what_greedy_decoding_gets_right():
    """On answers of the model itself, of which some are spoiled at one place."""
    config, p = writer(33)
    source = sentences([3, 7, 5, 2, 6, 4, 1, 2], 3, size=config.vocabulary_size)
    answers = greedy(source, p, config)
    ended = [row for row, ids in enumerate(answers) if (ids != PADDING).sum() <= config.target_length]
    answers = np.concatenate([np.full((len(source), 1), START), answers], axis=1)
    assert len({(ids != PADDING).sum() for ids in answers[ended]}) >= 3
    source, answers = source[ended], answers[ended]
    assert batch.count_right(Translation(), source, answers, p, config) == len(ended)
    for row in range(len(ended)):
        spoiled = answers.copy()
        spoiled[row, 1] = 3 + (spoiled[row, 1] == 3)
        assert batch.count_right(Translation(), source, spoiled, p, config) == len(ended) - 1
        assert batch.count_right(Translation(), source, spoiled, p, config, workers=2) == len(ended) - 1


def test_the_loss_of_a_model_that_knows_nothing():
    config = tiny()
    p = tree.map(np.zeros_like, parameters(config))
    assert loss_and_grads(*pairs(), p, config, Translation())[0] == pytest.approx(math.log(V), rel=1e-12)


ONE = sentences((3,), special=True)


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (
            sentences((3, 2)),
            ONE,
            r"source and target are \(2, 3\) and \(1, 5\); need a target of at least two ids",
        ),
        (sentences((3,)), ONE[:, :1], r"need a target of at least two ids for each source: START and a goal"),
        (sentences((3,)), [[1, 2]], "target is a list; need an array"),
        (sentences((3,)), ONE + 20, "target has ids from 21 to .*; the vocabulary has 19, so need 0 to 18"),
        (sentences((3,)) - 19, ONE, "source has ids from -"),
        (sentences((3,)) * 0, ONE, "source has nothing but padding in row 0"),
        (
            sentences((3, 2)),
            np.array([[START, END], [START, PADDING]]),
            "target has nothing to learn in row 1; need at least END after START",
        ),
        (
            sentences((3,)),
            np.array([[PADDING, 5, END]]),
            "a target begins with padding; every target begins with",
        ),
        (sentences((3,)), ONE.astype("float32"), r"target is float32 of shape \(1, 5\); need whole numbers"),
    ],
)
def test_sentences_that_do_not_fit(source, target, message):
    config = tiny()
    with pytest.raises(InputError, match=message):
        loss_and_grads(source, target, parameters(config), config, Translation())


def test_a_batch_is_not_divided_over_processes():
    config = tiny()
    source, target = pairs()
    with pytest.raises(
        InputError, match=r"4 sentences are a part of a batch of 8, .* give the whole batch to one"
    ):
        loss_and_grads(source, target, parameters(config), config, Translation(), part=(0, 8))


def test_other_things_that_do_not_fit():
    config = tiny()
    p, (source, target) = parameters(config), pairs()
    for call, message in (
        (lambda: loss_and_grads(source, target, p, preset("tiny"), Translation()), "need a SequenceConfig"),
        (lambda: loss_and_grads(source, target, p, tiny(tied="none"), Translation()), "p is not the tree of"),
        (lambda: loss_and_grads(source, target, p, config, Translation(1.0)), "label_smoothing is 1.0; need"),
    ):
        with pytest.raises(InputError, match=message):
            call()
