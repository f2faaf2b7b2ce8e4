"""Which axis of a tensor is what, through every reshape and transposition. Imports nothing of vitnp.

A tensor has roots (images, tokens, features …). Each of its axes is a list of atoms, a strided piece of a root each,
the slowest first: features cut into 3 times H heads of width K are three atoms of strides H·K, K and 1. So the columns
of W_Q in a joined matrix follow from the graph's own reshapes, whatever their order.
"""

import math
from typing import NamedTuple

import numpy as np


class Unlike(ValueError):
    """What is met is none of a ViT's parts; the message says what."""


class Root:
    """One thing that tensors are counted by; two roots are the same only if they are one object."""

    def __init__(self, size, kind):
        self.size, self.kind = size, kind


class Atom(NamedTuple):
    """`size` indices of a root, `stride` apart."""

    root: Root
    size: int
    stride: int


def whole(root):
    """The axis that runs through a root."""
    return () if root.size == 1 else (Atom(root, root.size, 1),)


def shape(axes):
    """The sizes of the axes."""
    return tuple(math.prod(atom.size for atom in axis) for axis in axes)


def merged(atoms):
    """The same axis in as few atoms as can be."""
    found = []
    for atom in atoms:
        if atom.size == 1:
            continue
        last = found[-1] if found else None
        if last and last.root is atom.root and last.stride == atom.stride * atom.size:
            found[-1] = Atom(atom.root, last.size * atom.size, atom.stride)
        else:
            found.append(atom)
    return tuple(found)


def reshaped(axes, sizes):
    """The axes after a reshape to `sizes`, which have as many elements. Raises Unlike where it cuts across atoms."""
    atoms, found = list(merged(atom for axis in axes for atom in axis)), []
    for size in sizes:
        axis = []
        while size > 1:
            atom = atoms.pop(0)
            if size % atom.size == 0:
                axis.append(atom)
                size //= atom.size
            elif atom.size % size == 0:
                inner = atom.size // size
                axis.append(Atom(atom.root, size, atom.stride * inner))
                atoms.insert(0, Atom(atom.root, inner, atom.stride))
                size = 1
            else:
                raise Unlike(f"a reshape from {shape(axes)} to {tuple(sizes)}, which mixes axes")
        found.append(merged(axis))
    return tuple(found)


def cut(axis, start, size):
    """(the axis from `start` on, `size` long; {root: what to add to its offset})."""
    if size == math.prod(atom.size for atom in axis):
        return axis, {}
    if len(axis) != 1:
        raise Unlike("a slice across axes that were joined")
    root, _, stride = axis[0]
    return merged([Atom(root, size, stride)]), {root: start * stride}


def indices(axis, offset=0):
    """The indices of the one root that an axis runs through, in its order."""
    found = np.array([offset])
    for atom in axis:
        found = (found[:, None] + np.arange(atom.size) * atom.stride).ravel()
    return found


def order(axis, root):
    """The indices of a root in the axis's order, None if that is the root's own. Raises Unlike if not all are there."""
    if axis == whole(root):
        return None
    found = indices(axis) if all(atom.root is root for atom in axis) else np.array([])
    if not np.array_equal(np.sort(found), np.arange(root.size)):
        raise Unlike("a product with a part of the features")
    return found
