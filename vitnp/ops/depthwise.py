"""Depthwise convolution: every channel has a kernel of its own and sees no other channel.

    y[b, r, c, i] = Σ_{u,v} x̄[b, r·s + u, c·s + v, i]·W[u, v, i]

x̄ is the image with zeros around it, s the stride; channels last, kernels (k, k, C). It has 1/C of the products of a
full convolution, and they are no matrix product: NumPy's einsum runs over the windows without copying them.
"""

from vitnp.backend.arrays import array_module, on_host
from vitnp.backend.half import wide
from vitnp.backend.tiles import cut
from vitnp.ops.conv import cropped, pad, padding_of, windows
from vitnp.ops.pool import slices

VALUES = 65_536  # of dy at a time: their share of dW is summed by itself, so float32 loses less


def forward(x, W, *, stride=1, padding=0):
    """Images (B, H, W, C), a kernel (k, k, C) → (B, Ho, Wo, C).

    Raises InputError for a kernel larger than the image with its padding.
    """
    around = padding_of(x.shape[1:3], kernel=len(W), stride=stride, padding=padding)
    padded = pad(x, around)
    return windowed(padded, W, stride), (padded, around, W, stride)


def backward(dy, saved):
    """dy (B, Ho, Wo, C) → dx (B, H, W, C), dW (k, k, C)."""
    return input_gradient(dy, saved), weight_gradient(dy, saved)


def windowed(padded, W, stride):
    """y: each window times the kernel, summed over u and v."""
    view = windows(wide(padded), len(W), stride)
    y = array_module(padded).einsum("brcuvi,uvi->brci", view, wide(W))
    return y.astype(padded.dtype, copy=False)


def input_gradient(dy, saved):
    """dx: every place gives dy·W[u, v] back to the k·k pixels that it has seen.

    With stride 1 that is the same convolution again: of dy, with the kernel turned round.
    """
    padded, around, W, stride = saved
    k = len(W)
    if stride == 1 and max(map(max, around)) < k:
        rest = tuple((k - 1 - before, k - 1 - after) for before, after in around)
        return windowed(pad(dy, rest), W[::-1, ::-1], 1)
    dpadded, wide_dy = array_module(dy).zeros(padded.shape, wide(dy[:0]).dtype), wide(dy)
    for slice_, W_uv in zip(slices(padded.shape, k, stride), wide(W).reshape(k * k, -1), strict=True):
        dpadded[slice_] += wide_dy * W_uv  # windows overlap, so +=
    return cropped(dpadded, around).astype(dy.dtype, copy=False)


def weight_gradient(dy, saved):
    """dW[u, v]: the sum over all places of dy times the pixel that is u rows and v columns further."""
    padded, _, W, stride = saved
    xp, view, dW = array_module(dy), windows(wide(padded), len(W), stride), 0.0
    B, rows, cols, C = dy.shape
    for part in cut((B, rows), max(VALUES // (cols * C), 1)) if on_host(dy) else [(slice(None),)]:
        dW = dW + xp.einsum("brcuvi,brci->uvi", view[part], wide(dy[part]))
    return dW.astype(dy.dtype, copy=False)
