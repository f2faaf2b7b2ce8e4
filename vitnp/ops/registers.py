"""Registers: learned tokens without a place in the image, which take part and are not read (Darcet et al., 2024).

    z = [x₁; …; x_a; r₁; …; r_R; x_{a+1}; …; x_T]

They stand after the first a tokens: after the class token (a = 1), or in front where there is none (a = 0). They come
in after the positions are added, so they have none. A class token that nobody reads is one of them.
"""

from vitnp.backend.arrays import array_module
from vitnp.ops import initializers


def init(rng, *, count, hidden_size, dtype):
    """reg (R, D), Normal(0, 1e-12), as timm and DINOv2 have it."""
    return {"reg": initializers.normal(rng, (count, hidden_size), 1e-6, dtype)}


def forward(x, p, *, after):
    """Tokens (B, T, D) → (B, T + R, D), the registers behind the first `after` tokens."""
    xp, (R, D) = array_module(x), p["reg"].shape
    reg = xp.broadcast_to(p["reg"], (x.shape[0], R, D))  # every image gets the same
    return xp.concatenate([x[:, :after], reg, x[:, after:]], axis=1), (after, R)


def backward(dz, saved):
    """dz (B, T + R, D) → dx (B, T, D) and {reg}."""
    after, R = saved
    # z = [x₁ … x_a; reg; x_{a+1} …], the same reg for every image, so a sum
    dx = array_module(dz).concatenate([dz[:, :after], dz[:, after + R :]], axis=1)
    return dx, {"reg": dz[:, after : after + R].sum(axis=0)}
