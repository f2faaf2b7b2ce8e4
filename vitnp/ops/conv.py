"""Convolution: the k·k window around every place is a patch, and every patch goes through one matrix (as in step 2).

    y[b, r, c, o] = Σ_{u,v,i} x̄[b, r·s + u, c·s + v, i]·W[u, v, i, o]

x̄ is the image with zeros around it, s the stride. Channels last: images (B, H, W, I), kernels (k, k, I, O), as in
Google's files. No bias: where these networks have one, it is the norm's. (Deep learning's convolution does not turn the
kernel round; in mathematics this is the cross-correlation.)
"""

from vitnp.backend.arrays import array_module, on_host
from vitnp.backend.half import wide
from vitnp.backend.tiles import cut
from vitnp.errors import InputError
from vitnp.ops import linear

PIXELS = 800  # of y at a time on a CPU: fewer windows stay in cache; below 400 the products get slow


def padding_of(size, *, kernel, stride, padding):
    """((top, bottom), (left, right)): rows and columns of zeros around an image of `size` (H, W).

    padding: a number, the same on all sides, or "same", so that y has ⌈size/stride⌉ rows and columns; of an odd number
    the larger half goes below and to the right, as in TensorFlow and JAX (PyTorch has no strided "same").
    """
    if padding != "same":
        return ((padding, padding),) * 2
    total = [max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in size]
    return tuple((t // 2, t - t // 2) for t in total)


def output_size(size, *, kernel, stride, padding):
    """(rows, columns) of y.

    Raises InputError for a kernel larger than the image with its padding.
    """
    around = padding_of(size, kernel=kernel, stride=stride, padding=padding)
    return count_windows([n + sum(pad) for n, pad in zip(size, around, strict=True)], kernel, stride)


def count_windows(size, kernel, stride):
    """(rows, columns) of windows in a padded image of `size`."""
    if kernel > min(size):
        height, width = size
        raise InputError(
            f"the kernel is {kernel}x{kernel}, the image with its padding {height}x{width}; "
            "give a larger image or more padding"
        )
    return tuple((n - kernel) // stride + 1 for n in size)


def forward(x, W, *, stride=1, padding=0):
    """Images (B, H, W, I), a kernel (k, k, I, O) → (B, Ho, Wo, O).

    Raises InputError for a kernel larger than the image with its padding.
    """
    around = padding_of(x.shape[1:3], kernel=len(W), stride=stride, padding=padding)
    padded = pad(x, around)
    # a window of one pixel is that pixel: a plain product
    y = product(padded[:, ::stride, ::stride], W[0, 0]) if len(W) == 1 else windowed(padded, W, stride)
    return y, (padded, around, W, stride)


def backward(dy, saved):
    """dy (B, Ho, Wo, O) → dx (B, H, W, I), dW (k, k, I, O)."""
    return input_gradient(dy, saved), weight_gradient(dy, saved)


def windowed(padded, W, stride):
    """y = columns·W, a few rows of y at a time: columns (pixels, k·k·I), one window a row."""
    view, matrix = windows(padded, len(W), stride), W.reshape(-1, W.shape[-1])
    y = array_module(padded).empty((*view.shape[:3], W.shape[-1]), padded.dtype)
    for part, columns in parts(view):
        y[part] = (columns @ matrix).reshape(y[part].shape)
    return y


def weight_gradient(dy, saved):
    """dW = columnsᵀ·dy, the sum over the parts."""
    padded, _, W, stride = saved
    if len(W) == 1:
        return linear.weight_gradient(padded[:, ::stride, ::stride], dy).reshape(W.shape)
    dW = 0.0
    for part, columns in parts(windows(padded, len(W), stride)):
        dW = dW + wide(linear.weight_gradient(columns, dy[part]))
    return dW.reshape(W.shape).astype(dy.dtype, copy=False)


def input_gradient(dy, saved):
    """dx: every window gives its dcolumns = dy·Wᵀ back to the places it was taken from, which lie in up to k·k windows.

    With stride 1 that is a convolution again: of dy, with the kernel turned round and its channels exchanged.
    """
    padded, around, W, stride = saved
    k, xp, (B, rows, cols, _) = len(W), array_module(dy), dy.shape
    if stride == 1 and k > 1:
        turned = W[::-1, ::-1].swapaxes(2, 3)
        dpadded = windowed(pad(dy, ((k - 1, k - 1),) * 2), xp.ascontiguousarray(turned), 1)
        return cropped(dpadded, around)
    dpadded = xp.zeros(padded.shape, dy.dtype)
    for part in cut((B, rows), max(PIXELS // cols, 1)) if on_host(dy) else [(slice(None),)]:
        dcolumns = linear.input_gradient(dy[part], W.reshape(-1, W.shape[-1]))
        dcolumns = dcolumns.reshape(*dcolumns.shape[:3], k, k, W.shape[2])
        images, first = part[0], (part[1].start if len(part) > 1 else 0) * stride
        n = dcolumns.shape[1]
        for u in range(k):
            for v in range(k):  # windows overlap, so +=
                place = dpadded[images, first + u : first + u + (n - 1) * stride + 1 : stride]
                place[:, :, v : v + (cols - 1) * stride + 1 : stride] += dcolumns[:, :, :, u, v]
    return cropped(dpadded, around)


def windows(padded, k, stride):
    """(B, Ho, Wo, k, k, I): every window, a view."""
    B, height, width, channels = padded.shape
    b, r, c, i = padded.strides
    rows, cols = count_windows((height, width), k, stride)
    as_strided = array_module(padded).lib.stride_tricks.as_strided
    return as_strided(padded, (B, rows, cols, k, k, channels), (b, r * stride, c * stride, r, c, i))


def parts(view):
    """Yield (index into y, columns (pixels, k·k·I)), a copy of the windows: a few rows at a time, on a device all."""
    (B, rows, cols), values = view.shape[:3], view.shape[3:]
    size = values[0] * values[1] * values[2]
    if not on_host(view):
        yield (slice(None),), view.reshape(-1, size)
        return
    most = max(PIXELS // cols, 1)
    buffer = array_module(view).empty((min(most, B * rows) * cols, size), view.dtype)
    for part in cut((B, rows), most):
        chosen = view[part]
        columns = buffer[: chosen.shape[0] * chosen.shape[1] * cols]
        columns.reshape(chosen.shape)[...] = chosen
        yield part, columns


def product(x, W):
    """x·W over the last axis."""
    return (x.reshape(-1, x.shape[-1]) @ W).reshape(*x.shape[:-1], W.shape[-1])


def pad(x, around, value=0.0):
    """x with so many rows and columns of `value` around it."""
    (top, bottom), (left, right) = around
    if not (top or bottom or left or right):
        return x
    B, height, width, C = x.shape
    padded = array_module(x).full((B, top + height + bottom, left + width + right, C), value, x.dtype)
    padded[:, top : top + height, left : left + width] = x
    return padded


def cropped(padded, around):
    """`pad` undone."""
    (top, bottom), (left, right) = around
    return padded[:, top : padded.shape[1] - bottom, left : padded.shape[2] - right]
