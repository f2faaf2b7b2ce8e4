"""Step 5: multi-head self-attention (deck 003, step 5; ViT eq. 5–8).

Q = x·W_Q + b_Q,  K = x·W_K + b_K,  V = x·W_V + b_V        (N, D) each, cut into H heads of width d_k = D/H
S⁽ⁱ⁾ = Q⁽ⁱ⁾·K⁽ⁱ⁾ᵀ / √d_k,  A⁽ⁱ⁾ = softmax(S⁽ⁱ⁾) over the keys,  O⁽ⁱ⁾ = A⁽ⁱ⁾·V⁽ⁱ⁾
y = [O⁽¹⁾; …; O⁽ᴴ⁾]·W_O + b_O

In general tokens x look at tokens m, K and V are of m, and a mask says which query may look at which key:
`attention`. The slide's is the special case m = x without a mask: `forward`. Without b_Q … b_O in p, nothing is added.
Where p has E_rel, for `position_embedding` "relative", the scores know distances too: see `ops/relative.py`.
"""

import math
from typing import Any, NamedTuple

from vitnp.backend.arrays import array_module, on_host
from vitnp.backend.tiles import tiled
from vitnp.errors import InputError
from vitnp.ops import dropout, heads, initializers, relative, softmax
from vitnp.ops.linear import affine, bias_gradient, input_gradient, weight_gradient
from vitnp.ops.sums import column_sums


class Saved(NamedTuple):
    """What backward needs, and what anyone who looks inside reads."""

    x: Any  # (B, N, D)  the tokens that look
    m: Any  # (B, M, D)  the tokens that are looked at; x itself in self-attention
    p: dict  # W_Q, W_K, W_V, W_O (D, D), perhaps b_Q … b_O (D,); with relative positions E_rel (2N − 1, K)
    Q: Any  # (B, H, N, K)
    K: Any  # (B, H, M, K)
    V: Any  # (B, H, M, K)
    A: Any  # (B, H, N, M)  attention weights; each row, over the keys, sums to 1
    A_keep: Any  # (B, H, N, M)  the mask of attention dropout, or None
    A_rate: float  # of attention dropout
    concat: Any  # (B, N, D)
    dropout: Any  # what the dropout of the output saved


def init(rng, *, hidden_size, dtype, bias=True):
    """Weights (D, D) Xavier uniform, each on its own; biases (D,), if any, zero, as the released code."""
    p = {}
    for name in "QKVO":
        p[f"W_{name}"] = initializers.xavier_uniform(rng, (hidden_size, hidden_size), dtype)
        if bias:
            p[f"b_{name}"] = initializers.zeros((hidden_size,), dtype)
    return p


def forward(x, p, **static):
    """Self-attention, the slide's: all tokens look at all tokens. (B, N, D) → (B, N, D). static as for `attention`."""
    return attention(x, x, p, **static)


def backward(dy, saved):
    """dy (B, N, D) → dx (B, N, D) and {W_Q, b_Q, W_K, b_K, W_V, b_V, W_O, b_O}."""
    dx, dm_K, dm_V, dp = ways_back(dy, saved)
    # x was used as those who look and, for K and for V, as those who are looked at: three gradients, so a sum
    dx += dm_K
    dx += dm_V
    return dx, dp


def attention(x, m, p, *, num_heads, mask=None, dropout_rate=0.0, attention_dropout_rate=0.0, rng=None):
    """Tokens x (B, N, D) look at tokens m (B, M, D) → (B, N, D).

    m may also be the pair (K, V) that `keys_and_values` made of such tokens: then there is no backward.
    mask is boolean, (…, N, M) and broadcast to (B, H, N, M): where it is False, nobody looks. Every query needs a key.
    Raises InputError for a mask that does not fit, and for relative positions unless N = M.
    """
    # (B, N, D) → (B, H, N, K), (B, M, D) → (B, H, M, K)
    Q = heads.split(affine(x, p["W_Q"], p.get("b_Q")), num_heads)
    K, V = m if isinstance(m, tuple) else keys_and_values(m, p, num_heads=num_heads)

    shape = (*Q.shape[:3], K.shape[2])  # (B, H, N, M)
    if "E_rel" in p and shape[2] != shape[3]:
        raise InputError(
            f"{shape[2]} tokens look at {shape[3]}; relative positions need as many tokens on both sides"
        )
    mask = mask_for(mask, shape)
    A_keep = dropout.draw(Q, shape, rate=attention_dropout_rate, rng=rng)
    how = {"rate": attention_dropout_rate, "E_rel": p.get("E_rel"), "row_size": shape[2] * shape[3]}
    outputs, A = attend(Q, K, V, A_keep, mask, **how)
    concat = heads.merge(outputs)  # (B, H, N, K) → (B, N, D)

    y = affine(concat, p["W_O"], p.get("b_O"))
    y, y_dropout = dropout.forward(y, rate=dropout_rate, rng=rng)
    return y, Saved(x, m, p, Q, K, V, A, A_keep, attention_dropout_rate, concat, y_dropout)


def keys_and_values(m, p, *, num_heads):
    """What others see of the tokens m (B, M, D): K and V (B, H, M, K)."""
    K = heads.split(affine(m, p["W_K"], p.get("b_K")), num_heads)
    V = heads.split(affine(m, p["W_V"], p.get("b_V")), num_heads)
    return K, V


def mask_for(mask, shape):
    """The mask as a view in the shape (B, H, N, M) of the scores, or None.

    Raises InputError for another dtype or shape, and for a query with no key: its softmax would divide 0 by 0. On a
    device the values are not looked at, as that would wait for it; there such a query's output is NaN.
    """
    if mask is None:
        return None
    if mask.dtype != bool:
        raise InputError(f"mask is {mask.dtype}; need booleans, False where nobody looks")
    fits = all(a in (1, b) for a, b in zip(mask.shape[::-1], shape[::-1], strict=False))
    if not 2 <= mask.ndim <= 4 or not fits:
        raise InputError(f"mask is {mask.shape}; need (…, N, M) that is broadcast to (B, H, N, M) = {shape}")
    if on_host(mask) and not mask.any(axis=-1).all():
        raise InputError("mask has a query that may look at no key; give every row at least one True")
    return array_module(mask).broadcast_to(mask, shape)


@tiled(widen=False)
def attend(Q, K, V, A_keep, mask=None, *, rate, E_rel=None):
    """Scores, softmax, times V, for every head on its own: O (B, H, N, K) and A (B, H, N, M)."""
    scaled = Q * (1.0 / math.sqrt(Q.shape[-1]))  # N·K numbers; the scores would be N·M
    S = scaled @ K.swapaxes(-1, -2)  # (B, H, N, M)
    if E_rel is not None:
        S_rel, _ = relative.forward(scaled, E_rel)  # what each query makes of the distance to each key
        S += S_rel
    if mask is not None:
        S = array_module(S).where(mask, S, -math.inf)
    A, _ = softmax.forward(S)
    return dropout.apply(A, A_keep, rate=rate) @ V, A


def attention_backward(dy, saved):
    """dy (B, N, D) → dx (B, N, D), dm (B, M, D) and {W_Q, b_Q, W_K, b_K, W_V, b_V, W_O, b_O}."""
    dx, dm_K, dm_V, dp = ways_back(dy, saved)
    # m was used for K and for V: two gradients, so a sum
    return dx, dm_K + dm_V, dp


def ways_back(dy, saved):
    """dy (B, N, D) → the gradient of x through Q, those of m through K and through V, and dp."""
    x, m, p, Q, K, V, A, A_keep, A_rate, concat, y_dropout = saved
    dy = dropout.backward(dy, y_dropout)
    # y = concat·W_O + b_O
    dconcat = input_gradient(dy, p["W_O"])
    dO = heads.split(dconcat, Q.shape[1])  # (B, N, D) → (B, H, N, K)
    dQ, dK, dV, *dE_rel = attend_backward(dO, Q, K, V, A, A_keep, rate=A_rate, E_rel=p.get("E_rel"))
    dQ, dK, dV = heads.merge(dQ), heads.merge(dK), heads.merge(dV)  # (B, H, N, K) → (B, N, D)
    # Q = x·W_Q + b_Q, K = m·W_K + b_K, V = m·W_V + b_V
    dx = input_gradient(dQ, p["W_Q"])
    dm_K, dm_V = input_gradient(dK, p["W_K"]), input_gradient(dV, p["W_V"])
    dp = {}
    for name, inputs, gradient in (("Q", x, dQ), ("K", m, dK), ("V", m, dV), ("O", concat, dy)):
        dp[f"W_{name}"] = weight_gradient(inputs, gradient)
        if f"b_{name}" in p:
            dp[f"b_{name}"] = bias_gradient(gradient)
    for part in dE_rel:  # (B, H, 2N − 1, K): every head of every image has used the same E_rel
        dp["E_rel"] = column_sums(part.reshape(-1, p["E_rel"].size)).reshape(p["E_rel"].shape)
    return dx, dm_K, dm_V, dp


@tiled(widen=False)
def attend_backward(dO, Q, K, V, A, A_keep, *, rate, E_rel=None):
    """dO (B, H, N, K) → dQ (B, H, N, K), dK, dV (B, H, M, K), and each head's part of dE_rel where there is one."""
    # O = A·V
    dA = dropout.apply(dO @ V.swapaxes(-1, -2), A_keep, rate=rate)  # (B, H, N, M)
    dV = dropout.apply(A, A_keep, rate=rate).swapaxes(-1, -2) @ dO
    # A = softmax(S); where nobody looks A is 0, and so is dS
    dS = softmax.backward(dA, A)
    # S = Q·Kᵀ / √d_k
    scale = 1.0 / math.sqrt(Q.shape[-1])
    dQ, dK = dS @ K, dS.swapaxes(-1, -2) @ Q
    dQ *= scale
    dK *= scale
    if E_rel is None:
        return dQ, dK, dV
    # S = Q·Kᵀ / √d_k + Q·E_relᵀ / √d_k at the distances: Q was used twice, so a sum
    dQ_rel, dE_rel = relative.backward(dS, (Q * scale, E_rel))
    return dQ + dQ_rel * scale, dK, dV, dE_rel
