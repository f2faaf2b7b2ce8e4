"""What residual networks are made of: a convolution with a standardized kernel, and GroupNorm with ReLU."""

from typing import NamedTuple

from vitnp.ops import conv, group_norm, initializers, relu, standardize


class How(NamedTuple):
    """What decides the arithmetic of every layer."""

    groups: int  # of GroupNorm
    norm_eps: float
    kernel_eps: float
    kernel_eps_at: str  # one of `standardize.FORMS`
    same: bool  # padding as TensorFlow's and JAX's "same"; False: (k − 1)/2 on every side, as PyTorch's


def init_conv(rng, *, kernel, inputs, outputs, dtype):
    """W (k, k, I, O) LeCun normal, no bias: the norm behind it has one."""
    W = initializers.lecun_normal(rng, (kernel * kernel * inputs, outputs), dtype)
    return {"W": W.reshape(kernel, kernel, inputs, outputs)}


def conv_forward(x, p, how, *, stride=1):
    """(B, H, W, I) → (B, Ho, Wo, O), with the kernel standardized."""
    W, saved_W = standardize.forward(p["W"], eps=how.kernel_eps, form=how.kernel_eps_at)
    padding = "same" if how.same else len(W) // 2
    y, saved = conv.forward(x, W, stride=stride, padding=padding)
    return y, (saved, saved_W)


def conv_backward(dy, saved):
    """dy (B, Ho, Wo, O) → dx (B, H, W, I) and {W}."""
    return conv_input_gradient(dy, saved), conv_weight_gradient(dy, saved)


def conv_input_gradient(dy, saved):
    """dy (B, Ho, Wo, O) → dx (B, H, W, I)."""
    return conv.input_gradient(dy, saved[0])


def conv_weight_gradient(dy, saved):
    """dy (B, Ho, Wo, O) → {W}."""
    saved, saved_W = saved
    dW = conv.weight_gradient(dy, saved)
    # y = conv(x, Ŵ), Ŵ = standardize(W)
    return {"W": standardize.backward(dW, saved_W)}


def norm_forward(x, p, how):
    """GroupNorm: (B, H, W, C) → (B, H, W, C)."""
    return group_norm.forward(x, p, groups=how.groups, eps=how.norm_eps)


def norm_relu_forward(x, p, how):
    """ReLU(GroupNorm(x)): (B, H, W, C) → (B, H, W, C)."""
    y, saved_norm = norm_forward(x, p, how)
    y, saved_relu = relu.forward(y)
    return y, (saved_norm, saved_relu)


def norm_relu_backward(dy, saved):
    """dy (B, H, W, C) → dx (B, H, W, C) and {gamma, beta}."""
    saved_norm, saved_relu = saved
    # y = ReLU(GroupNorm(x))
    return group_norm.backward(relu.backward(dy, saved_relu), saved_norm)
