"""`python -m vitnp.course.workshop.known` writes numbers.json; with --check it says whether that would change it."""

import sys

from vitnp.course.workshop.known import numbers


def main(arguments):
    """The exit status."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m vitnp.course.workshop.known [--check]")
        return 2
    if not arguments:
        numbers.FILE.write_text(numbers.text(numbers.made()), encoding="utf-8")
        return 0
    keys = numbers.drift()
    if keys:
        print(f"numbers.json is out of date for {', '.join(keys)}; run python -m vitnp.course.workshop.known")
    return int(bool(keys))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
