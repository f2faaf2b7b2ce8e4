"""Sets BLAS's thread count, which is process-wide. Imports nothing of vitnp."""

import contextlib
import functools
import os
import threading

ONE_CALLER = threading.RLock()  # only one caller at a time may change a process-wide number
CHANGING = threading.RLock()  # held while the number is changed: a fork waits for the whole change
LIMITS = []  # those that are in force, the last one innermost


@contextlib.contextmanager
def threads(number):
    """In the block BLAS uses `number` threads, or as many as before (None). Other callers wait until the block ends."""
    with ONE_CALLER:
        with CHANGING:
            limit = controller().limit(limits=number, user_api="blas")
            limit.__enter__()
            LIMITS.append(limit)
        try:
            yield
        finally:
            with CHANGING:
                if limit in LIMITS:  # not in a child that was forked inside the block
                    lift()


def lift():
    """End the innermost limit."""
    LIMITS.pop().__exit__(None, None, None)


def after_fork_in_child():
    """Undo what the other threads of the parent were at: in the child there is nobody who would."""
    global ONE_CALLER
    ONE_CALLER = threading.RLock()
    while LIMITS:
        lift()
    CHANGING.release()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(
        before=CHANGING.acquire, after_in_parent=CHANGING.release, after_in_child=after_fork_in_child
    )


@functools.cache
def controller():
    """Controls BLAS's thread count. Cached: finding the libraries takes as long as a small model's step."""
    import threadpoolctl

    return threadpoolctl.ThreadpoolController()
