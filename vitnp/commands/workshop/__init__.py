"""`vitnp workshop …`: a student writes the eight steps and is told what is wrong; a teacher grades what they hand in.

opened.py   the student's folder, and lines in color
new.py      writes the folder                      hint.py, diff.py   the next hint; the reference beside theirs
check.py    checks steps, also at every save       submit.py          the zip that is handed in
train.py    trains with their steps                walk.py            the slides' table, made by their code
grade.py    checks all zips of a folder

A subcommand is a module with WHAT (its help, one line), add_options(parser) and run(args) → exit status.
"""

import importlib

SUBCOMMANDS = ("new", "check", "hint", "diff", "train", "walk", "submit", "grade")  # in the order of the work


def add_options(parser):
    """The options of `vitnp workshop`, those of each subcommand behind its name."""
    subcommands = parser.add_subparsers(title="subcommands", metavar="SUBCOMMAND", required=True)
    for name in SUBCOMMANDS:
        module = importlib.import_module(f"vitnp.commands.workshop.{name}")
        one = subcommands.add_parser(name, help=module.WHAT, description=module.WHAT)
        module.add_options(one)
        one.set_defaults(run=module.run)
