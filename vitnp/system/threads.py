"""Work done in several threads at once, which are kept. Imports its neighbors."""

import contextvars
import functools
import os
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait

from vitnp.system import blas, memory


def run(f, parts, *, small=False, host=True):
    """[f(part), …], one thread each with single-threaded BLAS; one part alone, unless small, has BLAS's threads.

    Called from several threads at once, it serves one after the other; f must not call it. host False: the arrays are
    on a device.
    """
    memory.keep_freed()
    # The main thread takes the first part itself: a tenth less memory at the peak of ViT-B/16. Another one takes none,
    # as each that comes and goes would fill a heap (CIFAR-sized, from 40 threads: 691 MB instead of 134); but a device
    # is chosen thread by thread.
    own = 1 if not host or threading.current_thread() is threading.main_thread() else 0
    with blas.threads(1 if small or len(parts) > 1 else None):
        others = deque(start(i, f, part) for i, part in enumerate(parts[own:]))
        try:
            results = [f(part) for part in parts[:own]]
            while others:
                results.append(others[0].result())
                others.popleft()
            return results
        finally:
            wait(others)  # even if one failed: none may still run when the next caller changes BLAS's threads
            others.clear()  # else an error would keep the arrays of all parts alive


def start(i, f, part):
    """f(part) in helper i, under the caller's `np.errstate`; here and now where Python ends and starts nothing more."""
    try:
        return helper(i, os.getpid()).submit(contextvars.copy_context().run, f, part)
    except RuntimeError:
        done = Future()
        done.set_result(f(part))
        return done


@functools.cache
def helper(i, process):
    """A thread that a caller does not bring itself; a forked process has none of its parent's.

    It is kept, and does part i of every call: a new one may find the last one's heap not yet free, and fill another
    (CIFAR-sized: 40 MB).
    """
    return ThreadPoolExecutor(1)
