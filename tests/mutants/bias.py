"""Measuring what a model assumes about images."""

from mutants.kinds import wrong_rules

BIAS = "analysis/bias/"
wrong_rules(
    f"{BIAS}moved.py",
    "test_bias",
    "test_moved_and_rolled_pixel_by_pixel",
    ("moved up for down", "y[:, kept(down), kept(right)] = taken", "y[:, kept(-down), kept(right)] = taken"),
    (
        "rows and columns exchanged",
        "taken = x[:, kept(-down), kept(-right)]",
        "taken = x[:, kept(-right), kept(-down)]",
    ),
    (
        "the circle the other way round",
        "steps(by), axis=(1, 2)",
        "[-step for step in steps(by)], axis=(1, 2)",
    ),
    ("images moved among each other", "axis=(1, 2))", "axis=(0, 1))"),
    by=(3, -3),
)
wrong_rules(
    f"{BIAS}equivariance.py",
    "test_bias",
    "test_a_convolution_is_equivariant_away_from_the_edge",
    ("the map is not moved", "rolled(y, places))", "y)"),
    ("the image is not moved", "f(rolled(x, by))", "f(x)"),
    ("the margin at one side alone", "slice(margin, -margin or None)", "slice(margin, None)"),
    ("everything is equivariant", "apart[:, inside, inside].max()", "apart[:, inside, inside].min()"),
    k=3,
    by=(2, 1),
)
wrong_rules(
    f"{BIAS}equivariance.py",
    "test_bias",
    "test_attention_is_equivariant_until_positions_are_added",
    ("no positions", "tokens if E_pos is None else tokens + E_pos", "tokens"),
)
wrong_rules(
    f"{BIAS}receptive_field.py",
    "test_bias",
    "test_the_receptive_field_of_a_cnn_grows_as_the_formula_says",
    ("a place at the edge", "y.shape[1] // 2, y.shape[2] // 2", "0, y.shape[2] // 2"),
    ("every place", "dy[:, y.shape[1] // 2, y.shape[2] // 2]", "dy[:]"),
    ("only the last layer gone back through", "in reversed(run):", "in run[-1:]:"),
    ("of all images for of any", "(dx != 0).any(axis=(0, 3))", "(dx != 0).all(axis=(0, 3))"),
    kernel=5,
    pool=2,
)
wrong_rules(
    f"{BIAS}receptive_field.py",
    "test_bias",
    "test_a_vit_sees_everything_after_one_block",
    ("the patch of another column", "rows // 2 * columns + columns // 2", "rows // 2 * columns"),
    ("the class token forgotten", "y.shape[1] - rows * columns + rows // 2", "rows // 2"),
    fields={},
)
wrong_rules(
    f"{BIAS}shift.py",
    "test_bias",
    "test_accuracy_and_consistency_of_moved_pictures",
    ("accuracy for consistency", "(labels, still)", "(labels, labels)"),
    (
        "the same as the picture before",
        "    still = predict(images)",
        "    still = predict(moved(images, shifts[-1], fill=fill))",
    ),
    ("filled with gray", "fill=fill)).argmax", "fill=0.0)).argmax"),
)
wrong_rules(
    f"{BIAS}turned.py",
    "test_bias",
    "test_rotated_as_scipy_rotates",
    ("the other way round", "cos(angle) * down + math.sin(angle)", "cos(angle) * down - math.sin(angle)"),
    ("about the corner of the middle pixel", "[:, None] - (height - 1) / 2", "[:, None] - height / 2"),
    ("the nearest pixel's share alone", "(1 - abs(columns - c))", "1"),
    ("the edge repeated for the fill", "xp.where(inside[..., None], pixels, x.dtype.type(fill))", "pixels"),
    degrees=10,
)
wrong_rules(
    f"{BIAS}turned.py",
    "test_bias",
    "test_quarters_of_a_turn_lead_to_the_pixels_themselves",
    ("the edge is outside", "rows.round(9), columns.round(9)", "rows, columns"),
    degrees=180,
    quarters=2,
)
wrong_rules(
    f"{BIAS}crossover.py",
    "test_bias",
    "test_leads_are_of_the_same_seed",
    ("the mean for the spread", "spread = statistics.stdev(apart)", "spread = statistics.mean(apart)"),
    ("b ahead for a", "a[images][seed] - b[images][seed]", "b[images][seed] - a[images][seed]"),
)
CROSSINGS = (
    (
        "the first crossing",
        "last = max(",
        "last = min(",
        [(-0.2, 0.1), (-0.1, 0.01), (0.1, 0.05)],
        ("seen", 100, 1000),
    ),
    (
        "every lead is clear",
        "abs(self.mean) > self.spread",
        "True",
        [(-0.2, 0.3), (0.1, 0.05)],
        ("weakly", 10, 100),
    ),
    (
        "clear before is enough",
        "before and after else",
        "before else",
        [(-0.2, 0.1), (0.1, 0.1)],
        ("weakly", 10, 100),
    ),
)
for what, old, new, leads, wanted in CROSSINGS:
    wrong_rules(
        f"{BIAS}crossover.py", "test_bias", "test_crossings", (what, old, new), leads=leads, wanted=wanted
    )
wrong_rules(
    "commands/bias/shift.py",
    "test_bias_command",
    "test_directions",
    ("without the diagonals", "if r or c]", "if bool(r) != bool(c)]"),
    ("one way of rotation", "[float(amount), -float(amount)]", "[float(amount)]"),
)
VERDICT = {
    "vit": ((0.4, 0.42), (0.9, 0.92)),
    "cnn": ((0.6, 0.62), (0.8, 0.83)),
    "wanted": "CNN: seen between 10 and 100 images (ViT − CNN in points: -20.0 ± 0.0 with 10, +9.5 ± 0.7 with 100)",
}
wrong_rules(
    "commands/bias/data.py",
    "test_bias_command",
    "test_the_verdict_on_the_crossover",
    (
        "the models exchanged",
        'leads(accuracies(rows, "vit"), accuracies(rows, family))',
        'leads(accuracies(rows, family), accuracies(rows, "vit"))',
    ),
    ("all rows taken for the model's", 'if row["model"] == family:', "if True:"),
    ("every crossing is seen", "    if how ==", "    if how !="),
    **VERDICT,
)
wrong_rules(
    "show/bias.py",
    "test_show_bias",
    "test_a_line_per_model_through_the_means_with_the_deviation",
    ("the best seed for the mean", "[statistics.mean(v) for", "[max(v) for"),
    ("no deviation", "statistics.stdev(v) if len(v) > 1 else 0.0", "0.0"),
    ("in percent", "[value / 100]", "[value]"),
)
wrong_rules(
    "show/bias.py",
    "test_show_bias",
    "test_accuracy_is_above_and_rotations_are_at_the_right",
    (
        "consistency in every row",
        "panels[measure, kind])\n            axes",
        'panels["consistency", kind])\n            axes',
    ),
)
