"""The gated recurrent unit: one state, read and written once per input (Cho et al., 2014).

    r = σ(x·W_r + b_r + h·U_r)            reset gate: how much of the state the candidate sees
    z = σ(x·W_z + b_z + h·U_z)            update gate: how much of the state stays
    n = tanh(x·W_n + b_n + r ⊙ m)         candidate, with m = h·U_n + c
    h′ = (1 − z) ⊙ n + z ⊙ h

The state h starts as zeros. r multiplies m, after the product with U_n, as in PyTorch and cuDNN; in the paper it
multiplies h before it. W_x (I, 3D) is W_r, W_z, W_n side by side, W_h (D, 3D) the same of U. PyTorch adds a second bias
in r and z, which changes nothing but a sum, and is left out here.
"""

from vitnp.backend.arrays import array_module
from vitnp.ops import initializers, linear, sigmoid


def init(rng, *, inputs, width, dtype):
    """Weights uniform in ±1/√D, as PyTorch's; biases zero."""
    return {
        "W_x": initializers.uniform(rng, (inputs, 3 * width), width**-0.5, dtype),
        "W_h": initializers.uniform(rng, (width, 3 * width), width**-0.5, dtype),
        "b": initializers.zeros((3 * width,), dtype),
        "c": initializers.zeros((width,), dtype),
    }


def forward(x, p):
    """A sequence (B, T, I) → the state after each of the T inputs, (B, T, D)."""
    xp, (B, T, _), D = array_module(x), x.shape, len(p["c"])
    a = linear.affine(x, p["W_x"], p["b"])  # (B, T, 3D): waits for no state, so all of them are one product
    r, z, n, m, h = (xp.empty((B, T, D), a.dtype) for _ in range(5))
    before = xp.zeros((B, D), a.dtype)
    for t in range(T):
        u = before @ p["W_h"]  # (B, 3D)
        gates, _ = sigmoid.forward(a[:, t, : 2 * D] + u[:, : 2 * D])
        r[:, t], z[:, t] = gates[:, :D], gates[:, D:]
        m[:, t] = u[:, 2 * D :] + p["c"]
        n[:, t] = xp.tanh(a[:, t, 2 * D :] + r[:, t] * m[:, t])
        h[:, t] = (1.0 - z[:, t]) * n[:, t] + z[:, t] * before
        before = h[:, t]
    return h, (x, h, (r, z, n, m), p["W_x"], p["W_h"])


def backward(dy, saved):
    """Backpropagation through time, from the last input to the first: dy (B, T, D) → dx (B, T, I) and dp."""
    x, h, (r, z, n, m), W_x, W_h = saved
    xp, (B, T, D) = array_module(dy), dy.shape
    da, du = (xp.empty((B, T, 3 * D), dy.dtype) for _ in range(2))  # of a = x·W_x + b, and of u = h·W_h
    dh = dy.copy()  # the loss sees every state by itself, and through the states after it
    for t in reversed(range(T)):
        before = h[:, t - 1] if t else xp.zeros((B, D), dy.dtype)
        # h′ = (1 − z)⊙n + z⊙h
        dz, dn = dh[:, t] * (before - n[:, t]), dh[:, t] * (1.0 - z[:, t])
        # n = tanh(a_n + r⊙m), m = u_n + c; tanh′ = 1 − tanh²
        da_n = dn * (1.0 - n[:, t] * n[:, t])
        # r = σ(a_r + u_r), z = σ(a_z + u_z)
        da_r, da_z = sigmoid.backward(da_n * m[:, t], r[:, t]), sigmoid.backward(dz, z[:, t])
        da[:, t] = xp.concatenate([da_r, da_z, da_n], axis=1)
        du[:, t] = xp.concatenate([da_r, da_z, da_n * r[:, t]], axis=1)
        if t:  # the state before was used twice: in z⊙h and in u = h·W_h
            dh[:, t - 1] += dh[:, t] * z[:, t] + du[:, t] @ W_h.T
    return (
        linear.input_gradient(da, W_x),
        {
            "W_x": linear.weight_gradient(x, da),
            "W_h": linear.weight_gradient(h[:, :-1], du[:, 1:]),  # the first state was zero
            "b": linear.bias_gradient(da),
            "c": linear.bias_gradient(du[:, :, 2 * D :]),
        },
    )
