"""VTAB: what is averaged."""

from mutants.kinds import wrong_rules

wrong_rules(
    "commands/vtab_table.py",
    "test_vtab_command",
    "test_a_mean_is_of_a_whole_group",
    (
        "a mean over the tasks that are there",
        "len(found) == len(names) and None not in found",
        "found and None not in found",
    ),
    ("a mean of all but the absent ones", "mean_of(rows, list(vtab.TASKS)),", "mean_of(rows, list(rows)),"),
)
