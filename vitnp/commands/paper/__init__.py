"""`vitnp paper`: a table of the paper, with one's own runs beside it; or what the slides say of it, checked."""

import sys

from vitnp.commands.paper import beside, notes, runs
from vitnp.commands.paper.formats import FORMATS, printed
from vitnp.course.paper.tables import TABLES
from vitnp.errors import InputError, one_line
from vitnp.system.language import Text, translated
from vitnp.system.output import say

WRITTEN = Text("그림: {}", "picture: {}")


def add_options(parser):
    """The options of `vitnp paper`."""
    parser.add_argument(
        "--table",
        choices=tuple(TABLES),
        default="2",
        help="which, or claims: what the slides say (default 2)",
    )
    parser.add_argument(
        "--runs",
        nargs="+",
        default=[],
        metavar="DIR",
        help="folders of your own trainings, shown beside the paper's",
    )
    parser.add_argument("--format", choices=tuple(FORMATS), default="text", help="default text")
    parser.add_argument(
        "--out",
        metavar="FILE.png",
        help="a picture of Figure 3 beside the --runs: accuracy against training images",
    )
    parser.set_defaults(run=run, only_prints=True)


def run(args):
    """Print the table; 2 if a folder of --runs cannot be used (the others are still shown)."""
    if args.out is not None and not (args.runs and args.table == "figure-3"):
        raise InputError(
            "--out draws runs beside Figure 3; give --table figure-3 and --runs DIR, or leave --out out"
        )
    owns, problems = runs.found(args.runs)
    tables = beside.joined(TABLES[args.table](), [*owns, *runs.mean_of_vtab(owns)])
    tables[-1] = tables[-1]._replace(notes=(*tables[-1].notes, *map(notes.differs, owns)))
    print(printed(tables, args.format))
    for problem in problems:
        say(f"vitnp: {one_line(translated(problem))}", sys.stderr)
    if args.out is not None:
        draw(owns, args.out)
    return 2 if problems else 0


def draw(owns, out):
    """Save the picture of the runs beside Figure 3; those on a part of the labels repeat images, and are left out."""
    from vitnp import show

    models, owns = {}, [own for own in owns if own.run.options["labels"] is None]
    if not owns:
        raise InputError(
            "none of the --runs learned from the labels of all its training images, which Figure 3 counts; leave "
            "--out out"
        )
    for own in owns:
        models.setdefault(own.name, {})[own.run.images[0]] = [value / 100 for value in own.accuracies]
    data = ", ".join(dict.fromkeys(notes.called(own.data) for own in owns))
    show.save(show.more_images(models, data), out)
    say(WRITTEN.in_().format(out), sys.stderr)
