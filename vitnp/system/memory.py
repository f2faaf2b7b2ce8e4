"""What the C library does with the memory of freed arrays. Imports nothing of vitnp."""

import ctypes
import functools
import sys

# The numbers of mallopt(3)'s parameters in glibc's malloc.h.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4


@functools.cache
def keep_freed():
    """Let the C library keep the memory of freed arrays for the next arrays. It saves a third of a small model's step.

    By default glibc returns a large array's memory to the system when the array is freed, and the system must clear
    the pages of the next one: 73,000 pages in a step of ViT-B/16. With these settings glibc takes arrays of any size
    from the thread's heap and returns no freed memory: neither the top of the main heap nor the 64 MiB pieces of the
    other threads' heaps. Arrays above 64 MiB in those threads are still mapped and unmapped. One heap for all threads
    (M_ARENA_MAX) would also work, but not if other threads, a loader's or a notebook's, have heaps already: new
    threads would use those heaps in turn, and each heap would grow to the size of a thread's part of a step.
    `ctypes.CDLL(None).malloc_trim(0)` still returns all free memory.
    Other systems (macOS, Windows, musl) have no such settings; there nothing is changed.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_TRIM_THRESHOLD, -1)  # −1: never
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(
            M_TOP_PAD, 2**26
        )  # a piece is returned if the one before it has this much room; none has
