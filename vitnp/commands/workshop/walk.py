"""`vitnp workshop walk PHOTO`: the slides' table, made by the student's code."""

from vitnp.commands.walk import random_parameters
from vitnp.commands.workshop.opened import add_folder, opened, run_theirs, show
from vitnp.course.slides import by
from vitnp.course.workshop import student
from vitnp.course.workshop.outcome import padded, paragraph
from vitnp.course.workshop.walk import walked
from vitnp.data import photo
from vitnp.errors import InputError
from vitnp.models import preset
from vitnp.system.language import Text

WHAT = "the slides' table of a photo, made by your code"
HEAD = Text(
    ("단계", "텐서", "shape", "슬라이드", "만든 코드"), ("step", "tensor", "shape", "slide", "made by")
)
OWN, LIBRARY = Text("내 코드", "your code"), Text("라이브러리", "the library")
GIVEN = Text("입력", "the input")
LEGEND = Text(
    "✓ 라이브러리와 shape도 값도 같음   ✗ 다름   ≠ 슬라이드의 오류",
    "✓ shape and values are the library's   ✗ not so   ≠ the slide errs",
)
SUM = Text(
    "텐서 {n}개 가운데 {own}개를 내 코드가 만들었고, {ok}개가 맞습니다.",
    "{own} of {n} tensors are made by your code, and {ok} of them are right.",
)
COLUMNS = (5, 17, 17, 17)


def add_options(parser):
    """The options of `vitnp workshop walk`."""
    parser.add_argument(
        "photo", nargs="?", metavar="PHOTO", help="a picture (default: one of scikit-learn's)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random weights of B/16 (default 0)")
    add_folder(parser)


def run(args):
    """Print the table; 1 if a tensor differs from the library's."""
    folder = opened(args)
    if args.seed < 0:
        raise InputError(f"--seed is {args.seed}; need at least 0")
    lang, config = folder.lang, preset("B/16")
    image = (
        photo.sample(config.image_size) if args.photo is None else photo.load(args.photo, config.image_size)
    )
    steps = {}
    for step in folder.steps:
        if folder.outcome(step).status not in ("blank", "broken"):
            steps[step] = student.functions(student.load(folder.file(step)))
    if not steps:
        raise InputError(
            Text(
                "아직 실행되는 단계가 없습니다; 무엇이 빠졌는지 보려면 vitnp workshop check를 입력하세요",
                "no step runs yet; to see what is missing, type vitnp workshop check",
            ).in_(lang)
        )
    p, _ = random_parameters(config, args.seed)
    found = run_theirs(folder, lambda: walked(image, p, config, steps))
    if found is None:
        return 1
    show(lines(found, lang))
    own = [line for line in found if line.theirs]
    right = sum(line.ok for line in own)
    show(paragraph(SUM.in_(lang).format(n=len(found), own=len(own), ok=right), ""))
    return 0 if right == len(own) else 1


def lines(found, lang):
    """The table, a line per tensor of the slides."""
    yield LEGEND.in_(lang)
    yield columns(HEAD.in_(lang))
    for line in found:
        printed = by(line.tensor.printed) if line.tensor.printed else "—"
        misprint = " ≠" * line.misprinted
        other = GIVEN if line.tensor.name == "image" else LIBRARY
        whose = f"{'✓' if line.ok else '✗'} {OWN.in_(lang)}" if line.theirs else f"  {other.in_(lang)}"
        step = "" if line.row.step is None else str(line.row.step)
        yield columns((step, line.tensor.slide_name, by(line.shape), printed + misprint, whose))


def columns(cells):
    """The cells of a line below one another."""
    *first, last = cells
    return "  ".join(
        [*(padded(cell, size) for cell, size in zip(first, COLUMNS, strict=True)), last]
    ).rstrip()
