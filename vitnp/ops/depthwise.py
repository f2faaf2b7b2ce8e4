"""Depthwise convolution: every channel has a kernel of its own and sees no other channel.

    y[b, r, c, i] = Σ_{u,v} x̄[b, r·s + u, c·s + v, i]·W[u, v, i]

x̄ is the image with zeros around it, s the stride; channels last, kernels (k, k, C). It has 1/C of the products of a
full convolution, none of them in a matrix product: on a CPU memory decides, so y is made a few rows at a time.
"""

from vitnp.backend.arrays import array_module, on_host
from vitnp.backend.half import wide
from vitnp.backend.tiles import cut
from vitnp.ops.conv import count_windows, cropped, pad, padding_of
from vitnp.ops.pool import slices
from vitnp.ops.sums import column_sums

VALUES = 32_768  # of y at a time on a CPU: with the product beside it, 256 KiB in float32


def forward(x, W, *, stride=1, padding=0):
    """Images (B, H, W, C), a kernel (k, k, C) → (B, Ho, Wo, C).

    Raises InputError for a kernel larger than the image with its padding.
    """
    xp, k = array_module(x), len(W)
    around = padding_of(x.shape[1:3], kernel=k, stride=stride, padding=padding)
    padded = pad(x, around)
    rows, cols = count_windows(padded.shape[1:3], k, stride)
    y = xp.empty((len(x), rows, cols, x.shape[3]), x.dtype)
    for part, seen in parts(y.shape, padded, k, stride):
        total, product = (xp.empty(y[part].shape, wide(x[:0]).dtype) for _ in range(2))
        for number, (slice_, W_uv) in enumerate(zip(slices(seen.shape, k, stride), taps(W), strict=True)):
            xp.multiply(seen[slice_], W_uv, out=product if number else total)
            if number:
                total += product
        y[part] = total
    return y, (padded, around, W, stride)


def backward(dy, saved):
    """dy (B, Ho, Wo, C) → dx (B, H, W, C), dW (k, k, C)."""
    return input_gradient(dy, saved), weight_gradient(dy, saved)


def input_gradient(dy, saved):
    """dx: every place gives dy·W[u, v] back to the k·k pixels that it has seen."""
    padded, around, W, stride = saved
    xp = array_module(dy)
    dpadded = xp.zeros(padded.shape, wide(dy[:0]).dtype)
    for part, seen in parts(dy.shape, dpadded, len(W), stride):
        product = xp.empty(dy[part].shape, dpadded.dtype)
        for slice_, W_uv in zip(slices(seen.shape, len(W), stride), taps(W), strict=True):
            seen[slice_] += xp.multiply(dy[part], W_uv, out=product)  # windows overlap, so +=
    return cropped(dpadded, around).astype(dy.dtype, copy=False)


def weight_gradient(dy, saved):
    """dW[u, v]: the sum over all places of dy times the pixel that is u rows and v columns further."""
    padded, _, W, stride = saved
    xp, dW = array_module(dy), 0.0
    for part, seen in parts(dy.shape, padded, len(W), stride):
        seen, dy_part = wide(seen), wide(dy[part])
        product = xp.empty(dy_part.shape, dy_part.dtype)
        found = [
            column_sums(xp.multiply(seen[slice_], dy_part, out=product))
            for slice_ in slices(seen.shape, len(W), stride)
        ]
        dW = dW + xp.stack(found)
    return dW.reshape(W.shape).astype(dy.dtype, copy=False)


def taps(W):
    """Yield W[u, v] for each u and v in order, as `pool.slices` has them."""
    yield from wide(W).reshape(-1, W.shape[-1])


def parts(shape, padded, k, stride):
    """Yield (index into y of this shape, the part of `padded` that its windows see): on a device all at once."""
    B, rows, cols, C = shape
    for part in cut((B, rows), max(VALUES // (cols * C), 1)) if on_host(padded) else [(slice(None),)]:
        images, (first, stop, _) = part[0], (part[1] if len(part) > 1 else slice(None)).indices(rows)
        yield part, padded[images, first * stride : (stop - 1) * stride + k]
