"""Pairs of one's own: a text file in UTF-8 with a source, a tab and its target on every line.

Imports `inputs`, `system`, `errors`, its neighbors.
"""

import unicodedata
import zlib

import numpy as np

from vitnp.data.sentences.sources import Encoder, Fixed, Sentences
from vitnp.errors import InputError, counted
from vitnp.inputs.sequences import all_symbols
from vitnp.inputs.text import cut, joined
from vitnp.system import reading

LEAST = 10  # different sources: some are held out for the test
TEST_SHARE = 0.1  # of the sources
MOST_TESTS = 1000  # sources: each is translated symbol by symbol, which takes time
EPOCH = 6400  # pairs at least, 100 steps of 64: after each epoch the test pairs are measured
LONGEST = 1000  # symbols of a text: attention holds a number for each pair of them
MOST_SYMBOLS = 2**16  # different ones: the model has a row of numbers for each
ADVICE = "give a text file in UTF-8 with a source, a tab and its target on every line"


def read(path, seed, split):
    """The `Sentences` of a file. The seed picks the sources held out for the test, with all of their targets."""
    pairs = pairs_of(path, split)
    sides = [[cut(text, split) for text in texts] for texts in zip(*pairs, strict=True)]
    symbols = [tuple(sorted({symbol for text in side for symbol in text})) for side in sides]
    lengths = [max(map(len, side)) for side in sides]
    if (count := len(all_symbols(*symbols))) > MOST_SYMBOLS:
        raise InputError(
            f"{path} has {count:,} different {split}; a model has at most {MOST_SYMBOLS:,}: "
            "give fewer lines, or split characters"
        )
    encoder, (training, test) = Encoder(split, *symbols), held_out(path, pairs, seed)
    times = -(-EPOCH // len(training))
    often = "" if times == 1 else f", each {times:,} times per epoch"
    tested = f"{counted(len(test), 'test pair')}, whose sources are not trained on"
    note = f"{counted(len(training), 'training pair')}{often}; {tested}"
    train = Fixed(training, encoder, about(training, split), times=times)
    return Sentences(train, Fixed(test, encoder, about(test, split)), split, *symbols, *lengths, (note,))


def pairs_of(path, split):
    """[(source, target)] of the lines, in NFC and without blanks around them. Raises InputError, naming the line."""
    text = reading.text(path, ADVICE)
    if not text:
        raise InputError(f"{path} is empty; {ADVICE}")
    lines = text.removesuffix("\n").split("\n")
    return [pair(line.removesuffix("\r"), f"{path}, line {n:,}", split) for n, line in enumerate(lines, 1)]


def pair(line, where, split):
    """(source, target) of a line; where: what an error calls it."""
    if not line.strip():
        raise InputError(f"{where} is empty; remove it, or write a source, a tab and its target")
    cells = line.split("\t")
    if len(cells) != 2:
        raise InputError(
            f"{where} has {counted(len(cells), 'column')}; need two, a source and its target, with one tab between them"
        )
    return tuple(
        cell_text(cell, f"the {name} in {where}", split)
        for name, cell in zip(("source", "target"), cells, strict=True)
    )


def cell_text(cell, where, split):
    """The text of a cell."""
    # Other characters that do not print join letters in some scripts; these control a terminal or end a line.
    if control := [c for c in cell if not c.isprintable() and unicodedata.category(c) in ("Cc", "Zl", "Zp")]:
        raise InputError(f"{where} has the control character U+{ord(control[0]):04X}; remove it")
    symbols = cut(cell.strip(), split)
    if not symbols:
        raise InputError(f"{where} is empty; write a text, or remove the line")
    if len(symbols) > LONGEST:
        raise InputError(
            f"{where} has {len(symbols):,} {split}; need at most {LONGEST:,}: divide it over several lines"
        )
    return joined(symbols, split)


def held_out(path, pairs, seed):
    """(training pairs, test pairs): no source is in both."""
    sources = list(dict.fromkeys(source for source, _ in pairs))
    if len(sources) < LEAST:
        raise InputError(
            f"{path} has {counted(len(pairs), 'pair')} with {counted(len(sources), 'different source')}; need at least "
            f"{LEAST} different sources, as some are held out for the test: add lines"
        )
    n = min(max(round(TEST_SHARE * len(sources)), 1), MOST_TESTS)
    tested = {sources[i] for i in np.random.default_rng(seed).permutation(len(sources))[:n]}
    return tuple([pair for pair in pairs if (pair[0] in tested) == test] for test in (False, True))


def about(pairs, split):
    """What tells these pairs from others."""
    text = "\n".join("\t".join(pair) for pair in pairs)
    return {"pairs": len(pairs), "split": split, "crc32": zlib.crc32(text.encode())}
