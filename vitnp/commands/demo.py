"""`vitnp demo`: the first minute. The whole ViT on a real photo, every gradient checked, a small one trained on real
handwritten digits; a summary of twelve lines, a page with the tables and pictures, and the photo as a file."""

import contextlib
import csv
import dataclasses
import io
import json
import sys
import time
from pathlib import Path

from vitnp.commands.demo_pictures import NAMES, draw
from vitnp.commands.gradcheck import check_model
from vitnp.commands.options import add_backend, backend
from vitnp.commands.working import working
from vitnp.data import photo
from vitnp.errors import InputError, printable, some_of
from vitnp.models import preset
from vitnp.system.color import marked
from vitnp.system.language import Text, chosen
from vitnp.system.output import width
from vitnp.system.writing import beside
from vitnp.training.place import own, recall, writable
from vitnp.training.wanted import Wanted

LEFT = (*NAMES, "photo.jpg", "report.html")  # what a demo leaves beside the run
ANY = {"seed": 0, "model": None, "workers": None, "backend": "numpy"}  # what demos differ in

HEAD = Text(
    "vitnp demo: 사진 한 장과 ViT-B/16, 손글씨 숫자와 작은 ViT",
    "vitnp demo: ViT-B/16 on a photo, a small ViT on handwritten digits",
)
WALK = Text(
    "슬라이드 {rows}행, 텐서 {tensors}개: {verdict}; 슬라이드의 오류 {errata}개 확인",
    "{rows} rows of the slides, {tensors} tensors: {verdict}; {errata} errata found",
)
BACKWARD = Text("ViT-B/16의 그래디언트 {count}개: {verdict}", "{count} gradients of ViT-B/16: {verdict}")
RIGHT, WRONG = Text("shape 모두 맞음", "all shapes true"), Text("{}개 틀림", "{} WRONG")
CHECK = Text(
    "작은 ViT의 그래디언트 {count}개: 복소 스텝과의 상대 오차 {error:.0e} 이하",
    "{count} gradients against the complex step: relative error at most {error:.0e}",
)
TRAIN = Text(
    "{epochs}에폭, 테스트 정확도 {last:.1%} (최고 {best:.1%}, {epoch}에폭)",
    "{epochs} epochs, test accuracy {last:.1%} (best {best:.1%} at epoch {epoch})",
)
PICTURES = Text(
    "{out}의 PNG {count}개: 패치, 어텐션, 위치 …", "{count} PNGs in {out}: patches, attention, positions …"
)
CHECKING = Text("그래디언트 검증 …", "checking every gradient …")
DRAWING = Text("그림 …", "drawing …")
REPORT = Text("보고서: {} (브라우저로 여세요)", "report: {} (open it in a browser)")
PHOTO = Text("사진: {} (danielbuechele, CC BY 2.0)", "photo: {} (by danielbuechele, CC BY 2.0)")
TOOK = Text("{seconds:.0f}초 걸렸습니다. 다음 명령:", "{seconds:.0f} s in all. Next:")
NEXT = ("walk {photo} --brief", "look {photo} --weights {weights} --out seen", "workshop new my_vit")


def add_options(parser):
    """The options of `vitnp demo`."""
    parser.add_argument("--out", default="demo", metavar="DIR", help="folder of the report (default demo)")
    parser.add_argument(
        "--lang", choices=("ko", "en"), help="of the summary and the report (default: that of the locale)"
    )
    parser.add_argument("--seed", type=int, default=0, help="split, weights, order, augmentation (default 0)")
    add_backend(parser)
    parser.set_defaults(run=run)


def run(args):
    """Walk, check, train and draw, a line each; 1 if a shape or a gradient is wrong."""
    from vitnp import weights
    from vitnp.commands import demo_report

    started = time.perf_counter()
    lang = chosen(args.lang)
    out = writable(args.out)
    need_own(out)
    elsewhere = [] if args.backend == "numpy" else ["--backend", args.backend]
    say_line(HEAD.in_(lang))
    with working() as say:
        status, walk = captured(["walk", "--backward", "--json", *elsewhere])
        if status > 1:
            return status
        walk = json.loads(walk)
        for name, line, good in of_walk(walk, lang):
            say_mark(good, name, line)
        say(CHECKING.in_(lang))
        check = check_model(preset("tiny"), xp=backend(args))
        say("")
        error = demo_report.largest_error(check)
        say_mark(check.ok, "gradcheck", CHECK.in_(lang).format(count=len(check.leaves), error=error))
        words = ["train", "--data", "digits", "--seed", str(args.seed), "--overwrite", "--out", str(out)]
        trained, _ = captured(words + elsewhere)
        if trained:
            return trained
        history = read_history(out / "history.csv")
        say_mark(True, "train", TRAIN.in_(lang).format(**summed(history)))
        say(DRAWING.in_(lang))
        keep_photo(out / "photo.jpg")
        pictures = list(draw(out, args.seed, lang))
    say_mark(True, "pictures", PICTURES.in_(lang).format(count=len(pictures), out=printable(str(out))))
    found = {"walk": walk, "check": check, "history": history, "pictures": pictures}
    demo_report.write(out / "report.html", found, seed=args.seed, lang=lang)
    say_line(REPORT.in_(lang).format(printable(str(out / "report.html"))))
    say_line(PHOTO.in_(lang).format(printable(str(out / "photo.jpg"))))
    say_line(TOOK.in_(lang).format(seconds=time.perf_counter() - started))
    for words in NEXT:
        there = {"photo": printable(str(out / "photo.jpg")), "weights": weights.to_look_at()}
        say_line(f"  {program()} {words.format(**there)}")
    return max(status, int(not check.ok))


def say_line(line):
    """Print a line of the summary at once, marks in color on a terminal."""
    print(marked(line, sys.stdout), flush=True)


def say_mark(good, name, line):
    """Print a line about one of the parts, with ✓ or ✗ before it."""
    say_line(f"{'✓' if good else '✗'} {name:10} {line}")


def captured(words):
    """(exit status, standard output) of a command; what it shows of its progress stays on standard error."""
    from vitnp.commands.cli import main

    with contextlib.redirect_stdout(io.StringIO()) as out:
        status = main(words)
    return status, out.getvalue()


def of_walk(walk, lang):
    """(name, line, whether all is right) of the forward and of the backward pass."""
    wrong = {back: sum(name.startswith("∂") == back for name in walk["wrong"]) for back in (False, True)}
    verdicts = {
        back: WRONG.in_(lang).format(count) if count else RIGHT.in_(lang) for back, count in wrong.items()
    }
    count = {
        "rows": len(walk["rows"]),
        "tensors": sum(len(row["tensors"]) for row in walk["rows"]),
        "errata": sum(len(row["errata"]) for row in walk["rows"]),
    }
    yield "walk", WALK.in_(lang).format(verdict=verdicts[False], **count), not wrong[False]
    line = BACKWARD.in_(lang).format(count=len(walk["backward"]), verdict=verdicts[True])
    yield "backward", line, not wrong[True]


def read_history(path):
    """The rows of a run's history.csv, their cells as numbers."""
    with open(path, encoding="utf-8", newline="") as file:
        return [{name: float(cell) for name, cell in row.items()} for row in csv.DictReader(file)]


def summed(history):
    """What the summary and the report say of a training."""
    best = max(history, key=lambda row: row["test_accuracy"])
    return {
        "epochs": len(history),
        "last": history[-1]["test_accuracy"],
        "best": best["test_accuracy"],
        "epoch": int(best["epoch"]),
    }


def keep_photo(path):
    """Write scikit-learn's photo, as it is in its package, as a file for the commands of the README."""
    import sklearn.datasets

    original = Path(sklearn.datasets.__file__).parent / "images" / photo.SAMPLE
    with beside(path) as part:
        Path(part).write_bytes(original.read_bytes())


def program():
    """How vitnp was started, to be typed again: `.venv/bin/vitnp`, or `vitnp` where it is on the path."""
    typed = sys.argv[0]
    return typed if Path(typed).name == "vitnp" and width(typed) <= 30 else "vitnp"


def need_own(out):
    """Raise InputError where the folder holds what the demo would replace, and it is not an earlier demo's."""
    there = [*own(out), *(name for name in LEFT if (out / name).exists())]
    try:
        same = not there or dataclasses.replace(Wanted(**recall(out)["options"]), **ANY) == Wanted(**ANY)
    except InputError:
        same = False
    if not same:
        raise InputError(f"{out} holds {some_of(there)}, not of a demo; name another folder with --out")
