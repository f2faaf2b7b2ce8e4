"""How a data set becomes what a model takes, and what is held out of it."""

from mutants.kinds import wrong_rules

wrong_rules(
    "data/augment/operations.py",
    "test_fitting",
    "test_floats_are_rounded_to_bytes_as_in_a_picture",
    ("bytes cut off in place of rounded", "np.rint((images + 1.0) * 127.5)", "((images + 1.0) * 127.5)"),
)
wrong_rules(
    "data/fitting.py",
    "test_fitting",
    "test_augmentation_that_goes_by_pixels_is_done_on_the_small_picture",
    (
        "left to the large picture",
        'SMALL = ("affine", "crop", *augment.BOXES)',
        "SMALL = (*augment.BOXES,)",
    ),
    ("the flip done twice", "if name in SMALL)", "if name)"),
)
wrong_rules(
    "data/few.py",
    "test_fine_tune",
    "test_held_out_images_are_of_every_class_and_not_learned",
    ("what is held out is learned too", "np.sort(order[count:])", "np.sort(order)"),
    ("not balanced", 'order[np.argsort(place[order], kind="stable")]', "order"),
)
wrong_rules(
    "data/few.py",
    "test_fine_tune",
    "test_every_image_of_a_source_once",
    ("each image again for each time it comes", "return first, place", "return np.arange(n), np.arange(n)"),
)
wrong_rules(
    "commands/fine_tune.py",
    "test_fine_tune",
    "test_of_equal_rates_the_smallest",
    ("of equal rates the largest", '(-row["accuracy"], row["lr"])', '(-row["accuracy"], -row["lr"])'),
    ("the worst rate", '(-row["accuracy"], row["lr"])', '(row["accuracy"], row["lr"])'),
)
wrong_rules(
    "tasks/frozen.py",
    "test_frozen",
    "test_the_gradient_is_that_of_the_images",
    ("the mean and deviation forgotten", "source.prepared(images, config)", "images * 0.5"),
)
