"""Mistakes in the student's folder and in grading: what counts, what is the same, what is read, whose word is heard."""

from mutants.kinds import wrong_rules

FOLDER, GRADE = "test_workshop_folder", "test_workshop_grade"
wrong_rules(
    "course/workshop/folder.py",
    FOLDER,
    "test_steps",
    ("a range without its end", "range(int(first), int(last) + 1)", "range(int(first), int(last))"),
    ("the last part alone", "steps |= set(", "steps = set("),
    ("as they come", "return sorted(steps)", "return list(steps)[::-1]"),
    text="7, 2,5-6",
    steps=[2, 5, 6, 7],
)
wrong_rules(
    "course/workshop/folder.py",
    FOLDER,
    "test_what_is_no_list_of_steps",
    ("a range that goes down", " or int(first) > int(last)", ""),
    text="7-5",
)
wrong_rules(
    "course/workshop/worth.py",
    FOLDER,
    "test_points_by_the_stage",
    ("all or nothing", 'FORWARD if "numbers" in outcome.passed else 0', "0"),
    ("forward for its shapes", '"numbers" in', '"shapes" in'),
    ("backward as much as forward", "BACKWARD = 3, 5", "BACKWARD = 4, 4"),
)
wrong_rules(
    "course/workshop/progress.py",
    FOLDER,
    "test_what_is_usable",
    ("any version", 'found["version"] == VERSION\n        and ', ""),
    ("any student", 'isinstance(found["student"], str | None)', "True"),
    ("a bool is a count", " and not isinstance(n, bool) and", " and"),
    ("a count below 0", " and n >= 0 for", " for"),
    ("no look at the hints", ', *entry["hints"].values()]', "]"),
    ("giving up is a number", 'isinstance(entry["gave_up"], bool)', "True"),
)
wrong_rules(
    "course/workshop/compared.py",
    FOLDER,
    "test_a_diff_function_by_function",
    ("docstrings are code", "node.body = node.body[1:]", "node.body = node.body"),
    ("only what the reference has", "*(name for name in mine if name not in right)", "*()"),
    (
        "the same is shown, too",
        "            same.append(name)\n            continue\n",
        "            same.append(name)\n",
    ),
    (
        "the wrong way round",
        'mine.get(name, "").splitlines(),\n            right.get(name, "")',
        'right.get(name, "").splitlines(),\n            mine.get(name, "")',
    ),
    ("lines as long as they come", "while width(rest) >= WIDTH", "while False"),
    ("a Korean letter is one column", "if width(rest[:n]) < WIDTH", "if n < WIDTH"),
)
wrong_rules(
    "course/workshop/grading/compared.py",
    GRADE,
    "test_what_is_the_same",
    ("comments count", "    tokenize.COMMENT,\n", ""),
    ("docstrings count", " and t.start not in strings", ""),
    ("blanks are the same work", ", SOLUTION) is not None", ", SOLUTION) is not True"),
    ("nobody is the solution", "[handed_out()[found]] if found in handed_out() else []", "[]"),
    ("one is like itself", "for other in files if other != file]", "for other in files]"),
)
wrong_rules(
    "course/workshop/grading/compared.py",
    GRADE,
    "test_imports_that_a_step_does_not_need",
    ("helpers are odd", "not in NEEDED | own", "not in NEEDED"),
    ("the template's own are odd", "one not in given and ", ""),
    (
        "from … import is not seen",
        'yield from (f"{node.module}.{alias.name}" for alias in node.names)',
        "pass",
    ),
    ("exec is not seen", '("__import__", "exec", "eval")', '("__import__", "eval")'),
    ("any attribute is NumPy's", 'in ("np", "numpy")', 'in ("np", "numpy", "x")'),
)
wrong_rules(
    "course/workshop/grading/grades.py",
    GRADE,
    "test_no_cell_is_a_formula",
    ("a formula", '    "=",\n', ""),
    ("numbers are texts", "else value", "else text"),
)
wrong_rules(
    "course/workshop/grading/mistakes.py",
    GRADE,
    "test_the_table_of_mistakes",
    ("what is handed in alone", "met.update(now | {key for key in before if key[1]})", "met.update(now)"),
    ("what was before alone", "met.update(now | {", "met.update({"),
    ("the rarest first", "(-one.met,", "(one.met,"),
)
wrong_rules(
    "course/workshop/grading/submissions.py",
    GRADE,
    "test_which_members_of_a_zip_are_files",
    ("the way up", '        and ".." not in parts\n', ""),
    ("from the root", '        and parts[0] != ""\n', ""),
    ("drives of Windows", '        and ":" not in parts[0]\n', ""),
    ("links", "kind in (0, stat.S_IFREG)", "kind >= 0"),
    ("the Mac's own", " if not any(SKIPPED.fullmatch(part) for part in place.parts)", ""),
    ("the first that comes", "-steps.count(place), ", ""),
)
wrong_rules(
    "course/workshop/grading/sandbox.py",
    GRADE,
    "test_answers_without_the_token_are_not_heard",
    ("a token that can be guessed", "secrets.token_hex(16)", '"0" * 32'),
    ("no blame for the end", '"broken", "time", (how', '"passed", "time", (how'),
)
wrong_rules(
    "course/workshop/grading/sandbox.py",
    GRADE,
    "test_a_defect_of_ours_is_no_students_fault",
    ("a defect is lost", ', defect=answer["defect"])', ")"),
)
