"""The workshop's known mistakes: recognizing them, and naming nothing else."""

from mutants.kinds import wrong_rules

WHERE, KNOWN = "test_workshop_naming", "course/workshop/known/"
JACOBIAN = "weights * g_weights - weights * inner"
PATH = 'np.einsum("bne,de->bnd", part, p["W_" + name])'

wrong_rules(
    KNOWN + "naming.py",
    WHERE,
    "test_an_odd_answer_gets_no_name_but_a_stage",
    (
        "the same wrong leaves are a known mistake, whatever their numbers",
        "and all(\n            same(",
        "and all(\n            True or same(",
    ),
    step=5,
    stage="dx",
    change=("return gx, g", "return np.sin(gx), g"),
)
wrong_rules(
    KNOWN + "naming.py",
    WHERE,
    "test_two_mistakes_at_once_are_both_named",
    ("two of the same leaves are not run together", "together[:MOST_PAIRS]", "together[:0]"),
    ("a leaf that is zero counts as any other", "(a.keys() ^ b.keys()) - zero", "a.keys() ^ b.keys()"),
    keys=("5_scale_missing_backward", "5_jacobian_diagonal"),
)
wrong_rules(
    KNOWN + "naming.py",
    WHERE,
    "test_three_mistakes_of_different_leaves",
    ("two at most", "for n in (2, 3):", "for n in (2,):"),
)
wrong_rules(
    KNOWN + "naming.py",
    WHERE,
    "test_a_block_is_not_blamed_for_its_layer_norm",
    ("the block is named after a wrong LayerNorm", "if step == 6:", "if step == 0:"),
)
wrong_rules(
    KNOWN + "naming.py",
    WHERE,
    "test_a_backward_that_uses_up_what_was_saved_is_still_named",
    (
        "what is written to hides what is wrong",
        "name_of(step, run, values) if values else",
        "Named() if values else",
    ),
)
wrong_rules(
    KNOWN + "results.py",
    WHERE,
    "test_the_points_stay_as_they_are",
    (
        "a student writes into the points",
        "copy.deepcopy(where.inputs), np.array(where.dy)",
        "where.inputs, where.dy",
    ),
)
wrong_rules(
    KNOWN + "fitting.py",
    WHERE,
    "test_an_odd_answer_gets_no_name_but_a_stage",
    ("any multiple of the paths is one missing or too many", "bool(near.all()) and", "True and"),
    step=5,
    stage="dx",
    change=("return gx, g", "return 1.1 * gx, g"),
)
wrong_rules(
    KNOWN + "attention.py",
    WHERE,
    "test_an_odd_answer_gets_no_name_but_a_stage",
    ("any common dS is the Jacobian's", "if fits(given, terms) is not None else None", ""),
    step=5,
    stage="dS",
    change=(JACOBIAN, f"np.tanh({JACOBIAN})"),
)
wrong_rules(
    KNOWN + "attention.py",
    WHERE,
    "test_the_family_is_read_from_the_numbers",
    ("every dx follows from what it is computed from", "np.allclose(coefficients, 1.0, atol=1e-6)", "True"),
    step=5,
    family="path",
    change=(PATH, f'({PATH} if name != "V" else 2 * {PATH})'),
)
wrong_rules(
    KNOWN + "other_steps.py",
    WHERE,
    "test_an_odd_answer_gets_no_name_but_a_stage",
    ("any du is a wrong derivative", "if is_close(slope[-1], slope[0]) or", "if True or"),
    step=7,
    stage="du",
    change=("du = back * slope", "du = back * back * slope"),
)
wrong_rules(
    KNOWN + "variants.py",
    WHERE,
    "test_the_family_is_read_from_the_numbers",
    ("all biases forgotten, or none", "for n in range(1, len(biases) + 1):", "for n in (len(biases),):"),
    step=5,
    family="forward_bias",
    change=(' + p["b_Q"]', ""),
)
wrong_rules(
    KNOWN + "reading.py",
    WHERE,
    "test_the_family_is_read_from_the_numbers",
    ("an image left out is not seen", "for axis in range(axes):", "for axis in range(0):"),
    step=5,
    family="sum",
    change=('"b_O": np.einsum("bnf->f", grad)', '"b_O": grad[1:].sum((0, 1))'),
)
