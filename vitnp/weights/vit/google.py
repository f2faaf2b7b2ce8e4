"""What big_vision's files have and the published ones have not. Imports nothing of vitnp."""

import numpy as np

STACKED = "Transformer/encoderblock/"
POSITIONS = "pos_embedding"


def plain(arrays):
    """({name: array} as in the published files, notes)."""
    notes, found = [], {}
    for name, array in arrays.items():
        before, stacked, after = name.partition(STACKED)
        if stacked and array.ndim > 1 and array.size:  # a scan over the blocks: every array has all of them
            found |= {f"{before}Transformer/encoderblock_{i}/{after}": block for i, block in enumerate(array)}
        else:
            found[name] = array
    if len(found) > len(arrays):
        notes.append("the blocks are stacked in one array each, big_vision's scan")
    name = next((name for name in found if name.rpartition("/")[2] == POSITIONS), None)
    token = any(name.rpartition("/")[2] == "cls" for name in found)
    if token and name and "posembed_input" not in name and found[name].ndim == 3:
        # There the class token comes in after the positions are added: its own is 0.
        E_pos = found[name]
        found[name] = np.concatenate([np.zeros_like(E_pos[:, :1]), E_pos], axis=1)
        notes.append(f"{name} has no row for the class token, which is given a position of 0")
    return found, notes
