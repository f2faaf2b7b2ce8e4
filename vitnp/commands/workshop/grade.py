"""`vitnp workshop grade FOLDER`: checks every zip below a folder, each in a fresh process with limits."""

import os

from vitnp.commands.printing import aligned, widths
from vitnp.commands.working import working
from vitnp.commands.workshop.opened import show
from vitnp.course.workshop import folder
from vitnp.course.workshop.grading import grades, mistakes, sandbox, submissions
from vitnp.course.workshop.outcome import WIDTH, paragraph
from vitnp.errors import InputError, need_int, need_real
from vitnp.system import cores, language
from vitnp.system.language import Text
from vitnp.system.output import width

WHAT = "for the teacher: check every zip in a folder, write grades.csv, count the mistakes"
MOST_SHOWN = 15  # mistakes on the screen
COLUMNS = Text(("제출물", "점수"), ("submission", "points"))
MISTAKES = Text("많이 나온 실수", "The most common mistakes")
COUNT = Text(
    "{all}명 중 {n}명: {name} ({step}단계, 제출물에 남은 사람 {still}명)",
    "{n} of {all}: {name} (step {step}; still there: {still})",
)
NONE = Text("알려진 실수가 없습니다.", "No known mistake.")
AGAIN = Text(
    "{path}에 썼습니다. 같은 값으로 다시 채점: --seed {seed}",
    "{path} is written; to grade with the same numbers: --seed {seed}",
)
DEFECT = "vitnp itself failed on {file}, step {step}; its points are unknown. Please report: {defect}"


def add_options(parser):
    """The options of `vitnp workshop grade`."""
    parser.add_argument("dir", metavar="FOLDER", help="with zips, or folders of step files, at any depth")
    parser.add_argument(
        "--steps", metavar="N-M", help="the steps that count (default: all that anybody has handed in)"
    )
    parser.add_argument(
        "--csv",
        nargs="?",
        const="grades.csv",
        default="grades.csv",
        metavar="FILE",
        help="where the table goes (default grades.csv)",
    )
    parser.add_argument(
        "--gradescope",
        nargs="?",
        const="results.json",
        metavar="FILE",
        help="write Gradescope's results.json of the one submission in FOLDER, in place of the table",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the file if it is there")
    parser.add_argument(
        "--seconds", type=float, default=20.0, metavar="S", help="most time of a step (default 20)"
    )
    parser.add_argument(
        "--memory", type=int, default=2048, metavar="MB", help="most memory of a process (default 2048)"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of the numbers (default: drawn, and printed)")
    parser.add_argument("--workers", type=int, metavar="N", help="submissions at a time (default: the cores)")
    parser.add_argument("--lang", choices=language.LANGUAGES, help="of the table (default: the locale's)")


def run(args):
    """Grade, print the table and the mistakes; 1 if vitnp itself failed on something."""
    limits, workers = limits_of(args)
    steps = folder.steps_of(args.steps) if args.steps else None
    target = args.gradescope or args.csv
    if os.path.lexists(target) and not args.overwrite:
        raise InputError(f"{target} is there already; give another name, or --overwrite")
    if not os.path.isdir(os.path.dirname(target) or "."):
        raise InputError(f"{target} is in a folder that is not there; make it first, or give another name")
    found = submissions.found(args.dir)
    if args.gradescope and len(found) != 1:
        raise InputError(
            f"Gradescope grades one submission at a time, and {args.dir} has {len(found)}; leave out --gradescope"
        )
    lang = language.chosen(args.lang)
    with working() as say:
        done = grades.grade(
            found,
            steps=steps,
            seed=args.seed,
            lang=lang,
            limits=limits,
            workers=workers,
            said=lambda n: say(f"{n}/{len(found)}"),
        )
    if args.gradescope:
        grades.save_gradescope(target, done)
    else:
        grades.save_csv(target, done)
    show(screen(done))
    show(["", *counted(done), ""])
    show(paragraph(AGAIN.in_(lang).format(path=target, seed=done.seed), ""))
    for file, step, defect in done.defects:
        show(paragraph(DEFECT.format(file=file, step=step, defect=" ".join(defect.split())[-300:]), ""))
    return 1 if done.defects else 0


def limits_of(args):
    """(`sandbox.Limits`, workers), checked."""
    seconds = need_real("--seconds", args.seconds, low=0.0, open_at_low=True, at_most=3600)
    memory = need_int("--memory", args.memory, at_least=512)
    if args.seed is not None:
        need_int("--seed", args.seed, at_least=0)
    workers = (
        len(cores.own())
        if args.workers is None
        else need_int("--workers", args.workers, at_least=1, at_most=64)
    )
    return sandbox.Limits(seconds, memory), workers


def screen(done):
    """The table: a line per submission, its name and its note cut to the width of the screen."""
    head = [*COLUMNS.in_(done.lang), *map(str, done.steps), ""]
    rows = [
        [
            cut(row.submission.file, 28),
            f"{done.total(row)}/{done.full}",
            *(str(row.points(step)) if step in row.results else "–" for step in done.steps),
            grades.note(row, done.lang) or names(row, done.lang),
        ]
        for row in done.rows
    ]
    columns = widths([head, *rows])
    columns[-1] = 0
    return [cut(aligned(line, columns).rstrip(), WIDTH) for line in [head, *rows]]


def names(row, lang):
    """The names of the mistakes in a row."""
    return "; ".join(name for result in row.results.values() for name in grades.names(result, lang))


def cut(text, columns):
    """The text in at most so many columns."""
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[:-1]
    return f"{text}…"


def counted(done):
    """The lines of the table of mistakes."""
    found = mistakes.counted(done)
    if not found:
        return [NONE.in_(done.lang)]
    lines = [MISTAKES.in_(done.lang)]
    for one in found[:MOST_SHOWN]:
        text = COUNT.in_(done.lang).format(
            n=one.met, all=len(done.rows), name=one.name, step=one.step, still=one.still
        )
        lines += paragraph(text)
    return lines
