"""`vitnp workshop diff STEP`: a student's functions beside the reference, once they pass or are given up."""

from vitnp.commands.workshop.opened import add_folder, opened, show
from vitnp.course.workshop import compared

WHAT = "a step beside the reference, when it passes or with --give-up"


def add_options(parser):
    """The options of `vitnp workshop diff`."""
    parser.add_argument("step", metavar="STEP", help="1 to 8, or a part such as 5.4")
    parser.add_argument("--give-up", action="store_true", help="before it passes; this is recorded")
    add_folder(parser)


def run(args):
    """Print the diff."""
    show(compared.diff(opened(args), args.step, give_up=args.give_up))
    return 0
