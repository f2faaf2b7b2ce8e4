"""Numbers in few bits, and how far what the page shows may be from the array.

Small values matter as much as large ones on a map, so a level is that of a root: level l of n stands for (l/n)²·scale,
with the sign of l. Imports nothing.
"""

import numpy as np

LEVELS = 15  # of a value of either sign
ROW = 127  # the same for a row of ∂A or ∂S
NORMS = 255  # of the norm of a row
WEIGHTS = (31, 63, 127, 255)  # of an attention weight: each row has the first of these with which it is
TINY = np.finfo(np.float32).tiny
NEAR, SUM = 0.0075, 0.01  # within NEAR of every weight, and its sum within SUM


class Binary:
    """Bytes in a row; every array begins at a multiple of 8."""

    def __init__(self):
        self.parts, self.size = [], 0

    def add(self, array):
        """Append it, little-endian; where it begins."""
        at = self.size
        data = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        data += bytes(-len(data) % 8)
        self.parts.append(data)
        self.size += len(data)
        return at

    def joined(self):
        """All of it."""
        return b"".join(self.parts)


def signed(x, scale, levels=LEVELS):
    """Values of either sign as levels −levels … levels, int8; scale, at least max |x|, is that of the largest."""
    roots = np.sqrt(np.abs(x) / np.where(scale > 0, scale, 1))
    return (np.sign(x) * np.rint(levels * roots)).astype(np.int8)


def value(level, scale, levels=LEVELS):
    """What a level stands for."""
    return np.sign(level) * (np.abs(level) / levels) ** 2 * scale


def error(level, scale, levels=LEVELS):
    """How far a value may be from what its level stands for: its root is off by half a level at most."""
    level = np.abs(np.asarray(level, np.float64))
    above = np.minimum(level + 0.5, levels) ** 2 - level**2
    below = level**2 - np.maximum(level - 0.5, 0) ** 2
    return np.maximum(above, below) / levels**2 * scale


def of_rows(x):
    """The norm of each row, float64: the square of a float32 may be too large or too small for a float32."""
    return np.sqrt((x.astype(np.float64) ** 2).sum(axis=-1))


def norms(x, scale):
    """The norms of the rows (…, columns) as levels 0 … 255, uint8; 0 stands for exactly zero."""
    n = of_rows(x)
    levels = np.rint(NORMS * np.sqrt(n / np.where(scale > 0, scale, 1)))
    return np.where(n > 0, np.maximum(levels, 1), 0).astype(np.uint8)


def edges(columns, heads=1, bins=64):
    """Where the columns of each head, or all of them, are cut into bins of neighbors: at most so many in all."""
    width = columns // heads
    count = max(1, min(width, bins // heads))
    inside = np.rint(np.linspace(0, width, count + 1)).astype(int)[1:]
    return np.concatenate([[0], *(head * width + inside for head in range(heads))])


def largest(x, edges):
    """Of each bin of columns the value of largest magnitude: (rows, bins)."""
    high = np.maximum.reduceat(x, edges[:-1], axis=-1)
    low = np.minimum.reduceat(x, edges[:-1], axis=-1)
    return np.where(high >= -low, high, low)


def attention(A):
    """Attention weights (…, T) as levels, uint8; the largest of each row, float32 (…), and its number of levels, uint8.

    Level l stands for (l/n)²·largest, with n by row. The last of WEIGHTS is taken where none is near enough.
    """
    peaks = A.max(axis=-1).astype(np.float32)
    levels, numbers = np.zeros(A.shape, np.uint8), np.zeros(peaks.shape, np.uint8)
    left = np.ones(peaks.shape, bool)
    for n in WEIGHTS:
        rows, scale = A[left], peaks[left][:, None].astype(np.float64)
        rounded = np.rint(n * np.sqrt(np.minimum(rows / np.maximum(scale, TINY), 1)))
        off = value(rounded, scale, n) - rows
        near = (np.abs(off).max(axis=-1) <= NEAR) & (np.abs(off.sum(axis=-1)) <= SUM) | (n == WEIGHTS[-1])
        taken = left.copy()
        taken[left] = near
        levels[taken], numbers[taken] = rounded[near], n
        left &= ~taken
    return levels, peaks, numbers
