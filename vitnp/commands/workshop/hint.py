"""`vitnp workshop hint STEP`: the next of three hints, counted and never punished."""

from vitnp.commands.workshop.opened import add_folder, opened, show
from vitnp.course.workshop import asking
from vitnp.course.workshop.outcome import paragraph

WHAT = "the next hint of a step, or of a part such as 5.4"


def add_options(parser):
    """The options of `vitnp workshop hint`."""
    parser.add_argument("step", metavar="STEP", help="1 to 8, or a part such as 5.4")
    add_folder(parser)


def run(args):
    """Print one hint."""
    found = asking.hint(opened(args), args.step)
    if found.heading:
        show([found.heading, "", *paragraph(found.text), ""])
    show(paragraph(found.after, ""))
    return 0
