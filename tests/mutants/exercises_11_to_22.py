"""Rules of the checks of notebooks 11 to 22."""

from mutants.kinds import wrong_rules

WHERE = "test_exercises_11_to_22"

wrong_rules(
    "course/exercises/judge.py",
    WHERE,
    "test_ones_and_zeros_are_no_mask",
    (
        "numbers taken for a mask",
        "    need(boolean, words.expected(given, words.A_MASK), words.COMPARE)\n",
        "",
    ),
    ("a list of booleans refused", 'hint, kinds="biuf")', 'hint, kinds="iuf")'),
)
wrong_rules(
    "course/exercises/elsewhere.py",
    WHERE,
    "test_code_for_numpy_alone_is_found_without_a_gpu",
    (
        "what NumPy mixed in is forgotten",
        "return result if any(isinstance(a, np.ndarray) for a in given) else ",
        "return ",
    ),
    (
        "an operator that gives NumPy's",
        "lambda a, b: _apply(function, a, b))",
        "lambda a, b: function(a.a, b))",
    ),
)
wrong_rules(
    "course/exercises/n12.py",
    WHERE,
    "test_code_for_numpy_alone_is_found_without_a_gpu",
    (
        "tried on NumPy alone",
        "judge.call(column_sums, Elsewhere(x))",
        "Elsewhere(judge.call(column_sums, x))",
    ),
)
wrong_rules(
    "course/exercises/n20.py",
    WHERE,
    "test_reordered_rows_leave_the_logits_of_an_mlp_as_they_are",
    (
        "the inverse order",
        "        W_1[order],\n        Text(",
        "        W_1[np.argsort(order)],\n        Text(",
    ),
)
wrong_rules(
    "course/exercises/n20.py",
    WHERE,
    "test_reordered_positions_leave_the_logits_of_a_vit_as_they_are",
    (
        "[CLS] counted as a patch",
        "rows[new_order]]),\n        Text(",
        "E_old[new_order]]),\n        Text(",
    ),
)
