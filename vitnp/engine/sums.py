"""Gradients added up in a fixed order, as they come. Imports `tree`."""

import operator
import threading

from vitnp import tree


class Once(list):
    """A list that hands out each item once: what backward has used is free while backward goes on."""

    def __getitem__(self, i):
        return self.pop(i)


class Sum:
    """Adds up the gradients of the shares, part by part, always in the order of the shares.

    Each is added as soon as those of the shares before it are in, and waits no longer.
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.waiting, self.added, self.total = (
            {},
            {},
            {},
        )  # of every part: {share: dp}, how many shares, their sum

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
