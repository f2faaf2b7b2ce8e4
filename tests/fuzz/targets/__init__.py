"""The targets, a file each, with two names: `cases()`, Hypothesis's strategy of inputs, and `run(case, folder)`.

`run` gives the input to vitnp. It lets every exception pass, and raises `judge.Wrong` for a result that is not right.
MEMORY (bytes) and SECONDS (of CPU time) are budgets of one input, where they are others than `judge` has. ASKED is true
where the input itself asks for what takes long, or is outside of the folder. `prepare()` makes, once, what `run` needs.
"""

import importlib

NAMES = ("weights", "runs", "pictures", "archives", "options", "door")


def named(name):
    """The module of a target."""
    return importlib.import_module(f"fuzz.targets.{name}")
