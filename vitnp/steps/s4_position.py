"""Step 4: add the position embedding, element by element (deck 003, step 4; ViT eq. 1).

    z₀ = z + E_pos,  E_pos ∈ R^{(N+1)×D}

Then dropout, where training uses it. Every image gets the same table: its gradient is a sum over the batch.
On the slide the table itself is learned, "1d"; `ops/positions.py` has what else it can be made of.
"""

from vitnp.ops import dropout, positions


def init(rng, *, num_tokens, hidden_size, dtype, kind="1d", grid=(1, 1)):
    """E_pos (N+1, D), Normal(0, 0.02²) as in BERT and the released code; for other kinds, what it is made of."""
    return positions.init(
        rng, kind=kind, grid=grid, num_tokens=num_tokens, hidden_size=hidden_size, dtype=dtype
    )


def forward(x, p, *, kind="1d", grid=(1, 1), dropout_rate=0.0, rng=None):
    """Tokens (B, N+1, D) → tokens with a position (B, N+1, D)."""
    E_pos, saved_table = positions.forward(p, kind=kind, grid=grid, like=x)
    y, saved_dropout = dropout.forward(x + E_pos, rate=dropout_rate, rng=rng)
    return y, (saved_table, saved_dropout)


def backward(dy, saved):
    """dy (B, N+1, D) → dx of the same shape and {E_pos}."""
    saved_table, saved_dropout = saved
    dx = dropout.backward(dy, saved_dropout)
    # y = x + E_pos, the same E_pos for every image
    return dx, positions.backward(dx.sum(axis=0), saved_table)
