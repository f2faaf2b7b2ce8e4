"""Some of the tokens, those that are read: no gradient comes back to the others."""

from vitnp.backend.arrays import array_module


def forward(x, rows):
    """y = x[:, rows] for a slice of the N tokens: (B, N, D) → (B, n, D). rows None hands x through."""
    if rows is None:
        return x, None
    return x[:, rows], (x.shape, rows)


def backward(dy, saved):
    """dx: dy in the rows that were read, 0 in the others: (B, n, D) → (B, N, D)."""
    if saved is None:
        return dy
    shape, rows = saved
    # y = x[:, rows]
    dx = array_module(dy).zeros(shape, dy.dtype)
    dx[:, rows] = dy
    return dx
