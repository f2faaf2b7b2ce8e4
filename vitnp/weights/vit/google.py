"""What big_vision's files have and the published ones have not. Imports `errors`, `models`, `stored`, `class_row`."""

import functools

from vitnp.errors import InputError, quoted
from vitnp.models.vit.config import MOST_LAYERS
from vitnp.weights.stored import MOST, Stored
from vitnp.weights.vit import class_row

STACKED = "Transformer/encoderblock/"
POSITIONS = "pos_embedding"


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
    name = next((name for name in found if name.rpartition("/")[2] == POSITIONS), None)
    token = any(name.rpartition("/")[2] == "cls" for name in found)
    if token and name and "posembed_input" not in name and len(found[name].shape) == 3:
        # There the class token comes in after the positions are added: its own is 0.
        found[name] = class_row.with_zeros(found[name])
        notes.append(class_row.note(name))
    return found, notes


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
