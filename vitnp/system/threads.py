"""Runs work in several threads; the threads are kept between calls. Imports `blas`, `memory`."""

import contextvars
import functools
import os
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait

from vitnp.system import blas, memory


def run(f, parts, *, small=False, host=True):
    """[f(part), …], one thread per part.

    Each thread has single-threaded BLAS; a single part that is not small has all of BLAS's threads. Several callers at
    a time run one after the other; f must not call `run`. host False: the arrays are on a device.
    """
    memory.keep_freed()
    # The main thread computes the first part itself: a tenth less peak memory for ViT-B/16. Other callers compute
    # none: each short-lived thread would fill a heap of its own (CIFAR-sized, from 40 threads: 691 MB instead of 134).
    # A caller with a device computes its part, because the current device is a setting of the thread.
    own = 1 if not host or threading.current_thread() is threading.main_thread() else 0
    own = own if can_start() else len(parts)
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


@functools.cache
def can_start():
    """Whether this Python can start threads; one in a browser, Pyodide, cannot. Tried once.

    A pool is no way to find out: each call that it could not start would stay in its queue, with its arrays.
    """
    tried = threading.Thread(target=bool, daemon=True)
    try:
        tried.start()
    except RuntimeError:
        return False
    tried.join()
    return True


def start(i, f, part):
    """f(part) in helper i, with the caller's `np.errstate`; in this thread if Python is exiting and starts no other."""
    try:
        return helper(i, os.getpid()).submit(contextvars.copy_context().run, f, part)
    except RuntimeError:
        done = Future()
        done.set_result(f(part))
        return done


@functools.cache
def helper(i, process):
    """The thread for part i of every call; a forked process does not inherit its parent's, hence `process`.

    It is kept: a new thread may find the heap of the last one still in use, and fill another (CIFAR-sized: 40 MB).
    """
    return ThreadPoolExecutor(1)
