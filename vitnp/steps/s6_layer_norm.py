"""Step 6: LayerNorm, the "Norm" boxes of the encoder figure (drawn, not numbered, in deck 003; ViT eq. 2–4).

    y = γ·x̂ + β,  x̂ = (x − mean(x)) / √(var(x) + ε)

Mean and variance are taken over the D values of one token. The "+" beside it is in `encoder.py`.
"""

from vitnp.ops import initializers


def init(*, hidden_size, dtype):
    """gamma (D,) one, beta (D,) zero."""
    return {
        "gamma": initializers.ones((hidden_size,), dtype),
        "beta": initializers.zeros((hidden_size,), dtype),
    }


def forward(x, p, *, eps):
    """Tokens (B, N, D) → normalized tokens (B, N, D)."""
    c = x - x.mean(axis=-1, keepdims=True)
    variance = (c * c).mean(axis=-1, keepdims=True)  # (B, N, 1)
    inverse_std = (variance + eps) ** -0.5
    x_hat = c * inverse_std
    return x_hat * p["gamma"] + p["beta"], (x_hat, inverse_std, p["gamma"])


def backward(dy, saved):
    """dy (B, N, D) → dx (B, N, D) and {gamma, beta}."""
    x_hat, inverse_std, gamma = saved
    # y = γ·x̂ + β
    dx_hat = dy * gamma
    dp = {"gamma": (dy * x_hat).sum(axis=(0, 1)), "beta": dy.sum(axis=(0, 1))}
    # x̂ = (x − mean)/√(var + ε): x moves the mean and the variance too, hence the two subtractions
    along_mean = dx_hat.mean(axis=-1, keepdims=True)
    along_x_hat = (dx_hat * x_hat).mean(axis=-1, keepdims=True)
    return (dx_hat - along_mean - x_hat * along_x_hat) * inverse_std, dp
