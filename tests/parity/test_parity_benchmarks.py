"""What `make bench` times is the same network: logits, loss and gradients in PyTorch and JAX, logits in ONNX."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import vitnp
from vitnp import gradcheck, tree
from vitnp.tasks.translation import Translation

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
from workloads import CIFAR, case, data

EVERY = pytest.mark.parametrize("gelu", ["tanh", "erf"])
SMALL = case("cifar:3:backward")._replace(config=CIFAR)  # without dropout, which nobody draws alike


def ours(gelu, **changes):
    """The case, its data, generic float32 parameters, and vitnp's logits, loss and gradients."""
    c = SMALL._replace(config=dataclasses.replace(SMALL.config, gelu=gelu, **changes))
    p = gradcheck.random_like(vitnp.vit.init(None, c.config), np.random.default_rng(1))
    p = tree.map(lambda leaf: (0.3 * leaf).astype("float32"), p)
    images, labels = data(c)
    loss, dp = vitnp.loss_and_grads(images, labels, p, c.config)
    return c, images, labels, p, vitnp.predict(images, p, c.config), loss, dp


def near(a, b):
    """Equal to float32's rounding through a few layers, relative to the largest value."""
    assert np.abs(np.asarray(a) - np.asarray(b)).max() <= 2e-5 * np.abs(np.asarray(b)).max()


@EVERY
def test_the_twin_in_torch(gelu):
    from torch_vit import ViT, load

    c, images, labels, p, logits, loss, dp = ours(gelu)
    model, gradients = ViT(c.config), ViT(c.config)
    load(model, p)
    load(gradients, dp)
    theirs = model(torch.from_numpy(images).permute(0, 3, 1, 2))
    near(logits, theirs.detach())
    value = torch.nn.functional.cross_entropy(theirs, torch.from_numpy(labels))
    near(loss, value.item())
    value.backward()
    for (name, q), mine in zip(model.named_parameters(), gradients.parameters(), strict=True):
        assert torch.allclose(mine, q.grad, rtol=0, atol=2e-5 * q.grad.abs().max().item()), name


@pytest.mark.parametrize("name", ["bit-tiny", "hybrid-tiny"])
def test_the_twin_of_a_residual_network_in_torch(name):
    from torch_resnet import BiT, Hybrid, load

    config = vitnp.preset(name)
    p = gradcheck.random_like(vitnp.models.of(config).init(None, config), np.random.default_rng(1))
    p = tree.map(lambda leaf: leaf.astype("float32"), p)
    images, labels = data(SMALL._replace(config=config))
    loss, dp = vitnp.loss_and_grads(images, labels, p, config)
    model, gradients = ((BiT if name == "bit-tiny" else Hybrid)(config) for _ in range(2))
    load(model, p)
    load(gradients, dp)
    theirs = model(torch.from_numpy(images).permute(0, 3, 1, 2))
    near(vitnp.predict(images, p, config), theirs.detach())
    value = torch.nn.functional.cross_entropy(theirs, torch.from_numpy(labels))
    near(loss, value.item())
    value.backward()
    biggest = max(q.grad.abs().max().item() for q in model.parameters())
    for (name, q), mine in zip(model.named_parameters(), gradients.parameters(), strict=True):
        # some gradients are zero but for rounding: a kernel's in the direction of its own scale
        assert (mine - q.grad).abs().max() <= max(2e-5 * q.grad.abs().max(), 1e-6 * biggest), name


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
@pytest.mark.parametrize("fields", [{}, {"norm": "post", "final_norm": True}])
def test_the_twin_of_a_translation_in_torch(fields):
    import torch_names
    from torch_translate import Translate

    c = case("translate:5:step")
    config = dataclasses.replace(c.config, dropout_rate=0.0, **fields)
    source, target = data(c)
    assert source.shape == (5, 8) and target.shape == (5, 26) and (target == 0).any() and (source == 0).any()
    torch.manual_seed(0)
    model = Translate(config)

    def tree_of(arrays):
        table = {"embed": {"E": arrays["table.weight"]}}
        return tree.map(np.array, table | torch_names.stacks(arrays, "transformer.", config.num_layers))

    p = tree_of({name: q.detach().numpy() for name, q in model.named_parameters()})
    loss, dp = vitnp.loss_and_grads(source, target, p, config, Translation(0.1))
    value = model.loss(torch.from_numpy(source), torch.from_numpy(target), 0.1)
    near(loss, value.item())
    value.backward()
    theirs = tree_of({name: q.grad.numpy() for name, q in model.named_parameters()})
    biggest = max(float(abs(g).max()) for _, g in tree.leaves(dp))
    for name, mine in tree.leaves(dp):
        want = tree.get(theirs, name)
        # the key bias has the gradient zero: what is there is rounding
        assert np.abs(mine - want).max() <= max(2e-5 * abs(want).max(), 1e-6 * biggest), name


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
def test_the_twin_of_a_translation_drops_what_the_configuration_says():
    from torch_translate import Translate

    config = dataclasses.replace(case("translate:5:step").config, dropout_rate=0.4)
    layer = Translate(config).transformer.decoder.layers[0]
    assert (layer.self_attn.dropout, layer.multihead_attn.dropout, layer.dropout.p) == (0.0, 0.0, 0.0)
    assert (layer.dropout1.p, layer.dropout2.p, layer.dropout3.p) == (0.4, 0.4, 0.4)


@EVERY
def test_the_twin_in_jax(gelu):
    jax = pytest.importorskip("jax")
    import jax_vit

    c, images, labels, p, logits, loss, dp = ours(gelu)
    near(logits, jax_vit.forward(images, p, c.config, None))

    def mean_loss(p):
        log_p = jax.nn.log_softmax(jax_vit.forward(images, p, c.config, None))
        return -log_p[np.arange(len(labels)), labels].mean()

    value, gradients = jax.value_and_grad(mean_loss)(tree.map(jax.numpy.asarray, p))
    near(loss, value)
    biggest = max(float(abs(g).max()) for _, g in tree.leaves(dp))
    for name, mine in tree.leaves(dp):
        theirs = tree.get(gradients, name)
        # the key bias has the gradient zero: what is there is rounding
        assert np.abs(mine - theirs).max() <= max(2e-5 * abs(theirs).max(), 1e-6 * biggest), name


@EVERY
def test_the_twin_in_onnx(gelu):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    import onnx_vit

    # rows and columns of patches, heads and their width all differ: no exchange of axes goes unseen
    c, images, _, p, logits, _, _ = ours(gelu, image_size=(20, 32), num_heads=4)
    near(onnx_vit.forward(p, c.config, len(images), 1)(images), logits)
