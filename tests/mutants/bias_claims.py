"""The commands and pictures of `vitnp bias`: equivariance, receptive fields, fixed weights, dimension."""

from mutants.kinds import wrong_rules

CLAIMS = "commands/bias/"
WHERE = "test_bias_claims"
wrong_rules(
    f"{CLAIMS}equivariance.py",
    WHERE,
    "test_a_verdict_is_that_of_every_seed",
    (
        "one seed is enough",
        'all(agrees(theory, e) for e in errors) else "✗"',
        'any(agrees(theory, e) for e in errors) else "✗"',
    ),
    (
        "rounding for an exact zero",
        "{ZERO: 0.0, ROUNDING: TO_ROUNDING}",
        "{ZERO: TO_ROUNDING, ROUNDING: TO_ROUNDING}",
    ),
    (
        "the value nearest to theory",
        "(min if theory == NOT else max)(errors)",
        "(max if theory == NOT else min)(errors)",
    ),
    (
        "nothing is far enough from 0",
        "return error >= APART if theory == NOT",
        "return error >= 0 if theory == NOT",
    ),
)
wrong_rules(
    f"{CLAIMS}equivariance.py",
    WHERE,
    "test_the_background_is_not_zero",
    ("a background of 0", "* 127.5) + 1", "* 127.5)"),
    (
        "no whole numbers",
        'np.round((images.astype("float64") + 1) * 127.5)',
        '((images.astype("float64") + 1) * 127.5)',
    ),
)
wrong_rules(
    f"{CLAIMS}fixed_weights.py",
    WHERE,
    "test_a_convolution_of_the_cnn_is_found_by_its_name",
    ("the kernel of the first stage", 'W = p["stages"][int(stage)]', 'W = p["stages"][0]'),
)
wrong_rules(
    f"{CLAIMS}dimension.py",
    WHERE,
    "test_the_noise_of_training_and_test_images_is_another",
    (
        "the same noise for both",
        "bias.with_noise(x, count, rng)",
        "bias.with_noise(x, count, np.random.default_rng(seed))",
    ),
    ("all training images", "balanced(source.labels, seed)[:most]", "balanced(source.labels, seed)"),
    ("the first images of the set", "balanced(source.labels, seed)[:most]", "np.arange(len(source))[:most]"),
)
wrong_rules(
    "show/moved_maps.py",
    WHERE,
    "test_the_maps_and_their_difference_have_one_scale",
    ("a scale for each map", "vmin=low, vmax=high, ", ""),
    ("a difference with its sign", "abs(one - other)", "(one - other)"),
    ("the two exchanged", "zip(column, (one, other)", "zip(column, (other, one)"),
)
wrong_rules(
    "show/receptive.py",
    WHERE,
    "test_of_many_layers_the_first_and_last_are_shown",
    (
        "the first layers alone",
        "np.unique(np.linspace(0, len(layers) - 1, columns).round().astype(int))",
        "np.arange(min(columns, len(layers)))",
    ),
    ("counted from 0", "{number + 1}: ", "{number}: "),
)
wrong_rules(
    "show/two_images.py",
    WHERE,
    "test_the_weights_of_two_images_and_their_difference",
    ("the difference of one with itself", "apart = abs(one - other)", "apart = abs(one - one)"),
    ("the second image's weights twice", "one, other = to_host(both)", "_, one = _, other = to_host(both)"),
)
wrong_rules(
    "show/dimension.py",
    WHERE,
    "test_the_dimensions_are_drawn_as_they_are",
    (
        "every number at the first place",
        "names.index(name): of_seeds",
        "len(names) - 1 - names.index(name): of_seeds",
    ),
)
