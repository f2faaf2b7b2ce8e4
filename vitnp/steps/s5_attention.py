"""Step 5: multi-head self-attention (deck 003, step 5; ViT eq. 5–8).

Q = x·W_Q + b_Q,  K = x·W_K + b_K,  V = x·W_V + b_V        (N, D) each, cut into H heads of width d_k = D/H
S⁽ⁱ⁾ = Q⁽ⁱ⁾·K⁽ⁱ⁾ᵀ / √d_k,  A⁽ⁱ⁾ = softmax(S⁽ⁱ⁾) over the keys,  O⁽ⁱ⁾ = A⁽ⁱ⁾·V⁽ⁱ⁾
y = [O⁽¹⁾; …; O⁽ᴴ⁾]·W_O + b_O

Where p has E_rel, for `position_embedding` "relative", the scores know distances too: see `ops/relative.py`.
"""

import math
from typing import Any, NamedTuple

from vitnp.backend.tiles import blocked
from vitnp.ops import dropout, heads, initializers, relative, softmax
from vitnp.ops.linear import affine, bias_gradient, input_gradient, weight_gradient
from vitnp.ops.sums import column_sums


class Saved(NamedTuple):
    """What backward needs, and what anyone who looks inside reads."""

    x: Any  # (B, N, D)
    p: dict  # W_Q, W_K, W_V, W_O (D, D); with relative positions E_rel (2N − 1, K)
    Q: Any  # (B, H, N, K)
    K: Any  # (B, H, N, K)
    V: Any  # (B, H, N, K)
    A: Any  # (B, H, N, N)  attention weights; each row, over the keys, sums to 1
    A_keep: Any  # (B, H, N, N)  the mask of attention dropout, or None
    A_rate: float  # of attention dropout
    concat: Any  # (B, N, D)
    dropout: Any  # what the dropout of the output saved


def init(rng, *, hidden_size, dtype):
    """Weights (D, D) Xavier uniform, each on its own; biases (D,) zero, as the released code."""
    p = {}
    for name in "QKVO":
        p[f"W_{name}"] = initializers.xavier_uniform(rng, (hidden_size, hidden_size), dtype)
        p[f"b_{name}"] = initializers.zeros((hidden_size,), dtype)
    return p


def forward(x, p, *, num_heads, dropout_rate=0.0, attention_dropout_rate=0.0, rng=None):
    """Tokens (B, N, D) → attention output (B, N, D)."""
    # (B, N, D) → (B, H, N, K)
    Q = heads.split(affine(x, p["W_Q"], p["b_Q"]), num_heads)
    K = heads.split(affine(x, p["W_K"], p["b_K"]), num_heads)
    V = heads.split(affine(x, p["W_V"], p["b_V"]), num_heads)

    B, H, N, _ = Q.shape
    A_keep = dropout.draw(Q, (B, H, N, N), rate=attention_dropout_rate, rng=rng)
    outputs, A = attend(Q, K, V, A_keep, rate=attention_dropout_rate, E_rel=p.get("E_rel"), row_size=N * N)
    concat = heads.merge(outputs)  # (B, H, N, K) → (B, N, D)

    y = affine(concat, p["W_O"], p["b_O"])
    y, y_dropout = dropout.forward(y, rate=dropout_rate, rng=rng)
    return y, Saved(x, p, Q, K, V, A, A_keep, attention_dropout_rate, concat, y_dropout)


@blocked
def attend(Q, K, V, A_keep, *, rate, E_rel=None):
    """Scores, softmax, times V, for every head on its own: (B, H, N, K) → O (B, H, N, K) and A (B, H, N, N)."""
    scale = 1.0 / math.sqrt(Q.shape[-1])
    S = Q @ K.swapaxes(-1, -2)  # (B, H, N, N)
    S *= scale
    if E_rel is not None:
        S_rel, _ = relative.forward(Q * scale, E_rel)  # what each query makes of the distance to each key
        S += S_rel
    A, _ = softmax.forward(S)
    return dropout.apply(A, A_keep, rate=rate) @ V, A


def backward(dy, saved):
    """dy (B, N, D) → dx (B, N, D) and {W_Q, b_Q, W_K, b_K, W_V, b_V, W_O, b_O}."""
    x, p, Q, K, V, A, A_keep, A_rate, concat, y_dropout = saved
    dy = dropout.backward(dy, y_dropout)
    # y = concat·W_O + b_O
    dconcat = input_gradient(dy, p["W_O"])
    dO = heads.split(dconcat, Q.shape[1])  # (B, N, D) → (B, H, N, K)
    dQ, dK, dV, *dE_rel = attend_backward(dO, Q, K, V, A, A_keep, rate=A_rate, E_rel=p.get("E_rel"))
    dQ, dK, dV = heads.merge(dQ), heads.merge(dK), heads.merge(dV)  # (B, H, N, K) → (B, N, D)
    # Q = x·W_Q + b_Q, and the same x for K and V: three ways back, so a sum
    dx = input_gradient(dQ, p["W_Q"]) + input_gradient(dK, p["W_K"]) + input_gradient(dV, p["W_V"])
    dp = {}
    for name, inputs, gradient in (("Q", x, dQ), ("K", x, dK), ("V", x, dV), ("O", concat, dy)):
        dp |= {f"W_{name}": weight_gradient(inputs, gradient), f"b_{name}": bias_gradient(gradient)}
    for part in dE_rel:  # (B, H, 2N − 1, K): every head of every image has used the same E_rel
        dp["E_rel"] = column_sums(part.reshape(-1, p["E_rel"].size)).reshape(p["E_rel"].shape)
    return dx, dp


@blocked
def attend_backward(dO, Q, K, V, A, A_keep, *, rate, E_rel=None):
    """dO (B, H, N, K) → dQ, dK, dV (B, H, N, K), and each head's part of dE_rel where there is one."""
    # O = A·V
    dA = dropout.apply(dO @ V.swapaxes(-1, -2), A_keep, rate=rate)  # (B, H, N, N)
    dV = dropout.apply(A, A_keep, rate=rate).swapaxes(-1, -2) @ dO
    # A = softmax(S)
    dS = softmax.backward(dA, A)
    # S = Q·Kᵀ / √d_k
    scale = 1.0 / math.sqrt(Q.shape[-1])
    dQ, dK = dS @ K, dS.swapaxes(-1, -2) @ Q
    dQ *= scale
    dK *= scale
    if E_rel is None:
        return dQ, dK, dV
    # S = (Q·Kᵀ + Q·E_relᵀ at the distances) / √d_k: a second way back to Q
    dQ_rel, dE_rel = relative.backward(dS, (Q * scale, E_rel))
    return dQ + dQ_rel * scale, dK, dV, dE_rel
