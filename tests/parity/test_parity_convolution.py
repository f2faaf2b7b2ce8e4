"""Convolution, GroupNorm, standardized kernels and pooling: PyTorch's numbers and gradients, op by op."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vitnp.ops import conv, group_norm, pool, relu, standardize

# Relative to the largest number of an array.
TOLERANCE = {"float32": 1e-5, "float64": 1e-13}
DTYPES = pytest.mark.parametrize("dtype", TOLERANCE)
SIZES = [(9, 11), (9, 12), (10, 13), (16, 7)]


def random(*shape, dtype, seed=0):
    """Normal(0, 1) in a shape."""
    return np.random.default_rng(seed + sum(shape)).standard_normal(shape).astype(dtype)


def images(x):
    """(B, H, W, C) → PyTorch's (B, C, H, W)."""
    return torch.tensor(x).permute(0, 3, 1, 2).requires_grad_()


def kernel(W):
    """(k, k, I, O) → PyTorch's (O, I, k, k)."""
    return torch.tensor(W).permute(3, 2, 0, 1).requires_grad_()


def near(ours, theirs, axes=(0, 2, 3, 1)):
    """To the tolerance of its largest number; `axes` bring theirs into our order."""
    theirs = theirs.detach().permute(axes).numpy()
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    assert abs(ours - theirs).max() <= TOLERANCE[str(ours.dtype)] * abs(theirs).max()


def around(size, **how):
    """The zeros around an image as F.pad has them."""
    rows, columns = conv.padding_of(size, **how)
    return *columns, *rows


@DTYPES
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("k", "stride", "padding"),
    [
        (1, 1, 0),
        (1, 2, 0),
        (2, 2, 0),
        (3, 1, 1),
        (3, 2, 1),
        (3, 2, "same"),
        (5, 3, 2),
        (7, 2, 3),
        (7, 2, "same"),
    ],
)
def test_convolution(dtype, size, k, stride, padding):
    x, W = random(3, *size, 5, dtype=dtype), random(k, k, 5, 6, dtype=dtype)
    y, saved = conv.forward(x, W, stride=stride, padding=padding)
    their_x, their_W = images(x), kernel(W)
    padded = F.pad(their_x, around(size, kernel=k, stride=stride, padding=padding))
    their_y = F.conv2d(padded, their_W, stride=stride)
    near(y, their_y)
    dy = random(*y.shape, dtype=dtype, seed=1)
    their_y.backward(images(dy).detach())
    dx, dW = conv.backward(dy, saved)
    near(dx, their_x.grad)
    near(dW, their_W.grad, (2, 3, 1, 0))


@DTYPES
@pytest.mark.parametrize("groups", [1, 3, 12])
def test_group_norm(dtype, groups):
    x = 3 * random(2, 5, 7, 12, dtype=dtype) + 1
    p = {"gamma": random(12, dtype=dtype), "beta": random(12, dtype=dtype, seed=1)}
    y, saved = group_norm.forward(x, p, groups=groups, eps=1e-3)
    their_x, gamma, beta = images(x), *(torch.tensor(p[name]).requires_grad_() for name in ("gamma", "beta"))
    their_y = F.group_norm(their_x, groups, gamma, beta, 1e-3)
    near(y, their_y)
    dy = random(*y.shape, dtype=dtype, seed=2)
    their_y.backward(images(dy).detach())
    dx, dp = group_norm.backward(dy, saved)
    near(dx, their_x.grad)
    near(dp["gamma"], gamma.grad, (0,))
    near(dp["beta"], beta.grad, (0,))


@DTYPES
@pytest.mark.parametrize(
    ("form", "eps"), [("variance", 1e-10), ("variance", 1e-3), ("std", 1e-5), ("std", 1e-2)]
)
def test_standardized_kernels(dtype, form, eps):
    W = (0.05 * random(3, 3, 4, 6, dtype=dtype)).astype(dtype)
    y, saved = standardize.forward(W, eps=eps, form=form)
    their_W = kernel(W)
    variance, mean = torch.var_mean(their_W, (1, 2, 3), correction=0, keepdim=True)
    below = (variance + eps).sqrt() if form == "variance" else variance.sqrt() + eps
    their_y = (their_W - mean) / below
    near(y, their_y, (2, 3, 1, 0))
    dy = random(*y.shape, dtype=dtype, seed=2)
    their_y.backward(kernel(dy).detach())
    near(standardize.backward(dy, saved), their_W.grad, (2, 3, 1, 0))


@DTYPES
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("k", "stride", "padding"), [(3, 2, 1), (3, 2, "same"), (2, 2, 0), (3, 1, 1)])
@pytest.mark.parametrize("value", [0.0, -np.inf])
def test_the_largest_of_every_window(dtype, size, ties, k, stride, padding, value):
    """With ties, of which PyTorch takes the first too."""
    x = random(2, *size, 3, dtype=dtype)
    x = np.round(x) if ties else x
    how = {"kernel": k, "stride": stride, "padding": padding}
    y, saved = pool.max_forward(x, value=value, **how)
    their_x = images(x)
    their_y = F.max_pool2d(F.pad(their_x, around(size, **how), value=value), k, stride)
    near(y, their_y)
    dy = random(*y.shape, dtype=dtype, seed=1)
    their_y.backward(images(dy).detach())
    near(pool.max_backward(dy, saved), their_x.grad)


@DTYPES
@pytest.mark.parametrize(("k", "stride"), [(3, 2), (2, 2), (3, 1)])
def test_the_mean_of_every_window_and_relu(dtype, k, stride):
    x = random(2, 9, 12, 3, dtype=dtype)
    y, saved = pool.mean_forward(x, kernel=k, stride=stride)
    y, saved_relu = relu.forward(y)
    their_x = images(x)
    their_y = F.relu(F.avg_pool2d(their_x, k, stride))
    near(y, their_y)
    dy = random(*y.shape, dtype=dtype, seed=1)
    their_y.backward(images(dy).detach())
    near(pool.mean_backward(relu.backward(dy, saved_relu), saved), their_x.grad)
