"""Pairs of sentences to translate: tasks with endless pairs, and files of one's own.

Imports `inputs`, `system`, `errors`.

| task | source → target | cut into | where the pairs come from |
|---|---|---|---|
| number-to-korean | 12345 → 만이천삼백사십오, below 10⁸ | characters | `numbers.py` |
| korean-to-number | the other way round | characters | |
| numbers | both directions in one model | characters | |
| hangul-to-roman | 신라 → silla, 1 to 5 syllables | jamo | `hangul.py`, by the package koroman (an extra) |
| FILE.tsv | a source, a tab, a target per line | characters, words, jamo | `table.py` |
"""

import os

from vitnp.data.sentences import table, tasks
from vitnp.data.sentences.sources import PER_EPOCH, Sentences
from vitnp.errors import InputError, did_you_mean, known, need_choice, need_int, quoted
from vitnp.inputs.sequences import SPLITS
from vitnp.system import reading

__all__ = ["PER_EPOCH", "TASKS", "Sentences", "opened"]

TASKS = tasks.NAMES


def opened(given, *, seed=0, split=None):
    """The `Sentences` of one of the `TASKS`, or of the TSV file at a path.

    seed draws the test pairs; split is how the texts of a file are cut, by default into characters. Raises InputError
    for an unknown task, for a file that cannot be used, and for a split that is not the task's own.
    """
    need_int("seed", seed, at_least=0, at_most=2**32 - 1)
    if split is not None:
        need_choice("split", split, SPLITS)
    if known(given, TASKS):  # a task's name goes before a file called so
        own = tasks.named(given).split
        if split not in (None, own):
            raise InputError(f"split is {quoted(split)}, and {given} is always cut into {own}; leave it out")
        return tasks.made(given, seed)
    path = reading.name_of(given)
    if not os.path.exists(path):
        raise InputError(
            f"there is no task or file {quoted(path)}; {did_you_mean(path, TASKS)}choose from {', '.join(TASKS)}, "
            "or give the path of a TSV file"
        )
    return table.read(path, seed, split or SPLITS[0])
