"""Gradients added up in a fixed order, as they come. Imports `tree`."""

import operator
import threading

from vitnp import tree


class Part:
    """One part of the model while its gradients are added up."""

    def __init__(self):
        self.lock, self.added, self.waiting, self.total = threading.Lock(), 0, {}, None


class Sum:
    """Adds up the gradients of the shares, part by part, always in the order of the shares.

    Each is added as soon as those of the shares before it are in, and waits no longer.
    """

    def __init__(self):
        self.lock, self.parts = threading.Lock(), {}

    def add(self, share, name, dp):
        """Take the gradients of one part from share number `share`, counted from 0."""
        with self.lock:
            part = self.parts.setdefault(name, Part())
        with part.lock:
            part.waiting[share] = dp
            del dp
            while part.added in part.waiting:
                dp = part.waiting.pop(part.added)
                part.total = dp if part.total is None else tree.map(operator.iadd, part.total, dp)
                part.added += 1

    def tree(self):
        """The sums, in the order of the parameters."""
        return tree.from_leaves((name, part.total) for name, part in reversed(self.parts.items()))
