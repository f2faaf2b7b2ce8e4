"""What big_vision's files have and the published ones have not. Imports `errors`, `models`, `stored`."""

import functools
import re

from vitnp.errors import InputError, quoted
from vitnp.models.vit.config import MOST_LAYERS
from vitnp.weights.stored import MOST, Stored

STACKED = "Transformer/encoderblock/"
# Beginnings and parts of names in its files alone: Flax Linen counts each kind of layer apart.
OWN = r"^(params|opt/target)/|/MultiHeadDotProductAttention_0/"


def plain(path, arrays):
    """({name: Stored} as in the published files, notes). Raises InputError for more blocks than a ViT has."""
    notes, found = [], {}
    for name, stored in arrays.items():
        new = _blocks(path, name, stored) or {name: stored}
        if twice := found.keys() & new.keys():
            raise InputError(f"{path} holds {quoted(twice.pop())} twice: stacked, and by itself")
        found |= new
        if len(found) > MOST:
            raise InputError(f"{path} holds more than {MOST:,} arrays when its blocks are taken apart")
    if len(found) > len(arrays):
        notes.append("the blocks are stacked in one array each, big_vision's scan")
    return found, notes


def is_big_vision(file_names):
    """Whether names in a file are big_vision's."""
    return any(re.search(OWN, name) for name in file_names)


def _blocks(path, name, stored):
    """{name in a block: Stored} of an array that holds those of all blocks, a scan over them; {} for another array."""
    before, stacked, after = name.partition(STACKED)
    if not stacked or len(stored.shape) < 2 or 0 in stored.shape:
        return {}
    if stored.shape[0] > MOST_LAYERS:
        raise InputError(
            f"{path}: {quoted(name)} has a row for each of {stored.shape[0]:,} blocks; "
            f"a ViT has at most {MOST_LAYERS:,}"
        )
    whole = functools.cache(stored.read)
    return {
        f"{before}Transformer/encoderblock_{i}/{after}": Stored(
            stored.shape[1:], stored.dtype, functools.partial(lambda i: whole()[i], i)
        )
        for i in range(stored.shape[0])
    }
