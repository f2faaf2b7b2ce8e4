"""The ViT of vitnp in plain torch.nn, as one would write it there: pre-norm blocks, scaled_dot_product_attention."""

import numpy as np
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        D, self.heads = c.hidden_size, c.num_heads
        self.norm1, self.norm2 = nn.LayerNorm(D, c.layer_norm_eps), nn.LayerNorm(D, c.layer_norm_eps)
        self.qkv, self.out = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.fc1, self.fc2 = nn.Linear(D, c.mlp_dim), nn.Linear(c.mlp_dim, D)
        self.gelu = nn.GELU(approximate="tanh" if c.gelu == "tanh" else "none")
        self.drop = nn.Dropout(c.dropout_rate)

    def forward(self, x):
        B, N, D = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(B, N, 3, self.heads, D // self.heads).permute(2, 0, 3, 1, 4)
        a = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(B, N, D)
        x = x + self.drop(self.out(a))
        return x + self.drop(self.fc2(self.drop(self.gelu(self.fc1(self.norm2(x))))))


class ViT(nn.Module):
    def __init__(self, c):
        super().__init__()
        D = c.hidden_size
        self.patch = nn.Conv2d(c.in_channels, D, c.patch_size, c.patch_size)
        self.cls = nn.Parameter(torch.zeros(1, 1, D))
        self.positions = nn.Parameter(torch.randn(1, c.num_tokens, D) * 0.02)
        self.drop = nn.Dropout(c.dropout_rate)
        self.blocks = nn.Sequential(*(Block(c) for _ in range(c.num_layers)))
        self.norm = nn.LayerNorm(D, c.layer_norm_eps)
        self.head = nn.Linear(D, c.num_classes)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(len(x), -1, -1), x], 1)
        x = self.blocks(self.drop(x + self.positions))
        return self.head(self.norm(x[:, 0]))


@torch.no_grad()
def load(model, p):
    """Give the model a tree like vitnp's parameters: the weights, or gradients to be compared with its own."""
    P = model.patch.kernel_size[0]
    W = p["project"]["W"].reshape(P, P, -1, model.patch.out_channels)
    put(model.patch.weight, W.transpose(3, 2, 0, 1))
    put(model.patch.bias, p["project"]["b"])
    put(model.cls, p["class_token"]["cls"])
    put(model.positions, p["position"]["E_pos"])
    for i, block in enumerate(model.blocks):
        q = p["blocks"][i]
        norm(block.norm1, q["norm_1"])
        a = q["attention"]
        dense(block.qkv, *(np.concatenate([a[f"{kind}_{n}"] for n in "QKV"], -1) for kind in "Wb"))
        dense(block.out, a["W_O"], a["b_O"])
        norm(block.norm2, q["norm_2"])
        dense(block.fc1, q["feed_forward"]["W1"], q["feed_forward"]["b1"])
        dense(block.fc2, q["feed_forward"]["W2"], q["feed_forward"]["b2"])
    norm(model.norm, p["norm"])
    dense(model.head, p["classify"]["head"]["W"], p["classify"]["head"]["b"])


def put(parameter, array):
    """Array → parameter."""
    parameter.copy_(torch.from_numpy(np.ascontiguousarray(array)).reshape(parameter.shape))


def dense(layer, W, b):
    """A dense layer."""
    put(layer.weight, W.T)
    put(layer.bias, b)


def norm(layer, p):
    """A norm."""
    put(layer.weight, p["gamma"])
    put(layer.bias, p["beta"])
