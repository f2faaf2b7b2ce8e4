"""Rules of the pictures: from which value a map is yellow, and where lines show the patches."""

from mutants.kinds import wrong_rules

wrong_rules(
    "show/page.py",
    "test_show",
    "test_of_fewer_than_a_hundred_patches_none_is_clipped",
    ("a map of few patches clipped", "if (1 - CLIP) * count >= 1 else 1.0", "if True else 1.0"),
    image_size=(72, 88),
    words="yellow: the largest value",
)
wrong_rules(
    "show/page.py",
    "test_show",
    "test_a_few_large_patches_have_lines_between_them",
    ("lines between few patches left out", "max(config.grid) <= FEW", "max(config.grid) < FEW"),
    (
        "lines exchanged",
        "axes.vlines(np.arange(P, width, P), 0, height",
        "axes.vlines(np.arange(P, height, P), 0, width",
    ),
    image_size=(64, 40),
    lines=(7, 4),
)
wrong_rules(
    "show/translation.py",
    "test_show_translation",
    "test_target_symbols_are_down_and_source_symbols_across",
    ("symbols exchanged", "_name(axes, target, source, maps)", "_name(axes, source, target, maps)"),
    ("the mean over target symbols", "_map(axes, A.mean(axis=0)", "_map(axes, A.mean(axis=1)"),
    ("a scale for each head", "_cells(axes, A[head], vmin=0, vmax=high)", "_cells(axes, A[head])"),
)
wrong_rules(
    "show/translation.py",
    "test_show_translation",
    "test_of_many_symbols_every_second_is_written",
    ("labels at the wrong symbols", "range(0, len(names), every), written", "range(len(written)), written"),
)
wrong_rules(
    "show/translation.py",
    "test_show_translation",
    "test_a_mask_shows_who_may_look_at_whom",
    ("crosses where one may look", "np.argwhere(~allowed)", "np.argwhere(allowed)"),
    ("key and query exchanged", "axes.text(column, row,", "axes.text(row, column,"),
)
wrong_rules(
    "show/translation.py",
    "test_show_translation",
    "test_only_labels_that_would_touch_are_turned",
    ("all labels turned", "len(label.get_text()) * size > room / len(written)", "True"),
    ("no label turned", "len(label.get_text()) * size > room / len(written)", "False"),
)
