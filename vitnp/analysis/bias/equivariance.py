"""Translation equivariance: f(shift(x)) = shift(f(x)). The map of a moved picture is the moved map.

A convolution has it by its formula, wherever no window reaches over the edge. A projection of patches has it for shifts
by whole patches alone. Attention does not know where its tokens are: it has it for any exchange of tokens, so for
every shift by whole patches, until positions are added.
"""

from vitnp.analysis.bias.moved import rolled, steps
from vitnp.backend.arrays import array_module
from vitnp.errors import InputError, need_int
from vitnp.ops import conv
from vitnp.steps import s1_patchify, s2_project, s5_attention


def equivariance_error(f, x, by, *, stride=1, margin=0):
    """max |f(shift(x)) − shift(f(x))| as a share of max |f(x)|: 0 where f is equivariant, to rounding.

    f maps images (B, H, W, C) to a map (B, h, w, D), one place for every `stride` pixels. The shift, `by` pixels (rows,
    columns), is in a circle; the map is moved by the nearest whole number of places. margin: so many places at every
    edge of the map are left out. Raises InputError where none is left.
    """
    need_int("stride", stride, at_least=1)
    need_int("margin", margin, at_least=0)
    y = f(x)
    if getattr(y, "ndim", 0) != 4 or min(y.shape[1:3]) <= 2 * margin:
        raise InputError(
            f"f(x) is {getattr(y, 'shape', type(y).__name__)}; need a map (B, h, w, D) of more than {2 * margin} rows "
            "and columns, twice the margin"
        )
    places = tuple(round(step / stride) for step in steps(by))
    apart = abs(f(rolled(x, by)) - rolled(y, places))
    inside = slice(margin, -margin or None)
    return float(apart[:, inside, inside].max()) / float(array_module(y).maximum(abs(y).max(), 1e-30))


def convolution(W):
    """A convolution with this kernel (k, k, I, O), zeros around the image: `equivariance_error`'s f."""
    return lambda x: conv.forward(x, W, padding="same")[0]


def patch_projection(p, *, patch_size):
    """Steps 1 and 2 with p = {W, b}; the map has one place per patch."""

    def f(x):
        patches, (rows, columns, _) = s1_patchify.forward(x, patch_size=patch_size)
        z, _ = s2_project.forward(patches, p)
        return z.reshape(len(x), rows, columns, -1)

    return f


def attention(p, *, num_heads, E_pos=None):
    """Step 5 over the places of a map as tokens; E_pos (h·w, D): a position is added to each before."""

    def f(x):
        B, rows, columns, D = x.shape
        tokens = x.reshape(B, rows * columns, D)
        tokens = tokens if E_pos is None else tokens + E_pos
        y, _ = s5_attention.forward(tokens, p, num_heads=num_heads)
        return y.reshape(x.shape)

    return f
