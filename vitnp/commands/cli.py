"""The command line: `vitnp COMMAND` and `python -m vitnp COMMAND`. One file a command, in `commands/`.

Exit status: 0 done; 1 a check found something wrong; 2 bad input, or what the system refuses, said in one line;
130 interrupted; 141 the reader of the output, `head` for example, left before the end, so that the command did not come
to its own end. A command that does nothing but print what is known (`only_prints`) ends with 0 then.
"""

import argparse
import contextlib
import importlib
import os
import sys
import warnings

from vitnp import __version__
from vitnp.commands import overview
from vitnp.commands.overview import COMMANDS
from vitnp.errors import Assumed, InputError, did_you_mean, nearest, one_line
from vitnp.system import language
from vitnp.system.help import Formatter
from vitnp.system.output import unless_gone

NO_THREAD = "can't start new thread"  # what Python says of it


class Parser(argparse.ArgumentParser):
    """A parser, and so one of each command, that says what is wrong in one line."""

    may_be_empty = ()  # what may be given as "" too, such as a text; of a name or a number it is a slip

    def __init__(self, **how):
        # --seed would be taken for --seeds
        super().__init__(**{"allow_abbrev": False, "formatter_class": Formatter} | how)

    def error(self, message):
        """Raise InputError in place of printing the usage."""
        raise InputError(f"{' '.join(message.split())}; {self.prog} --help shows what it takes")

    def _print_message(self, message, file=None):
        """What --help and --version print; argparse itself is silent about a disk that is full."""
        print(message, end="", file=file, flush=True)

    def parse_known_args(self, args=None, namespace=None):
        """As argparse does, but what a command does not know is an error of that command, not of `vitnp`."""
        self.need_known(sys.argv[1:] if args is None else args)
        found, unknown = super().parse_known_args(args, namespace)
        unknown = self.taken(unknown, found)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        for action in self._actions:
            given = getattr(found, action.dest, None)
            if action.dest in self.may_be_empty:
                continue
            if given == "" or (isinstance(given, list) and "" in given):  # as of a variable that is not set
                self.error(f"{'/'.join(action.option_strings) or action.metavar} is empty")
        return found, unknown

    def taken(self, words, found):
        """The words that argparse left over, less those of a list it closed at the first option: a.png --json b.png."""
        end = words.index("--") if "--" in words else len(words)
        lists = [a.dest for a in self._actions if a.nargs in ("*", "+") and not a.option_strings]
        if not lists or any(self._parse_optional(word) is not None for word in words[:end]):
            return words
        getattr(found, lists[-1]).extend(words[:end] + words[end + 1 :])
        return []

    def need_known(self, words):
        """Raise InputError for an option that this command has not; argparse would first miss those that it needs."""
        if self._subparsers is not None:  # the rest is another parser's
            return
        options = [option for option in self._option_string_actions if option.startswith("--")]
        for word in words:
            if word == "--":
                return
            name = word.partition("=")[0]
            if name.startswith("--") and not any(option.startswith(name) for option in options):
                hint = (
                    f"; {did_you_mean(name, options).removesuffix('? ')}?" if nearest(name, options) else ""
                )
                self.error(f"unrecognized arguments: {word}{hint}")


def parser(words):
    """The parser of all commands, with the options of the one that is typed: the others' files are not imported."""
    top = Parser(prog="vitnp")
    top.format_help = overview.page
    top.add_argument("--version", action="version", version=f"vitnp {__version__}")
    commands = top.add_subparsers(prog="vitnp", metavar="COMMAND", required=True)
    typed = next((word for word in words if word in COMMANDS), None)
    for name, what in COMMANDS.items():
        command = commands.add_parser(name, description=what.in_())
        if name == typed:
            importlib.import_module(f"vitnp.commands.{name.replace('-', '_')}").add_options(command)
            if name != "workshop":  # a student's folder has its language
                add_lang(command)
    return top


def add_lang(parser):
    """Add --lang to the parser of a command, or to those of its subcommands, where it is not an option already."""
    if parser._subparsers is not None:
        for action in parser._subparsers._group_actions:
            for one in action.choices.values():
                add_lang(one)
    elif "--lang" not in parser._option_string_actions:
        parser.add_argument("--lang", choices=language.LANGUAGES, help="language (default: the locale's)")


def main(argv=None):
    """Run one command and return its exit status; in the language of --lang where the command has it."""
    words = sys.argv[1:] if argv is None else argv
    with standard_streams(), language.used(wished(words)), assumptions_said():
        return run(words)


def wished(words):
    """The language that --lang names, so that an error in another option is in it too; None where it names none."""
    for word, following in zip(words, [*words, ""][1:], strict=True):
        name, _, given = word.partition("=")
        if name == "--lang" and (given or following) in language.LANGUAGES:
            return given or following
    return None


def run(words):
    """Run the command of these words; print in one line why it cannot be run."""
    args = argparse.Namespace()
    try:
        if any("\0" in word for word in words):  # only from Python: no system passes it on
            raise InputError("an argument has a NUL character, which no name of a file has; leave it out")
        if not words:
            args.only_prints = True
            print(overview.page(), end="", flush=True)
            return 0
        args = parser(words).parse_args(words)
        status = args.run(args)
        sys.stdout.flush()  # while it can still be said that the disk is full
        return status
    except InputError as problem:
        return said(problem, 2, words)
    except MemoryError as problem:  # who reads a file names it
        why = f" ({problem})" if str(problem) else ""
        return said(
            f"this needs more memory than there is{why}; give a smaller --image-size, batch or model",
            2,
            words,
        )
    except RuntimeError as problem:
        if str(problem) != NO_THREAD:
            raise
        what = " ".join(
            [f"the system gives no more threads, or no memory for one ({problem})", *notes(problem)]
        ).strip()
        return said(f"{what}; give fewer --workers, or raise the limit", 2, words)
    except KeyboardInterrupt:
        return said("interrupted", 130)
    except BrokenPipeError:
        return 0 if getattr(args, "only_prints", False) else 141
    except OSError as problem:
        what = "the output or a file" if problem.filename is None else problem.filename
        return said(
            f"cannot read or write {what} ({problem.strerror or problem}); "
            "check that it is there, its permissions, and the room on its disk",
            2,
            words,
        )


def notes(problem):
    """What was added to an exception on its way, such as where a training was saved."""
    return getattr(problem, "__notes__", [])


def said(line, status, words=()):
    """The status, when the line is printed on standard error in the language that is chosen, if that can be.

    words: what the user has typed, which no translation changes.
    """
    own = {part for word in words for part in (word, word.partition("=")[2])}
    with contextlib.suppress(OSError):
        print(f"vitnp: {one_line(language.translated(line, own=own))}", file=sys.stderr)
    return status


@contextlib.contextmanager
def assumptions_said():
    """During the block an `errors.Assumed`, what a file does not say, is a note on standard error, each line once."""
    lines = set()
    with warnings.catch_warnings():
        others = warnings.showwarning

        def show(message, category, *where, **more):
            if not issubclass(category, Assumed):
                others(message, category, *where, **more)
            elif str(message) not in lines:
                lines.add(str(message))
                with contextlib.suppress(OSError):
                    print(f"note: {one_line(language.translated(str(message)))}", file=sys.stderr)

        warnings.simplefilter("always", Assumed)
        warnings.showwarning = show
        yield


@contextlib.contextmanager
def standard_streams():
    """Streams that take every letter during the block, and whatever is left in them when it ends is not missed.

    A console without ✓ or Korean shows ? in their place; a stream that was closed before the start is the null device.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  until the process ends
        if hasattr(getattr(sys, name), "reconfigure"):
            getattr(sys, name).reconfigure(errors="replace")
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with unless_gone(stream):
                stream.flush()
