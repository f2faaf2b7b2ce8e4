"""Rules of the templates' cuts for the students' notebooks."""

from mutants.kinds import wrong_rules

TEMPLATE, TEST = "course/workshop/template.py", "test_workshop_template"

for lang in ("ko", "en"):
    wrong_rules(
        TEMPLATE,
        TEST,
        "test_functions_of_a_notebooks_cell",
        ("a notebook's functions whole", 'code = cut(step, "normal", lang)', "code = whole(step, lang)"),
        (
            "a notebook's functions in the order of the file",
            "found[name]) for name in names)",
            "found[name]) for name in found if name in names)",
        ),
        lang=lang,
    )
wrong_rules(
    TEMPLATE,
    TEST,
    "test_functions_of_a_notebooks_cell",
    ("a notebook's functions in one language", 'cut(step, "normal", lang)', 'cut(step, "normal", "en")'),
    lang="ko",
)
