"""Rules of the arrays of notebook 18: how they are rounded and read."""

from mutants.kinds import wrong_rules

wrong_rules(
    "course/eye.py",
    "test_eye",
    "test_the_sink_and_the_rollouts",
    ("rows not divided", "shares / shares.sum(axis=-1, keepdims=True)", "shares"),
    ("the root not squared", ".astype(np.float32) ** 2", ".astype(np.float32)"),
)
wrong_rules(
    "course/eye.py",
    "test_eye",
    "test_one_eye_finds_the_other",
    (
        "the steps forgotten",
        'arrays[name] * arrays.pop(f"{name}_step")',
        'arrays[name] * (0 * arrays.pop(f"{name}_step") + 1)',
    ),
)
wrong_rules(
    "course/eye.py",
    "test_eye",
    "test_vectors_in_steps",
    ("rounded toward zero", "np.round(z / step)", "np.trunc(z / step)"),
    ("wrapped, not clipped", ".clip(-127, 127)", ""),
)
