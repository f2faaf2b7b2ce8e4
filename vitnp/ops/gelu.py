"""GELU(x) = x·Φ(x), Φ the standard normal distribution function (Hendrycks & Gimpel, 2016).

Two forms. "erf" is the definition: timm, Hugging Face and torchvision weights were trained with it.
"tanh" is the approximation that Google's ViT weights were trained with; it differs by at most 4.8e-4.
"""

import math

from vitnp.backend import array_module, erf

SQRT_2 = math.sqrt(2.0)
SQRT_2_PI = math.sqrt(2.0 * math.pi)
SQRT_2_OVER_PI = math.sqrt(2.0 / math.pi)
CUBIC = 0.044715  # the coefficient in the tanh approximation, from the GELU paper


def forward(x, *, form="tanh"):
    """y = x·Φ(x), element by element."""
    phi = phi_tanh(x) if form == "tanh" else phi_erf(x)
    return x * phi, (x, form)


def backward(dy, saved):
    """dx = dy·(Φ(x) + x·Φ′(x))."""
    x, form = saved
    # y = x·Φ(x)
    return dy * (derivative_tanh(x) if form == "tanh" else derivative_erf(x))


def phi_erf(x):
    """Φ(x) = ½ (1 + erf(x/√2))."""
    return 0.5 * (1.0 + erf(x / SQRT_2))


def derivative_erf(x):
    """Φ(x) + x·φ(x), where φ(x) = exp(−x²/2)/√(2π) is Φ′."""
    xp = array_module(x)
    return phi_erf(x) + x * xp.exp(-0.5 * x * x) / SQRT_2_PI


def phi_tanh(x):
    """Φ(x) ≈ ½ (1 + tanh(√(2/π)·(x + 0.044715 x³)))."""
    xp = array_module(x)
    return 0.5 * (1.0 + xp.tanh(SQRT_2_OVER_PI * (x + CUBIC * x * x * x)))


def derivative_tanh(x):
    """½(1 + t) + ½ x·(1 − t²)·√(2/π)·(1 + 3·0.044715 x²), where t is the tanh."""
    xp = array_module(x)
    t = xp.tanh(SQRT_2_OVER_PI * (x + CUBIC * x * x * x))
    return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * SQRT_2_OVER_PI * (1.0 + 3.0 * CUBIC * x * x)
