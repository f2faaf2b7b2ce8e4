"""What a model of sequences is given: pairs of rows of ids, a source and a target, and who may look at what.

An id is a whole number: PADDING, START or END, or 3 + i for symbol i of the vocabulary, which source and target share.

    source (B, S)       symbols, then PADDING
    target (B, T + 1)   START, symbols, END, then PADDING; all columns but the last go in, all but the first are goals

A mask is boolean, True where a query may look at a key. Imports `config`, `fields`, `backend`, `errors`.
"""

import dataclasses
from typing import ClassVar

from vitnp.backend.arrays import array_module, need_array, on_host
from vitnp.errors import InputError
from vitnp.inputs.config import ModelConfig
from vitnp.inputs.fields import choice, names, whole

PADDING, START, END = 0, 1, 2
SPECIALS = 3
SPLITS = ("characters", "jamo", "words")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SequenceConfig(ModelConfig):
    """What every model of sequences has in its configuration. Raises InputError for values that do not fit together."""

    reads: ClassVar[str] = "sequences"
    vocabulary_size: int = whole(37_000, at_least=SPECIALS + 1)  # V, ids in all
    source_length: int = whole(256)  # the most symbols of a source
    target_length: int = whole(256)  # the most symbols of a target, without START and END
    split: str = choice(*SPLITS)  # what a symbol of a text is, see `text`
    source_symbols: tuple = names(example="1")  # (): the ids stand for no text
    target_symbols: tuple = names(example="일")

    @property
    def symbols(self):
        """The vocabulary: symbol i has the id 3 + i."""
        return all_symbols(self.source_symbols, self.target_symbols)

    @property
    def num_classes(self):
        """How many logits a target's token has."""
        return self.vocabulary_size

    def fits(self):
        """Raise InputError where two fields do not fit together."""
        super().fits()
        for name in ("source_symbols", "target_symbols"):
            symbols = getattr(self, name)
            if not all(symbols) or len(set(symbols)) < len(symbols):
                raise InputError(f"{name} has an empty symbol, or one twice; name each once")
        if bool(self.source_symbols) != bool(self.target_symbols):
            raise InputError("source_symbols or target_symbols is empty; give both, or neither")
        count = SPECIALS + len(self.symbols)
        if self.symbols and count != self.vocabulary_size:
            raise InputError(
                f"vocabulary_size is {self.vocabulary_size:,}; with these {len(self.symbols):,} symbols it is {count:,}"
            )


def all_symbols(*groups):
    """The symbols of groups of them, each once, in their order."""
    return tuple(dict.fromkeys(symbol for group in groups for symbol in group))


def check_ids(name, ids, config):
    """Raise InputError unless ids are an array of ids (B, N), each row with something but PADDING in it.

    On a device the values are not looked at, as that would wait for it.
    """
    need_array(name, ids, " of ids (B, N)")
    if ids.ndim != 2 or ids.dtype.kind not in "iu" or not ids.size:
        raise InputError(
            f"{name} is {ids.dtype} of shape {ids.shape}; need whole numbers (B, N), at least one"
        )
    if not on_host(ids):
        return
    low, high, V = ids.min(), ids.max(), config.vocabulary_size
    if low < 0 or high >= V:
        raise InputError(
            f"{name} has ids from {low} to {high}; the vocabulary has {V:,}, so need 0 to {V - 1:,}"
        )
    if not (ids != PADDING).any(axis=1).all():
        row = int((ids == PADDING).all(axis=1).argmax())
        raise InputError(f"{name} has nothing but padding in row {row}; give every row at least one symbol")


def padding_mask(ids):
    """Nobody looks at padding: ids (B, M) → (B, 1, 1, M)."""
    return (ids != PADDING)[:, None, None]


def causal_mask(length, like):
    """Nobody looks at what comes later: (T, T), in the memory of `like`."""
    i = array_module(like).arange(length)
    return i[:, None] >= i
