"""Softmax over the last axis."""

from vitnp.backend import array_module


def forward(x):
    """yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ), rows along the last axis sum to 1: (…, J) → (…, J)."""
    xp = array_module(x)
    # The maximum cancels in the quotient and keeps exp from overflowing; .real, so that the complex
    # step (which must not compare complex numbers) goes through.
    y = x - x.real.max(axis=-1, keepdims=True)
    xp.exp(y, out=y)
    y /= y.sum(axis=-1, keepdims=True)
    return y, y


def backward(dy, saved):
    """dxᵢ = yᵢ (dyᵢ − Σⱼ dyⱼ yⱼ): the whole Jacobian diag(y) − y·yᵀ, not only its diagonal."""
    y = saved
    dx = dy * y
    dx -= y * dx.sum(axis=-1, keepdims=True)
    return dx
