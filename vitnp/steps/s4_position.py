"""Step 4: add the learnable position embedding, element by element (deck 003, step 4; ViT eq. 1).

    z₀ = z + E_pos,  E_pos ∈ R^{(N+1)×D}

Then dropout, where training uses it. Every image gets the same table: its gradient is a sum over the batch.
"""

from vitnp.ops import dropout, initializers


def init(rng, *, num_tokens, hidden_size, dtype):
    """E_pos (N+1, D), Normal(0, 0.02²) as in BERT and the released code."""
    return {"E_pos": initializers.normal(rng, (num_tokens, hidden_size), 0.02, dtype)}


def forward(x, p, *, dropout_rate=0.0, rng=None):
    """Tokens (B, N+1, D) → tokens with a position (B, N+1, D)."""
    return dropout.forward(x + p["E_pos"], rate=dropout_rate, rng=rng)


def backward(dy, saved):
    """dy (B, N+1, D) → dx of the same shape and {E_pos}."""
    dx = dropout.backward(dy, saved)
    # y = x + E_pos, the same E_pos for every image
    return dx, {"E_pos": dx.sum(axis=0)}
