"""Translation equivariance: f(shift(x)) = shift(f(x)). The map of a moved picture is the moved map.

A convolution has it by its formula, wherever no window reaches over the edge. With a stride it has it for shifts by
whole strides alone, and so has max-pooling; a projection of patches has it for shifts by whole patches. Attention does
not know where its tokens are: it has it for any exchange of tokens, so for every shift by whole patches, until
positions are added. A layer from all pixels to all pixels has a weight for every pair, and does not have it. The layers
are in `maps.py`.
"""

from vitnp.analysis.bias.moved import rolled, steps
from vitnp.errors import InputError, need_int


def equivariance_error(f, x, by, *, stride=1, margin=0):
    """max |f(shift(x)) − shift(f(x))| as a share of max |f(x)|: 0 where f is equivariant, to rounding.

    f, by and stride as for `both_ways`. margin: so many places at every edge of the map are left out. A map of one
    place stays where it is, so for it 0 means invariant. Raises InputError where no place is left.
    """
    need_int("margin", margin, at_least=0)
    of_moved, then_moved = both_ways(f, x, by, stride=stride)
    if min(of_moved.shape[1:3]) <= 2 * margin:
        raise InputError(
            f"f(x) is {of_moved.shape}; need a map (B, h, w, D) of more than {2 * margin} rows and columns, twice the "
            "margin"
        )
    inside = slice(margin, -margin or None)
    return share_of_largest(abs(of_moved - then_moved)[:, inside, inside], then_moved)


def both_ways(f, x, by, *, stride=1):
    """f(shift(x)) and shift(f(x)).

    f maps images (B, H, W, C) to a map (B, h, w, D), one place for every `stride` pixels. The shift, `by` pixels (rows,
    columns), is in a circle; the map is moved by the nearest whole number of places.
    """
    need_int("stride", stride, at_least=1)
    y = f(x)
    if getattr(y, "ndim", 0) != 4:
        raise InputError(f"f(x) is {getattr(y, 'shape', type(y).__name__)}; need a map (B, h, w, D)")
    places = tuple(round(step / stride) for step in steps(by))
    return f(rolled(x, by)), rolled(y, places)


def permutation_error(f, x, order):
    """max |f(exchange(x)) − exchange(f(x))| as a share of max |f(x)|, of tokens x (B, N, D) put in another order."""
    y = f(x)
    return share_of_largest(abs(f(x[:, order]) - y[:, order]), y)


def share_of_largest(apart, y):
    """The largest of `apart` as a share of the largest |y|."""
    return float(apart.max()) / max(float(abs(y).max()), 1e-30)
