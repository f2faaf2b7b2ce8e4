"""The cores of this machine that this process may use. Imports nothing of vitnp."""

import os


def own():
    """The numbers of the cores that this process may run on; a cluster or taskset may allow only some of them."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))
