"""The mean of the patch tokens, as one token: y = (x_{a+1} + … + x_T)/(T − a), without the first a tokens."""

from vitnp.backend.arrays import array_module


def forward(x, *, first):
    """Tokens (B, T, D) → (B, 1, D); first: how many tokens before the patches are left out."""
    return x[:, first:].mean(axis=1, keepdims=True), (x.shape, first)


def backward(dy, saved):
    """dy (B, 1, D) → dx (B, T, D), 0 for the tokens that were left out."""
    shape, first = saved
    # y = mean of the T − a tokens
    dx = array_module(dy).zeros(shape, dy.dtype)
    dx[:, first:] = dy / (shape[1] - first)
    return dx
