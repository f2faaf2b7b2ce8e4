"""Greedy decoding and beam search against slow searches that are plainly right."""

import itertools

import numpy as np
import pytest
from generic_models import counting
from sequence_models import one, sentences, tiny
from sequence_models import writer as made

from vitnp import InputError, preset, tree
from vitnp.engine import decoding
from vitnp.engine.decoding import beam, greedy
from vitnp.inputs.sequences import END, PADDING, START
from vitnp.models import transformer
from vitnp.ops import softmax

# Models, found by trying, whose answers have at least three lengths.
WRITERS = [made(4), made(33), made(14, norm="post"), made(20, norm="post")]
MANY = [made(seed, norm=norm) for seed in range(12) for norm in ("pre", "post")]
every = pytest.mark.parametrize("writer", range(len(WRITERS)))
SOURCE = sentences([3, 7, 5, 2, 6, 4, 1, 2], 3, size=8)


def log_of_the_next(source, written, p, config):
    """log p of what follows the ids written (B, t), START first, by a whole forward; PADDING and START never do."""
    logits, _ = transformer.forward((source, written), p, config)
    log_p = softmax.log(logits[:, -1])
    log_p[:, [PADDING, START]] = -np.inf
    return log_p


def forced(source, ids, p, config):
    """The log-probability of each target, all of it in one forward."""
    whole = np.concatenate([np.full((len(ids), 1), START), ids], axis=1)
    logits, _ = transformer.forward((source, whole[:, :-1]), p, config)
    log_p = np.take_along_axis(softmax.log(logits), ids[..., None], axis=-1)[..., 0]
    return np.where(ids == PADDING, 0.0, log_p).sum(axis=1)


def naive(source, p, config, most):
    """Greedy decoding of one sentence: the whole forward anew for each token, END after `most` symbols."""
    written = np.array([[START]])
    for t in range(most + 1):
        best = log_of_the_next(source, written, p, config).argmax() if t < most else END
        written = np.append(written, [[best]], axis=1)
        if best == END:
            return written[0, 1:]
    raise AssertionError


def naive_beam(source, p, config, *, width, length_penalty, most):
    """The same search for one sentence over tuples, with a whole forward for each beginning."""
    live, finished = [((START,), 0.0)], []
    for t in range(most + 1):
        found = []
        for written, total in live:
            log_p = log_of_the_next(source, np.array([written]), p, config)[0]
            for symbol in [END] if t == most else range(END, len(log_p)):
                found.append(((*written, symbol), total + log_p[symbol]))
        found = sorted(found, key=lambda pair: -pair[1])[:width]
        finished += [(ids[1:], total) for ids, total in found if ids[-1] == END]
        live = [pair for pair in found if pair[0][-1] != END]
    ids = naive(source, p, config, most)
    finished.append((tuple(ids), forced(source, ids[None], p, config)[0]))
    return max(finished, key=lambda pair: pair[1] / ((5 + len(pair[0])) / 6) ** length_penalty)


def without_padding(ids):
    """The rows as tuples."""
    return [tuple(row[row != PADDING]) for row in ids]


@every
@pytest.mark.parametrize("most", [None, 0, 1, 4, 20])
def test_greedy_is_the_likeliest_token_each_time(writer, most):
    """Keys and values that are kept, all sentences at once: the ids of a whole forward for each token and sentence."""
    config, p = WRITERS[writer]
    ids = greedy(SOURCE, p, config, most=most)
    limit = config.target_length if most is None else most
    want = [naive(one(SOURCE, row), p, config, limit) for row in range(len(SOURCE))]
    assert ids.dtype == np.int64 and ids.shape == (len(SOURCE), max(map(len, want)))
    assert without_padding(ids) == [tuple(row) for row in want]
    np.testing.assert_allclose(
        decoding._greedy(SOURCE, p, config, limit)[1], forced(SOURCE, ids, p, config), rtol=1e-10
    )
    if most is None:
        assert len(set(map(len, want))) >= 3


def test_the_likeliest_token_without_what_cannot_be_written():
    """PADDING and START may be likeliest by far: they are never written, and neither is anything after END."""
    config, p = WRITERS[0][0], tree.map(np.copy, WRITERS[0][1])
    p["logits"]["W"][:, [PADDING, START]] = 50.0 * p["decoder_norm"]["beta"][:, None]
    for found in (greedy(SOURCE, p, config), beam(SOURCE, p, config)[0]):
        written_well(found, config.target_length)
    log_p, _ = transformer.step(np.full(8, START), transformer.begin(SOURCE, p, config), p, config)
    assert (log_p.argmax(axis=1) <= START).any()


def written_well(ids, most):
    """Symbols, one END, then PADDING alone."""
    for row in ids:
        end = row.tolist().index(END)
        assert end <= most and (row[:end] > END).all() and (row[end + 1 :] == PADDING).all()


@every
def test_every_answer_ends(writer):
    config, p = WRITERS[writer]
    for most in (0, 1, 3, 9):
        written_well(greedy(SOURCE, p, config, most=most), most)
        written_well(beam(SOURCE, p, config, most=most)[0], most)
    np.testing.assert_array_equal(greedy(SOURCE, p, config, most=0), np.full((8, 1), END))
    np.testing.assert_array_equal(beam(SOURCE, p, config, most=0)[0], np.full((8, 1), END))


@every
@pytest.mark.parametrize("width", [2, 4])
def test_a_batch_gives_what_its_sentences_give(writer, width):
    config, p = WRITERS[writer]
    ids, log_p = beam(SOURCE, p, config, width=width)
    for row in range(len(SOURCE)):
        alone, value = beam(one(SOURCE, row), p, config, width=width)
        assert without_padding(alone) == without_padding(ids[row : row + 1])
        assert value[0] == pytest.approx(log_p[row], rel=1e-10)
        alone = greedy(one(SOURCE, row), p, config)
        assert without_padding(alone) == without_padding(greedy(SOURCE, p, config)[row : row + 1])


@pytest.mark.parametrize("length_penalty", [0.0, 0.6])
def test_a_beam_of_one_is_greedy(length_penalty):
    for config, p in (*WRITERS, *MANY):
        ids, log_p = beam(SOURCE, p, config, width=1, length_penalty=length_penalty)
        np.testing.assert_array_equal(ids, greedy(SOURCE, p, config))
        np.testing.assert_allclose(log_p, forced(SOURCE, ids, p, config), rtol=1e-10)


def test_a_beam_finds_nothing_less_likely_than_greedy():
    better = 0
    for config, p in (*WRITERS, *MANY):
        ids, log_p = beam(SOURCE, p, config, length_penalty=0.0)
        np.testing.assert_allclose(log_p, forced(SOURCE, ids, p, config), rtol=1e-10)
        of_greedy = forced(SOURCE, greedy(SOURCE, p, config), p, config)
        assert (log_p >= of_greedy - 1e-12 * abs(of_greedy)).all()
        better += (log_p > of_greedy + 1e-6).sum()
    assert better > 20


@pytest.mark.parametrize("width", [2, 5])
@pytest.mark.parametrize("length_penalty", [0.0, 1.0, 3.0])
def test_the_search_is_the_one_that_is_told(width, length_penalty):
    """Step by step: what ends takes a place, at `most` all end, kept keys and values belong to their beginnings."""
    how = {"width": width, "length_penalty": length_penalty, "most": 4}
    other = 0
    for config, p in (*WRITERS, *MANY[:8]):
        ids, log_p = beam(SOURCE[:4], p, config, **how)
        for row, value in enumerate(log_p):
            best, want = naive_beam(one(SOURCE, row), p, config, **how)
            assert without_padding(ids[row : row + 1]) == [best]
            assert value == pytest.approx(want, rel=1e-10)
        other += (greedy(SOURCE[:4], p, config, most=4).shape != ids.shape) + 0
    assert other, "and it is not greedy decoding"


def every_target(symbols, most):
    """All targets of at most so many of these symbols."""
    for length in range(most + 1):
        for target in itertools.product(symbols, repeat=length):
            yield np.array([[*target, END]])


@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 3.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_beam_wide_enough_finds_the_best_of_all(seed, length_penalty):
    config, p = made(seed, vocabulary_size=6, target_length=3)
    source = sentences([3, 2], seed, size=6)
    ids, log_p = beam(source, p, config, width=3**3 + 3**2 + 3 + 1, length_penalty=length_penalty)
    for row in range(2):
        alone = one(source, row)
        found = [(forced(alone, target, p, config)[0], target[0]) for target in every_target((3, 4, 5), 3)]
        assert len(found) == 40
        best = max(found, key=lambda pair: pair[0] / ((5 + len(pair[1])) / 6) ** length_penalty)
        assert without_padding(ids[row : row + 1]) == [tuple(best[1])]
        assert log_p[row] == pytest.approx(best[0], rel=1e-10)


def test_the_score_of_the_paper():
    """log p/((5 + |Y|)/6)^α, END among the |Y| tokens."""
    best = decoding.Best(np.array([[5, 4, END, PADDING]]), [-2.0], 0.6)
    assert best.scores == [pytest.approx(-2.0 / (8 / 6) ** 0.6, rel=1e-14)]
    best.offer(0, np.array([3, 3, 3, END]), -2.1)
    np.testing.assert_array_equal(best.ids(), [[3, 3, 3, END]])
    assert best.log_p == [-2.1] and -2.1 / (9 / 6) ** 0.6 > -2.0 / (8 / 6) ** 0.6


@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 5.0])
@pytest.mark.parametrize("width", [2, 5])
def test_stopping_early_changes_no_answer(length_penalty, width, monkeypatch):
    how, steps = {"width": width, "length_penalty": length_penalty}, []
    step = transformer.step
    monkeypatch.setattr(transformer, "step", lambda *given: steps.append(0) or step(*given))
    early = [beam(SOURCE, p, config, **how) for config, p in (*WRITERS, *MANY)]
    first = len(steps)
    monkeypatch.setattr(decoding.Best, "cannot_be_beaten", lambda *_: False)
    for (ids, log_p), (config, p) in zip(early, (*WRITERS, *MANY), strict=True):
        late, value = beam(SOURCE, p, config, **how)
        np.testing.assert_array_equal(late, ids)
        np.testing.assert_array_equal(value, log_p)
    # a penalty as large leaves long targets a chance to the end
    assert (first < len(steps) - first) == (length_penalty < 5.0), "and it saves something"


def test_a_length_penalty_prefers_longer_targets():
    longer = 0
    for config, p in (*WRITERS, *MANY):
        lengths = [
            (beam(SOURCE, p, config, length_penalty=alpha)[0] != PADDING).sum(axis=1) for alpha in (0.0, 2.0)
        ]
        assert (lengths[1] >= lengths[0]).all()
        longer += (lengths[1] > lengths[0]).sum()
    assert longer > 20


def test_a_token_costs_the_same_wherever_it_stands():
    """But for its scores with those before it: 2·D multiply–adds a layer for each, and nothing of the source anew."""
    config = tiny()
    done, Counting = counting()
    p = tree.map(lambda leaf: leaf.view(Counting), transformer.init(np.random.default_rng(0), config))
    seen = transformer.begin(sentences((7,)), p, config)
    costs = []
    for _ in range(6):
        done.clear()
        _, seen = transformer.step(np.array([5]), seen, p, config)
        costs.append(sum(done))
    assert set(np.diff(costs)) == {config.num_layers * 2 * config.hidden_size}
    D, M = config.hidden_size, config.mlp_dim
    of_layers = config.num_layers * (6 * D * D + 2 * D * M + 2 * 7 * D + 2 * D)  # of the source Q and O alone
    assert costs[0] == of_layers + D * config.vocabulary_size


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_a_step_is_the_last_row_of_a_whole_forward(norm):
    config, p = made(4, norm=norm, activation="gelu")
    target = sentences([6] * len(SOURCE), 5, size=8)
    seen = transformer.begin(SOURCE, p, config)
    for t in range(6):
        log_p, seen = transformer.step(target[:, t], seen, p, config)
        logits, _ = transformer.forward((SOURCE, target[:, : t + 1]), p, config)
        np.testing.assert_allclose(log_p, softmax.log(logits[:, -1]), rtol=1e-9, atol=1e-10)


def test_rows_can_be_exchanged_between_two_tokens():
    config, p = made(4)
    seen = transformer.begin(SOURCE, p, config)
    _, seen = transformer.step(np.full(8, START), seen, p, config)
    rows = np.array([3, 0, 0, 7])
    want, _ = transformer.step(np.arange(8) % 5 + 3, seen, p, config)
    got, _ = transformer.step((np.arange(8) % 5 + 3)[rows], seen.of(rows), p, config)
    np.testing.assert_allclose(got, want[rows], rtol=1e-11)


def test_float16_decodes_as_float32():
    config, p = made(33)
    p = tree.map(lambda leaf: leaf.astype("float16"), p)
    want, of = beam(SOURCE, tree.map(lambda leaf: leaf.astype("float32"), p), config)
    ids, log_p = beam(SOURCE, p, config)
    np.testing.assert_array_equal(ids, want)
    np.testing.assert_allclose(log_p, of, atol=0.02)
    log_p, _ = transformer.step(np.full(8, START), transformer.begin(SOURCE, p, config), p, config)
    assert log_p.dtype == np.float32
    np.testing.assert_allclose(np.exp(log_p).sum(axis=1), 1.0, rtol=1e-6)


def test_the_longest_targets_and_the_largest_penalty():
    """The score of a target of any length that may be asked for is a number."""
    config, p = made(20, norm="post")
    greatest = {"most": decoding.MOST, "length_penalty": decoding.LARGEST_PENALTY}
    score = decoding.Best(np.array([[END]]), [-1.0], greatest["length_penalty"]).score
    assert -1.0 < score(-1e9, decoding.MOST + 1) < 0.0
    ids, _ = beam(SOURCE[:1], p, config, width=1, most=30, length_penalty=greatest["length_penalty"])
    written_well(ids, 30)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"source": [[3]]}, "source is a list; need an array"),
        ({"source": np.array([[9]])}, "source has ids from 9 to 9; the vocabulary has 8"),
        ({"source": np.array([[0, 0]])}, "source has nothing but padding in row 0"),
        ({"most": -1}, "most is -1; need a whole number of at least 0 and at most 100,000"),
        ({"most": 2.0}, "most is 2.0; need a whole number"),
        ({"config": preset("tiny")}, "need a SequenceConfig"),
        ({"config": tiny()}, "p is not the tree of this configuration"),
        ({"p": {}}, "p is a dict without arrays"),
    ],
)
def test_what_cannot_be_decoded(given, message):
    config, p = made(0)
    whole = {"source": SOURCE, "p": p, "config": config} | given
    for decode in (greedy, beam):
        with pytest.raises(InputError, match=message):
            decode(**whole)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"width": 0}, "width is 0; need a whole number of at least 1 and at most 1,024"),
        ({"width": 1025}, "width is 1025; need"),
        ({"length_penalty": -0.1}, "length_penalty is -0.1; need a number from 0 to at most 10"),
        ({"length_penalty": 11}, "length_penalty is 11; need"),
    ],
)
def test_a_search_that_cannot_be(given, message):
    config, p = made(0)
    with pytest.raises(InputError, match=message):
        beam(SOURCE, p, config, **given)


def test_a_model_whose_numbers_are_none():
    """Its answer would be the symbol with the first NaN."""
    config, p = made(0)
    p["logits"]["W"][0, 0] = np.nan
    for decode in (greedy, beam):
        with pytest.raises(InputError, match=r"gives logits that are not numbers; .* load other weights"):
            decode(SOURCE, p, config)
