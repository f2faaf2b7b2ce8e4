"""The command line of `python notebooks/slides`, which `make slides` calls."""

import argparse
import sys
from pathlib import Path

from slides import browser, deck
from slides.page import page
from vitnp.course import plans
from vitnp.errors import InputError
from vitnp.system.language import LANGUAGES, chosen
from vitnp.system.writing import as_input_error, beside

EXAMPLE = "such as make slides NOTEBOOK=notebooks/ko/05_attention.ipynb or make slides PLAN=90min"


class Parser(argparse.ArgumentParser):
    """A parser whose mistakes are one line."""

    def error(self, message):
        raise InputError(f"{' '.join(message.split())}; {EXAMPLE}")


def parser():
    """What may be given."""
    made = Parser(prog="make slides", description=__doc__, allow_abbrev=False)
    made.add_argument("notebooks", nargs="*", help="built notebooks, or their numbers")
    made.add_argument("--plan", help="the deck of a lesson plan, such as 90min")
    made.add_argument("--lang", choices=LANGUAGES, help="default: the notebook's, else the locale's")
    made.add_argument("--out", default="slides", type=Path, help="the folder, default slides/")
    made.add_argument("--dark", action="store_true", help="light letters on a dark page")
    made.add_argument("--notes", action="store_true", help="the PDF with a page of notes after each slide")
    return made


def notebook_paths(given, lang):
    """(paths, language) of the notebooks given as files or numbers. A language asked for chooses the edition."""
    lang = lang or ("ko" if given and Path(given[0]).parent.name == "ko" else None)
    if lang is None:
        lang = "en" if any(name.endswith(".ipynb") for name in given) else chosen()
    return [_edition(name, lang) for name in given], lang


def _edition(name, lang):
    path = Path(name)
    if path.suffix != ".ipynb":
        return deck.notebook(name, lang)
    parent = path.parent.parent if path.parent.name == "ko" else path.parent
    other = (parent / "ko" if lang == "ko" else parent) / path.name
    return other if other.exists() else path


def build(options):
    """(name, title, pages, language) of what is asked for."""
    if bool(options.plan) == bool(options.notebooks):
        raise InputError(f"which notebook, or which plan? {EXAMPLE}")
    if options.plan:
        plan, lang = plans.load(options.plan), chosen(options.lang)
        return plan.name, plan.title.in_(lang), deck.of_plan(plan, lang), lang
    paths, lang = notebook_paths(options.notebooks, options.lang)
    pages = deck.of_notebooks(paths, lang)
    return "+".join(path.stem for path in paths), pages[0].title, pages, lang


def write(options):
    """Write the page, and the PDF if there is a browser; say what is there."""
    name, title, pages, lang = build(options)
    with as_input_error(options.out):
        options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / f"{name}-{lang}.html"
    with beside(file) as part:
        Path(part).write_text(page(pages, title, lang, dark=options.dark), "utf-8")
    print(
        f"{file}: {len(pages)} slides; open it in a browser, no network needed; S: speaker notes, F: full screen"
    )
    found = browser.find()
    if not found:
        print(
            f"no PDF: no Chromium, Chrome or Edge found; name one with CHROME=…, or open {file} and print it"
        )
        return
    printed = file.with_suffix(".pdf")
    browser.pdf(found, file, printed, notes=options.notes)
    print(f"{printed}: one slide per page")
    for number, what, where in browser.check(found, file)[1]:
        print(f"slide {number}: {what}: {where}")


def main(arguments=None):
    """0, or 2 and one line on what is wrong."""
    try:
        write(parser().parse_args(arguments))
    except InputError as problem:
        print(f"make slides: {problem}", file=sys.stderr)
        return 2
    return 0
