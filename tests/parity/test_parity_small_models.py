"""The GRU, the stage of a plain CNN and the models made of them: PyTorch's numbers and gradients, its own layers."""

import numpy as np
import pytest
import torch
from torch import nn

from vitnp import gradcheck, preset
from vitnp.blocks import conv_stage
from vitnp.models import cnn, rnn
from vitnp.ops import gru

# Relative to the largest number of an array.
TOLERANCE = {"float32": 1e-5, "float64": 1e-13}
DTYPES = pytest.mark.parametrize("dtype", TOLERANCE)


def near(ours, theirs):
    """To the tolerance of its largest number."""
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    assert abs(ours - theirs).max() <= TOLERANCE[str(ours.dtype)] * abs(theirs).max()


def random_like(shapes, dtype):
    """Generic parameters."""
    p = gradcheck.random_like(shapes, np.random.default_rng(1))
    return cast(p, dtype)


def cast(p, dtype):
    """The same tree in another dtype."""
    return {
        name: cast(leaf, dtype) if isinstance(leaf, dict) else leaf.astype(dtype) for name, leaf in p.items()
    }


def random(*shape, dtype, seed=0):
    """Normal(0, 1) in a shape."""
    return np.random.default_rng(seed + sum(shape)).standard_normal(shape).astype(dtype)


def fill(theirs, p, layer=0):
    """Our parameters in a layer of PyTorch's GRU; its second bias is zero but for the candidate's."""
    D = len(p["c"])
    with torch.no_grad():
        getattr(theirs, f"weight_ih_l{layer}").copy_(torch.tensor(p["W_x"].T))
        getattr(theirs, f"weight_hh_l{layer}").copy_(torch.tensor(p["W_h"].T))
        getattr(theirs, f"bias_ih_l{layer}").copy_(torch.tensor(p["b"]))
        getattr(theirs, f"bias_hh_l{layer}")[: 2 * D] = 0
        getattr(theirs, f"bias_hh_l{layer}")[2 * D :] = torch.tensor(p["c"])


def same_gradients(dp, theirs, layer=0):
    """Of every parameter of a layer."""
    D = len(dp["c"])
    near(dp["W_x"], getattr(theirs, f"weight_ih_l{layer}").grad.T)
    near(dp["W_h"], getattr(theirs, f"weight_hh_l{layer}").grad.T)
    near(dp["b"], getattr(theirs, f"bias_ih_l{layer}").grad)
    near(dp["c"], getattr(theirs, f"bias_hh_l{layer}").grad[2 * D :])


@DTYPES
@pytest.mark.parametrize(("inputs", "width", "length"), [(3, 5, 4), (8, 20, 28), (7, 2, 1), (1, 1, 60)])
def test_gru(dtype, inputs, width, length):
    p = random_like(gru.init(None, inputs=inputs, width=width, dtype="float64"), dtype)
    x, dy = random(3, length, inputs, dtype=dtype), random(3, length, width, dtype=dtype, seed=1)
    theirs = nn.GRU(inputs, width, batch_first=True, dtype=getattr(torch, dtype))
    fill(theirs, p)
    y, saved = gru.forward(x, p)
    their_x = torch.tensor(x).requires_grad_()
    their_y, _ = theirs(their_x)
    near(y, their_y)
    their_y.backward(torch.tensor(dy))
    dx, dp = gru.backward(dy, saved)
    near(dx, their_x.grad)
    same_gradients(dp, theirs)


def test_initial_weights_have_pytorchs_range():
    theirs = nn.GRU(40, 100)
    p = gru.init(np.random.default_rng(0), inputs=40, width=100, dtype="float32")
    for ours, name in (("W_x", "weight_ih_l0"), ("W_h", "weight_hh_l0")):
        for values in (p[ours], getattr(theirs, name).detach().numpy()):
            assert 0.0998 < abs(values).max() < 0.1001


@DTYPES
@pytest.mark.parametrize("kernel", [3, 4, 5])
@pytest.mark.parametrize("pool", [1, 2, 3])
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_stage(dtype, kernel, pool):
    shapes = conv_stage.init(None, kernel=kernel, inputs=4, outputs=5, layers=2, dtype="float64")
    p, x = random_like(shapes, dtype), random(2, 10, 7, 4, dtype=dtype)
    y, saved = conv_stage.forward(x, p, pool_size=pool)
    their_x = torch.tensor(x).requires_grad_()
    layers = [convolution(layer) for layer in p.values()]
    their_y = stage(their_x.permute(0, 3, 1, 2), layers, pool).permute(0, 2, 3, 1)
    near(y, their_y)
    dy = random(*y.shape, dtype=dtype, seed=1)
    their_y.backward(torch.tensor(dy))
    dx, dp = conv_stage.backward(dy, saved)
    near(dx, their_x.grad)
    for ours, theirs in zip(dp.values(), layers, strict=True):
        near(ours["W"], theirs.weight.grad.permute(2, 3, 1, 0))
        near(ours["b"], theirs.bias.grad)


def convolution(layer):
    """PyTorch's layer with our kernel and bias, "same" as PyTorch means it without a stride."""
    k, _, inputs, outputs = layer["W"].shape
    theirs = nn.Conv2d(inputs, outputs, k, padding="same").to(torch.tensor(layer["W"]).dtype)
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(layer["W"]).permute(3, 2, 0, 1))
        theirs.bias.copy_(torch.tensor(layer["b"]))
    return theirs


def stage(x, layers, pool):
    """Convolutions with ReLU and a max-pool."""
    for layer in layers:
        x = torch.relu(layer(x))
    return nn.functional.max_pool2d(x, pool)


def test_the_whole_cnn():
    config = preset("cnn-tiny")
    p = random_like(cnn.init(None, config, "float64"), "float64")
    images = random(3, *config.image_size, config.in_channels, dtype="float64")
    logits, saved = cnn.forward(images, p, config)
    their_x = torch.tensor(images).requires_grad_()
    x = their_x.permute(0, 3, 1, 2)
    for layers in p["stages"].values():
        x = stage(x, [convolution(layer) for layer in layers.values()], config.pool_size)
    head = p["classify"]["head"]
    theirs = x.mean((2, 3)) @ torch.tensor(head["W"]) + torch.tensor(head["b"])
    near(logits, theirs)
    nn.functional.cross_entropy(theirs, torch.tensor([1, 4, 0]), reduction="sum").backward()
    dlogits = torch.softmax(theirs, 1) - nn.functional.one_hot(torch.tensor([1, 4, 0]), config.num_classes)
    near(cnn.backward(dlogits.detach().numpy(), saved)[0], their_x.grad)


def test_the_whole_rnn():
    config = preset("rnn-tiny")
    p = random_like(rnn.init(None, config, "float64"), "float64")
    images = random(3, *config.image_size, config.in_channels, dtype="float64")
    logits, saved = rnn.forward(images, p, config)
    theirs = nn.GRU(
        config.inputs, config.hidden_size, config.num_layers, batch_first=True, dtype=torch.float64
    )
    for i, layer in p["layers"].items():
        fill(theirs, layer, i)
    their_x = torch.tensor(images).requires_grad_()
    states, _ = theirs(their_x.reshape(3, config.length, config.inputs))
    head = p["classify"]["head"]
    their_logits = states[:, -1] @ torch.tensor(head["W"]) + torch.tensor(head["b"])
    near(logits, their_logits)
    dlogits = random(*logits.shape, dtype="float64", seed=2)
    their_logits.backward(torch.tensor(dlogits))
    dx, dp = rnn.backward(dlogits, saved)
    near(dx, their_x.grad)
    for i, layer in dp["layers"].items():
        same_gradients(layer, theirs, i)
