"""What a step is worth: 3 points for its forward, 5 for its backward. Hints cost nothing. Imports nothing of vitnp."""

FORWARD, BACKWARD = 3, 5


def points(outcome):
    """Of an `Outcome`: forward counts from the stage on that compares its numbers, backward when all is passed."""
    if outcome.status == "passed":
        return FORWARD + BACKWARD
    return FORWARD if "numbers" in outcome.passed else 0
