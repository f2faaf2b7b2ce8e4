"""Functions of one number as values at SAMPLES: GELU has GELU's values in any spelling. Imports nothing of vitnp."""

import numpy as np

SAMPLES = np.concatenate([np.arange(-6.0, 6.25, 0.25), [1e-8, 1e-4, 1e-2, 30.0]])
POSITIVE = SAMPLES >= 0  # where a variance can be
ZERO = int(np.flatnonzero(SAMPLES == 0)[0])
CLOSE = 1e-4  # float16 rounds √2 by this much; the two forms of GELU are 5e-4 apart


def sigmoid(u):
    """1/(1 + exp(−u))."""
    return 1 / (1 + np.exp(-u))


def erf(u):
    """The error function."""
    import scipy.special

    return scipy.special.erf(u)


def gelu_erf(u):
    """GELU, its exact form."""
    return u * (1 + erf(u / np.sqrt(2))) / 2


def gelu_tanh(u):
    """GELU, the tanh form."""
    return u * (1 + np.tanh(np.sqrt(2 / np.pi) * (u + 0.044715 * u**3))) / 2


# What a graph's operators do to a number; the last four ask for attributes or a second operand in `rules`.
UNARY = {
    "Erf": erf,
    "Tanh": np.tanh,
    "Sigmoid": sigmoid,
    "Sqrt": np.sqrt,
    "Reciprocal": lambda u: 1 / u,
    "Neg": np.negative,
    "Exp": np.exp,
    "Log": np.log,
    "Abs": np.abs,
    "Relu": lambda u: np.maximum(u, 0),
    "Softplus": lambda u: np.log1p(np.exp(u)),
    "HardSigmoid": lambda u: np.clip(0.2 * u + 0.5, 0, 1),
    "HardSwish": lambda u: u * np.clip(u / 6 + 0.5, 0, 1),
    "Swish": lambda u: u * sigmoid(u),
    "Mish": lambda u: u * np.tanh(np.log1p(np.exp(u))),
}
BINARY = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "Pow": np.power}
NAMED = {
    "erf": gelu_erf,
    "tanh": gelu_tanh,
    "QuickGELU": lambda u: u * sigmoid(1.702 * u),
    "ReLU": UNARY["Relu"],
    "SiLU": UNARY["Swish"],
    "missing": lambda u: u,
    "squared ReLU": lambda u: np.maximum(u, 0) ** 2,
    "tanh alone": np.tanh,
    "sigmoid": sigmoid,
    "HardSwish": UNARY["HardSwish"],
}


def name_of(values):
    """The name in NAMED of the function with these values, or None."""
    found = {name: error(values, function(SAMPLES)) for name, function in NAMED.items()}
    best = min(found, key=found.get)
    return best if found[best] < CLOSE else None


def error(values, wanted):
    """The largest difference, relative where the values are large; infinite where they are no numbers."""
    with np.errstate(all="ignore"):
        found = np.max(abs(values - wanted) / np.maximum(1, abs(wanted)))
    return found if np.isfinite(found) else np.inf


def slope(values):
    """c of the function c·u; None for another function."""
    c = values[-1] / SAMPLES[-1]
    return float(c) if np.allclose(values, c * SAMPLES, rtol=1e-6, atol=1e-12) else None


def epsilon(values):
    """ε of the function 1/√(v + ε); None for another function."""
    v, given = SAMPLES[POSITIVE], values[POSITIVE]
    with np.errstate(all="ignore"):
        eps = 1 / values[ZERO] ** 2
        if not (0 < eps < 1 and np.allclose(given, 1 / np.sqrt(v + eps), rtol=1e-4)):
            return None
    return rounded(eps)


def rounded(eps):
    """The number as it was typed: of those that are this float32, the shortest."""
    return float(str(np.float32(eps)))
