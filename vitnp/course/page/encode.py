"""Numbers in few bits, and how far what the page shows may be from the array.

Small values matter as much as large ones on a map, so a level is that of a root: level l of n stands for (l/n)²·scale,
with the sign of l. Imports nothing.
"""

import numpy as np

LEVELS = 15  # of a value of either sign
ROW = 127  # the same for a row of ∂A or ∂S
NORMS = 255  # of the norm of a row
COARSE, FINE, PEAK = 31, 63, 0.23  # of an attention weight: FINE in a row whose largest is above PEAK
OFF = 0.01  # a row of A whose sum is off by more is rounded again
NEAR = 0.25  # of a level: a root so near to the middle of two levels may be rounded to either


def signed(x, scale, levels=LEVELS):
    """Values of either sign as levels −levels … levels, int8; scale, at least max |x|, is that of the largest."""
    roots = np.sqrt(np.abs(x) / np.where(scale > 0, scale, 1))
    return (np.sign(x) * np.rint(levels * roots)).astype(np.int8)


def value(level, scale, levels=LEVELS):
    """What a level stands for."""
    return np.sign(level) * (np.abs(level) / levels) ** 2 * scale


def error(level, scale, levels=LEVELS, by=0.5):
    """How far a value may be from what its level stands for, where roots are off by at most `by` levels."""
    level = np.abs(np.asarray(level, np.float64))
    above = np.minimum(level + by, levels) ** 2 - level**2
    below = level**2 - np.maximum(level - by, 0) ** 2
    return np.maximum(above, below) / levels**2 * scale


def norms(x, scale):
    """The norms of the rows (…, columns) as levels 0 … 255, uint8; 0 stands for exactly zero."""
    n = np.sqrt((x * x).sum(axis=-1, dtype=np.float64))
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


def attention_levels(peaks):
    """How many levels the weights of a row have, by the row's largest."""
    return np.where(peaks > PEAK, FINE, COARSE)


def attention(A):
    """Attention weights (…, T) as levels, uint8, and the largest of each row, float32 (…).

    The root of a weight's share of the row's largest is rounded; in rows whose sum would be off by more than OFF,
    roots near to the middle of two levels are then rounded the other way. So a root is off by at most 0.5 + NEAR.
    """
    peaks = A.max(axis=-1).astype(np.float32)
    n = attention_levels(peaks)[..., None]
    roots = n * np.sqrt(np.minimum(A / np.maximum(peaks, np.finfo(np.float32).tiny)[..., None], 1))
    levels = np.rint(roots)
    scale = peaks[..., None] / n**2
    off = (levels**2 * scale).sum(axis=-1) - A.sum(axis=-1)
    for row in zip(*np.nonzero(np.abs(off) > OFF), strict=True):
        levels[row] = _again(levels[row], roots[row], scale[row], off[row])
    return levels.astype(np.uint8), peaks


def _again(levels, roots, scale, off):
    """The levels of a row whose sum is off, with as many as are needed rounded the other way, the nearest first."""
    other = levels - np.sign(off)  # too much in all: one level less
    moved = np.abs(roots - other)
    may = (moved <= 0.5 + NEAR) & (other >= 0)
    change = np.where(may, np.abs(other**2 - levels**2) * scale, 0)
    order = np.argsort(np.where(may, moved, np.inf), kind="stable")
    wanted = np.cumsum(change[order]) <= abs(off)
    turned = order[wanted & may[order]]
    levels = levels.copy()
    levels[turned] = other[turned]
    return levels
