"""A picture moved by whole pixels: what leaves it is lost, or comes in again at the other side."""

from vitnp.backend.arrays import array_module
from vitnp.errors import MOST, InputError, need_int, shown


def moved(x, by, *, fill):
    """x (B, H, W, C), moved down and to the right by so many (rows, columns); the places left free get `fill`.

    Negative numbers move up and to the left. Raises InputError where nothing of the picture would be left.
    """
    down, right = steps(by)
    height, width = x.shape[1:3]
    if abs(down) >= height or abs(right) >= width:
        raise InputError(
            f"by is {shown(by)}; an image of {height}x{width} would be moved out of itself; use less"
        )
    y = array_module(x).full(x.shape, fill, x.dtype)
    taken = x[:, kept(-down), kept(-right)]
    y[:, kept(down), kept(right)] = taken
    return y


def rolled(x, by):
    """x (B, H, W, C) moved in a circle: what leaves on one side comes in on the other, so nothing is lost."""
    return array_module(x).roll(x, steps(by), axis=(1, 2))


def steps(by):
    """(rows, columns) as ints. Raises InputError for anything else."""
    if not isinstance(by, tuple | list) or len(by) != 2:
        raise InputError(
            f"by is {shown(by)}; need (rows, columns), such as (0, 1) for one pixel to the right"
        )
    return tuple(need_int("by", step, at_least=-MOST) for step in by)


def kept(step):
    """The places that something moved by `step` covers."""
    return slice(step, None) if step >= 0 else slice(None, step)
