"""Step 3: prepend the learnable [CLS] token (deck 003, step 3; ViT eq. 1).

    z = [x_class; x¹; …; x^N]

Every image gets the same token, so its gradient is a sum over the batch.
"""

from vitnp.backend.arrays import array_module
from vitnp.ops import initializers


def init(*, hidden_size, dtype):
    """cls (D,), zero as in the released code."""
    return {"cls": initializers.zeros((hidden_size,), dtype)}


def forward(x, p):
    """Patch tokens (B, N, D) → tokens (B, N+1, D), the class token in row 0."""
    xp = array_module(x)
    cls = xp.broadcast_to(p["cls"], (x.shape[0], 1, x.shape[2]))  # (D,) → (B, 1, D)
    return xp.concatenate([cls, x], axis=1), ()  # backward needs nothing


def backward(dz, saved):
    """dz (B, N+1, D) → dx (B, N, D) and {cls}."""
    # z = [cls; x], the same cls for every image
    return dz[:, 1:], {"cls": dz[:, 0].sum(axis=0)}
