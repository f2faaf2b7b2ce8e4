"""What goes on while nothing can be printed yet. Imports nothing of vitnp."""

import contextlib
import sys


@contextlib.contextmanager
def working():
    """`say(what)` on standard error where a person looks, each in place of the one before; in the end nothing stays."""

    def say(what):
        if sys.stderr.isatty():
            print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)

    try:
        yield say
    finally:
        say("")
