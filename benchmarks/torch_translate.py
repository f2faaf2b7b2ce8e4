"""The encoder–decoder of vitnp with torch.nn.Transformer, as one would write it there: one table, sine and cosine."""

import math

import torch
from torch import nn
from torch.nn import functional as F

PADDING = 0


class Translate(nn.Module):
    """Dropout where the configuration has it: of its own PyTorch's layers drop attention weights and ReLU too."""

    def __init__(self, c):
        super().__init__()
        D, longest = c.hidden_size, max(c.source_length, c.target_length + 1)
        self.table = nn.Embedding(c.vocabulary_size, D)
        nn.init.normal_(self.table.weight, std=D**-0.5)
        angle = torch.arange(longest)[:, None] * torch.exp(torch.arange(0, D, 2) * (-math.log(10_000.0) / D))
        self.register_buffer("PE", torch.stack([angle.sin(), angle.cos()], -1).reshape(longest, D))
        self.drop = nn.Dropout(c.dropout_rate)
        self.transformer = nn.Transformer(
            *(D, c.num_heads, c.num_layers, c.num_layers, c.mlp_dim, c.dropout_rate),
            activation=c.activation,
            layer_norm_eps=c.layer_norm_eps,
            batch_first=True,
            norm_first=c.norm == "pre",
        )
        for layer in (*self.transformer.encoder.layers, *self.transformer.decoder.layers):
            layer.dropout.p = c.inner_dropout_rate
            for module in layer.modules():
                if isinstance(module, nn.MultiheadAttention):
                    module.dropout = c.attention_dropout_rate

    def embed(self, ids):
        E = self.table.weight
        return self.drop(self.table(ids) * math.sqrt(E.shape[1]) + self.PE[: ids.shape[1]])

    def forward(self, source, target):
        """Ids (B, S), (B, T) → logits (B, T, V)."""
        T, hidden = target.shape[1], source == PADDING
        y = self.transformer(
            self.embed(source),
            self.embed(target),
            tgt_mask=torch.ones(T, T, dtype=torch.bool).triu(1),
            src_key_padding_mask=hidden,
            tgt_key_padding_mask=target == PADDING,
            memory_key_padding_mask=hidden,
        )
        return y @ self.table.weight.T

    def loss(self, source, target, smoothing):
        """The mean over goals that are not padding."""
        logits = self(source, target[:, :-1]).flatten(0, 1)
        goals = target[:, 1:].flatten()
        return F.cross_entropy(logits, goals, ignore_index=PADDING, label_smoothing=smoothing)
