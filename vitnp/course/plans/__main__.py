"""Prints the speaker notes of a plan, or writes what the docs say of the plans.

python -m vitnp.course.plans 90min --lang ko     print the notes
python -m vitnp.course.plans                     write docs/lecturer.md, docs/speaker-notes.md and their Korean pages
"""

import argparse

from vitnp.course import plans
from vitnp.course.plans import page
from vitnp.system import language
from vitnp.system.writing import beside


def main(arguments=None):
    """The command; returns nothing."""
    parser = argparse.ArgumentParser(prog="python -m vitnp.course.plans", description=__doc__.splitlines()[0])
    parser.add_argument("plan", nargs="?", choices=plans.names())
    parser.add_argument("--lang", choices=language.LANGUAGES)
    args = parser.parse_args(arguments)
    if args.plan:
        print(page.notes(plans.load(args.plan), language.chosen(args.lang)))
        return
    for lang in language.LANGUAGES:
        write(page.PAGES[lang], page.filled(page.PAGES[lang].read_text("utf-8"), lang))
        write(page.NOTES[lang], page.all_notes(lang))


def write(path, text):
    """Write a page whole or not at all."""
    with beside(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
