"""How many threads BLAS takes: a number of the whole process. Imports nothing of vitnp."""

import contextlib
import functools
import threading

ONE_CALLER = threading.RLock()  # of two, the limit of the one that ends last would remain


@contextlib.contextmanager
def threads(number):
    """Inside, BLAS takes `number` threads, or as many as it has (None). Other callers wait until this one is done."""
    with ONE_CALLER, controller().limit(limits=number, user_api="blas"):
        yield


@functools.cache
def controller():
    """Controls BLAS's thread count. Kept: to find the libraries takes as long as a step of a small model."""
    import threadpoolctl

    return threadpoolctl.ThreadpoolController()
