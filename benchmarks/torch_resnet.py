"""BiT and the hybrid of vitnp in plain torch.nn, channels last, in which PyTorch's convolutions are fastest."""

import torch
import torch_vit
from torch import nn
from torch.nn import functional as F

from vitnp.blocks.bottleneck import WIDER
from vitnp.blocks.resnet import units


class Conv(nn.Conv2d):
    """With a standardized kernel."""

    def __init__(self, inputs, outputs, kernel, how, stride=1):
        super().__init__(inputs, outputs, kernel, stride, bias=False)
        self.how = how

    def forward(self, x):
        variance, mean = torch.var_mean(self.weight, dim=(1, 2, 3), keepdim=True, unbiased=False)
        eps = self.how.kernel_eps
        std = (variance + eps).sqrt() if self.how.kernel_eps_at == "variance" else variance.sqrt() + eps
        x = padded(x, self.kernel_size[0], self.stride[0], self.how)
        return F.conv2d(x, (self.weight - mean) / std, stride=self.stride)


def padded(x, kernel, stride, how, value=0.0):
    """x with `value` around it, on all sides or as TensorFlow and JAX have "same"."""
    sizes = (x.shape[3], x.shape[2])  # F.pad begins with the last axis
    total = [kernel // 2 * 2 for _ in sizes]
    if how.same:
        total = [max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in sizes]
    return F.pad(x, [zeros for t in total for zeros in (t // 2, t - t // 2)], value=value)


def norm(channels, how):
    return nn.GroupNorm(how.groups, channels, how.norm_eps)


class Unit(nn.Module):
    """Its layers have the names that they have in vitnp's parameters."""

    def __init__(self, inputs, width, stride, how, *, pre):
        super().__init__()
        outputs = WIDER * width
        channels = (inputs, width, width) if pre else (width, width, outputs)
        self.norm_1, self.norm_2, self.norm_3 = (norm(n, how) for n in channels)
        self.conv_1, self.conv_2 = Conv(inputs, width, 1, how), Conv(width, width, 3, how, stride)
        self.conv_3 = Conv(width, outputs, 1, how)
        if stride > 1 or inputs != outputs:
            self.conv_shortcut = Conv(inputs, outputs, 1, how, stride)
            if not pre:
                self.norm_shortcut = norm(outputs, how)


class Pre(Unit):
    """BiT's."""

    def forward(self, x):
        h = F.relu(self.norm_1(x))
        shortcut = self.conv_shortcut(h) if hasattr(self, "conv_shortcut") else x
        a = self.conv_2(F.relu(self.norm_2(self.conv_1(h))))
        return self.conv_3(F.relu(self.norm_3(a))) + shortcut


class Post(Unit):
    """The hybrid's."""

    def forward(self, x):
        shortcut = self.norm_shortcut(self.conv_shortcut(x)) if hasattr(self, "conv_shortcut") else x
        a = F.relu(self.norm_1(self.conv_1(x)))
        a = F.relu(self.norm_2(self.conv_2(a)))
        return F.relu(self.norm_3(self.conv_3(a)) + shortcut)


def stages(kind, width, sizes, how):
    """All units, one after the other."""
    found, inputs = [], width
    for stage, _, stride in units(sizes):
        found.append(kind(inputs, width * 2**stage, stride, how, pre=kind is Pre))
        inputs = WIDER * width * 2**stage
    return nn.Sequential(*found)


class BiT(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.root = Conv(c.in_channels, c.width, 7, c.how, 2)
        self.stages = stages(Pre, c.width, c.units, c.how)
        self.norm = norm(c.channels, c.how)
        self.head = nn.Linear(c.channels, c.num_classes)
        self.to(memory_format=torch.channels_last)

    def forward(self, images):
        x = F.max_pool2d(padded(self.root(images), 3, 2, self.root.how), 3, 2)
        return self.head(F.relu(self.norm(self.stages(x))).mean((2, 3)))


class Hybrid(torch_vit.ViT):
    def __init__(self, c):
        super().__init__(c)
        self.patch = nn.Conv2d(c.map_channels, c.hidden_size, c.patch_size, c.patch_size)
        self.root, self.root_norm = Conv(c.in_channels, c.stem_width, 7, c.how, 2), norm(c.stem_width, c.how)
        self.stages = stages(Post, c.stem_width, c.stem_units, c.how)
        self.to(memory_format=torch.channels_last)

    def forward(self, images):
        x = F.relu(self.root_norm(self.root(images)))
        x = F.max_pool2d(padded(x, 3, 2, self.root.how, -torch.inf), 3, 2)
        return super().forward(self.stages(x))


@torch.no_grad()
def load(model, p):
    """Give the model a tree like vitnp's parameters: the weights, or gradients to be compared with its own."""
    body = p.get("stem", p)
    layer(model.root, body["root"]["conv"])
    if isinstance(model, Hybrid):
        torch_vit.load(model, p)
        layer(model.root_norm, body["root"]["norm"])
    else:
        layer(model.norm, p["norm"])
        torch_vit.dense(model.head, *p["classify"]["head"].values())
    flat = [unit for stage in body["stages"].values() for unit in stage.values()]
    for unit, leaves in zip(model.stages, flat, strict=True):
        for name, leaf in leaves.items():
            layer(getattr(unit, name), leaf)


def layer(module, p):
    """One convolution, or one norm."""
    if "W" in p:
        torch_vit.put(module.weight, p["W"].transpose(3, 2, 0, 1))
    else:
        torch_vit.norm(module, p)
