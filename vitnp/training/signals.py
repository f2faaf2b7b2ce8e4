"""Ctrl-C, SIGTERM and a closed terminal as a wish that is heard between two steps."""

import contextlib
import os
import signal
import sys
import threading

from vitnp.system.language import Text

SAVING = Text(
    "이 스텝 뒤에 저장하고 멈춥니다; 한 번 더 누르면 저장하지 않고 바로 끝냅니다",
    "saving after this step; once more leaves at once, unsaved",
)
NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


class Wish:
    """`signal` is None, or the number of the signal that asked to stop."""

    signal = None

    def __call__(self):
        """Whether to stop."""
        return self.signal is not None


@contextlib.contextmanager
def heard():
    """A `Wish` that the first of these signals makes come true; the second does what it always does.

    A signal that is ignored stays so, as SIGHUP under nohup. Outside the main thread, where Python takes no signals,
    the wish never comes true.
    """
    wish = Wish()
    if threading.current_thread() is not threading.main_thread():
        yield wish
        return
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}

    line = f"\nvitnp: {SAVING.in_()}\n".encode(getattr(sys.stderr, "encoding", None) or "utf-8", "replace")

    def restore():
        for number, handler in before.items():
            signal.signal(number, handler)

    def hear(number, _frame):
        wish.signal = number
        restore()
        with contextlib.suppress(OSError):  # the terminal may be gone
            # Not print: what the signal interrupted may be in the middle of printing.
            os.write(sys.stderr.fileno(), line)

    for number in before:
        signal.signal(number, hear)
    try:
        yield wish
    finally:
        restore()
