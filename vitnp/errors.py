"""The exception for bad input, and checks of plain values. Every folder may import it; it imports nothing of vitnp."""

import contextlib
import difflib
import math
import numbers
import reprlib

LONGEST = 300  # characters of a message
SHOWN = 60  # characters of a value in it


class InputError(ValueError):
    """The user's input cannot be used.

    The message is one line: what was given, what is needed, how to fix it. The command line prints it without a
    traceback and ends with status 2. Whatever a file, a server or an argument says in it, it is `one_line`.
    `whole` is the message before its middle was left out, for `system.language.translated`.
    """

    def __init__(self, message):
        line = one_line(message)
        super().__init__(line)
        self.whole = str(message) if len(str(message)) <= 4 * LONGEST else line


class Assumed(UserWarning):
    """What `load` took to be so because neither the file nor the caller says it, one line a file."""


def one_line(text, most=LONGEST):
    """The text in one line of at most `most` characters: what a terminal would obey is replaced by �.

    Of a longer text the middle is left out: the beginning says what is wrong, the end what to do.
    """
    text = str(text)
    if len(text) > 4 * most:  # of megabytes too much is left out at once
        text = f"{text[: 2 * most]} {text[-2 * most :]}"
    line = printable(" ".join(text.split()))
    start = most * 5 // 8
    return line if len(line) <= most else f"{line[:start]} … {line[start + 3 - most :]}"


def printable(text):
    """The text with � in place of what a terminal would obey, line ends included."""
    return "".join(c if c.isprintable() else "\ufffd" for c in str(text))


def shown(value, most=SHOWN):
    """A value as Python writes it, in at most `most` characters; also one that Python does not write."""
    how = reprlib.Repr()
    how.maxstring = how.maxother = how.maxlong = most
    try:
        return one_line(how.repr(value), most)
    except (ValueError, RecursionError):  # a whole number of more digits than Python writes; endless nesting
        return f"a {type(value).__name__} too long to write"


MOST = 2**24  # of anything counted: more than any model has, and few enough not to look like a hang


def need_int(name, value, *, at_least, at_most=MOST):
    """The value as an int. A NumPy integer is accepted, a bool is not."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or not at_least <= value <= at_most:
        raise InputError(
            f"{name} is {shown(value)}; need a whole number of at least {at_least} and at most {at_most:,}"
        )
    return int(value)


def need_real(name, value, *, low, below=math.inf, at_most=None, open_at_low=False):
    """The value as a float of at least low, or above it; below `below`, or at most `at_most`, which may be inf."""
    number = math.nan  # which is in no interval
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):  # a whole number beyond float64
            number = float(value)
    high_enough = number > low if open_at_low else number >= low
    if not high_enough or not (number < below if at_most is None else number <= at_most):
        word, limit = ("below", below) if at_most is None else ("at most", at_most)
        bounds = f"above {low:g}" if open_at_low else f"from {low:g}"
        if limit < math.inf:
            bounds += f" {'and' if open_at_low else 'to'} {word} {limit:g}"
        elif not open_at_low:
            bounds += " on"
        finite = "finite " if limit == math.inf and at_most is None else ""
        raise InputError(f"{name} is {shown(value)}; need a {finite}number {bounds}")
    return number


def need_bool(name, value):
    """The value. Raises InputError unless it is True or False."""
    if not isinstance(value, bool):
        raise InputError(f"{name} is {shown(value)}; need True or False")
    return value


def need_choice(name, value, choices):
    """Raise InputError unless the value is one of the choices."""
    if not known(value, choices):
        raise InputError(f"{name} is {quoted(value)}; choose {' or '.join(choices)}")


def need_near(name, value, choices):
    """Raise InputError, naming the most similar choices, unless the value is one of the choices."""
    if not known(value, choices):
        raise InputError(
            f"{name} is {quoted(value)}; {did_you_mean(value, choices)}choose from {', '.join(choices)}"
        )


def known(value, names):
    """Whether the value is one of the names; what is no string is none."""
    return isinstance(value, str) and value in names


def quoted(value):
    """A name in a message: a string between its quotes, anything else as Python writes it."""
    return f'"{one_line(value, SHOWN)}"' if isinstance(value, str) else shown(value)


def some_of(phrases, most=3):
    """The first of the phrases, and how many more there are: "a; b; c; and 7 more"."""
    more = [f"and {len(phrases) - most:,} more"] if len(phrases) > most else []
    return "; ".join([*phrases[:most], *more])


def did_you_mean(value, choices):
    """The words "did you mean …? " with the most similar choices; "" if none is similar."""
    near = nearest(value, choices)
    return f"did you mean {' or '.join(near)}? " if near else ""


def nearest(value, choices, *, most=2, cutoff=0.5):
    """At most `most` of the choices, the most similar to the value first; upper and lower case are the same.

    cutoff is difflib's, 0…1: less similar choices are left out, with 0 none is. A value that is itself a choice, but
    for its case, gives that one alone.
    """
    names = {choice.lower(): choice for choice in choices}
    value = one_line(value).lower() if isinstance(value, str) else shown(value)
    near = [value] if value in names else difflib.get_close_matches(value, names, n=most, cutoff=cutoff)
    return [names[name] for name in near]


def counted(n, noun):
    """ "1 step", "2,000 steps"."""
    plural = f"{noun}es" if noun.endswith("ss") else f"{noun}s"
    return f"{n:,} {noun if n == 1 else plural}"


def install(extra):
    """The command that adds one of the extras of pyproject.toml to the vitnp that is installed."""
    return f'pip install "vitnp[{extra}]"'
