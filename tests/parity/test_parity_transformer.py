"""The encoder–decoder against torch.nn.Transformer: outputs and every gradient, both orders, masks of any kind."""

import dataclasses

import numpy as np
import pytest
import torch
import torch_names
from torch import nn

from vitnp import tree
from vitnp.blocks import decoder
from vitnp.engine import loss
from vitnp.models import transformer
from vitnp.steps import s6_layer_norm

CONFIG = transformer.Config(
    hidden_size=24,
    num_heads=3,
    num_layers=3,
    mlp_dim=40,
    dropout_rate=0.0,
    attention_bias=True,
    final_norm=True,
    gelu="erf",
    layer_norm_eps=1e-5,
)
B, S, T = 4, 7, 6
# It says of its encoder that a faster way of inference is not open to it.
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")


def model(config, seed):
    """PyTorch's, in training mode, random in every parameter."""
    torch.manual_seed(seed)
    found = nn.Transformer(
        config.hidden_size,
        config.num_heads,
        *(config.num_layers, config.num_layers, config.mlp_dim),
        dropout=0.0,
        activation=config.activation,
        norm_first=config.norm == "pre",
        batch_first=True,
        dtype=torch.float64,
    )
    with torch.no_grad():
        for q in found.parameters():
            q.add_(0.3 * torch.randn_like(q))
    return found


def padding(rng, length):
    """True is padding: at the end, of a length by chance."""
    return np.arange(length) >= rng.integers(1, length + 1, (B, 1))


def near(ours, theirs):
    """To 1e-10 of the largest number."""
    assert ours.shape == theirs.shape
    assert abs(ours - theirs).max() <= 1e-10 * max(abs(theirs).max(), 1e-3)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("norm", ["post", "pre"])
def test_outputs_and_every_gradient(norm, activation, seed):
    """With padding on both sides, and of what the target may see a random half beside itself."""
    config = dataclasses.replace(CONFIG, norm=norm, activation=activation)
    theirs, rng = model(config, seed), np.random.default_rng(seed)
    src, tgt, dy = (rng.standard_normal((B, n, 24)) for n in (S, T, T))
    src_padding, tgt_padding = padding(rng, S), padding(rng, T)
    hidden = rng.random((T, T)) < 0.5
    hidden[:, 0] = hidden[np.arange(T), np.arange(T)] = False  # so that nobody is left without a key
    their_src, their_tgt = (torch.tensor(a, requires_grad=True) for a in (src, tgt))
    y = theirs(
        their_src,
        their_tgt,
        tgt_mask=torch.tensor(hidden),
        src_key_padding_mask=torch.tensor(src_padding),
        tgt_key_padding_mask=torch.tensor(tgt_padding),
        memory_key_padding_mask=torch.tensor(src_padding),
    )
    y.backward(torch.tensor(dy))

    p = torch_names.stacks({name: q.detach().numpy() for name, q in theirs.named_parameters()}, "", 3)
    source, target = (~a[:, None, None] for a in (src_padding, tgt_padding))
    x, encoder = decoder.forward(src, p["encoder"], config=config, mask=source)
    memory, encoder_norm = s6_layer_norm.forward(x, p["encoder_norm"], eps=1e-5)
    looks = {"mask": target & ~hidden, "memory": memory, "memory_mask": source}
    x, blocks = decoder.forward(tgt, p["decoder"], config=config, **looks)
    ours, decoder_norm = s6_layer_norm.forward(x, p["decoder_norm"], eps=1e-5)
    near(ours, y.detach().numpy())

    dp, dmemory = {"encoder": {}, "decoder": {}}, 0.0
    dtgt, dp["decoder_norm"] = s6_layer_norm.backward(dy, decoder_norm)
    for i, dx, dm, found in decoder.backward_parts(dtgt, blocks):
        dtgt, dmemory, dp["decoder"][i] = dx, dmemory + dm, found
    dsrc, dp["encoder_norm"] = s6_layer_norm.backward(dmemory, encoder_norm)
    for i, dx, _, found in decoder.backward_parts(dsrc, encoder):
        dsrc, dp["encoder"][i] = dx, found
    near(dtgt, their_tgt.grad.numpy())
    near(dsrc, their_src.grad.numpy())
    want = torch_names.stacks({name: q.grad.numpy() for name, q in theirs.named_parameters()}, "", 3)
    found = dict(tree.leaves(dp))
    for name, leaf in tree.leaves(want):
        near(found[name], leaf)


def test_its_defaults_have_as_many_parameters():
    config = transformer.Config(attention_bias=True, final_norm=True)
    p = transformer.init(None, config)
    ours = tree.count({name: part for name, part in p.items() if name != "embed"})
    assert ours == sum(q.numel() for q in nn.Transformer().parameters()) == 44_140_544


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_label_smoothing_ignores_padding(smoothing):
    rng = np.random.default_rng(0)
    logits, labels = rng.standard_normal((20, 9)), rng.integers(0, 9, 20)
    labels[[2, 5, 19]] = 0
    weights = (labels != 0) / (labels != 0).sum()
    value, saved = loss.forward(logits, labels, label_smoothing=smoothing, weights=weights)
    theirs = torch.tensor(logits, requires_grad=True)
    want = nn.functional.cross_entropy(
        theirs, torch.tensor(labels), ignore_index=0, label_smoothing=smoothing
    )
    want.backward()
    assert value == pytest.approx(want.item(), rel=1e-12)
    near(loss.backward(1.0, saved), theirs.grad.numpy())
