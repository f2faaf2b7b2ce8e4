"""`vitnp workshop check [STEP]`: checks a step, or all that are there; with --watch again at every save."""

import sys
import time

from vitnp.commands.workshop.opened import add_folder, opened, show
from vitnp.course.workshop.folder import refusal
from vitnp.course.workshop.outcome import paragraph
from vitnp.errors import InputError
from vitnp.system.language import Text

WHAT = "check a step, or all of them, and say what is wrong"
PAUSE = 0.3  # seconds between looks at the files
CLEAR = "\033[2J\033[3J\033[H"
PASSED = Text("통과: {n}/{all}단계", "{n} of {all} steps pass")
ONE = Text(
    "통과했습니다. 기준 코드와 비교하려면: vitnp workshop diff {step}",
    "The step passes. To compare it with the reference: vitnp workshop diff {step}",
)
WATCHING = Text(
    "저장할 때마다 다시 검사합니다. 끝내려면 Ctrl-C", "checked again at every save; Ctrl-C ends it"
)


def add_options(parser):
    """The options of `vitnp workshop check`."""
    parser.add_argument(
        "step", nargs="?", metavar="STEP", help="1 to 8, or a part such as 5.4 (default: all steps)"
    )
    parser.add_argument(
        "--watch", action="store_true", help="check again whenever a file is saved, until Ctrl-C"
    )
    add_folder(parser)


def run(args):
    """Print what was found; 1 if a step does not pass."""
    folder = opened(args)
    steps = [folder.need(args.step)] if args.step else folder.steps
    if not steps:
        raise InputError(f"no step is in {folder.path}; make one: vitnp workshop new {folder.path} --steps 5")
    if not args.watch:
        return 0 if checked(folder, steps) else 1
    try:
        watch(folder, steps, only=args.step)
    except KeyboardInterrupt:
        print()
    return 130


def checked(folder, steps):
    """Check the steps and print what was found; whether all pass."""
    passed = 0
    for step in steps:
        outcome = folder.outcome(step)
        passed += outcome.ok
        passing = paragraph(ONE.in_(folder.lang).format(step=step)) if outcome.ok and len(steps) == 1 else []
        show([*outcome.lines, *passing, ""])
        folder.record(outcome)
    if len(steps) > 1:
        show([PASSED.in_(folder.lang).format(n=passed, all=len(steps))])
    return passed == len(steps)


def watch(folder, steps, *, only=None, looks=None):
    """Check the steps, then again those that were saved; looks: how many times to look (None: until Ctrl-C)."""
    before = {}
    while looks is None or looks > 0:
        if not folder.path.is_dir():
            raise refusal(
                folder.lang,
                f"{folder.path} 폴더가 없어졌습니다; 폴더를 옮겼다면 --folder DIR에 새 위치를 쓰세요",
                f"{folder.path} is not there any more; if it was moved, give --folder DIR with the new place",
            )
        now = saved(folder, steps if only else folder.steps)
        changed = [step for step, state in now.items() if state != before.get(step)]
        if changed:
            if sys.stdout.isatty():
                print(CLEAR, end="")
            show([f"{time.strftime('%H:%M:%S')}  {WATCHING.in_(folder.lang)}", ""])
            checked(folder, changed)
        before = now
        time.sleep(PAUSE)
        looks = None if looks is None else looks - 1


def saved(folder, steps):
    """{step: when its file was saved, and how large}; one that is just being replaced is left out."""
    found = {}
    for step in steps:
        try:
            state = folder.file(step).stat()
        except OSError:
            continue
        found[step] = (state.st_mtime_ns, state.st_size)
    return found
