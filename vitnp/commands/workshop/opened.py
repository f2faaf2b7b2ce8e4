"""The student's folder that a subcommand is about, and lines on the screen. Imports the workshop."""

import sys

from vitnp.course.workshop import student
from vitnp.course.workshop.folder import Folder
from vitnp.course.workshop.outcome import paragraph
from vitnp.errors import InputError, printable
from vitnp.system.language import Text

COLORS = {"✓": "\033[32m", "✗": "\033[31m", "!": "\033[33m", "…": "\033[33m"}  # green, red, yellow
PLAIN = "\033[0m"
STOPPED = Text("코드가 멈췄습니다: {why}", "the code has stopped: {why}")
WITHOUT = str.maketrans("✓✗≠", "OX!")  # for a console, or a pipe, whose letters do not include ✓


def add_folder(parser):
    """Add --folder, which `opened` reads."""
    parser.add_argument(
        "--folder", default=".", metavar="DIR", help="the student's folder (default: where you are)"
    )


def opened(args):
    """The `Folder` of --folder. Raises InputError where no workshop is in it."""
    return Folder(args.folder)


def run_theirs(folder, run):
    """What run() returns, in which the student's code is called; None where that has raised, which is said."""
    with student.beside(folder.path):
        try:
            return run()
        except InputError:
            raise
        except (Exception, SystemExit) as error:
            if not student.of_student(error):
                raise
            show(paragraph(STOPPED.in_(folder.lang).format(why=student.crash(error)), "✗ "))
            return None


def show(lines):
    """Print lines, what a file says in them harmless; the marks in color where a person looks."""
    for line in (printable(line.expandtabs()) for line in lines):
        line = colored(line) if sys.stdout.isatty() else line
        print(line if takes_marks(sys.stdout.encoding) else line.translate(WITHOUT), flush=True)


def takes_marks(encoding):
    """Whether a ✓ can be written: not with Windows' cp949, where right and wrong would both be ?."""
    try:
        "✓✗".encode(encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def colored(line):
    """The line with its ✓ and ✗ in color, and other marks where the line begins with one."""
    for mark, color in COLORS.items():
        if mark in "✓✗" or line.lstrip().startswith(f"{mark} "):
            line = line.replace(mark, f"{color}{mark}{PLAIN}", -1 if mark in "✓✗" else 1)
    return line
