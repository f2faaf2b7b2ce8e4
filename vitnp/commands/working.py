"""What goes on while nothing can be printed yet. Imports nothing of vitnp."""

import sys


def working(what):
    """Say it on standard error where a person looks; the next call takes its place, "" leaves nothing."""
    if sys.stderr.isatty():
        print(f"\r\033[K{what + ' …' if what else ''}", end="", file=sys.stderr, flush=True)
