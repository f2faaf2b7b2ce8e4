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
    ("the map is not moved", "rolled(y, places)\n", "y\n"),
    ("the image is not moved", "f(rolled(x, by))", "f(x)"),
    ("the margin at one side alone", "slice(margin, -margin or None)", "slice(margin, None)"),
    ("everything is equivariant", "float(apart.max())", "float(apart.min())"),
    k=3,
    by=(2, 1),
)
wrong_rules(
    f"{BIAS}maps.py",
    "test_bias",
    "test_attention_is_equivariant_until_positions_are_added",
    ("no positions", "x if E_pos is None else x + E_pos", "x"),
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
    f"{BIAS}maps.py",
    "test_bias_layers",
    "test_a_convolution_in_a_circle_is_equivariant_everywhere",
    ("the other side is the same side", "concatenate([last, x, first]", "concatenate([first, x, last]"),
    ("the circle in one direction alone", "for axis in (1, 2):", "for axis in (1,):"),
    ("zeros for the circle", "stride=stride, padding=margin)", "stride=stride, padding=0)"),
    k=5,
    by=(3, 1),
)
wrong_rules(
    f"{BIAS}maps.py",
    "test_bias_layers",
    "test_the_mean_over_a_convolution_is_invariant",
    ("the mean of the rows alone", "mean(axis=(1, 2), keepdims", "mean(axis=(1,), keepdims"),
)
wrong_rules(
    f"{BIAS}maps.py",
    "test_bias_layers",
    "test_a_stride_is_equivariant_for_whole_strides",
    ("windows that overlap", "kernel=size, stride=size)", "kernel=size, stride=1)"),
    by=(2, -4),
    exact=True,
)
wrong_rules(
    f"{BIAS}maps.py",
    "test_bias_layers",
    "test_a_recurrent_layer_is_equivariant_from_the_first_row_on",
    (
        "the columns as a sequence",
        "x.reshape(B, rows, -1), p)",
        "x.swapaxes(1, 2).reshape(B, columns, -1), p)",
    ),
    ("the last state everywhere", "state[:, :, None]", "state[:, -1:, None]"),
)
wrong_rules(
    f"{BIAS}equivariance.py",
    "test_bias_layers",
    "test_attention_exchanges_its_tokens",
    ("the tokens exchanged on one side alone", "f(x[:, order]) - y[:, order]", "f(x[:, order]) - y"),
)
wrong_rules(
    f"{BIAS}fixed_weights.py",
    "test_bias_layers",
    "test_a_convolution_has_the_same_weights_for_every_image",
    ("every channel at once", "slice(None) if channel is None else channel]", "slice(None)]"),
    ("the first channel for all", "slice(None) if channel is None else channel]", "channel or 0]"),
)
wrong_rules(
    f"{BIAS}fixed_weights.py",
    "test_bias_layers",
    "test_a_relu_makes_the_weights_of_two_layers_depend_on_the_image",
    ("only the last layer", "in reversed(run):", "in run[-1:]:"),
    ("one pair of images alone", "weights.min(axis=0)", "weights[0]"),
)
wrong_rules(
    f"{BIAS}fixed_weights.py",
    "test_bias_layers",
    "test_how_much_attention_moves",
    ("counted twice", ".sum(axis=-1) / 2", ".sum(axis=-1)"),
    ("over the queries", ".sum(axis=-1) / 2", ".sum(axis=-2) / 2"),
)
wrong_rules(
    f"{BIAS}receptive_field.py",
    "test_bias_layers",
    "test_the_gradient_of_every_pixel_and_the_effective_area",
    ("positive and negative cancel", "(dx * dx).sum(axis=(0, 3))", "(dx.sum(axis=(0, 3)) ** 2)"),
    ("the smallest first", "-xp.sort(-parts.reshape(-1))", "xp.sort(parts.reshape(-1))"),
    ("one pixel too few", "- 1e-9).sum()) + 1", "- 1e-9).sum())"),
)
wrong_rules(
    "models/residual_layers.py",
    "test_bias_layers",
    "test_the_layers_one_by_one_are_the_models",
    ("the stride forgotten", '"stride": stride}', '"stride": 1}'),
    ("the root's convolution left out", "return resnet.images_backward(dx, saved)", "return dx"),
    name="bit-tiny",
    fields={},
    last="stages.1.0",
    tensor="stages.1.0.output",
)
wrong_rules(
    "models/residual_layers.py",
    "test_bias_layers",
    "test_the_layers_one_by_one_are_the_models",
    ("the units of the other kind", "both(pre)", "both(not pre)"),
    name="hybrid-tiny",
    fields={},
    last="blocks.1",
    tensor="blocks.1.residual_2",
)
wrong_rules(
    "models/vit/layers.py",
    "test_bias_layers",
    "test_the_layers_one_by_one_are_the_models",
    ("the first block's positions in every block", "x + E_pos[i]", "x + E_pos[0]"),
    (
        "no class token",
        "x, placed = model.placed(x, p, config)",
        "placed = ()",
    ),
    ("no positions in the blocks", "x = x if E_pos is None else x + E_pos[i]", "pass"),
    name="tiny",
    fields={"position_at": "every-layer"},
    last="blocks.1",
    tensor="blocks.1.residual_2",
)
wrong_rules(
    "models/vit/layers.py",
    "test_bias_layers",
    "test_the_layers_one_by_one_are_the_models",
    (
        "no position before the blocks",
        "x, placed = model.placed(x, p, config)",
        "placed = ()",
    ),
    name="tiny",
    fields={"classifier": "gap"},
    last="project",
    tensor="z0",
)
wrong_rules(
    f"{BIAS}dimension.py",
    "test_bias_dimension",
    "test_neighbors_as_scikit_learn_finds_them",
    ("the farthest", "nearest = (-distances)", "nearest = distances"),
    (
        "the same neighbor again",
        "xp.where(nearest[:, None] == xp.arange(n)[None, :], math.inf, distances)",
        "distances",
    ),
    (
        "only the first points",
        "range(0, len(test), TEST_POINTS)",
        "range(0, min(len(test), TEST_POINTS), TEST_POINTS)",
    ),
    ("squares of distances", "xp.sqrt(nearest /", "(nearest /"),
    k=5,
)
wrong_rules(
    f"{BIAS}dimension.py",
    "test_bias_dimension",
    "test_noise_is_beside_the_pixels_and_like_them",
    ("noise of deviation 1", "rng.normal(mean, deviation,", "rng.normal(mean, 1.0,"),
    ("noise around 0", "rng.normal(mean, deviation,", "rng.normal(0.0, deviation,"),
    ("noise over the pixels", "concatenate([x, noise], axis=1)", "concatenate([noise, x], axis=1)"),
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
