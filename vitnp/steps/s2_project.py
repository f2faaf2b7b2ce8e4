"""Step 2: the patch embedding, one linear projection for every patch (deck 003, step 2; ViT eq. 1).

    x = x_p·W + b,  W ∈ R^{(P²·C)×D},  b ∈ R^D

The same as a convolution with kernel and stride P.
"""

from vitnp.ops import initializers, linear


def init(rng, *, patch_dim, hidden_size, dtype):
    """W (P·P·C, D) LeCun normal, b (D,) zero, as the released code."""
    return {
        "W": initializers.lecun_normal(rng, (patch_dim, hidden_size), dtype),
        "b": initializers.zeros((hidden_size,), dtype),
    }


def forward(patches, p):
    """Patches (B, N, P·P·C) → patch tokens (B, N, D)."""
    return linear.forward(patches, p)


def backward(dx, saved):
    """dx (B, N, D) → dpatches (B, N, P·P·C) and {W, b}."""
    return linear.backward(dx, saved)
