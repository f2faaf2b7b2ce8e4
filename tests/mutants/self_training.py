"""Self-training: the loss of a student, what is chosen of the teacher's predictions, and the student's images."""

from mutants.kinds import wrong_rules

FILE, TESTS = "tasks/self_training.py", "test_self_training"
wrong_rules(
    FILE,
    TESTS,
    "test_the_loss_is_that_of_the_paper",
    ("the mean of both kinds", "times = 1 + self.ratio", "times = 1"),
    ("a gradient of the mean", "back(times * dloss)", "back(dloss)"),
    ("labels without smoothing", "np.float32, label_smoothing=label_smoothing", "np.float32"),
    ("another image's probabilities", "self.q[others]", "self.q[others - 1]"),
)
wrong_rules(
    FILE,
    TESTS,
    "test_the_best_of_the_abundant_and_copies_of_the_scarce",
    ("the least certain", "np.argsort(-top[rows]", "np.argsort(top[rows]"),
    ("no threshold", " & (top >= threshold)", ""),
    ("no balance", "np.resize(rows[", "(lambda r, n: r)(rows["),
)
wrong_rules(
    FILE,
    TESTS,
    "test_an_epoch_has_every_image",
    ("always the first unlabeled ones", "rows + len(self) * np.arange", "rows + 0 * np.arange"),
    ("no more rows than unlabeled images need", "max(len(labeled), ", "max(0, "),
)
wrong_rules(
    FILE,
    TESTS,
    "test_equally_certain_rows_are_drawn",
    (
        "ties by the order of the images",
        "np.random.default_rng(seed).permutation(len(q))",
        "np.arange(len(q))",
    ),
)
