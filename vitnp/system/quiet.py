"""The warnings of a package silenced while a block runs, in as many threads as there are. Imports nothing of vitnp.

`warnings.catch_warnings` is the whole process's before Python 3.14: of two threads, the last to leave may put back what
the other has changed, and what anybody else warns of is lost meanwhile. Here one entry of `warnings.filters`, for the
modules of one package alone, goes in with the first thread and out with the last.
"""

import contextlib
import re
import threading
import warnings

_lock, _inside, _lists = threading.Lock(), {}, []  # _inside: {entry: how many blocks}


@contextlib.contextmanager
def warnings_of(modules):
    """In the block nothing is heard of what these modules, a regular expression of their names, warn of."""
    entry = ("ignore", None, Warning, re.compile(modules), 0)
    with _lock:
        _inside[entry] = _inside.get(entry, 0) + 1
        if entry not in warnings.filters:
            warnings.filters.insert(0, entry)
            _lists.append(warnings.filters)
    try:
        yield
    finally:
        with _lock:
            _inside[entry] -= 1
            if not _inside[entry]:
                _take_out(entry)


def _take_out(entry):
    """Also from a list that somebody's catch_warnings has put aside since, or has made of this one."""
    for filters in (*_lists, warnings.filters):
        while entry in filters:
            filters.remove(entry)
    del _inside[entry]
    if not _inside:
        _lists.clear()
