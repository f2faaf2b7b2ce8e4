"""What a model of sequences writes: greedy decoding, and beam search.

The model's module has begin(source, p, config), what is kept of sources before the first token, and step(ids, kept, p,
config), the log-probabilities of the next token; kept.of(rows) is that of some rows. The search is done on the host.
"""

import numpy as np

from vitnp import models
from vitnp.backend.arrays import array_module, to_device, to_host
from vitnp.errors import InputError, need_int, need_real
from vitnp.inputs.checks import check_config, check_parameters, parameter_of
from vitnp.inputs.sequences import END, PADDING, SPECIALS, START, SequenceConfig, check_ids

SHORTEST = 5.0  # of the length penalty ((5 + length)/6)^α (Wu et al., 2016)
LARGEST_PENALTY = 10.0
WIDEST = 1024  # beginnings of a sentence
MOST = 100_000  # symbols


def following(ids, seen, p, config):
    """The model's step, with the log-probabilities on the host in float64; PADDING and START never follow."""
    log_p, seen = models.of(config).step(ids, seen, p, config)
    log_p = to_host(log_p).astype("float64")
    if np.isnan(log_p).any():
        raise InputError(
            "the model gives logits that are not numbers; its parameters are not finite or too large for "
            f"{parameter_of(p).dtype}: load other weights"
        )
    log_p[:, [PADDING, START]] = -np.inf
    return log_p, seen


def greedy(source, p, config, *, most=None):
    """The likeliest token at each place: source ids (B, S) → target ids (B, T), END last, then PADDING.

    most: symbols at most, by default the configuration's target_length; then comes END.
    """
    source, most = checked(source, p, config, most)
    return _greedy(source, p, config, most)[0]


def _greedy(source, p, config, most):
    """(ids (B, T), log-probabilities (B,)) in host memory."""
    B, xp = len(source), array_module(source)
    seen, last = models.of(config).begin(source, p, config), np.full(B, START)
    written, total, open_rows = [], np.zeros(B), np.ones(B, bool)
    for t in range(most + 1):
        log_p, seen = following(to_device(last, xp), seen, p, config)
        best = log_p.argmax(axis=-1) if t < most else np.full(B, END)
        last = np.where(open_rows, best, PADDING)
        total += np.where(open_rows, log_p[np.arange(B), last], 0.0)
        written.append(last)
        open_rows &= last != END
        if not open_rows.any():
            break
    return np.stack(written, axis=1), total


def beam(source, p, config, *, width=4, length_penalty=0.6, most=None):
    """The best of the targets that beam search finds: (ids as `greedy` gives them, their log-probabilities (B,)).

    At each place the `width` likeliest are kept; those of them that end are finished. Of the finished ones that with
    the largest log p/((5 + length)/6)^length_penalty wins (Wu et al., 2016); the greedy one is always among them.
    """
    source, most = checked(source, p, config, most)
    width = need_int("width", width, at_least=1, at_most=WIDEST)
    alpha = need_real("length_penalty", length_penalty, low=0.0, at_most=LARGEST_PENALTY)
    B, V, xp = len(source), config.vocabulary_size, array_module(source)
    best = Best(*_greedy(source, p, config, most), alpha)
    rows = np.repeat(np.arange(B), width)  # the sentence of each beginning
    seen = models.of(config).begin(source, p, config).of(to_device(rows, xp))
    ids = np.full((B * width, 1), START)
    total = np.where(np.arange(B * width) % width == 0, 0.0, -np.inf)  # at first there is one beginning
    for t in range(most + 1):
        log_p, seen = following(to_device(ids[:, -1], xp), seen, p, config)
        if t == most:
            log_p[:, SPECIALS:] = -np.inf  # nothing but END
        scores = (total[:, None] + log_p).reshape(B, width * V)
        top = np.argsort(-scores, axis=1, kind="stable")[:, :width]
        total = np.take_along_axis(scores, top, axis=1).reshape(-1)
        came_from, new = (top // V + np.arange(B)[:, None] * width).reshape(-1), (top % V).reshape(-1)
        ids = np.concatenate([ids[came_from], new[:, None]], axis=1)
        for row in np.flatnonzero(new == END):
            best.offer(rows[row], ids[row, 1:], total[row])
        total[new == END] = -np.inf  # nothing follows it
        if best.cannot_be_beaten(total.reshape(B, width).max(axis=1), most):
            break
        seen = seen.of(to_device(came_from, xp))
    return best.ids(), np.array(best.log_p)


class Best:
    """The best finished target of each sentence so far."""

    def __init__(self, ids, log_p, alpha):
        self.alpha = alpha
        self.targets = [row[row != PADDING] for row in ids]
        self.log_p = list(log_p)
        self.scores = [self.score(value, len(row)) for value, row in zip(log_p, self.targets, strict=True)]

    def score(self, log_p, length):
        """What is compared, of a target of so many tokens, END among them."""
        return log_p / ((SHORTEST + length) / (SHORTEST + 1.0)) ** self.alpha

    def offer(self, b, target, log_p):
        """A target of sentence b, END last."""
        score = self.score(log_p, len(target))
        if score > self.scores[b]:
            self.targets[b], self.log_p[b], self.scores[b] = target, log_p, score

    def cannot_be_beaten(self, log_p, most):
        """Whether no beginning, with these log-probabilities (B,) at best, can end up better in any sentence."""
        return all(
            self.score(value, most + 1) <= score for value, score in zip(log_p, self.scores, strict=True)
        )

    def ids(self):
        """(B, T), with PADDING after END."""
        ids = np.full((len(self.targets), max(map(len, self.targets))), PADDING)
        for row, target in zip(ids, self.targets, strict=True):
            row[: len(target)] = target
        return ids


def checked(source, p, config, most):
    """The source in the memory of p, and the number of symbols, after InputError for what does not fit."""
    check_config(config, SequenceConfig)
    check_parameters(p, models.of(config).init, config)
    check_ids("source", source, config)
    most = config.target_length if most is None else need_int("most", most, at_least=0, at_most=MOST)
    return to_device(source, array_module(parameter_of(p))), most
