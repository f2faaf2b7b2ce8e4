"""What a number of a results table is: an accuracy in %, over how many runs, with which deviation."""

import math
from typing import NamedTuple


class Result(NamedTuple):
    """An accuracy in %. deviation: the standard deviation over `runs` runs, in points; None where none is stated.

    digits: how many decimals the paper prints.
    """

    mean: float
    deviation: float | None = None
    runs: int = 3  # of Table 2: "averaged over three fine-tuning runs"
    digits: int = 2

    def __str__(self):
        return f"{self.mean:.{self.digits}f}" + ("" if self.deviation is None else f" ± {self.deviation:.2f}")

    @property
    def error(self):
        """The standard error of the mean, deviation/√runs; None where no deviation is stated."""
        return None if self.deviation is None else self.deviation / math.sqrt(self.runs)


class Difference(NamedTuple):
    """ours − theirs in a row of a table, in points."""

    row: str
    ours: Result
    theirs: Result

    @property
    def points(self):
        """By how much ours is higher."""
        return round(self.ours.mean - self.theirs.mean, 4)  # of two numbers with two decimals

    @property
    def error(self):
        """The standard error of the difference, √(error² + error²); None where one of the two states none."""
        errors = self.ours.error, self.theirs.error
        return None if None in errors else math.hypot(*errors)

    @property
    def errors(self):
        """The difference in standard errors; None where there is no error."""
        return self.points / self.error if self.error else None


def sampling_error(accuracy, images):
    """The standard error of an accuracy in % that was measured on so many test images: √(a(100 − a)/images) points.

    It says how far the accuracy on other test images of the same kind would differ. ± over runs does not contain it:
    all runs are tested with the same images.
    """
    return math.sqrt(accuracy * (100 - accuracy) / images)
