"""The one exception for bad input. Any room may import it; it imports nothing."""


class InputError(ValueError):
    """What the user gave cannot be used.

    The message is one line: what was given, what is needed, what to do. The command line prints it
    without a traceback and ends with status 2.
    """
