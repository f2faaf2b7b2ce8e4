"""Lines for a person to read. What shows them may be gone, and ends no work. Imports `errors`."""

import contextlib
import contextvars
import io
import os
import sys
import unicodedata

from vitnp.errors import printable

_said = contextvars.ContextVar("lines that were said in a block that repeats nothing", default=None)


def say(text, stream=None):
    """Print a line, or several; where it cannot be written, go on without."""
    stream = sys.stdout if stream is None else stream
    with unless_gone(stream):
        print("\n".join(map(printable, text.split("\n"))), file=stream, flush=True)


@contextlib.contextmanager
def repeating_nothing():
    """In the block `say_new` says a line once: the trainings of a series read the same pictures."""
    token = _said.set(set())
    try:
        yield
    finally:
        _said.reset(token)


def say_new(text, stream=None):
    """Print a line, unless it was said before in a block that repeats nothing."""
    said = _said.get()
    if said is None or text not in said:
        say(text, stream)
    if said is not None:
        said.add(text)


@contextlib.contextmanager
def unless_gone(stream):
    """In the block the stream is written to. If nobody reads it any more, or its disk is full, it is silenced."""
    try:
        yield
    except OSError:
        silence(stream)
    except ValueError:
        if not stream.closed:
            raise


def silence(stream):
    """Let the stream lead nowhere: what is left in its buffer would fail again when Python ends."""
    with contextlib.suppress(io.UnsupportedOperation):  # a stream of Python's own, without a file
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def width(text):
    """The columns that the text takes in a terminal: a Korean letter takes two, a mark above one before it none."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
