"""vitnp: a Vision Transformer written by hand in NumPy, every step of the slides with its backward.

The letters, in shapes everywhere:

    B images    N tokens        D hidden size     H heads     K = D/H, the width of one head (d_k)
    L layers    M MLP width     P patch side      C channels  Hᵢ, Wᵢ image height and width

x, y are data; W, b, gamma, beta are weights, stored (in, out), so that code reads `x @ W` as the slide does.
dx is ∂loss/∂x, always in the shape of x.
"""

from vitnp import checkpoints, gradcheck, vit
from vitnp.config import PRESETS, ViTConfig, preset
from vitnp.errors import InputError
from vitnp.model import ViT
from vitnp.parallel import loss_and_grads, predict
from vitnp.trace import trace

__version__ = "0.1.0"
__all__ = [
    "PRESETS",
    "InputError",
    "ViT",
    "ViTConfig",
    "checkpoints",
    "gradcheck",
    "loss_and_grads",
    "predict",
    "preset",
    "trace",
    "vit",
]
