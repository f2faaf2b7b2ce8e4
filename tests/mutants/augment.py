"""RandAugment: its operations, and how strong they are."""

from mutants.kinds import wrong_rules

FILE, POLICY, TESTS = "data/augment/operations.py", "data/augment/random_policy.py", "test_randaugment"
BYTES = {
    "equalize": (
        ("half a step forgotten", "(below + step // 2)", "below"),
        ("the step of all pixels", "(height * width - highest)", "(height * width)"),
        ("with the pixels of the value itself", "counts.cumsum(2) - counts", "counts.cumsum(2)"),
    ),
    "rotate": (
        ("clockwise", "angle = -np.deg2rad(degrees)", "angle = np.deg2rad(degrees)"),
        ("about the corner", "width / 2, height / 2", "0.0, 0.0"),
    ),
    "translate, x": (("black from outside", "found, np.uint8(GRAY))", "found, np.uint8(0))"),),
    "shear, x": (("from the pixel's corner", "np.add(a, b) * 0.5", "0.5"),),
    "posterize": (("the bits that go", "2 ** (8 - bits)", "2**bits"),),
}
for name, rows in BYTES.items():
    wrong_rules(FILE, TESTS, "test_every_byte_is_pillows", *rows, name=name, channels=3)
for name, old, new in (
    ("sharpness", "4 * wide[:, 1:-1, 1:-1]", "wide[:, 1:-1, 1:-1]"),
    ("contrast", "np.floor(mean + 0.5)", "np.full_like(mean, 128)"),
    ("color", "x.astype(np.int64) @ LUMA + 2**15", "x.astype(np.int64) @ LUMA[::-1] + 2**15"),
):
    row = (f"{name} of other numbers", old, new)
    wrong_rules(
        FILE,
        TESTS,
        "test_the_enhancements_are_pillows_within_one_level",
        row,
        name=name,
        factor=1.9,
        channels=3,
    )
wrong_rules(
    POLICY,
    TESTS,
    "test_the_amounts_are_those_of_the_released_code",
    ("smaller shifts", "SHARE = 1 / 8", "SHARE = 1 / 24"),
    ("one sign for all", "2.0 * rng.integers(2, size=len(x)) - 1.0", "1.0"),
)
wrong_rules(
    POLICY,
    TESTS,
    "test_each_image_draws_its_own_operations",
    ("one operation for the batch", "size=(layers, len(x)))", "size=(layers, 1)).repeat(len(x), 1)"),
    ("never the last one", "rng.integers(len(OPERATIONS), size", "rng.integers(len(OPERATIONS) - 1, size"),
)
