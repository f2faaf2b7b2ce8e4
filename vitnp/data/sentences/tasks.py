"""The tasks whose pairs are made here: what is drawn, and which two texts it becomes. Imports `inputs`."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from vitnp.data.sentences import hangul, numbers
from vitnp.data.sentences.sources import Encoder, Endless, Fixed, Sentences
from vitnp.inputs.sequences import all_symbols

TESTS = 1000  # test pairs of a task
MOST_DIGITS = 8  # of a number to translate
DIGITS = tuple("0123456789")
WORDS = tuple(numbers.DIGITS + "십백천만")
MOST_WORDS = 15  # of a number below 10⁸: 이천이백이십이만이천이백이십이
FORWARD, TURNED = (False,), (True,)  # whether source and target are exchanged
OF_NUMBERS = {"number-to-korean": FORWARD, "korean-to-number": TURNED, "numbers": FORWARD + TURNED}
NAMES = (*OF_NUMBERS, "hangul-to-roman")


class Task(NamedTuple):
    """Pairs without end. Each is made of one thing, a number or a word, that can be written in two ways."""

    draw: Callable  # (rng, n) → n things for training
    draw_test: Callable  # the same for the test
    texts: Callable  # things → the two texts of each
    split: str
    symbols: tuple  # of the first text, of the second
    lengths: tuple  # the most symbols of each
    turned: tuple = FORWARD  # for each direction of the pairs, whether source and target are exchanged

    def pairs(self, drawn):
        """[(source, target)] of a list of (thing, number of its direction)."""
        texts = self.texts([thing for thing, _ in drawn])
        ways = [self.turned[direction] for _, direction in drawn]
        return [pair[::-1] if turned else pair for pair, turned in zip(texts, ways, strict=True)]

    def side(self, which):
        """(symbols, the most symbols) of a source (0) or a target (1) in all directions."""
        ways = [which ^ turned for turned in self.turned]
        return all_symbols(*(self.symbols[way] for way in ways)), max(self.lengths[way] for way in ways)


def below(rng, n):
    """n numbers below 10⁸, each as likely as another."""
    return rng.integers(0, 10**MOST_DIGITS, n).tolist()


def of_any_length(rng, n):
    """n numbers to train with: as `below`, or short, or round, each kind as likely.

    Short numbers have from 1 to 8 digits, each about as likely; round ones are short ones of which every digit became 0
    with probability ½. Nine in ten of the numbers below 10⁸ have eight digits, one in a thousand has five or fewer: a
    model that saw them as they come would not learn to read 7, nor 10000. The test has them as they come.
    """
    short = rng.integers(0, 10 ** rng.integers(1, MOST_DIGITS, n, endpoint=True))
    places = 10 ** np.arange(MOST_DIGITS)
    round_ones = (short[:, None] // places % 10 * (rng.random((n, MOST_DIGITS)) < 0.5)) @ places
    return np.choose(rng.integers(0, 3, n), [below(rng, n), short, round_ones]).tolist()


def of_numbers(things):
    """Each number in digits and in words."""
    return [(str(number), numbers.to_words(number)) for number in things]


def of_words(things):
    """Each word in Hangul and in Roman letters."""
    return list(zip(things, hangul.romanized(things), strict=True))


def named(name):
    """The Task of one of the `NAMES`."""
    if name == "hangul-to-roman":
        symbols, lengths = (hangul.jamo(), hangul.LETTERS), (hangul.MOST_JAMO, hangul.MOST_LETTERS)
        return Task(hangul.draw, hangul.draw, of_words, "jamo", symbols, lengths)
    symbols, lengths = (DIGITS, WORDS), (MOST_DIGITS, MOST_WORDS)
    return Task(of_any_length, below, of_numbers, "characters", symbols, lengths, OF_NUMBERS[name])


def made(name, seed):
    """The `Sentences` of one of the `NAMES`: training pairs without end, and test pairs drawn by the seed."""
    task = named(name)
    rng = np.random.default_rng([seed, 0])
    tested = {}  # a dict keeps the order, which a set of strings does not
    while len(tested) < TESTS:
        tested |= dict.fromkeys(task.draw_test(rng, TESTS - len(tested)))
    pairs = task.pairs([(thing, i % len(task.turned)) for i, thing in enumerate(tested)])
    (source_symbols, source_length), (target_symbols, target_length) = task.side(0), task.side(1)
    encoder = Encoder(task.split, source_symbols, target_symbols)
    about = {"task": name, "seed": seed}
    if name == "hangul-to-roman":  # another version may write other letters
        about["koroman"] = hangul.package().__version__
    return Sentences(
        Endless(task, encoder, tested.keys(), seed, about | {"part": "training"}),
        Fixed(pairs, encoder, about | {"part": "test"}),
        task.split,
        source_symbols,
        target_symbols,
        source_length,
        target_length,
        (f"new pairs at every step; {TESTS:,} test pairs, which training never draws",),
    )
