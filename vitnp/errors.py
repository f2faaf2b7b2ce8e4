"""The exception for bad input, and checks of plain values. Every folder may import it; it imports nothing of vitnp."""

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


def need_real(name, value, *, low, below, open_at_low=False):
    """The value as a float in [low, below), or in (low, below); never NaN, never infinite."""
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not real or not low <= value < below or (open_at_low and value == low):
        endless = below == math.inf
        if open_at_low:
            bounds = f"above {low:g}" + ("" if endless else f" and below {below:g}")
        else:
            bounds = f"from {low:g} " + ("on" if endless else f"to below {below:g}")
        raise InputError(f"{name} is {value!r}; need a {'finite ' if endless else ''}number {bounds}")
    return float(value)


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
