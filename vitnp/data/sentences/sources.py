"""Pairs of sentences as ids, read by row number; what is known of them before a model is made. Imports `inputs`."""

from typing import NamedTuple

import numpy as np

from vitnp.data.sources import Source
from vitnp.errors import InputError, shown
from vitnp.inputs.sequences import END, SPECIALS, START, all_symbols
from vitnp.inputs.text import cut, ids_of, padded

LENGTHS = ("source_length", "target_length")  # which a model may have larger than the sentences need
PER_EPOCH = 25_600  # pairs of an endless source that are called an epoch: 400 steps of 64


class Sentences(NamedTuple):
    """Training and test pairs, and what a model needs to read and write them. It goes where a `DataSet` goes.

    A source's `read` gives (source ids (n, S), target ids (n, T + 1)), padded to the longest of them; it has `about`,
    JSON-able, which tells it from another source.
    """

    train: object
    test: object
    split: str
    source_symbols: tuple
    target_symbols: tuple
    source_length: int  # the most symbols of a source
    target_length: int  # of a target, without START and END
    notes: tuple = ()  # lines on how they were made

    reads = "sequences"  # what a model of them reads

    @property
    def about(self):
        """What tells these sentences from others, for a checkpoint to remember."""
        return {"train": self.train.about, "test": self.test.about}

    def check_fits(self, config, classes=True):
        """Raise InputError unless the ids are symbols of the model of the configuration, and none is too long for it.

        classes: whether the symbols are learned, which they always are.
        """
        for name, value in self.fields.items():
            has = getattr(config, name)
            if has < value if name in LENGTHS else has != value:
                raise InputError(
                    f"the sentences have {name} {shown(value)}, the model {shown(has)}; give it that of the sentences"
                    f"{', or more' if name in LENGTHS else ''}"
                )

    @property
    def class_names(self):
        """There are none."""
        return ()

    @property
    def fields(self):
        """The fields of a configuration that these sentences decide."""
        names = ("split", "source_symbols", "target_symbols", "source_length", "target_length")
        size = SPECIALS + len(all_symbols(self.source_symbols, self.target_symbols))
        return {name: getattr(self, name) for name in names} | {"vocabulary_size": size}


class Encoder:
    """Pairs of texts as ids of the one vocabulary of their symbols."""

    def __init__(self, split, source_symbols, target_symbols):
        self.split = split
        self.ids = ids_of(all_symbols(source_symbols, target_symbols))

    def __call__(self, source, target):
        """(ids of the source, ids of the target between START and END), two lists."""
        source, target = ([self.ids[symbol] for symbol in cut(text, self.split)] for text in (source, target))
        return source, [START, *target, END]


def as_arrays(pairs):
    """A list of (source ids, target ids) as the two arrays of a batch."""
    sources, targets = zip(*pairs, strict=True) if pairs else ((), ())
    return padded(sources), padded(targets)


class Fixed(Source):
    """Pairs that are kept: of a file, or of a test. times: how often each is one of the rows."""

    called = "sentence"

    def __init__(self, pairs, encoder, about, *, times=1):
        self.pairs = [encoder(*pair) for pair in pairs]
        self.about, self.times = about, times

    def __len__(self):
        return len(self.pairs) * self.times

    def read(self, rows, rng=None):
        """The pairs of these rows; rng is not used, because nothing is drawn."""
        return as_arrays([self.pairs[row % len(self.pairs)] for row in rows])


class Endless(Source):
    """Pairs drawn when they are read, none of them made of a thing in `held_out`."""

    called = "sentence"

    def __init__(self, task, encoder, held_out, seed, about):
        self.task, self.encoder, self.held_out, self.seed, self.about = task, encoder, held_out, seed, about

    def __len__(self):
        return PER_EPOCH

    def read(self, rows, rng=None):
        """A new pair for each row with a generator; without one, as for evaluation, a row's pair is always the same."""
        if rng is not None:
            drawn = self.drawn(rng, len(rows))
        else:  # a generator per row, so that a row's pair does not depend on the rows read with it
            each = (np.random.default_rng([self.seed, 1, int(row)]) for row in rows)
            drawn = [one for rng in each for one in self.drawn(rng, 1)]
        return as_arrays([self.encoder(*pair) for pair in self.task.pairs(drawn)])

    def drawn(self, rng, n):
        """n new things, each with the number of its direction."""
        things = []
        while len(things) < n:
            new = self.task.draw(rng, n - len(things))
            things += [thing for thing in new if thing not in self.held_out]
        return list(zip(things, rng.integers(0, len(self.task.turned), n).tolist(), strict=True))
