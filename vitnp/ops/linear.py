"""The dense layer y = x·W + b, and the three products its backward is made of."""

from vitnp.ops.sums import column_sums


def affine(x, W, b=None):
    """y = x·W + b over the last axis: (…, I)·(I, O) + (O,) → (…, O); without b, y = x·W.

    The leading axes are flattened so that the whole batch is one matrix product.
    """
    y = x.reshape(-1, x.shape[-1]) @ W
    if b is not None:
        y += b
    return y.reshape(*x.shape[:-1], W.shape[-1])


def input_gradient(dy, W):
    """dx = dy·Wᵀ: (…, O)·(O, I) → (…, I)."""
    return (dy.reshape(-1, dy.shape[-1]) @ W.T).reshape(*dy.shape[:-1], W.shape[0])


def weight_gradient(x, dy):
    """dW = xᵀ·dy, summed over the batch and the tokens: (…, I), (…, O) → (I, O)."""
    return x.reshape(-1, x.shape[-1]).T @ dy.reshape(-1, dy.shape[-1])


def bias_gradient(dy):
    """db = Σ dy over the batch and the tokens: (…, O) → (O,)."""
    return column_sums(dy)


def forward(x, p):
    """y = x·W + b with p = {W (I, O), b (O,)}: (…, I) → (…, O)."""
    return affine(x, p["W"], p["b"]), (x, p["W"])


def backward(dy, saved):
    """∂loss/∂x and {W, b} from ∂loss/∂y: (…, O) → (…, I)."""
    x, W = saved
    # y = x·W + b
    return input_gradient(dy, W), {"W": weight_gradient(x, dy), "b": bias_gradient(dy)}
