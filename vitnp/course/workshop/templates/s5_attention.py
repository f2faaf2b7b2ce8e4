"""5단계: Q, K, V 생성 → 헤드 분할 → Attention Score → Softmax 후 V 곱 → 헤드 결합 → 최종 선형 투영
Step 5: make Q, K, V → split the heads → scores → softmax, then times V → concatenate → project

    Q = x·W_Q + b_Q,  K = x·W_K + b_K,  V = x·W_V + b_V
    S⁽ⁱ⁾ = Q⁽ⁱ⁾·K⁽ⁱ⁾ᵀ / √d_k,   A⁽ⁱ⁾ = softmax(S⁽ⁱ⁾),   O⁽ⁱ⁾ = A⁽ⁱ⁾·V⁽ⁱ⁾,   d_k = D/H
    y = [O⁽¹⁾; …; O⁽ᴴ⁾]·W_O + b_O

ko| 슬라이드의 이미지 한 장: 197x768 → Q 12x197x64 → S, A 12x197x197 → O 12x197x64 → 197x768
ko| 헤드는 토큰 앞의 축이 됩니다. softmax는 마지막 축, 곧 키 방향입니다.
ko| 슬라이드의 "√모델 차원(64)"은 √d_k이고, "97x64"는 197x64의 오타입니다.
en| One image on the slide: 197x768 → Q 12x197x64 → S, A 12x197x197 → O 12x197x64 → 197x768
en| The heads become an axis before the tokens. The softmax is over the last axis, the keys.
en| The slide's "√model dimension (64)" is √d_k, and its "97x64" is a misprint for 197x64.
"""

import numpy as np


# hard|
def split(x, num_heads):
    """(B, N, D) → (B, H, N, K),  K = D/H"""
    # << 5.1 split: (B, N, D) → (B, H, N, K)
    B, N, D = x.shape
    heads = x.reshape(B, N, num_heads, D // num_heads)  # ? heads (B, N, H, K)
    return heads.swapaxes(1, 2)
    # >>


def merge(x):
    """(B, H, N, K) → (B, N, D)"""
    # << 5.2 merge: (B, H, N, K) → (B, N, D)
    B, H, N, K = x.shape
    tokens = x.swapaxes(1, 2)  # ? tokens (B, N, H, K)
    return tokens.reshape(B, N, H * K)
    # >>


def softmax(S):
    """A (B, H, N, N),  A_ij = exp(S_ij) / Σ_k exp(S_ik)"""
    # << 5.3 softmax: S (B, H, N, N) → A (B, H, N, N)
    e = np.exp(S - S.max(axis=-1, keepdims=True))  # ? e (B, H, N, N)
    return e / e.sum(axis=-1, keepdims=True)
    # >>


def softmax_backward(dA, A):
    """dS (B, H, N, N),  dS = Jᵀ·dA,  J = diag(a) − a·aᵀ"""
    # << 5.4 softmax_backward: dA (B, H, N, N) → dS (B, H, N, N)
    common = (dA * A).sum(axis=-1, keepdims=True)  # ? common (B, H, N, 1)
    return A * (dA - common)
    # >>


def dense_backward(dy, x, W):
    """dx (B, N, D), dW (D, D), db (D,),  y = x·W + b"""
    # << 5.5 dense_backward: dy (B, N, D) → dx (B, N, D), dW (D, D), db (D,)
    dW = x.reshape(-1, x.shape[-1]).T @ dy.reshape(-1, dy.shape[-1])  # ? dW (D, D)
    db = dy.sum(axis=(0, 1))  # ? db (D,)
    return dy @ W.T, dW, db
    # >>


# |hard
def forward(x, p, *, num_heads):
    """y (B, N, D), saved

    Q, K, V, O (B, H, N, K)   S, A (B, H, N, N)   concat (B, N, D)
    """
    # << 5.6 forward: x (B, N, D) → y (B, N, D), saved
    Q = split(x @ p["W_Q"] + p["b_Q"], num_heads)  # ? Q (B, H, N, K)
    K = split(x @ p["W_K"] + p["b_K"], num_heads)  # ? K (B, H, N, K)
    V = split(x @ p["W_V"] + p["b_V"], num_heads)  # ? V (B, H, N, K)
    S = Q @ K.swapaxes(-1, -2) / np.sqrt(Q.shape[-1])  # ? S (B, H, N, N)
    A = softmax(S)  # ? A (B, H, N, N)
    concat = merge(A @ V)  # ? concat (B, N, D)
    y = concat @ p["W_O"] + p["b_O"]  # ? y (B, N, D)
    return y, (x, p, Q, K, V, A, concat)
    # >>


def backward(dy, saved):
    """dx (B, N, D), {"W_Q": (D, D), "b_Q": (D,), "W_K": …, "b_O": (D,)}

    dO, dQ, dK, dV (B, H, N, K)   dA, dS (B, H, N, N)   dconcat (B, N, D)
    """
    # << 5.7 backward: dy (B, N, D) → dx (B, N, D), dp
    x, p, Q, K, V, A, concat = saved
    num_heads, d_k = Q.shape[1], Q.shape[3]
    dconcat, dW_O, db_O = dense_backward(dy, concat, p["W_O"])
    dO = split(dconcat, num_heads)  # ? dO (B, H, N, K)
    dA = dO @ V.swapaxes(-1, -2)  # ? dA (B, H, N, N)
    dV = A.swapaxes(-1, -2) @ dO  # ? dV (B, H, N, K)
    dS = softmax_backward(dA, A) / np.sqrt(d_k)  # ? dS (B, H, N, N)
    dQ = dS @ K  # ? dQ (B, H, N, K)
    dK = dS.swapaxes(-1, -2) @ Q  # ? dK (B, H, N, K)
    dx_Q, dW_Q, db_Q = dense_backward(merge(dQ), x, p["W_Q"])
    dx_K, dW_K, db_K = dense_backward(merge(dK), x, p["W_K"])
    dx_V, dW_V, db_V = dense_backward(merge(dV), x, p["W_V"])
    dx = dx_Q + dx_K + dx_V  # ? dx (B, N, D)
    dp = {"W_Q": dW_Q, "b_Q": db_Q, "W_K": dW_K, "b_K": db_K}
    return dx, dp | {"W_V": dW_V, "b_V": db_V, "W_O": dW_O, "b_O": db_O}
    # >>
