"""Gradients added up in a fixed order, as they come. Imports `tree`."""

import operator
import threading

from vitnp import tree


class Sum:
    """Adds up the gradients of the slices of a batch, part by part, always in the order of the slices.

    Each is added as soon as those of the slices before it are in.
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.waiting, self.added, self.total = {}, {}, {}  # per part: {share: dp}, how many shares, their sum

    def add(self, share, name, dp):
        """Take the gradients of one part from share number `share`, counted from 0."""
        with self.lock:
            waiting = self.waiting.setdefault(name, {})
            if share > self.added.setdefault(name, 0):
                waiting[share] = dp
                return
        # It is this share's turn, and until `added` grows nobody else's: so no lock is held while it is added.
        while dp is not None:
            total = self.total.get(name)
            self.total[name] = dp if total is None else tree.map(operator.iadd, total, dp)
            with self.lock:
                self.added[name] += 1
                dp = waiting.pop(self.added[name], None)

    def tree(self):
        """The sums, in the order of the parameters."""
        return tree.from_leaves(reversed(self.total.items()))
