"""A picture rotated about its center, between the pixels by bilinear interpolation."""

import math

from vitnp.backend.arrays import array_module
from vitnp.errors import InputError, need_real


def rotated(x, degrees, *, fill):
    """x (B, H, W, C) rotated counterclockwise about the center of the image; what comes from outside is `fill`."""
    if x.dtype.kind != "f":
        raise InputError(f"x is {x.dtype}, which cannot hold a mean of pixels; give x.astype('float32')")
    angle = math.radians(need_real("degrees", degrees, low=-360.0, at_most=360.0))
    xp, (height, width) = array_module(x), x.shape[1:3]
    down, right = xp.arange(height)[:, None] - (height - 1) / 2, xp.arange(width)[None] - (width - 1) / 2
    # The inverse map: the place that each pixel of the result comes from.
    rows = math.cos(angle) * down + math.sin(angle) * right + (height - 1) / 2
    columns = math.cos(angle) * right - math.sin(angle) * down + (width - 1) / 2
    # Rounded, so that 90 degrees lead to the pixels themselves, and the edge is not outside.
    return between(x, rows.round(9), columns.round(9), fill)


def between(x, rows, columns, fill):
    """x at places (h, w) that need not be whole: the mean of the four pixels around, the nearer the more."""
    xp, (height, width) = array_module(x), x.shape[1:3]
    first_row, first_column = xp.floor(rows).astype(int), xp.floor(columns).astype(int)
    y = xp.zeros((len(x), *rows.shape, x.shape[3]), x.dtype)
    for r in (first_row, first_row + 1):
        for c in (first_column, first_column + 1):
            share = (1 - abs(rows - r)) * (1 - abs(columns - c))
            inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
            pixels = x[:, r.clip(0, height - 1), c.clip(0, width - 1)]
            y += (share.astype(x.dtype))[..., None] * xp.where(inside[..., None], pixels, x.dtype.type(fill))
    return y
