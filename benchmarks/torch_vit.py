"""The ViT of vitnp in plain torch.nn, as one would write it there: pre-norm blocks, scaled_dot_product_attention."""

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
