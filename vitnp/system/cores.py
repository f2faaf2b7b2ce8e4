"""Which cores of this machine are this process's. Imports nothing of vitnp."""

import os


def own():
    """The numbers of the cores this process may run on: fewer than there are, where a cluster or taskset says so."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))
