"""Rules of the contract's own functions: what a clause must see, and what the report must say."""

from mutants.kinds import wrong_rules

CLAUSES, CONTRACT, RESULTS = (f"analysis/{name}.py" for name in ("clauses", "contract", "results"))
REPORT = "test_contract_report"

wrong_rules(
    CLAUSES,
    REPORT,
    "test_what_is_written_into",
    (
        "forward may write",
        'rows = changes("forward", before, contents({"x": x, "p": p}))',
        "rows = []",
    ),
    ("backward may write", 'return rows + changes("backward", before, contents(given))', "return rows"),
    ("backward may write into dy", '"dy": dy, ', ""),
    ("backward may write into what is saved", ', "saved": saved}', "}"),
)
wrong_rules(
    CLAUSES,
    REPORT,
    "test_a_saved_list_that_is_used_up",
    (
        "what is gone is not missed",
        'name: "removed" for name in before if',
        'name: "removed" for name in after if',
    ),
    ("what is new is not seen", 'name: "added" for name in after if', 'name: "added" for name in before if'),
)
wrong_rules(
    CLAUSES,
    REPORT,
    "test_a_dtype_that_changes",
    ("float64 alone", 'for dtype in ("float32", "float64"):', 'for dtype in ("float64",):'),
    ("float32 alone", 'for dtype in ("float32", "float64"):', 'for dtype in ("float32",):'),
)
wrong_rules(
    CLAUSES,
    REPORT,
    "test_what_is_saved_in_one_place_for_all_calls",
    (
        "one after the other",
        "forwards = [forward(*point) for point in points]",
        "forwards = (forward(*point) for point in points)",
    ),
    ("twice the same point", "(x + 1.0, tree.map(lambda leaf: leaf * 0.7, p))", "(x, p)"),
)
wrong_rules(
    CLAUSES,
    REPORT,
    "test_images_that_see_each_other",
    ("the first image alone", "for i, one in enumerate(alone)\n", "for i, one in enumerate(alone[:1])\n"),
    ("dp of the first image", "sum(one[name] for one in alone), ", "alone[0][name] * len(alone), "),
    ("dp not compared", 'if name.startswith("dp.")\n    ]', 'if name.startswith("dp ")\n    ]'),
)
wrong_rules(
    CLAUSES,
    REPORT,
    "test_a_gradient_under_another_name",
    ("a gradient without a leaf is compared", "    if check_tree(forward, backward, x, p):", "    if False:"),
    ("a missing gradient is not seen", "        if name not in got:\n", "        if False:\n"),
)
wrong_rules(
    CLAUSES,
    REPORT,
    "test_precision_that_is_lost",
    ("float64 twice", 'for dtype in ("float64", "float32"))', 'for dtype in ("float64", "float64"))'),
    (
        "a tolerance of y for dp",
        'largest_dp if name.startswith("dp.") else',
        'largest["y"] if name.startswith("dp.") else',
    ),
)
wrong_rules(
    CLAUSES,
    REPORT,
    "test_a_forward_that_is_not_analytic",
    ("no hint", "derivatives.DIFFERENCE_TOLERANCE < leaf.complex_error", "0.0 < leaf.complex_error"),
)
wrong_rules(
    CLAUSES,
    REPORT,
    "test_a_forward_with_a_step",
    ("the error that is none", "error, hint = leaf.difference_error,", "error, hint = leaf.complex_error,"),
)
wrong_rules(
    RESULTS,
    REPORT,
    "test_an_output_that_the_next_call_overwrites",
    ("results are not copied", "name: np.array(a if", "name: np.asarray(a if"),
)
wrong_rules(
    RESULTS,
    REPORT,
    "test_a_wrong_gradient",
    ("NaN in both is a difference", "if a.tobytes() == b.tobytes():", "if False:"),
)
wrong_rules(
    CONTRACT,
    REPORT,
    "test_the_callers_arrays_are_never_changed",
    ("no copies", '*cast(x, p or {}, "float64")', "x, p or {}"),
)
wrong_rules(
    CONTRACT,
    REPORT,
    "test_a_generator_starts_anew_in_every_call",
    ("the generator goes on", "copy.deepcopy(value) if", "value if"),
)
wrong_rules(
    CONTRACT,
    REPORT,
    "test_a_crash_is_a_row_with_the_line_of_the_step",
    ("the line of the contract", "at = theirs[-1]", "at = frames[0]"),
)
wrong_rules(
    CONTRACT,
    REPORT,
    "test_a_crash_inside_numpy_is_shown_at_the_line_that_called_it",
    ("the last line of all", "at = theirs[-1]", "at = frames[-1]"),
)
wrong_rules(
    CONTRACT,
    REPORT,
    "test_a_clause_that_is_left_out",
    ("no clause is left out", "for clause in CLAUSES if clause not in without]", "for clause in CLAUSES]"),
)

AT_ONCE, ITS_TEST = "analysis/at_once.py", "test_gradcheck_at_once"
wrong_rules(
    AT_ONCE,
    ITS_TEST,
    "test_the_derivative_is_that_of_mathematics",
    ("half a step", "leaf + step * v, point", "leaf + 0.5 * step * v, point"),
    ("another direction", "again, xp = copy.deepcopy(rng)", "again, xp = rng"),
)
wrong_rules(
    AT_ONCE,
    ITS_TEST,
    "test_a_mistake_in_any_leaf",
    (
        "differences alone",
        "for numeric in (by_complex, by_difference)",
        "for numeric in (None, by_difference)",
    ),
    ("relative to nothing", "(max(abs(numeric), norm) or 1.0)", "1e6"),
    leaf="x",
    relative=1e-10,
)
