"""The named tensors of a residual network's body, which BiT and the hybrid's stem have in common.

A layer's output has the name that the layer has in p, such as `stages.0.1.conv_2`; that of a GroupNorm with its ReLU is
`relu_2`, as in the equations of `blocks/bottleneck.py`. Imports `blocks`, `ops`.
"""

from vitnp.blocks import bottleneck, resnet
from vitnp.blocks.convolution import (
    conv_backward,
    conv_forward,
    conv_weight_gradient,
    norm_forward,
    norm_relu_backward,
    norm_relu_forward,
)
from vitnp.models.tensors import RETURNED, Local, Tensor
from vitnp.ops import group_norm

STEP = 0  # no step of the ViT's


def _output(forward, call, backward, back):
    """Where the output of a layer is, and its gradient: call and back are which calls of a unit they are."""
    return Local(forward, RETURNED, call), Local(backward, "dy", back)


def _conv(call):
    """A convolution, its call counted from the unit's last one.

    Backward begins with the shortcut's, then goes from the unit's last one to its first.
    """
    return _output(conv_forward, call, conv_backward, -4 - call)


def _relu(call, back):
    return _output(norm_relu_forward, call, norm_relu_backward, back)


# {name: (value, gradient)}, in the order of the forward pass
PRE = {
    "relu_1": _relu(0, 2),
    "conv_shortcut": _conv(-4),
    "conv_1": _conv(-3),
    "relu_2": _relu(1, 1),
    "conv_2": _conv(-2),
    "relu_3": _relu(2, 0),
    "conv_3": _conv(-1),
    "output": _output(bottleneck.pre_forward, 0, bottleneck.pre_backward, 0),
}
POST = {
    "conv_shortcut": _conv(-4),
    "norm_shortcut": _output(norm_forward, 0, group_norm.backward, 0),
    "conv_1": _conv(-3),
    "relu_1": _relu(0, 1),
    "conv_2": _conv(-2),
    "relu_2": _relu(1, 0),
    "conv_3": _conv(-1),
    "norm_3": _output(norm_forward, -1, group_norm.backward, -3),
    "output": _output(bottleneck.post_forward, 0, bottleneck.post_backward, 0),
}


def tensors(sizes, *, pre, prefix=""):
    """Yield every named `Tensor` of the root and of the units, from the numbers of units per stage."""
    root = {"conv": _output(conv_forward, 0, conv_weight_gradient, 0)}
    if not pre:
        root["relu"] = _relu(0, 0)
    root["pool"] = Local(resnet.root_forward, RETURNED), Local(resnet.root_backward, "dx")
    yield from _inside(f"{prefix}root", root, (resnet.root_forward, 0), (resnet.root_backward, 0))
    units, last = list(resnet.units(sizes)), sum(sizes) - 1
    forward, backward = bottleneck.both(pre)
    for number, (stage, unit, _) in enumerate(units):
        # a stage's first unit has other channels than its input
        found = {
            name: where
            for name, where in (PRE if pre else POST).items()
            if unit == 0 or not name.endswith("shortcut")
        }
        inside = (forward, number), (backward, last - number)
        yield from _inside(f"{prefix}stages.{stage}.{unit}", found, *inside)


def _inside(name, layers, forward, backward):
    """The tensors of one unit, of whose calls alone they are."""
    for layer, (value, gradient) in layers.items():
        value, gradient = value._replace(inside=forward), gradient._replace(inside=backward)
        yield Tensor(f"{name}.{layer}", STEP, value, gradient)
