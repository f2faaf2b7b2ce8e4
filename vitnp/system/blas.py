"""Sets BLAS's thread count, which is process-wide. Imports nothing of vitnp."""

import contextlib
import functools
import threading

ONE_CALLER = threading.RLock()  # only one caller at a time may change a process-wide number


@contextlib.contextmanager
def threads(number):
    """In the block BLAS uses `number` threads, or as many as before (None). Other callers wait until the block ends."""
    with ONE_CALLER, controller().limit(limits=number, user_api="blas"):
        yield


@functools.cache
def controller():
    """Controls BLAS's thread count. Cached: finding the libraries takes as long as a small model's step."""
    import threadpoolctl

    return threadpoolctl.ThreadpoolController()
