"""How pixels become a model's values."""

from mutants.kinds import wrong_rules

SAME = "test_pixels_are_the_same_numbers_by_every_way"
SCALED, CENTERED = "pixels.astype(dtype) / 255.0", "(x - mean) / std"
wrong_rules(
    "inputs/images.py",
    "test_preprocess",
    SAME,
    ("pixels of 0…256", SCALED, "pixels.astype(dtype) / 256.0"),
    ("not centered", CENTERED, "x / std"),
    ("the mean not divided", CENTERED, "x / std - mean"),
    ("the last bit: divided at once", CENTERED, "x / std - mean / std"),
    ("one mean for all channels", CENTERED, "(x - mean[:1]) / std"),
)
wrong_rules(
    "data/preprocess.py",
    "test_preprocess",
    SAME,
    ("the family's own mean and deviation forgotten", "width], how)", "width], type(how)())"),
)
wrong_rules(
    "data/preprocess.py",
    "test_preprocess",
    SAME,
    (
        "the mean and deviation forgotten in training",
        "_pixels(part), config.preprocessing)",
        "_pixels(part), type(config.preprocessing)())",
    ),
)
