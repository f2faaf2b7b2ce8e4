"""Ctrl-C and SIGTERM as a wish that is heard between two steps. Imports nothing of vitnp."""

import contextlib
import os
import signal
import threading


class Wish:
    """`signal` is None, or the number of the signal that asked to stop."""

    signal = None

    def __call__(self):
        """Whether to stop."""
        return self.signal is not None


@contextlib.contextmanager
def heard():
    """A `Wish` that the first Ctrl-C or SIGTERM makes come true; the second does what it always does.

    Outside the main thread, where Python takes no signals, it never comes true.
    """
    wish = Wish()
    if threading.current_thread() is not threading.main_thread():
        yield wish
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore():
        for number, handler in before.items():
            signal.signal(number, handler)

    def hear(number, _frame):
        wish.signal = number
        restore()
        # Not print: what the signal interrupted may be in the middle of printing.
        os.write(2, b"\nvitnp: saving after this step; once more leaves at once, unsaved\n")

    for number in before:
        signal.signal(number, hear)
    try:
        yield wish
    finally:
        restore()
