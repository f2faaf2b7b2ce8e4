"""vitnp: a Vision Transformer written by hand in NumPy, every step of the slides with its backward.

The letters, in shapes everywhere:

    B images    N tokens        D hidden size     H heads     K = D/H, the width of one head (d_k)
    L layers    M MLP width     P patch side      C channels  Hᵢ, Wᵢ image height and width

x, y are data; W, b, gamma, beta are weights, stored (in, out), so that code reads `x @ W` as the slide does.
dx is ∂loss/∂x, always in the shape of x.
"""

import importlib

__version__ = "0.1.0"

# Imported at first use (PEP 562): `import vitnp` loads nothing, so that Ctrl-C is heard soon, a command what it needs.
MODULES = {"gradcheck": "vitnp.analysis.gradcheck", "vit": "vitnp.models.vit", "weights": "vitnp.weights"}
NAMES = {
    "InputError": "vitnp.errors",
    "PRESETS": "vitnp.models",
    "ViTConfig": "vitnp.models.vit",
    "loss_and_grads": "vitnp.tasks",
    "predict": "vitnp.engine.batch",
    "preset": "vitnp.models",
    "tokens": "vitnp.engine.batch",
    "trace": "vitnp.analysis.trace",
}
__all__ = sorted([*MODULES, *NAMES])


def __getattr__(name):
    if name in MODULES:
        return importlib.import_module(MODULES[name])
    if name in NAMES:
        return getattr(importlib.import_module(NAMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
