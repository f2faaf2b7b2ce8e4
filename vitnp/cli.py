"""The command line: `vitnp COMMAND` and `python -m vitnp COMMAND`. One file a command, in `commands/`.

Exit status: 0 done; 1 a check found something wrong; 2 bad input, said in one line; 130 interrupted.
"""

import argparse
import os
import sys

from vitnp import __version__
from vitnp.commands import (
    compare,
    demo,
    gradcheck,
    info,
    linear_eval,
    look,
    predict,
    pretrain,
    recipes,
    train,
    walk,
    weights,
)
from vitnp.errors import InputError

COMMANDS = (
    walk,
    gradcheck,
    train,
    pretrain,
    compare,
    recipes,
    linear_eval,
    predict,
    look,
    weights,
    info,
    demo,
)


class Parser(argparse.ArgumentParser):
    """A parser, and so one of each command, that says what is wrong in one line."""

    def error(self, message):
        """Raise InputError in place of printing the usage."""
        raise InputError(f"{' '.join(message.split())}; {self.prog} --help shows what it takes")

    def parse_known_args(self, args=None, namespace=None):
        """As argparse does, but what a command does not know is an error of that command, not of `vitnp`."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown


def parser():
    """The parser of all commands; each adds its own options and says which function runs it."""
    top = Parser(
        prog="vitnp",
        description="A Vision Transformer written by hand in NumPy, step by step with the slides.",
    )
    top.add_argument("--version", action="version", version=f"vitnp {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_parser(commands)
    return top


def main(argv=None):
    """Run one command and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console without ✓ or Korean shows ? in their place
            stream.reconfigure(errors="replace")
    try:
        args = parser().parse_args(argv)
        return args.run(args)
    except InputError as problem:
        print(f"vitnp: {problem}", file=sys.stderr)
        return 2
    except MemoryError as problem:
        why = f" ({problem})" if str(problem) else ""
        print(
            f"vitnp: this needs more memory than there is{why}; give a smaller --image-size, batch or model",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print("vitnp: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, `head` for example, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
