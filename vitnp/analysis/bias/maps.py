"""Layers as functions from images (B, H, W, C), or a map, to a map (B, h, w, D): what `equivariance_error` takes."""

from vitnp.backend.arrays import array_module
from vitnp.errors import need_choice, need_int
from vitnp.ops import conv, gru, pool
from vitnp.steps import s1_patchify, s2_project, s5_attention

AROUND = ("zeros", "circle")


def convolution(W, *, stride=1, around="zeros"):
    """A convolution with this kernel (k, k, I, O), k odd; around the image stand zeros, or its other side."""
    need_choice("around", around, AROUND)
    margin = len(W) // 2

    def f(x):
        if around == "zeros":
            return conv.forward(x, W, stride=stride, padding=margin)[0]
        return conv.forward(in_circle(x, margin), W, stride=stride)[0]

    return f


def in_circle(x, margin):
    """x (B, H, W, C) with so many rows and columns of its other side around it."""
    if not margin:
        return x
    for axis in (1, 2):
        first, last = (x[:, at] if axis == 1 else x[:, :, at] for at in (slice(margin), slice(-margin, None)))
        x = array_module(x).concatenate([last, x, first], axis=axis)
    return x


def max_pool(size):
    """The largest value of every window of size x size, the windows side by side."""
    need_int("size", size, at_least=1)
    return lambda x: pool.max_forward(x, kernel=size, stride=size)[0]


def mean_of(f):
    """The mean of f's map over all its places, as the map of one place."""
    return lambda x: f(x).mean(axis=(1, 2), keepdims=True)


def patch_projection(p, *, patch_size):
    """Steps 1 and 2 with p = {W, b}; the map has one place per patch."""

    def f(x):
        patches, (rows, columns, _) = s1_patchify.forward(x, patch_size=patch_size)
        z, _ = s2_project.forward(patches, p)
        return z.reshape(len(x), rows, columns, -1)

    return f


def attention(p, *, num_heads, E_pos=None):
    """Step 5 over the places of a map as tokens; E_pos (h·w, D): a position is added to each before."""
    attend = token_attention(p, num_heads=num_heads, E_pos=E_pos)
    return lambda x: attend(x.reshape(len(x), -1, x.shape[-1])).reshape(x.shape)


def token_attention(p, *, num_heads, E_pos=None):
    """Step 5 of tokens (B, N, D), as `permutation_error` takes it; E_pos (N, D): a position is added to each before."""

    def f(x):
        x = x if E_pos is None else x + E_pos
        return s5_attention.forward(x, p, num_heads=num_heads)[0]

    return f


def dense(W):
    """A layer from all values of an image to all values of its map: W (H·W·C, H·W·D)."""

    def f(x):
        B, rows, columns, _ = x.shape
        return (x.reshape(B, -1) @ W).reshape(B, rows, columns, -1)

    return f


def recurrent(p):
    """A GRU over the rows from the top; its state after a row stands at each place of that row."""

    def f(x):
        B, rows, columns, _ = x.shape
        state, _ = gru.forward(x.reshape(B, rows, -1), p)
        return array_module(x).broadcast_to(state[:, :, None], (B, rows, columns, state.shape[-1]))

    return f
