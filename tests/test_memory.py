"""Memory that arrays leave behind is kept: counted in the page faults of a fresh Python."""

import ctypes
import subprocess
import sys

import pytest

from vitnp.system import memory

GLIBC = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallopt")

# 30 arrays of 3 MB, too small for huge pages, are made and freed: 22,000 pages a round. A batch's shares do it in the
# caller and in helper threads, which are kept: a new one may find the last one's heap not yet free, and fill another.
# Other threads may have had memory before, as a loader's and a notebook's: a heap each, which a new one may be given.
PROGRAM = """
import resource, sys, threading
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from vitnp.system import memory

def some_arrays():
    kept = [np.ones(3_000_000, np.uint8) for _ in range(30)]

def other(ready):
    kept = np.ones(300_000, np.uint8)
    ready.set()
    threading.Event().wait()

for i in range(int(sys.argv[2])):
    ready = threading.Event()
    threading.Thread(target=other, args=[ready], daemon=True).start()
    ready.wait()
memory.keep_freed()
helper = ThreadPoolExecutor(1)
for i in range(6):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    some_arrays() if sys.argv[1] == "caller" else helper.submit(some_arrays).result()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not GLIBC, reason="only glibc has these switches")
@pytest.mark.parametrize("where", ["caller", "helper"])
@pytest.mark.parametrize("threads", [0, 5])
def test_freed_memory_serves_the_next_arrays(where, threads):
    """The last round's page faults. Without M_TRIM_THRESHOLD the caller has 5,588, without M_TOP_PAD the helper 5,860,
    without M_MMAP_MAX both so many or more."""
    command = [sys.executable, "-c", PROGRAM, where, str(threads)]
    assert int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) < 200


@pytest.mark.parametrize("platform", ["darwin", "win32", "linux"])
def test_a_c_library_without_the_switches_is_left_alone(monkeypatch, platform):
    def load(name):
        assert platform == "linux"  # Windows has no library without a name
        return object()

    monkeypatch.setattr(memory.sys, "platform", platform)
    monkeypatch.setattr(memory.ctypes, "CDLL", load)
    memory.keep_freed.__wrapped__()
