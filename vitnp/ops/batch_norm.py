"""BatchNorm: mean and variance of each channel over all places of all images of the batch (Ioffe & Szegedy, 2015).

    y = γ·x̂ + β,  x̂ = (x − mean)/√(var + ε)

In training mean and var are the batch's, so every image has a part in the output of every other one. In evaluation they
are the running ones, the leaves `mean` and `var`, which no gradient step changes: after each training step

    mean ← m·mean + (1 − m)·mean of the batch,    var ← m·var + (1 − m)·var of the batch·n/(n − 1)

m is the momentum, 0.99 in EfficientNet (PyTorch's momentum is 1 − m), n the number of values per channel. So the
running variance is the unbiased one, as in TensorFlow's fused operation and in PyTorch; x̂ has the biased one.
"""

from typing import Any, NamedTuple

from vitnp.backend.arrays import array_module
from vitnp.backend.half import wide
from vitnp.errors import InputError
from vitnp.ops import initializers
from vitnp.ops.sums import many_rows


class Saved(NamedTuple):
    """What backward needs, and the batch's statistics."""

    x_hat: Any  # (B, H, W, C)
    inverse_std: Any  # (C,)
    gamma: Any  # (C,)
    batch: dict | None  # {mean, var}, what the running ones are moved towards; None in evaluation


def init(*, channels, dtype):
    """gamma, var one; beta, mean zero: (C,) each."""
    first = {"gamma": initializers.ones, "beta": initializers.zeros}
    first |= {"mean": initializers.zeros, "var": initializers.ones}
    return {name: make((channels,), dtype) for name, make in first.items()}


def forward(x, p, *, eps, training):
    """(B, H, W, C) → (B, H, W, C).

    Raises InputError in training for a single value per channel, which has no variance.
    """
    dtype, x = x.dtype, wide(x)
    mean, var, batch = wide(p["mean"]), wide(p["var"]), None
    if training:
        n = x.size // x.shape[-1]
        if n < 2:
            raise InputError(
                "BatchNorm in training needs at least two values per channel, and got one place of one image; "
                "use a larger batch or larger images"
            )
        mean = x[0, 0, 0]  # so c of equal values is exactly 0, as in `s6_layer_norm`
        c = x - mean
        for _ in range(2):  # again: the first value may lie far from the others, and take their digits
            shift = many_rows(c) / n
            c -= shift
            mean = mean + shift
        var = many_rows(c * c) / n
        batch = {"mean": mean, "var": var * (n / (n - 1))}
    else:
        c = x - mean
    inverse_std = (var + eps) ** -0.5
    x_hat = c
    x_hat *= inverse_std
    y = x_hat * wide(p["gamma"])
    y += wide(p["beta"])
    y, x_hat = (a.astype(dtype, copy=False) for a in (y, x_hat))
    return y, Saved(x_hat, inverse_std, p["gamma"], batch)


def backward(dy, saved):
    """dy (B, H, W, C) → dx (B, H, W, C) and {gamma, beta, mean, var}; in training y does not depend on the last two."""
    x_hat, inverse_std, gamma, batch = saved
    dtype, n = dy.dtype, dy.size // dy.shape[-1]
    dy, x_hat, gamma = wide(dy), wide(x_hat), wide(gamma)
    along_x_hat, along_one = many_rows(dy * x_hat), many_rows(dy)  # (C,)
    # y = γ·x̂ + β
    dp = {"gamma": along_x_hat, "beta": along_one}
    scale = gamma * inverse_std
    if batch is None:
        # x̂ = (x − mean)/√(var + ε), of numbers that x does not move
        dx = dy * scale
        dp |= {"mean": -scale * along_one, "var": -0.5 * scale * inverse_std * along_x_hat}
    else:
        # x̂ = (x − mean(x))/√(var(x) + ε): x moves the mean and the variance of its channel too
        dx = dy - along_one / n
        dx -= x_hat * (along_x_hat / n)
        dx *= scale
        dp |= {name: array_module(dy).zeros(along_one.shape, along_one.dtype) for name in ("mean", "var")}
    return dx.astype(dtype, copy=False), {name: leaf.astype(dtype, copy=False) for name, leaf in dp.items()}
