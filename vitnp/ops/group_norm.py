"""GroupNorm: mean and variance over all places and the channels of one group of one image (Wu & He, 2018).

    y = γ·x̂ + β,  x̂ = (x − mean(x)) / √(var(x) + ε)

G groups of C/G adjacent channels each. It does not look at the other images of the batch, as BatchNorm does.
"""

from vitnp.backend.arrays import array_module
from vitnp.backend.half import wide
from vitnp.ops import initializers


def init(*, channels, dtype, closed=False):
    """gamma (C,) one, or zero if the norm is closed at first; beta (C,) zero."""
    gamma = (initializers.zeros if closed else initializers.ones)((channels,), dtype)
    return {"gamma": gamma, "beta": initializers.zeros((channels,), dtype)}


def forward(x, p, *, groups, eps):
    """(B, H, W, C) → (B, H, W, C)."""
    dtype, x = x.dtype, wide(x)
    c = x - of_channels(group_first(x, groups))  # so c of equal values is exactly 0, as in `s6_layer_norm`
    c -= of_channels(group_mean(place_mean(c), groups))
    variance = group_mean(place_mean(c * c), groups)
    inverse_std = of_channels((variance + eps) ** -0.5)  # (B, 1, 1, C)
    x_hat = c
    x_hat *= inverse_std
    y = x_hat * p["gamma"]
    y += p["beta"]
    y, x_hat = (a.astype(dtype, copy=False) for a in (y, x_hat))
    return y, (x_hat, inverse_std, p["gamma"], groups)


def backward(dy, saved):
    """dy (B, H, W, C) → dx (B, H, W, C) and {gamma, beta}."""
    x_hat, inverse_std, gamma, groups = saved
    dtype, places = dy.dtype, dy.shape[1] * dy.shape[2]
    dy, x_hat = wide(dy), wide(x_hat)
    along_x_hat, along_mean = place_mean(dy * x_hat), place_mean(dy)  # (B, C)
    # y = γ·x̂ + β
    dp = {"gamma": along_x_hat.sum(axis=0) * places, "beta": along_mean.sum(axis=0) * places}
    dp = {name: leaf.astype(dtype, copy=False) for name, leaf in dp.items()}
    # x̂ = (x − mean)/√(var + ε): x moves the mean and the variance of its group too
    dx = dy * gamma
    dx -= of_channels(group_mean(along_mean * gamma, groups))
    dx -= x_hat * of_channels(group_mean(along_x_hat * gamma, groups))
    dx *= inverse_std
    return dx.astype(dtype, copy=False), dp


def place_mean(x):
    """The mean over the places: (B, H, W, C) → (B, C), a product with ones."""
    B, height, width, C = x.shape
    n = height * width
    ones = array_module(x).full((1, n), 1 / n, x.dtype)
    return (ones @ x.reshape(B, n, C))[:, 0]


def group_mean(a, groups):
    """Every channel's value becomes the mean of its group's: (B, C) → (B, C)."""
    B, C = a.shape
    grouped = a.reshape(B, groups, C // groups)
    mean = grouped.mean(axis=2, keepdims=True)
    return array_module(a).broadcast_to(mean, grouped.shape).reshape(B, C)


def group_first(x, groups):
    """Every channel gets the first value of its group: (B, H, W, C) → (B, C)."""
    B, C = x.shape[0], x.shape[3]
    grouped = x[:, 0, 0].reshape(B, groups, C // groups)
    return array_module(x).broadcast_to(grouped[:, :, :1], grouped.shape).reshape(B, C)


def of_channels(a):
    """(B, C) → (B, 1, 1, C)."""
    return a[:, None, None]
