"""GELU(x) = x·Φ(x), Φ the standard normal distribution function (Hendrycks & Gimpel, 2016).

Three forms. "erf" is the definition: timm, Hugging Face and torchvision weights were trained with it.
"tanh" is the approximation that Google's ViT weights were trained with; it differs by at most 4.8e-4.
"quick" is Φ(x) ≈ σ(1.702 x), the paper's other approximation, of CLIP's weights; it differs by at most 2.1e-2.
"""

import math

from vitnp.backend.arrays import array_module
from vitnp.backend.erf import erf_sqrt2
from vitnp.backend.tiles import tiled
from vitnp.ops.sigmoid import sigma

GELUS = ("tanh", "erf", "quick")
SQRT_2_PI = math.sqrt(2.0 * math.pi)
LINEAR = math.sqrt(2.0 / math.pi)
CUBIC = LINEAR * 0.044715  # the coefficient of the GELU paper
QUICK = 1.702


def forward(x, *, form="tanh"):
    """y = x·Φ(x), element by element."""
    return FORMS[form][0](x), (x, form)


def backward(dy, saved):
    """dx = dy·(Φ(x) + x·Φ′(x))."""
    # y = x·Φ(x)
    _, dx = again_and_backward(dy, saved)
    return dx


def again_and_backward(dy, saved):
    """y once more, and dx, in one go over x: cheaper than keeping y, the widest tensor of a block."""
    x, form = saved
    return FORMS[form][1](x, dy)


@tiled(elementwise=True)
def gelu_tanh(x):
    """x·Φ(x) with Φ of `Phi_tanh`."""
    t = x * x
    t *= CUBIC
    y = Phi_tanh(x, t)
    y *= x
    return y


@tiled(elementwise=True)
def both_tanh(x, dy):
    """x·Φ and dy·(Φ + x·Φ′): with t the tanh, Φ′ = ½ (1 − t²)·√(2/π)·(1 + 3·0.044715 x²)."""
    x2 = x * x
    Phi = Phi_tanh(x, CUBIC * x2)
    # ½ (1 − t²) = 2Φ (1 − Φ), since t = 2Φ − 1
    slope = 1.0 - Phi
    slope *= Phi
    x2 *= 6.0 * CUBIC
    x2 += 2.0 * LINEAR
    slope *= x2
    return product_rule(x, dy, Phi, slope)


def Phi_tanh(x, t):
    """Φ(x) ≈ ½ (1 + tanh(√(2/π)·(x + 0.044715 x³))), written over t = √(2/π)·0.044715 x².

    In place here and below: a quarter less time.
    """
    t += LINEAR
    t *= x
    Phi = array_module(x).tanh(t, out=t)
    Phi *= 0.5
    Phi += 0.5
    return Phi


@tiled(elementwise=True)
def gelu_erf(x):
    """x·Φ(x) with Φ(x) = ½ (1 + erf(x/√2))."""
    y = Phi_erf(x, x * x)
    y *= x
    return y


@tiled(elementwise=True)
def both_erf(x, dy):
    """x·Φ and dy·(Φ + x·Φ′), where Φ′ is the density exp(−x²/2)/√(2π)."""
    x2 = x * x
    Phi = Phi_erf(x, x2)
    x2 *= -0.5
    density = array_module(x).exp(x2, out=x2)
    density *= 1.0 / SQRT_2_PI
    return product_rule(x, dy, Phi, density)


def Phi_erf(x, x2):
    """Φ(x) = ½ (1 + erf(x/√2)), given x² too."""
    Phi = erf_sqrt2(x, x2)
    Phi *= 0.5
    Phi += 0.5
    return Phi


@tiled(elementwise=True)
def gelu_quick(x):
    """x·Φ(x) with Φ of `Phi_quick`."""
    y = Phi_quick(x)
    y *= x
    return y


@tiled(elementwise=True)
def both_quick(x, dy):
    """x·Φ and dy·(Φ + x·Φ′), where Φ′ = 1.702·Φ (1 − Φ)."""
    Phi = Phi_quick(x)
    slope = 1.0 - Phi
    slope *= Phi
    slope *= QUICK
    return product_rule(x, dy, Phi, slope)


def Phi_quick(x):
    """Φ(x) ≈ σ(1.702 x)."""
    return sigma(QUICK * x)


def product_rule(x, dy, Phi, slope):
    """y = x·Φ and dx = dy·(Φ + x·Φ′), written over Φ and its slope Φ′."""
    slope *= x
    slope += Phi
    slope *= dy
    Phi *= x
    return Phi, slope


FORMS = {"tanh": (gelu_tanh, both_tanh), "erf": (gelu_erf, both_erf), "quick": (gelu_quick, both_quick)}
