"""Token embeddings: a table with a row for each id, and the logits that the same table gives (Vaswani et al., 2017,
§3.4; Press & Wolf, 2017).

    xᵢ = √D · E[idᵢ]          that is the one-hot row of the id times E, so that its backward is a product too
    z = y · Eᵀ                how much y is like each row
"""

import math

from vitnp.backend.arrays import array_module
from vitnp.ops import initializers
from vitnp.ops.linear import input_gradient, weight_gradient

MOST = 2**24  # numbers of the one-hot rows that are in work at a time


def init(rng, *, vocabulary_size, hidden_size, dtype):
    """E (V, D) Normal(0, 1/D), as tensor2tensor: √D·E has variance 1, as the positions have about."""
    return {"E": initializers.normal(rng, (vocabulary_size, hidden_size), hidden_size**-0.5, dtype)}


def forward(ids, p):
    """Ids (B, N) → tokens (B, N, D)."""
    E = p["E"]
    return E[ids] * math.sqrt(E.shape[1]), (ids, E.shape)


def backward(dx, saved):
    """dx (B, N, D) → {E}. An id has no gradient."""
    ids, (V, D) = saved
    xp = array_module(dx)
    ids, dx = ids.reshape(-1, 1), dx.reshape(-1, D)
    # x = √D·onehot(id)·E: a row that several tokens took gets the sum of their gradients
    dE, rows = xp.zeros((V, D), dx.dtype), max(MOST // V, 1)
    for i in range(0, len(dx), rows):
        one_hot = (ids[i : i + rows] == xp.arange(V)).astype(dx.dtype)
        dE += weight_gradient(one_hot, dx[i : i + rows])
    dE *= math.sqrt(D)
    return {"E": dE}


def logits_forward(y, p):
    """Tokens (B, N, D) → logits (B, N, V)."""
    E = p["E"]
    return (y.reshape(-1, y.shape[-1]) @ E.T).reshape(*y.shape[:-1], len(E)), (y, E)


def logits_backward(dz, saved):
    """dz (B, N, V) → dy (B, N, D) and {E}."""
    y, E = saved
    # z = y·Eᵀ
    return input_gradient(dz, E.T), {"E": weight_gradient(dz, y)}
