"""GELU(x) = x·Φ(x), Φ the standard normal distribution function (Hendrycks & Gimpel, 2016).

Two forms. "erf" is the definition: timm, Hugging Face and torchvision weights were trained with it.
"tanh" is the approximation that Google's ViT weights were trained with; it differs by at most 4.8e-4.
"""

import math

from vitnp.backend import array_module, erf, fuse
from vitnp.ops.half import in_float32

SQRT_2 = math.sqrt(2.0)
SQRT_2_PI = math.sqrt(2.0 * math.pi)
LINEAR = math.sqrt(2.0 / math.pi)
CUBIC = LINEAR * 0.044715  # the coefficient of the GELU paper


def forward(x, *, form="tanh"):
    """y = x·Φ(x), element by element."""
    return (gelu_tanh if form == "tanh" else gelu_erf)(x), (x, form)


def backward(dy, saved):
    """dx = dy·(Φ(x) + x·Φ′(x))."""
    # y = x·Φ(x)
    _, dx = again_and_backward(dy, saved)
    return dx


def again_and_backward(dy, saved):
    """y once more, and dx, in one go over x: cheaper than keeping y, the widest tensor of a block."""
    x, form = saved
    return (both_tanh if form == "tanh" else both_erf)(x, dy)


@fuse
@in_float32
def gelu_tanh(x):
    """x·Φ(x) with Φ(x) ≈ ½ (1 + tanh(√(2/π)·(x + 0.044715 x³)))."""
    t = array_module(x).tanh(x * (LINEAR + CUBIC * (x * x)))
    return x * (0.5 + 0.5 * t)


@fuse
@in_float32
def both_tanh(x, dy):
    """x·Φ and dy·(Φ + x·Φ′): with t the tanh, Φ′ = ½ (1 − t²)·√(2/π)·(1 + 3·0.044715 x²)."""
    x2 = x * x
    t = array_module(x).tanh(x * (LINEAR + CUBIC * x2))
    Phi = 0.5 + 0.5 * t
    return x * Phi, dy * (Phi + x * ((0.5 - 0.5 * t * t) * (LINEAR + 3.0 * CUBIC * x2)))


@fuse
@in_float32
def gelu_erf(x):
    """x·Φ(x) with Φ(x) = ½ (1 + erf(x/√2))."""
    return x * (0.5 + 0.5 * erf(x * (1.0 / SQRT_2)))


@fuse
@in_float32
def both_erf(x, dy):
    """x·Φ and dy·(Φ + x·Φ′), where Φ′ is the density exp(−x²/2)/√(2π)."""
    Phi = 0.5 + 0.5 * erf(x * (1.0 / SQRT_2))
    density = array_module(x).exp(-0.5 * x * x) * (1.0 / SQRT_2_PI)
    return x * Phi, dy * (Phi + x * density)
