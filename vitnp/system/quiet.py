"""The warnings of Pillow silenced while a block runs, in as many threads as there are. Imports nothing of vitnp.

`warnings.catch_warnings` is the whole process's before Python 3.14: of two threads, the last to leave may put back what
the other has changed, and what anybody else warns of is lost meanwhile. One entry of `warnings.filters`, which is of
Pillow alone, goes in with the first thread and out with the last.
"""

import contextlib
import re
import threading
import warnings

PILLOW = ("ignore", None, Warning, re.compile(r"(PIL|pillow_heif)\b"), 0)
_lock, _lists, _inside = threading.Lock(), [], [0]


@contextlib.contextmanager
def pillow():
    """In the block nothing is heard of odd metadata, whatever `warnings.filters` says else."""
    with _lock:
        _inside[0] += 1
        _put_in(warnings.filters)
    try:
        yield
    finally:
        with _lock:
            _inside[0] -= 1
            if not _inside[0]:
                _take_out()


def _put_in(filters):
    if PILLOW not in filters:
        filters.insert(0, PILLOW)
        _lists.append(filters)


def _take_out():
    """Also from a list that somebody's catch_warnings has put aside, or has made of this one."""
    for filters in (*_lists, warnings.filters):
        while PILLOW in filters:
            filters.remove(PILLOW)
    _lists.clear()
