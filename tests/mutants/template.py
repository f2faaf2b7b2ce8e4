"""Rules of the templates' cuts for the students' notebooks."""

from mutants.kinds import wrong_rules

wrong_rules(
    "course/workshop/template.py",
    "test_workshop_template",
    "test_functions_of_a_notebooks_cell",
    ("a notebook's functions whole", 'code = cut(step, "normal", lang)', "code = whole(step, lang)"),
    ("a notebook's functions in English", 'cut(step, "normal", lang)', 'cut(step, "normal", "en")'),
    (
        "a notebook's functions in the order of the file",
        "found[name]) for name in names)",
        "found[name]) for name in found if name in names)",
    ),
    lang="ko",
)
