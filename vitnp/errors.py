"""The exception for bad input, and checks of plain values. Every folder may import it; it imports nothing of vitnp."""

import contextlib
import difflib
import math
import numbers


class InputError(ValueError):
    """The user's input cannot be used.

    The message is one line: what was given, what is needed, how to fix it. The command line prints it without a
    traceback and ends with status 2.
    """


MOST = 2**24  # of anything counted: more than any model has, and few enough not to look like a hang


def need_int(name, value, *, at_least, at_most=MOST):
    """The value as an int. A NumPy integer is accepted, a bool is not."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or not at_least <= value <= at_most:
        raise InputError(
            f"{name} is {value!r}; need a whole number of at least {at_least} and at most {at_most:,}"
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
        raise InputError(f"{name} is {value!r}; need a {finite}number {bounds}")
    return number


def need_choice(name, value, choices):
    """Raise InputError unless the value is one of the choices."""
    if value not in choices:
        raise InputError(f'{name} is "{value}"; choose {" or ".join(choices)}')


def need_near(name, value, choices):
    """Raise InputError, naming the most similar choices, unless the value is one of the choices."""
    if value not in choices:
        raise InputError(
            f'{name} is "{value}"; {did_you_mean(value, choices)}choose from {", ".join(choices)}'
        )


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
    value = str(value).lower()
    near = [value] if value in names else difflib.get_close_matches(value, names, n=most, cutoff=cutoff)
    return [names[name] for name in near]
