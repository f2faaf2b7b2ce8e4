"""`system/threads.py`: parts of a batch in kept threads, whoever calls, whatever fails."""

import contextlib
import gc
import os
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest

from vitnp.system import blas, threads


def test_calls_from_several_threads_leave_blas_as_it_was(monkeypatch):
    """A second call, made while the first is at work and ending after it, must not keep the first one's limit."""

    class Blas:
        threads = 4

        @contextlib.contextmanager
        def limit(self, limits, user_api):
            before, Blas.threads = Blas.threads, limits or Blas.threads
            yield
            Blas.threads = before

    monkeypatch.setattr(blas, "controller", Blas)
    inside, first_is_done, seen = threading.Event(), threading.Event(), []

    def second(part):
        inside.set()
        first_is_done.wait(10)
        seen.append(Blas.threads)

    other = threading.Thread(target=threads.run, args=(second, [0]))

    def first(part):
        if part == 0:
            other.start()
            inside.wait(0.2)

    threads.run(first, [0, 1])
    first_is_done.set()
    other.join()
    assert (seen, Blas.threads) == ([4], 4)


def test_the_helpers_are_kept():
    """A new thread a step would sooner or later fill a heap of its own, beside the last one's."""
    helpers = {threads.run(lambda part: threading.get_ident(), [0, 1])[1] for _ in range(20)}
    assert len(helpers) == 1
    assert threading.get_ident() not in helpers
    first = threads.helper(0, os.getpid())
    assert first is threads.helper(0, os.getpid())
    assert first is not threads.helper(1, os.getpid())


@pytest.mark.parametrize("parts", [1, 2])
def test_a_thread_that_may_end_does_nothing_itself(parts):
    """A web server's, a notebook's: ten that come and go leave the work, and the memory, to the same threads."""
    workers = set()
    for _ in range(10):
        caller = threading.Thread(
            target=lambda: workers.update(threads.run(lambda part: threading.get_ident(), range(parts)))
        )
        caller.start()
        caller.join()
    assert len(workers) == parts
    assert threading.get_ident() not in workers


def called(call, from_main):
    """Call it here, or in a thread that ends."""
    if from_main:
        call()
    else:
        other = threading.Thread(target=call)
        other.start()
        other.join()


@pytest.mark.parametrize("from_main", [True, False])
def test_what_is_on_a_device_stays_with_its_caller(from_main):
    """CuPy's current device is the thread's."""

    def call():
        here = threading.get_ident()
        found.append(threads.run(lambda part: threading.get_ident() == here, [0], host=False))

    found = []
    called(call, from_main)
    assert found == [[True]]


@pytest.mark.parametrize("from_main", [True, False])
def test_the_callers_errstate_holds_in_every_part(from_main):
    def call():
        with np.errstate(over="raise"):
            found.extend(threads.run(lambda part: np.geterr()["over"], [0, 1]))

    found = []
    called(call, from_main)
    assert found == ["raise", "raise"]


def test_an_error_keeps_no_part_alive():
    """Not until the garbage is collected: after a MemoryError there is no room for what another part has made."""

    class Made:
        pass

    def work(part):
        made = Made()
        kept.append(weakref.ref(made))
        if part == 1:
            raise MemoryError
        return made

    kept = []
    gc.disable()
    try:
        with pytest.raises(MemoryError):
            threads.run(work, [0, 1, 2])
        assert [ref() for ref in kept] == [None] * 3
    finally:
        gc.enable()


OUTLIVES = """
import threading, time
from vitnp.system import threads

def work():
    while threading.main_thread().is_alive():
        time.sleep(0.001)
    print(threads.run(lambda part: part + 1, [0, 1]))

threading.Thread(target=work).start()
"""
FORKS = """
import os
from vitnp.system import threads

print(threads.run(lambda part: part + 1, [0, 1]), flush=True)
child = os.fork()
if not child:
    print(threads.run(lambda part: part + 1, [0, 1]), flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""
FORKS_WHILE_A_THREAD_WORKS = """
import os, threading
import threadpoolctl
from vitnp.system import blas, threads

def numbers():
    return [library["num_threads"] for library in threadpoolctl.threadpool_info()]

def work(part):
    inside.set()
    ended.wait()

import numpy
before, inside, ended = numbers(), threading.Event(), threading.Event()
other = threading.Thread(target=threads.run, args=(work, [0, 1]))
other.start()
inside.wait()
assert set(numbers()) <= {1}
child = os.fork()
if not child:
    assert numbers() == before
    print(threads.run(lambda part: part + 1, [0, 1]), flush=True)
    assert numbers() == before
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert set(numbers()) <= {1}
ended.set()
other.join()
assert numbers() == before
print(threads.run(lambda part: part + 1, [0, 1]), flush=True)
"""
FORKS_INSIDE = """
import os
from vitnp.system import blas

with blas.threads(1):
    child = os.fork()
    assert len(blas.LIMITS) == bool(child)
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
with blas.threads(1):
    print([1, 2])
assert not blas.LIMITS
"""


@pytest.mark.parametrize(
    ("program", "times"),
    [(OUTLIVES, 1), (FORKS, 2), (FORKS_WHILE_A_THREAD_WORKS, 2), (FORKS_INSIDE, 1)],
    ids=["outlives", "forks", "forks while a thread works", "forks in the block of a limit"],
)
def test_threads_of_programs_that_end_or_fork(program, times):
    """A server's thread that outlives the main thread; a child, which has no threads of its parent's."""
    command = [
        sys.executable,
        "-W",
        "ignore::DeprecationWarning",
        "-c",
        program,
    ]  # Python 3.12 on fork with threads
    two = os.environ | {"OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=two)
    assert (done.stdout, done.stderr) == ("[1, 2]\n" * times, "")


def test_a_part_that_fails_waits_for_the_others():
    """They would go on with the number of BLAS's threads of whoever comes next."""
    ended = []

    def work(part):
        if part == 0:
            raise ZeroDivisionError
        time.sleep(0.2)
        ended.append(part)

    with pytest.raises(ZeroDivisionError):
        threads.run(work, [0, 1, 2])
    assert sorted(ended) == [1, 2]


def test_every_share_has_its_thread():
    """All parts run at the same time: each waits for the others."""
    together = threading.Barrier(3, timeout=10)
    assert threads.run(lambda part: (together.wait(), part)[1], [1, 2, 3]) == [1, 2, 3]
