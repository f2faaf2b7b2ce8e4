"""Step 6: LayerNorm, the "Norm" boxes of the encoder figure (drawn, not numbered, in deck 003; ViT eq. 2–4).

    y = γ·x̂ + β,  x̂ = (x − mean(x)) / √(var(x) + ε)

Mean and variance are taken over the D values of one token. The "+" beside it is in `encoder.py`.
"""

from vitnp.backend.tiles import tiled
from vitnp.ops import initializers
from vitnp.ops.sums import column_sums, row_means


def init(*, hidden_size, dtype):
    """gamma (D,) one, beta (D,) zero."""
    return {
        "gamma": initializers.ones((hidden_size,), dtype),
        "beta": initializers.zeros((hidden_size,), dtype),
    }


def forward(x, p, *, eps):
    """Tokens (B, N, D) → normalized tokens (B, N, D)."""
    y, x_hat, inverse_std = normalize(x, gamma=p["gamma"], beta=p["beta"], eps=eps)
    return y, (x_hat, inverse_std, p["gamma"])


@tiled
def normalize(x, *, gamma, beta, eps):
    """Every token on its own: (B, N, D) → y and x̂ (B, N, D), 1/√(var + ε) (B, N, 1)."""
    # c = x − mean(x). Any constant cancels in it; with the first value, c of equal values is exactly 0, and y = β
    c = x - x[..., :1]
    c -= row_means(c)
    variance = row_means(c * c)
    inverse_std = (variance + eps) ** -0.5
    x_hat = c
    x_hat *= inverse_std  # c/√(var + ε), in place; so are the sums here and below: a tenth less time
    y = x_hat * gamma
    y += beta
    return y, x_hat, inverse_std


def backward(dy, saved):
    """dy (B, N, D) → dx (B, N, D) and {gamma, beta}."""
    x_hat, inverse_std, gamma = saved
    # y = γ·x̂ + β
    dp = {"gamma": column_sums(dy * x_hat), "beta": column_sums(dy)}
    dx = normalize_backward(dy, x_hat, inverse_std, gamma=gamma)
    return dx, dp


@tiled
def normalize_backward(dy, x_hat, inverse_std, *, gamma):
    """Every token on its own: dy (B, N, D) → dx (B, N, D)."""
    dx_hat = dy * gamma
    # x̂ = (x − mean)/√(var + ε): x moves the mean and the variance too, hence the two subtractions
    along_mean = row_means(dx_hat)
    along_x_hat = row_means(dx_hat * x_hat)
    dx = dx_hat  # (dx̂ − along_mean − x̂·along_x_hat)/√(var + ε), in place
    dx -= along_mean
    dx -= x_hat * along_x_hat
    dx *= inverse_std
    return dx
