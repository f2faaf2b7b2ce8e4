"""`vitnp quiz [STEP …]`: three multiple-choice questions per step, as Markdown, GIFT or Moodle XML."""

from vitnp.course import quiz
from vitnp.course.quiz.formats import FORMATS
from vitnp.system import language
from vitnp.system.language import Text
from vitnp.system.writing import beside

WRITTEN = Text("{}: 문제 {}개", "{}: {} questions")


def add_options(parser):
    """The options of `vitnp quiz`."""
    parser.add_argument("steps", nargs="*", type=int, metavar="STEP", help="1 to 8 (default: all)")
    parser.add_argument("--format", choices=tuple(FORMATS), default="markdown", help="default markdown")
    parser.add_argument("--out", metavar="FILE", help="write this file (default: print)")
    parser.set_defaults(run=run, only_prints=True)


def run(args):
    """Print the questions, or write them into a file."""
    lang = language.chosen()
    questions = [question for step in args.steps or quiz.STEPS for question in quiz.load(step)]
    text = FORMATS[args.format](questions, lang)
    if args.out is None:
        print(text, end="")
        return 0
    with beside(args.out) as part:
        part.write_text(text, encoding="utf-8")
    print(WRITTEN.in_(lang).format(args.out, len(questions)))
    return 0
