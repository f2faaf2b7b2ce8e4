"""The tokens before the patches, and which of them have a row in the table of positions. Imports `stored`, `names`.

    ours      [class token; registers; patches], positions for the class token and the patches
    a file's  [class token; another token; registers; patches], positions for all of them, for the first, for none

A token that no head reads is a register, its position added to it, since the sum is all that a model computes with.
A class token without a position has one of 0.
"""

import numpy as np

from vitnp.errors import InputError, shown, some_of
from vitnp.weights.stored import BFLOAT16, Stored, called, widened
from vitnp.weights.vit import layer_scale
from vitnp.weights.vit.names import names

SECOND = {"huggingface": "vit.embeddings.distillation_token"}  # a token of its own, which only a DeiT has


def tokens(family, found):
    """The names of the tokens' arrays in a file, in the order of the tokens; found: a dict of `names.TABLES`' names."""
    theirs = names(family, 0)
    ordered = (theirs["class_token.cls"], SECOND.get(family), theirs["registers.reg"])
    return [name for name in ordered if name in found]


def count(family, shapes):
    """How many tokens stand before the patches; shapes: {name in `names.TABLES`: shape}."""
    return sum(shapes[name][-2] if len(shapes[name]) > 1 else 1 for name in tokens(family, shapes))


def rows_before(family, arrays, shapes, no_class_row):
    """[how many rows of the position table may stand before the patches', …], the likeliest first.

    arrays, shapes: {name in `names.TABLES`: name in the file, shape}; no_class_row: what the JSON beside it says.
    """
    theirs = names(family, 0)
    table, cls, registers = (theirs[name] for name in ("position.E_pos", "class_token.cls", "registers.reg"))
    token = int(cls in shapes)
    if family == "google":  # in big_vision the class token comes in after the positions are added
        return [token if "posembed_input" in arrays.get(table, "posembed_input") else 0]
    if family != "timm":
        return [token + (SECOND.get(family) in shapes)]  # registers have none
    if "register_tokens" in arrays.get(registers, ""):  # DINOv2's own code
        return [token]
    all_of_them = count(family, shapes)
    if no_class_row is not None:
        return [0 if no_class_row else all_of_them]
    if any("gamma_" in in_file for in_file in arrays.values()):  # DeiT-III as its authors have it
        return [0]
    if "mask_token" in arrays and layer_scale.is_in(family, arrays):  # DINOv2 as its authors have it
        return [all_of_them]
    return list(dict.fromkeys((all_of_them, 0)))  # timm's no_embed_class


def arranged(path, family, stored, spelled, config, rows):
    """(stored, spelled, notes) with the tokens and the table as ours are.

    spelled: {name in `names.TABLES`: name in the file}; rows: of the table, before the patches'. Raises InputError for
    arrays that do not fit each other.
    """
    there, theirs = tokens(family, spelled), names(family, 0)
    kept = config.classifier == "token"
    others, table = there[kept:], spelled.get(theirs["position.E_pos"])
    as_they_are = others in ([], [theirs["registers.reg"]]) and rows <= kept
    if as_they_are and (rows == kept or table is None):
        return stored, spelled, []
    new, spelled, notes = dict(stored), dict(spelled), []
    if not as_they_are:
        in_file = [spelled.pop(name) for name in others]
        for name in [*in_file, *([table] if table else [])]:
            shape = stored[name].shape
            if len(shape) != 3 or shape[::2] != (1, config.hidden_size):
                raise InputError(
                    f"{path}: {called(name)} is {shown(shape)}, need (1, tokens, {config.hidden_size}); "
                    "save the model again"
                )
        joined = " and ".join(in_file)
        new[joined] = _registers([stored[name] for name in in_file], table and stored[table], kept, rows)
        spelled[theirs["registers.reg"]] = joined
        notes.append(f"registers, tokens that no head reads: {some_of([called(name) for name in in_file])}")
    if table is not None and rows != kept:
        new[table] = _table(stored[table], kept, rows)
        if kept > rows:
            notes.append(f"{table} has no row for the class token, which is given a position of 0")
    return new, spelled, notes


def _registers(tokens, table, kept, rows):
    """The Stored (1, R, D) of several (1, n, D), those that have a row of the table with it added."""
    width, count = tokens[0].shape[-1], sum(token.shape[1] for token in tokens)

    def read():
        reg = np.concatenate([widened(token.read()) for token in tokens], axis=1)
        with_row = max(rows - kept, 0)
        if with_row:
            reg[:, :with_row] += widened(table.read())[:, kept:rows]
        return reg

    return Stored((1, count, width), _wide(tokens[0].dtype), read)


def _table(table, kept, rows):
    """The table (1, rows + N, D), still in its file, as (1, kept + N, D), zeros first where it has no row."""
    images, before, width = table.shape

    def read():
        E_pos = widened(table.read())
        first = E_pos[:, : min(kept, rows)]
        zeros = np.zeros((images, kept - first.shape[1], width), E_pos.dtype)
        return np.concatenate([first, zeros, E_pos[:, rows:]], axis=1)

    return Stored((images, before - rows + kept, width), _wide(table.dtype), read)


def _wide(dtype):
    """The dtype that `widened` gives of floats."""
    return np.dtype("f4") if dtype == BFLOAT16 or dtype == np.float16 else dtype
