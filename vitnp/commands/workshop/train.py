"""`vitnp workshop train`: the student's steps in the real training, the library's beside them."""

from vitnp.commands.working import working
from vitnp.commands.workshop.opened import STOPPED, add_folder, opened, run_theirs, show
from vitnp.course.workshop import report, student, training
from vitnp.course.workshop.folder import steps_of
from vitnp.course.workshop.outcome import paragraph
from vitnp.errors import InputError, need_int
from vitnp.system.language import Text
from vitnp.system.writing import as_input_error
from vitnp.training.progress import Diverged

WHAT = "train on digits with your steps, beside the library's"
RESULT = "result"  # the folder of the picture and the page
WHOSE = Text("내 코드: {own}단계.", "Your code: steps {own}.")
REST = Text(" 라이브러리: {others}단계.", " The library's: steps {others}.")
NOT_YET = Text(
    "{step}단계는 아직 통과하지 않아 라이브러리의 것을 씁니다(vitnp workshop check {step}).",
    "Step {step} does not pass yet, so the library's is used (vitnp workshop check {step}).",
)
WRONG = Text(
    "! {step}단계는 검사를 통과하지 않았지만 --anyway이므로 그대로 씁니다.",
    "! Step {step} does not pass the check, and is used all the same (--anyway).",
)
HEAD = Text(
    "에폭   손실: 나  라이브러리   테스트 정확도: 나  라이브러리",
    "epoch  loss: you   library     test accuracy: you   library",
)
LOSSES = Text("스텝별 손실", "the loss, step by step")
DIFFERENCE = Text("상대 차이", "relative difference")
APART = Text(
    "손실이 라이브러리와 0.1% 넘게 달라지는 첫 스텝: {step}",
    "the first step whose loss differs from the library's by more than 0.1%: {step}",
)
EARLY = Text(
    "반올림만으로는 200스텝 무렵에야 갈라집니다. 이것은 반올림이 아니라 코드의 차이입니다.",
    "Rounding alone parts them only near step 200: this is a difference of the code.",
)
LATE = Text(
    "맞는 코드 둘도 반올림 때문에 200스텝 무렵부터 갈라집니다.",
    "Two right programs part near step 200, too, by rounding.",
)
NEVER = Text("끝까지 0.1% 안에서 같습니다.", "It stays within 0.1% to the end.")
WRITTEN = Text("그림과 보고서: {picture}, {page}", "picture and report: {picture}, {page}")


def add_options(parser):
    """The options of `vitnp workshop train`."""
    parser.add_argument(
        "--only", metavar="STEPS", help="of these steps alone, such as 5,6 (default: all that pass)"
    )
    parser.add_argument("--epochs", type=int, default=8, metavar="N", help="epochs (default 8)")
    parser.add_argument("--seed", type=int, default=0, help="split, weights, order, augmentation (default 0)")
    parser.add_argument("--anyway", action="store_true", help="with steps that do not pass the check, too")
    add_folder(parser)


def run(args):
    """Train twice, print the losses, leave a picture and a page; 1 where the student's code stops the training."""
    need_int("--epochs", args.epochs, at_least=1, at_most=1000)
    need_int("--seed", args.seed, at_least=0, at_most=2**32 - 1)
    folder = opened(args)
    wanted = steps_of(args.only, "--only") if args.only else folder.steps
    own, whose = chosen(folder, wanted, args.anyway)
    lang = folder.lang
    with working() as say:
        say(Text("라이브러리로 학습하는 중 …", "training with the library …").in_(lang))
        library = training.trained({}, epochs=args.epochs, seed=args.seed)
    show([HEAD.in_(lang)])
    how = {"epochs": args.epochs, "seed": args.seed, "on_epoch": lambda epoch: show([line(epoch, library)])}
    try:
        mine = run_theirs(folder, lambda: training.trained(own, **how))
    except Diverged as problem:
        show(paragraph(STOPPED.in_(lang).format(why=problem), "✗ "))
        return 1
    if mine is None:
        return 1
    show(said_of_losses(mine, library, lang))
    finish(folder, mine, library, whose, args.seed)
    return 0


def chosen(folder, wanted, anyway):
    """({step: {name: function}} of the steps that are the student's, {step: (own, mark, hints)} of all eight)."""
    own, whose = {}, {}
    lang, done = folder.lang, folder.progress["steps"]
    for step in range(1, 9):
        hints = done.get(str(step), {}).get("hints_used", 0)
        if step not in wanted:
            whose[step] = (False, "–", hints)
            continue
        folder.need(str(step))
        outcome = folder.outcome(step)
        runs = outcome.ok or (anyway and outcome.status == "wrong")
        whose[step] = (runs, "✓" if outcome.ok else "✗", hints)
        if runs:
            own[step] = student.functions(student.load(folder.file(step)))
        if not outcome.ok:
            show(paragraph((WRONG if runs else NOT_YET).in_(lang).format(step=step), ""))
    if not own:
        raise InputError(
            Text(
                "통과한 단계가 없습니다; 무엇이 빠졌는지 보려면 vitnp workshop check를 입력하세요",
                "no step passes yet; to see what is missing, type vitnp workshop check",
            ).in_(lang)
        )
    others = [step for step in range(1, 9) if step not in own]
    said = WHOSE.in_(lang).format(own=listed(own))
    show(paragraph(said + REST.in_(lang).format(others=listed(others)) * bool(others), ""))
    return own, whose


def listed(steps):
    """ "3, 5, 6"."""
    return ", ".join(map(str, steps))


def line(epoch, library):
    """An epoch's numbers beside the library's."""
    other = library.history[epoch.epoch - 1]
    return (
        f"{epoch.epoch:4}   {epoch.loss:9.4f}  {other.loss:10.4f}   "
        f"{epoch.test_accuracy:17.1%}  {other.test_accuracy:10.1%}"
    )


def said_of_losses(own, library, lang):
    """The lines after the training: losses of some steps, and where they part."""
    lines = ["", LOSSES.in_(lang)]
    for step, a, b, difference in report.lines_of_losses(own.losses, library.losses):
        lines.append(f"{step:6}   {a:9.6f}   {b:9.6f}   {DIFFERENCE.in_(lang)} {difference:.0e}")
    step = training.first_apart(own.losses, library.losses)
    if step is None:
        return lines + paragraph(NEVER.in_(lang), "")
    why = EARLY if step < training.ROUNDING else LATE
    return lines + paragraph(f"{APART.in_(lang).format(step=step)}. {why.in_(lang)}", "")


def finish(folder, own, library, whose, seed):
    """Draw the picture and write the page."""
    from vitnp import show as pictures
    from vitnp.models import vit
    from vitnp.ops import softmax
    from vitnp.show import workshop

    out = folder.path / RESULT
    with as_input_error(out):
        out.mkdir(exist_ok=True)
    images, labels = own.data.test.images(range(workshop.DIGITS)), own.data.test.labels[: workshop.DIGITS]
    logits, saved = vit.forward(images, own.p, own.config)
    A = saved.blocks[-1].attention.A
    figure = workshop.result(
        own, library, images, labels, softmax.forward(logits)[0], A, own.config, lang=folder.lang
    )
    picture = pictures.save(figure, out / "result.png")
    page = out / "report.html"
    about = {"name": folder.progress.get("student"), "seed": seed}
    report.write(page, picture, own=own, library=library, whose=whose, about=about, lang=folder.lang)
    show(["", *paragraph(WRITTEN.in_(folder.lang).format(picture=picture, page=page), "")])
