"""The command line: `vitnp COMMAND` and `python -m vitnp COMMAND`. One file a command, in `commands/`.

Exit status: 0 done; 1 a check found something wrong; 2 bad input, said in one line; 130 interrupted.
"""

import argparse
import importlib
import os
import sys

from vitnp import __version__
from vitnp.errors import InputError

COMMANDS = {  # and what each does; its options are in the file of its name in `commands/`
    "walk": "run a photo through a model and check every step with the slides",
    "gradcheck": "check every gradient of a model against the complex step and central differences",
    "train": "train a model and save it, its history and its curves",
    "pretrain": "learn from images without labels, for train --init",
    "compare": "train with one field changed, over seeds; table and picture",
    "recipes": "how to train: hyper-parameters, and what accuracy to expect",
    "linear-eval": "few-shot accuracy of a frozen model, by least squares in closed form",
    "predict": "the most likely classes of pictures, by a ViT from a file",
    "look": "filters, positions, attention and rollout of one image, drawn",
    "weights": "fetch, inspect and convert the weights of published ViTs",
    "info": "a model's configuration, parameters, multiply–adds and bytes",
    "demo": "walk a photo through B/16 and back, check the gradients, train on digits, draw pictures",
}


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
        for action in self._actions:
            given = getattr(found, action.dest, None)
            if given == "" or (isinstance(given, list) and "" in given):  # as of a variable that is not set
                self.error(f"{'/'.join(action.option_strings) or action.metavar} is empty")
        return found, unknown


def parser(words):
    """The parser of all commands, with the options of the one that is typed: the others' files are not imported."""
    top = Parser(
        prog="vitnp",
        description="A Vision Transformer written by hand in NumPy, step by step with the slides.",
    )
    top.add_argument("--version", action="version", version=f"vitnp {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    typed = next((word for word in words if word in COMMANDS), None)
    for name, what in COMMANDS.items():
        command = commands.add_parser(name, help=what)
        if name == typed:
            importlib.import_module(f"vitnp.commands.{name.replace('-', '_')}").add_options(command)
    return top


def main(argv=None):
    """Run one command and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console without ✓ or Korean shows ? in their place
            stream.reconfigure(errors="replace")
    try:
        words = sys.argv[1:] if argv is None else argv
        args = parser(words).parse_args(words)
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
