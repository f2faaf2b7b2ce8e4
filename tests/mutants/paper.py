"""Rules of the paper's results: errors of means, and which rows a claim holds in."""

from mutants.kinds import wrong_rules

WHERE = "test_paper_claims"

wrong_rules(
    "course/paper/values.py",
    WHERE,
    "test_a_difference_in_standard_errors",
    ("the deviation for the error of a mean", "self.deviation / math.sqrt(self.runs)", "self.deviation"),
    ("errors added up", "math.hypot(*errors)", "sum(errors)"),
    ("the error of all test images", "(100 - accuracy) / images", "(100 - accuracy)"),
)
wrong_rules(
    "course/paper/compared.py",
    WHERE,
    "test_l16_does_not_exceed_bit_in_every_row",
    ("equal is higher", "row.points > 0]", "row.points >= 0]"),
)
wrong_rules(
    "course/paper/compared.py",
    WHERE,
    "test_h14_exceeds_bit_in_every_row",
    ("the error is left out", "row.errors > errors)", "row.points > 0)"),
)
