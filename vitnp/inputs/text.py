"""Text as ids of symbols, and back. Imports `backend`, `errors`, `checks`, `sequences`.

A symbol is what a text is cut into: a character, a letter of the Korean alphabet (jamo), or a word. Symbol number i of
a model has id 3 + i; the ids before it are for padding, start and end.
"""

import unicodedata

import numpy as np

from vitnp.backend.arrays import to_host
from vitnp.errors import InputError, need_choice, quoted, shown
from vitnp.inputs.checks import check_config, listed
from vitnp.inputs.sequences import END, PADDING, SPECIALS, SPLITS, START, SequenceConfig

MOST_LISTED = 40  # symbols of a model in a message


def cut(text, split):
    """The symbols of a text: its characters (NFC), its characters with syllables taken apart (NFD), or its words."""
    need_choice("split", split, SPLITS)
    if split == "words":
        return unicodedata.normalize("NFC", text).split()
    return list(unicodedata.normalize("NFD" if split == "jamo" else "NFC", text))


def joined(symbols, split):
    """The text of symbols, in NFC: jamo become syllables, words are separated by blanks."""
    need_choice("split", split, SPLITS)
    return unicodedata.normalize("NFC", (" " if split == "words" else "").join(symbols))


def ids_of(symbols):
    """{symbol: id} of the symbols of a vocabulary, in their order."""
    return {symbol: SPECIALS + i for i, symbol in enumerate(symbols)}


def padded(rows):
    """Lists of ids as one int64 array, padded at the end to the longest."""
    ids = np.full((len(rows), max(map(len, rows), default=0)), PADDING, np.int64)
    for to, row in zip(ids, rows, strict=True):
        to[: len(row)] = row
    return ids


def to_ids(texts, config):
    """Source ids (B, S) of a list of texts, padded. Blanks that the model does not know are left out.

    Raises InputError for an empty text, for a symbol that the model does not read, and for too many of them.
    """
    if not isinstance(texts, list | tuple) or not texts:
        raise InputError(f"texts are {shown(texts)}; need a list of at least one text")
    check_config(config, SequenceConfig)
    known = set(need_symbols(config.source_symbols))
    ids = {symbol: i for symbol, i in ids_of(config.symbols).items() if symbol in known}
    return padded([ids_of_text(text, ids, config) for text in texts])


def ids_of_text(text, ids, config):
    """The ids of one text; ids: {symbol: id} of the symbols that the model reads."""
    if not isinstance(text, str):
        raise InputError(f"a text is {shown(text)}; need a string")
    symbols = [s for s in cut(text.strip(), config.split) if s in ids or not s.isspace()]
    if not symbols:
        raise InputError(f"the text {quoted(text)} is empty; give at least one of its {config.split}")
    if not ids.keys() >= set(symbols):
        raise InputError(unknown(text, ids, config.split))
    if len(symbols) > config.source_length:
        raise InputError(
            f"{quoted(text)} has {len(symbols):,} {config.split}; the model reads at most "
            f"{config.source_length:,}: give a shorter text"
        )
    return [ids[symbol] for symbol in symbols]


def unknown(text, ids, split):
    """What is wrong with a text that has symbols without an id: the first of them, and what the model reads."""
    # Of a syllable one jamo may be unknown: what a reader sees, and counts, is the syllable.
    pieces, called = cut(text, split), "word" if split == "words" else "character"
    if split == "jamo":
        pieces = cut(text, "characters")
    place, piece = next(
        (place, piece)
        for place, piece in enumerate(pieces, 1)
        if not piece.isspace() and not ids.keys() >= set(cut(piece, split))
    )
    # A combining mark would be drawn on the quotation mark before it.
    alone = piece.isprintable() and not unicodedata.combining(piece[0])
    seen = quoted(piece) if alone else f"U+{ord(piece[0]):04X}"
    between = "" if split == "characters" else " "
    reads = between.join(list(ids)[:MOST_LISTED])
    more = f" and {len(ids) - MOST_LISTED:,} more" if len(ids) > MOST_LISTED else ""
    return (
        f"{called} {place:,} of {quoted(text)} is {seen}, which the model does not read; "
        f"give {split} of these alone: {reads}{more}"
    )


def to_texts(ids, config):
    """The texts of ids (B, T), each up to its END; START and padding are skipped."""
    check_config(config, SequenceConfig)
    ids = to_host(listed("ids", ids))
    symbols = need_symbols(config.symbols)
    most = SPECIALS + len(symbols)
    if ids.ndim != 2 or ids.dtype.kind not in "iu":
        raise InputError(f"ids have shape {ids.shape} and dtype {ids.dtype}; need integers of shape (B, T)")
    if ids.size and not 0 <= ids.min() <= ids.max() < most:
        raise InputError(
            f"ids run from {ids.min()} to {ids.max()}; the model has {most:,} symbols with the special ones, "
            f"so need 0 to {most - 1:,}"
        )
    return [joined(symbols_of(row, symbols), config.split) for row in ids.tolist()]


def symbols_of(row, symbols):
    """The symbols of a list of ids, up to END."""
    row = row[: row.index(END)] if END in row else row
    return [symbols[i - SPECIALS] for i in row if i not in (PADDING, START)]


def need_symbols(symbols):
    """The symbols. Raises InputError where a model has none: it was made for ids alone."""
    if not symbols:
        raise InputError(
            "the model knows no symbols, so it reads no text; give it ids, or a model of vitnp translate"
        )
    return symbols
