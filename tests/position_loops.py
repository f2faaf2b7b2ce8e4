"""Position embeddings said again in plain loops over the patches, with nothing of the library but the configuration."""

import math

import numpy as np


def table(p, config):
    """E_pos (tokens, D) of one set of parameters, patch by patch; sine and cosine number by number."""
    (rows, cols), D, kind = config.grid, config.hidden_size, config.position_embedding
    if kind == "1d":
        return p["E_pos"]
    lines = []
    if config.classifier == "token":
        lines.append(p["E_cls"] if kind == "2d" else np.zeros(D))
    for row in range(rows):
        for col in range(cols):
            if kind == "2d":
                lines.append([*p["E_cols"][col], *p["E_rows"][row]])
            else:
                lines.append([*waves(col, D // 4), *waves(row, D // 4)])
    return np.array(lines)


def waves(place, count):
    """`count` sines, then as many cosines, of wavelengths from 2π to 20000π patches."""
    angles = [place / 10_000 ** (i / (count - 1)) for i in range(count)]
    return [math.sin(a) for a in angles] + [math.cos(a) for a in angles]


def distances(Q, E_rel, config):
    """What the distances add to Q·Kᵀ (B, H, T, T): query by query, key by key, [CLS] before the first patch."""
    B, H, T, _ = Q.shape
    assert config.num_tokens == T
    S = np.zeros((B, H, T, T), np.result_type(Q, E_rel))
    for query in range(T):
        for key in range(T):
            S[:, :, query, key] = (Q[:, :, query] * E_rel[(key - query) + (T - 1)]).sum(-1)
    return S
