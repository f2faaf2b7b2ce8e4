"""`vitnp …` without a new process: what it prints is looked at, whatever the command is."""

import contextlib
import io

from fuzz.judge import Wrong
from vitnp.commands import cli
from vitnp.errors import LONGEST, InputError

DRAWN = "\n\r\t"  # lines, and tqdm's bars


def vitnp(*words):
    """(standard output, standard error) of a command that ends with status 0 or 1, a check that found something.

    Raises InputError for one that is refused with status 2 and one line, and `Wrong` for any other ending.
    """
    name, out, err = (*words, "vitnp")[0], io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = cli.main(list(words))
        except SystemExit as end:  # of --help and --version
            status = end.code
    out, err = out.getvalue(), err.getvalue()
    for text in (out, err):
        odd = {c for c in text if not c.isprintable() and c not in DRAWN}
        if odd:
            raise Wrong(f"{name} prints control characters")
    if status == 2:
        raise InputError(line_of(name, err))
    if status not in (0, 1):
        raise Wrong(f"{name} ends with status {status}")
    return out, err


def line_of(command, err):
    """The message in what a refused command printed: one line after what it drew."""
    lines = [line.rpartition("\r")[2] for line in err.splitlines() if line.strip()]
    if not lines or not lines[-1].startswith("vitnp: "):
        raise Wrong(f"{command} ends with status 2 and not with a message")
    if len(lines) > 1:
        raise Wrong(f"{command} says {len(lines)} lines where it refuses")
    message = lines[-1].removeprefix("vitnp: ")
    if len(message) > LONGEST:
        raise Wrong(f"{command} says a line of more than {LONGEST} characters")
    return message
