"""2단계: 패치 임베딩(Linear Projection)
Step 2: patch embedding (linear projection)

    x = x_p·W + b,    W (P·P·C, D),  b (D,)

ko| 슬라이드의 이미지 한 장: 196x768 · 768x768 + 768 → 196x768
ko| 모든 이미지의 모든 패치가 같은 W와 b를 씁니다.
ko| p는 {"W": W, "b": b}입니다. backward가 돌려주는 dp도 같은 이름을 씁니다.
en| One image on the slide: 196x768 · 768x768 + 768 → 196x768
en| All patches of all images use the same W and b.
en| p is {"W": W, "b": b}. The dp that backward returns has the same names.
"""


def forward(x_p, p):
    """x (B, N, D), saved"""
    # << 2.1 forward: x_p (B, N, P·P·C) → x (B, N, D), saved
    x = x_p @ p["W"] + p["b"]  # ? x (B, N, D)
    return x, (x_p, p["W"])
    # >>


def backward(dx, saved):
    """dx_p (B, N, P·P·C), {"W": (P·P·C, D), "b": (D,)}"""
    # << 2.2 backward: dx (B, N, D) → dx_p (B, N, P·P·C), dp
    x_p, W = saved
    rows, drows = x_p.reshape(-1, x_p.shape[-1]), dx.reshape(-1, dx.shape[-1])  # (B·N, P·P·C), (B·N, D)
    dW = rows.T @ drows  # ? dW (P·P·C, D)
    db = drows.sum(axis=0)  # ? db (D,)
    dx_p = dx @ W.T  # ? dx_p (B, N, P·P·C)
    return dx_p, {"W": dW, "b": db}
    # >>
