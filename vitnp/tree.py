"""Nested dicts of arrays: parameters, gradients and optimizer state all have this form.

Keys are strings, or integers for the blocks: `p["blocks"][0]["attention"]["W_Q"]` has the dotted
name `blocks.0.attention.W_Q`. Imports nothing of vitnp.
"""


def leaves(tree, prefix=""):
    """Yield `(dotted name, array)` for every leaf, in the order of insertion."""
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from leaves(value, f"{name}.")
        else:
            yield name, value


def names(tree, prefix=""):
    """The tree of the dotted names of its own leaves."""
    return {
        key: names(value, f"{prefix}{key}.") if isinstance(value, dict) else f"{prefix}{key}"
        for key, value in tree.items()
    }


def shapes(tree):
    """The tree of the shapes of its leaves, of what is no array the name of its type.

    Written out, as every forward asks for it: a fifth of the time of `map`.
    """
    return {key: shapes(leaf) if isinstance(leaf, dict) else shape(leaf) for key, leaf in tree.items()}


def forms(tree):
    """The tree of what makes its leaves alike: (type, shape, dtype). Written out, as `shapes` is, for every forward."""
    return {key: forms(leaf) if isinstance(leaf, dict) else form(leaf) for key, leaf in tree.items()}


def form(leaf):
    """(type, shape, dtype) of an array; of anything else its type."""
    return (type(leaf), leaf.shape, leaf.dtype) if hasattr(leaf, "dtype") else type(leaf)


def shape(leaf):
    """The shape of an array; of anything else the name of its type, which is no array's shape."""
    return leaf.shape if hasattr(leaf, "shape") else type(leaf).__name__


def from_leaves(named):
    """The tree of the pairs `(dotted name, array or subtree)`: the inverse of `leaves`."""
    whole = {}
    for name, part in named:
        *path, last = [int(key) if key.isdigit() else key for key in name.split(".")]
        node = whole
        for key in path:
            node = node.setdefault(key, {})
        node[last] = part
    return whole


def map(f, *trees):
    """The tree of `f(leaf of the first, leaf of the second, …)`; the trees have the same keys."""
    first = trees[0]
    if not isinstance(first, dict):
        return f(*trees)
    for other in trees[1:]:
        if other.keys() != first.keys():
            raise ValueError(f"trees differ: {sorted(first, key=str)} and {sorted(other, key=str)}")
    return {key: map(f, *(tree[key] for tree in trees)) for key in first}


def filtered(tree, keep):
    """The tree of the leaves whose own name, the last of the dotted one, keep(name) lets stand."""
    found = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            found[key] = filtered(value, keep)
        elif keep(key):
            found[key] = value
    return found


def get(tree, name):
    """The leaf with a dotted name."""
    for key in name.split("."):
        tree = tree[int(key) if key.isdigit() else key]
    return tree


def count(tree):
    """How many numbers the tree holds."""
    return sum(leaf.size for _, leaf in leaves(tree))


def nbytes(tree):
    """How many bytes its arrays take."""
    return sum(leaf.nbytes for _, leaf in leaves(tree))
