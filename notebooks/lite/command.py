"""The command line of `python notebooks/lite`, which `make site` and `make site-check` call."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lite import chromium, front, jupyterlite, wheel
from lite.versions import KEPT, ROOT, requirements, unmet
from vitnp.errors import InputError
from vitnp.system.language import LANGUAGES
from vitnp.system.writing import as_input_error

PAGES = ROOT / "docs" / "pages"


class Parser(argparse.ArgumentParser):
    """A parser whose mistakes are one line."""

    def error(self, message):
        raise InputError(
            f"{' '.join(message.split())}; such as make site or make site OPTIONS='--out public'"
        )


def parser():
    """What may be given."""
    made = Parser(prog="make site", description=__doc__, allow_abbrev=False)
    made.add_argument(
        "--out", default="site", type=Path, help="the folder, default site/; replaced if it is there"
    )
    made.add_argument(
        "--check",
        action="store_true",
        help="start a site in an offline Chromium; needs npm and PyPI",
    )
    return made


def build(out):
    """The whole site. It is made in a folder beside `out`, which it replaces at the end: a stop loses nothing."""
    if lacking := unmet(requirements(), KEPT["versions"]):
        raise InputError("; ".join(lacking) + "; take a newer Pyodide in notebooks/lite/pyodide.json")
    need_replaceable(out)
    with as_input_error(out):
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        beside = tempfile.TemporaryDirectory(dir=out.absolute().parent, prefix=".site-")
    with beside as made:
        new = Path(made, "site")
        jupyterlite.build(new / "lite", [wheel.build(Path(made, "wheel"))])
        front.write(new, pages(new / "pages"))
        put(new, out, Path(made, "old"))
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"{out}/: {size / 1e6:.0f} MB for any web server; look at it: python3 -m http.server -d {out}")


def need_replaceable(out):
    """Raise InputError unless `out` is not there, is an empty folder, or is an earlier site."""
    if not out.exists() or (out / "lite" / "jupyter-lite.json").exists():
        return
    if not out.is_dir() or any(out.iterdir()):
        raise InputError(f"{out} is there and is no site of vitnp; name another folder with --out")


def put(new, out, old):
    """Rename the folder `new` to `out`; what is there becomes `old`, and is put back if that fails."""
    with as_input_error(out):
        if out.exists():
            out.rename(old)
        try:
            new.rename(out)
        finally:
            if old.exists() and not out.exists():
                old.rename(out)


def pages(folder):
    """The interactive pages, copied or made: those of docs/pages, and the live page in each language."""
    folder.mkdir(parents=True)
    for path in sorted(PAGES.glob("*.html")):
        shutil.copy(path, folder)
    for lang in LANGUAGES:
        command = [sys.executable, "-m", "vitnp", "explore", "--live", "--lang", lang]
        command += ["--out", str(folder / f"live-{lang}.html")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise InputError(f"the live page cannot be made: {done.stderr.strip()}")
    return sorted(folder.glob("*.html"))


def main(arguments=None):
    """0, or 2 and one line on what is wrong; 130 if it is stopped."""
    try:
        options = parser().parse_args(arguments)
        chromium.check() if options.check else build(options.out)
    except InputError as problem:
        print(f"make site: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("make site: stopped; a site that was there before is as it was", file=sys.stderr)
        return 130
    return 0
