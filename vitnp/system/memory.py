"""What the C library does with the memory that arrays leave behind. Imports nothing of vitnp."""

import ctypes
import functools
import sys

# The numbers of mallopt(3)'s switches in glibc's malloc.h.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4


@functools.cache
def keep_freed():
    """Let the C library keep what arrays leave behind for the next ones: a third of a small model's step.

    By itself glibc gives a large array back to the system when it is freed, and the system has to clear the pages of
    the next one: 73,000 of them in a step of ViT-B/16. So it is told to take arrays of any size from the thread's heap,
    and to give back neither the heap's end nor one of the pieces of 64 MiB that heaps beside the first are made of;
    larger arrays of their threads still come and go. One heap for all threads (M_ARENA_MAX) would do too, but not
    where other threads have heaps already, a loader's or a notebook's: new threads would be given those in turn, and
    each grow to its share of a step. `ctypes.CDLL(None).malloc_trim(0)` still gives back what is free.
    Elsewhere (macOS, Windows, musl) there are no such switches, and all stays as it is.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_TRIM_THRESHOLD, -1)  # −1: never
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TOP_PAD, 2**26)  # a piece goes back if the one before has this much room: none has
