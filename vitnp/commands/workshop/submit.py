"""`vitnp workshop submit`: the zip that a student hands in."""

from vitnp.commands.workshop.opened import add_folder, opened, show
from vitnp.course.workshop import progress, submission, worth
from vitnp.course.workshop.outcome import padded, paragraph
from vitnp.system.language import Text

WHAT = "write the zip to hand in: the steps, progress and a report"
WRITTEN = Text("{path} ({kb:.1f} KB): {names}", "{path} ({kb:.1f} KB): {names}")
POINTS = Text(
    "점수 {points}/{all} (채점은 다른 값으로 다시 합니다)",
    "{points} of {all} points (grading uses other numbers)",
)
STATUS = {
    "passed": Text("✓ 통과", "✓ passed"),
    "blank": Text("… 빈칸 있음", "… has blanks"),
    "wrong": Text("✗ 틀림", "✗ wrong"),
    "broken": Text("✗ 실행 안 됨", "✗ does not run"),
}
NAMELESS = Text(
    "이름이 없습니다. 이름을 넣으려면: vitnp workshop submit --name 이름",
    "There is no name in it. To put yours in: vitnp workshop submit --name NAME",
)
HINTS = Text("힌트 {n}개", "{n} hints")
GAVE_UP = Text("정답을 봄", "read the reference")


def add_options(parser):
    """The options of `vitnp workshop submit`."""
    parser.add_argument("--name", metavar="NAME", help="yours (default: that of the last time)")
    add_folder(parser)


def run(args):
    """Write the zip, and say what is in it."""
    folder = opened(args)
    path, report = submission.submit(folder, args.name)
    lang = folder.lang
    for step, found in report["steps"].items():
        words = [f"{found['points']}/{worth.FORWARD + worth.BACKWARD}"]
        words += [HINTS.in_(lang).format(n=found["hints"])] if found["hints"] else []
        words += [GAVE_UP.in_(lang)] if found["gave_up"] else []
        status = STATUS[found["status"]].in_(lang)
        show([f"{padded(folder.file(int(step)).name, 20)} {padded(status, 16)} {', '.join(words)}"])
    points = sum(found["points"] for found in report["steps"].values())
    most = (worth.FORWARD + worth.BACKWARD) * len(report["steps"])
    show(paragraph(POINTS.in_(lang).format(points=points, all=most), ""))
    names = [*submission.own_files(folder), progress.FILE, submission.REPORT]
    text = WRITTEN.in_(lang).format(path=path, kb=path.stat().st_size / 1000, names=", ".join(names))
    show(paragraph(text, ""))
    if report["student"] is None:
        show(paragraph(NAMELESS.in_(lang), ""))
    return 0
