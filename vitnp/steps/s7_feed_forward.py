"""Step 7: the feed-forward network of every block, D → M → D (deck 003, step 7; ViT eq. 3).

    u = x·W1 + b1,  g = GELU(u),  v = g·W2 + b2

With dropout after each of the two dense layers. In the first Transformers (Vaswani et al., 2017) g is ReLU(u).
"""

from vitnp.ops import dropout, gelu, initializers, relu
from vitnp.ops.linear import affine, bias_gradient, input_gradient, weight_gradient

NONLINEAR = {"gelu": gelu, "relu": relu}


def init(rng, *, hidden_size, mlp_dim, dtype):
    """W1 (D, M), W2 (M, D) Xavier uniform; b1 (M,), b2 (D,) Normal(0, 1e-12), as the released code."""
    return {
        "W1": initializers.xavier_uniform(rng, (hidden_size, mlp_dim), dtype),
        "b1": initializers.normal(rng, (mlp_dim,), 1e-6, dtype),
        "W2": initializers.xavier_uniform(rng, (mlp_dim, hidden_size), dtype),
        "b2": initializers.normal(rng, (hidden_size,), 1e-6, dtype),
    }


def forward(
    x, p, *, activation="gelu", gelu_form="tanh", dropout_rate=0.0, inner_dropout_rate=None, rng=None
):
    """Tokens (B, N, D) → tokens (B, N, D). inner_dropout_rate: after W1, where it is not that after W2."""
    inner = dropout_rate if inner_dropout_rate is None else inner_dropout_rate
    u = affine(x, p["W1"], p["b1"])  # (B, N, D) → (B, N, M)
    form = {"form": gelu_form} if activation == "gelu" else {}
    g, saved_g = NONLINEAR[activation].forward(u, **form)
    g, g_dropout = dropout.forward(g, rate=inner, rng=rng)
    v = affine(g, p["W2"], p["b2"])  # (B, N, M) → (B, N, D)
    v, v_dropout = dropout.forward(v, rate=dropout_rate, rng=rng)
    return v, (x, p, saved_g, g_dropout, v_dropout, activation)  # not g, the widest: backward makes it again


def backward(dv, saved):
    """dv (B, N, D) → dx (B, N, D) and {W1, b1, W2, b2}."""
    x, p, saved_g, g_dropout, v_dropout, activation = saved
    dv = dropout.backward(dv, v_dropout)
    # v = g·W2 + b2
    dg = dropout.backward(input_gradient(dv, p["W2"]), g_dropout)
    # g = GELU(u), or ReLU(u)
    g, du = NONLINEAR[activation].again_and_backward(dg, saved_g)
    g = dropout.backward(g, g_dropout)  # the same mask and scale as forward's
    # u = x·W1 + b1
    dx = input_gradient(du, p["W1"])
    return dx, {
        "W1": weight_gradient(x, du),
        "b1": bias_gradient(du),
        "W2": weight_gradient(g, dv),
        "b2": bias_gradient(dv),
    }
