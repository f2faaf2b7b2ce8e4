"""What a claim of `vitnp bias` is made of, and its rows put together. Imports nothing of vitnp."""

from collections.abc import Callable
from typing import NamedTuple


class Step(NamedTuple):
    """One step of a claim, as long as the progress bar stands still."""

    name: str  # shown by the bar, and where a training diverges
    rows: Callable  # (folder, wish) → rows of the CSV, dicts of the same keys; None where wish stopped it


class Plan(NamedTuple):
    """Everything a claim does, checked: from here on, only a training can fail.

    Trainings are in folder/NAME/seed-N, where `folder` is DIR/CLAIM: there --overwrite removes them.
    """

    about: dict  # what the rows depend on and no folder's name says, JSON-able; a DIR with another `about` is refused
    steps: list  # of `Step`
    table: Callable  # rows → the text that is printed
    figure: Callable  # rows → matplotlib's Figure
    before: Callable = lambda folder: ()  # folder → lines to print before the first step
    kept: Callable = tuple  # () → rows that the CSV has already and does not lose; asked after `before`


def grouped(rows, *names):
    """{the values of these columns: the rows that have them}, in the order in which they come."""
    found = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found
