"""`vitnp lab DIR`: copies of the notebooks to work in, and with --open JupyterLab to work with."""

import importlib.util
import os
import shlex
import sys

from vitnp.course import lab
from vitnp.errors import InputError, install
from vitnp.system import language
from vitnp.system.language import Text

COPIED = Text(
    "{folder}: 노트북 {count}개, 풀이는 solutions 폴더에 있습니다.",
    "{folder}: {count} notebooks; the solutions are in the folder solutions",
)
BESIDE = Text(
    "고친 노트북은 그대로 두고 새 판을 옆에 썼습니다: {path}",
    "you have changed this notebook, so its new edition is beside it: {path}",
)
NEXT = Text("다음 순서: {command}", "next: {command}")


def add_options(parser):
    """The options of `vitnp lab`."""
    parser.add_argument("dir", metavar="DIR", help="a folder; what you have changed in it is not overwritten")
    parser.add_argument(
        "--lang", choices=language.LANGUAGES, help="of the notebooks (default: that of the locale)"
    )
    parser.add_argument("--open", action="store_true", help="start JupyterLab at the tour")
    parser.add_argument("options", nargs="*", default=[], metavar="OPTION", help="JupyterLab's own, after --")
    parser.set_defaults(run=run)


def run(args):
    """Copy, and say what to do next, or do it."""
    if args.options and not args.open:
        raise InputError(f"{args.options[0]} is for JupyterLab; give --open too, or leave it out")
    if args.open and importlib.util.find_spec("jupyterlab") is None:
        raise InputError(f"JupyterLab is not installed; install it with {install('notebooks')}")
    copied = lab.copy(args.dir, args.lang)
    lang = language.chosen(args.lang)
    for path in copied.beside:
        print(BESIDE.in_(lang).format(path=path))
    print(COPIED.in_(lang).format(folder=copied.first.parent, count=copied.notebooks), flush=True)
    words = [*options(copied), *args.options]
    if args.open:
        os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", *words])
    print(NEXT.in_(lang).format(command=shlex.join(["jupyter", "lab", *words])))
    return 0


def options(copied):
    """JupyterLab's, with which all links of the copies open; root, as in a container, needs one more."""
    allowed = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    root = os.path.relpath(copied.root)
    return [f"--ServerApp.root_dir={root}", *allowed, str(copied.first)]
