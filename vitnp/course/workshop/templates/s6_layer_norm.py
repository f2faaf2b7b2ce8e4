"""6단계(슬라이드에 번호 없음): 그림의 Norm과 +
Step 6 (no number on the slides): Norm and + in the figure

    y = γ·x̂ + β,   x̂ = (x − mean(x)) / √(var(x) + ε)
    z′ = MSA(LN(z)) + z,   z″ = MLP(LN(z′)) + z′

ko| 슬라이드의 이미지 한 장: 197x768 → 197x768
ko| 평균과 분산은 토큰 하나의 값 D개에서 구합니다. p는 {"gamma": γ (D,), "beta": β (D,)}입니다.
ko| 블록은 5단계와 7단계를 부릅니다. check는 라이브러리의 것을 쓰고, train은 여러분의 것을 씁니다.
ko| 부르는 방법: s5_attention.forward(x, p, num_heads=num_heads), s7_feed_forward.forward(x, p)
en| One image on the slide: 197x768 → 197x768
en| Mean and variance are taken over the D values of one token. p is {"gamma": γ (D,), "beta": β (D,)}.
en| A block calls steps 5 and 7: in check those of the library, in train yours.
en| They are called as s5_attention.forward(x, p, num_heads=num_heads), s7_feed_forward.forward(x, p).
"""

from vitnp.steps import s5_attention, s7_feed_forward


def forward(x, p, *, eps):
    """y (B, N, D), saved

    mean, var (B, N, 1)   x̂ (B, N, D)
    """
    # << 6.1 forward: x (B, N, D) → y (B, N, D), saved
    c = x - x.mean(axis=-1, keepdims=True)  # ? c (B, N, D) = x − mean
    var = (c * c).mean(axis=-1, keepdims=True)  # ? var (B, N, 1)
    inverse_std = (var + eps) ** -0.5  # ? inverse_std (B, N, 1) = 1/√(var + ε)
    x_hat = c * inverse_std  # ? x_hat (B, N, D)
    y = p["gamma"] * x_hat + p["beta"]  # ? y (B, N, D)
    return y, (x_hat, inverse_std, p["gamma"])
    # >>


def backward(dy, saved):
    """dx (B, N, D), {"gamma": (D,), "beta": (D,)}

    ko| x는 평균과 분산에도 들어 있습니다.
    en| x is in the mean and in the variance, too.
    """
    # << 6.2 backward: dy (B, N, D) → dx (B, N, D), dp
    x_hat, inverse_std, gamma = saved
    dgamma = (dy * x_hat).sum(axis=(0, 1))  # ? dgamma (D,)
    dbeta = dy.sum(axis=(0, 1))  # ? dbeta (D,)
    dx_hat = dy * gamma  # ? dx_hat (B, N, D)
    along_mean = dx_hat.mean(axis=-1, keepdims=True)  # ? along_mean (B, N, 1)
    along_x_hat = (dx_hat * x_hat).mean(axis=-1, keepdims=True)  # ? along_x_hat (B, N, 1)
    dx = (dx_hat - along_mean - x_hat * along_x_hat) * inverse_std  # ? dx (B, N, D)
    return dx, {"gamma": dgamma, "beta": dbeta}
    # >>


def block_forward(x, p, *, num_heads, eps):
    """y (B, N, D), saved

    p: {"norm_1": …, "attention": …, "norm_2": …, "feed_forward": …}
    """
    # << 6.3 block_forward: x (B, N, D) → y (B, N, D), saved
    a, norm_1 = forward(x, p["norm_1"], eps=eps)
    a, attention = s5_attention.forward(a, p["attention"], num_heads=num_heads)
    x = x + a  # ? x (B, N, D) = z′
    f, norm_2 = forward(x, p["norm_2"], eps=eps)
    f, feed_forward = s7_feed_forward.forward(f, p["feed_forward"])
    y = x + f  # ? y (B, N, D) = z″
    return y, (norm_1, attention, norm_2, feed_forward)
    # >>


def block_backward(dy, saved):
    """dx (B, N, D), {"norm_1": …, "attention": …, "norm_2": …, "feed_forward": …}"""
    # << 6.4 block_backward: dy (B, N, D) → dx (B, N, D), dp
    norm_1, attention, norm_2, feed_forward = saved
    df, dp_feed_forward = s7_feed_forward.backward(dy, feed_forward)
    df, dp_norm_2 = backward(df, norm_2)
    dx = dy + df  # ? dx (B, N, D)
    da, dp_attention = s5_attention.backward(dx, attention)
    da, dp_norm_1 = backward(da, norm_1)
    dx = dx + da  # ? dx (B, N, D)
    dp = {"norm_1": dp_norm_1, "attention": dp_attention}
    return dx, dp | {"norm_2": dp_norm_2, "feed_forward": dp_feed_forward}
    # >>
