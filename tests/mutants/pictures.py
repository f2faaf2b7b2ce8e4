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
