"""`vitnp workshop new DIR`: writes a student's folder, or the files that one lacks."""

from vitnp.commands.workshop.opened import show
from vitnp.course.workshop import folder, template
from vitnp.course.workshop.outcome import paragraph
from vitnp.system import language
from vitnp.system.language import Text

WHAT = "write a student's folder, or the steps that one lacks; nothing is overwritten"
WRITTEN = Text("{folder}에 쓴 파일: {names}", "written into {folder}: {names}")
NEXT = Text(
    "다음 순서: cd {folder} → README.md 읽기 → vitnp workshop check",
    "next: cd {folder}, read README.md, vitnp workshop check",
)


def add_options(parser):
    """The options of `vitnp workshop new`."""
    parser.add_argument(
        "dir", metavar="DIR", help="a new folder, or one of an earlier new, to which files are added"
    )
    parser.add_argument(
        "--lang", choices=language.LANGUAGES, help="language (default: that of the folder, or the locale)"
    )
    parser.add_argument("--steps", default="1-8", metavar="N-M", help="such as 5, 5-7 or 2,5 (default 1-8)")
    parser.add_argument(
        "--level",
        choices=template.LEVELS,
        help="what is blank: a line at a time, a function, all but the signatures (default: the folder's, or normal)",
    )


def run(args):
    """Write the files, and say which."""
    steps = folder.steps_of(args.steps)
    names = folder.new(args.dir, lang=args.lang, steps=steps, level=args.level)
    lang = folder.Folder(args.dir).lang
    show(paragraph(WRITTEN.in_(lang).format(folder=args.dir, names=", ".join(names)), ""))
    show(paragraph(NEXT.in_(lang).format(folder=args.dir), ""))
    return 0
