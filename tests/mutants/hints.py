"""Rules of the workshop's hints: what a student is told in both languages."""

from mutants.kinds import wrong_rules

wrong_rules(
    "course/workshop/hints/shapes.py",
    "test_workshop_texts",
    "test_the_second_names_the_shapes_and_a_section_of_the_derivations",
    ("no section", 'Derivation: {PAGES.en}, "{section}".', "Derivation: {PAGES.en}."),
    ("no shapes in Korean", '(f"{equation}.", ko,', '("", ko,'),
    part="5.3",
)
wrong_rules(
    "course/workshop/hints/attention.py",
    "test_workshop_texts",
    "test_the_shapes_of_the_second_are_those_of_the_file",
    ("K not transposed", "Kᵀ (B, H, K, N) → S", "Kᵀ (B, H, N, K) → S"),
    part="5.6",
)
