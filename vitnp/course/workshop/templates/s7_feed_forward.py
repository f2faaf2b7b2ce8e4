"""7단계: FFN (Feed-Forward Network)
Step 7: FFN (feed-forward network)

    u = x·W1 + b1,   g = GELU(u),   v = g·W2 + b2
    GELU(u) = u·Φ(u),   Φ(u) ≈ ½·(1 + tanh(√(2/π)·(u + 0.044715·u³)))

ko| 슬라이드의 이미지 한 장: 197x768 → 197x3072 → 197x768, 토큰마다 따로 계산합니다.
ko| 슬라이드는 GELU의 입력도 출력도 u라고 씁니다. 여기서는 출력을 g라고 합니다.
en| One image on the slide: 197x768 → 197x3072 → 197x768, each token on its own.
en| The slide writes u for the GELU's input and for its output. Here the output is g.
"""

import numpy as np


# hard|
def gelu(u):
    """g (B, N, M)"""
    # << 7.1 gelu: u (B, N, M) → g (B, N, M)
    t = np.tanh(np.sqrt(2 / np.pi) * (u + 0.044715 * u**3))  # ? t (B, N, M) = tanh(…)
    return 0.5 * u * (1 + t)
    # >>


def gelu_backward(dg, u):
    """du (B, N, M),  GELU′(u) = Φ(u) + u·Φ′(u)"""
    # << 7.2 gelu_backward: dg (B, N, M) → du (B, N, M)
    t = np.tanh(np.sqrt(2 / np.pi) * (u + 0.044715 * u**3))  # ? t (B, N, M) = tanh(…)
    inner_slope = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * u**2)  # ? inner_slope (B, N, M)
    slope = 0.5 * (1 + t) + 0.5 * u * (1 - t * t) * inner_slope  # ? slope (B, N, M)
    return dg * slope
    # >>


# |hard
def forward(x, p):
    """v (B, N, D), saved

    u, g (B, N, M)
    """
    # << 7.3 forward: x (B, N, D) → v (B, N, D), saved
    u = x @ p["W1"] + p["b1"]  # ? u (B, N, M)
    g = gelu(u)  # ? g (B, N, M)
    v = g @ p["W2"] + p["b2"]  # ? v (B, N, D)
    return v, (x, p, u, g)
    # >>


def backward(dv, saved):
    """dx (B, N, D), {"W1": (D, M), "b1": (M,), "W2": (M, D), "b2": (D,)}

    dg, du (B, N, M)
    """
    # << 7.4 backward: dv (B, N, D) → dx (B, N, D), dp
    x, p, u, g = saved
    D, M = p["W1"].shape
    dW2 = g.reshape(-1, M).T @ dv.reshape(-1, D)  # ? dW2 (M, D)
    db2 = dv.sum(axis=(0, 1))  # ? db2 (D,)
    dg = dv @ p["W2"].T  # ? dg (B, N, M)
    du = gelu_backward(dg, u)  # ? du (B, N, M)
    dW1 = x.reshape(-1, D).T @ du.reshape(-1, M)  # ? dW1 (D, M)
    db1 = du.sum(axis=(0, 1))  # ? db1 (M,)
    dx = du @ p["W1"].T  # ? dx (B, N, D)
    return dx, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
    # >>
