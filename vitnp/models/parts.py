"""The parts of a backward pass put together. Imports `tree`."""

from vitnp import tree


def together(backward_parts, dy, saved):
    """dx and dp, the same tree as p, of a model whose `backward_parts(dy, saved)` yields (name, dp) and returns dx.

    backward_parts uses the lists in saved up; here it is given copies, so that backward may be called again.
    """
    found, parts = [], backward_parts(dy, copied(saved))
    while True:
        try:
            found.append(next(parts))
        except StopIteration as end:
            return end.value, tree.from_leaves(reversed(found))  # in p's order


def copied(saved):
    """The same with every list in it copied, the arrays shared."""
    if isinstance(saved, list):
        return [copied(item) for item in saved]
    if isinstance(saved, tuple):
        items = [copied(item) for item in saved]
        return type(saved)(*items) if hasattr(saved, "_fields") else tuple(items)
    return saved
