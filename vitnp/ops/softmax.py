"""Softmax over the last axis."""

from vitnp.backend.arrays import array_module, on_host
from vitnp.backend.half import wide
from vitnp.ops.sums import row_sums

SAFE = (
    60.0  # exp(60) summed over a million keys is far from float32's limit, exp(−60) from its smallest number
)


def forward(x):
    """yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ), rows along the last axis sum to 1: (…, J) → (…, J)."""
    dtype, x = x.dtype, wide(x)
    xp = array_module(x)
    y = xp.exp(x) if is_safe(x) else xp.exp(x - x.real.max(axis=-1, keepdims=True))
    y /= row_sums(y)
    y = y.astype(dtype, copy=False)
    return y, y


def backward(dy, saved):
    """dxᵢ = yᵢ (dyᵢ − Σⱼ dyⱼ yⱼ): the whole Jacobian diag(y) − y·yᵀ, not only its diagonal."""
    dtype, y = dy.dtype, wide(saved)
    dx = wide(dy) * y
    dx -= y * row_sums(dx)
    return dx.astype(dtype, copy=False)


def log(x):
    """log yᵢ = xᵢ − max − log Σⱼ exp(xⱼ − max), which overflows nowhere and never takes log(0): (…, J) → (…, J)."""
    xp = array_module(x)
    x = x - x.real.max(axis=-1, keepdims=True)
    return x - xp.log(xp.exp(x).sum(axis=-1, keepdims=True))


def is_safe(x):
    """Whether exp can take x as it is. If not, each row's maximum is taken off, which cancels in the quotient.

    Taking it off costs a third of the softmax, and scores are seldom large. On a GPU, asking would wait for the device.
    (.real, here and above, lets the complex step through, which must not compare complex numbers.)
    """
    return on_host(x) and x.real.min() > -SAFE and x.real.max() < SAFE
