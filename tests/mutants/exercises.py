"""Rules of the judges of the notebooks' exercises."""

import numpy as np

from mutants.kinds import wrong_rules

JUDGE, WORDS, TEST = "course/exercises/judge.py", "course/exercises/words.py", "test_exercises"

wrong_rules(
    JUDGE,
    TEST,
    "test_whole_numbers_are_compared_as_they_are",
    ("whole numbers rounded", "        return a == b\n", "        return math.isclose(a, b)\n"),
    ("rounding of what should be 0", "abs_tol=0 if b else rel", "abs_tol=0"),
)
wrong_rules(
    JUDGE,
    TEST,
    "test_a_wrong_number",
    ("NaN taken for a number", "need(real and not _is_nan(value)", "need(real"),
    given=np.nan,
    en="given nan, expected one real number",
    ko="입력한 답: nan",
)
wrong_rules(
    JUDGE,
    TEST,
    "test_a_wrong_number",
    ("True taken for 1", " and not isinstance(value, bool)\n    need", "\n    need"),
    given=True,
    en="given True, expected one real number",
    ko="입력한 답: True",
)
wrong_rules(
    JUDGE,
    TEST,
    "test_of_two_known_wrong_numbers_the_nearer_is_meant",
    ("the farther of two known", "known[min(alike)[1]]", "known[max(alike)[1]]"),
)
wrong_rules(
    JUDGE,
    TEST,
    "test_how_near_an_array_must_be",
    ("the size of the values forgotten", "<= atol * largest)", "<= atol)"),
    ("small values not seen", "max(1.0, float(", "max(100.0, float("),
)
wrong_rules(
    JUDGE,
    TEST,
    "test_a_function_gets_copies",
    (
        "the notebook's own arrays handed over",
        "arg.copy() if isinstance(arg, np.ndarray) else arg for",
        "arg for",
    ),
)
wrong_rules(
    JUDGE,
    TEST,
    "test_a_right_gradient",
    ("the point moved by a backward", "lambda leaf: leaf.copy()", "lambda leaf: leaf"),
)
wrong_rules(
    JUDGE,
    TEST,
    "test_the_point_is_not_the_cotangent",
    ("x is the random dy", "SEEDS = (101, 102, 103)", "SEEDS = (0, 1, 2)"),
)
wrong_rules(
    JUDGE,
    TEST,
    "test_a_known_wrong_gradient_has_its_own_hint",
    ("known by one leaf alone", "if all(same(", "if any(same("),
)
wrong_rules(
    WORDS,
    TEST,
    "test_the_numbers_beside_each_other",
    (
        "given and expected exchanged",
        "unlike(wrong[0].analytic, wrong[0].numeric",
        "unlike(wrong[0].numeric, wrong[0].analytic",
    ),
)
wrong_rules(
    WORDS,
    TEST,
    "test_a_wrong_number",
    ("the factor upside down", "float(right) / float(given)", "float(given) / float(right)"),
    given=50,
    en="given 50, expected 2 times that number",
    ko="입력한 답: 50, 기대한 답: 이 값의 2배",
)
